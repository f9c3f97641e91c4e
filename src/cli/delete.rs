//! `delete`: removes one document.

use super::args::DeleteArgs;
use super::error::{Exit, Result};
use super::output::Printer;
use super::put::WriteReport;
use super::session::CliSession;
use super::stderr::{confirm, require_terminal};
use crate::domain::Entry;
use crate::provider::{Error, Expect, Op};
use crate::text::Safe;

pub(super) async fn run(session: &CliSession, delete: DeleteArgs, out: &mut Printer<'_>) -> Result<()> {
    let writer = session.manager.writer()?;
    let key = &session.key(&delete.address);
    let expect = match &delete.expect_revision {
        Some(token) => session.expect(token)?,
        None if delete.yes => Expect::Anything,
        None => {
            require_terminal("--yes, or --expect-revision TOKEN")?;
            let entry = writer.get(key).await?.ok_or(Error::NotFound { key: key.clone() })?;
            if !confirmed(session, &entry)? {
                return Err(Exit::FAILED.because(format!("{key} was not deleted")));
            }
            Expect::Token(entry.token)
        }
    };
    let commit = session.commit(writer, Op::Delete { key: key.clone(), expect }).await?;
    WriteReport::of(key, &commit).print(delete.output.format, out)
}

/// Asks for confirmation, naming the document and its context; only `y` or `yes` means yes.
fn confirmed(session: &CliSession, entry: &Entry) -> Result<bool> {
    let settings = &session.settings;
    let place = if settings.context.configured {
        format!("{} ({})", Safe::name(&settings.context.name), settings.target)
    } else {
        Safe::name(&settings.context.name).into_string()
    };
    confirm(&format!("delete {} (token {}) from {place}?", entry.key, entry.token))
}
