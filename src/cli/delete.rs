//! `delete`: removes one document.

use super::Session;
use super::args::Delete;
use super::ask::{agrees, can_ask};
use super::failure::{Exit, Failure};
use super::output::Out;
use super::put::Written;
use crate::domain::Entry;
use crate::provider::{Error, Expect, Op};

pub(super) async fn run(session: &Session, delete: Delete, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let writer = session.manager.writer()?;
    let key = &delete.address.0;
    let expect = match &delete.expect_revision {
        Some(token) => session.expect(token)?,
        None if delete.yes => Expect::Anything,
        None => {
            if !can_ask() {
                return Err(Failure::Usage(
                    "nobody can be asked without a terminal: add --yes, or --expect-revision TOKEN".into(),
                ));
            }
            let entry = writer.get(key).await?.ok_or(Error::NotFound { key: key.clone() })?;
            if !confirmed(session, &entry)? {
                return Err(Failure::Failed(format!("{key} was not deleted")));
            }
            Expect::Token(entry.token)
        }
    };
    let commit = session.commit(&*writer, Op::Delete { key: key.clone(), expect }).await?;
    let written = Written::of(key, &commit);
    out.result(delete.output.format, &written, |written| vec![written.line()])?;
    Ok(Exit::DONE)
}

/// Asks, naming the document and where it is; only `y` or `yes` means yes.
fn confirmed(session: &Session, entry: &Entry) -> Result<bool, Failure> {
    let settings = &session.settings;
    let place = if settings.context.configured {
        format!("{} ({})", settings.context.name, settings.target)
    } else {
        settings.context.name.clone()
    };
    let question = format!("delete {} (token {}) from {place}?", entry.key, entry.token);
    agrees(&question)
}
