//! `delete`: removes one document.

use super::CliSession;
use super::args::DeleteArgs;
use super::error::{CliError, Exit};
use super::output::Printer;
use super::prompt::{can_ask, confirm};
use super::put::WriteReport;
use crate::domain::Entry;
use crate::provider::{Error, Expect, Op};

pub(super) async fn run(
    session: &CliSession,
    delete: DeleteArgs,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    let writer = session.manager.writer()?;
    let key = &delete.address.0;
    let expect = match &delete.expect_revision {
        Some(token) => session.expect(token)?,
        None if delete.yes => Expect::Anything,
        None => {
            if !can_ask() {
                return Err(CliError::Usage(
                    "nobody can be asked without a terminal: add --yes, or --expect-revision TOKEN".into(),
                ));
            }
            let entry = writer.get(key).await?.ok_or(Error::NotFound { key: key.clone() })?;
            if !confirmed(session, &entry)? {
                return Err(CliError::Failed(format!("{key} was not deleted")));
            }
            Expect::Token(entry.token)
        }
    };
    let commit = session.commit(writer, Op::Delete { key: key.clone(), expect }).await?;
    let written = WriteReport::of(key, &commit);
    out.result(delete.output.format, &written, |written| vec![written.line()])?;
    Ok(Exit::DONE)
}

/// Asks, naming the document and its context; only `y` or `yes` means yes.
fn confirmed(session: &CliSession, entry: &Entry) -> Result<bool, CliError> {
    let settings = &session.settings;
    let place = if settings.context.configured {
        format!("{} ({})", settings.context.name, settings.target)
    } else {
        settings.context.name.clone()
    };
    let question = format!("delete {} (token {}) from {place}?", entry.key, entry.token);
    confirm(&question)
}
