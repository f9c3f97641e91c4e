//! What is done with secrets, carried out: the writer inside its gate, a revealer made for one call
//! and dropped after it, everything under a deadline and kept in the audit.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::runner::{Reply, Runner, by_program};
use crate::audit::{Action, Audit, Deed, Pending};
use crate::console::effect::Request;
use crate::console::gate::Gate;
use crate::console::message::Answer;
use crate::console::secret_jobs::{
    Found, How, Inspection, Outcome, Outlet, Reading, Restore, RevealOrder, SecretJob, SecretTold,
    SecretWrite,
};
use crate::console::terminal::Clipboard;
use crate::domain::{FieldName, Generate, Hidden, Lacking, Presence, SecretPath, SecretVersion};
use crate::provider::{
    CALL_DEADLINE, Error, Revealed, SecretAccess, SecretExpect, SecretFields, SecretReader, SecretWriter,
};

/// What a provider may take beyond its own deadline before it is not waited for any more.
const LIMIT: Duration = CALL_DEADLINE.saturating_add(Duration::from_secs(1));

/// How often, and how far apart, a store is asked what became of a write.
const ASKED: usize = 10;
const APART: Duration = Duration::from_secs(2);

/// The way to a store of secrets.
pub(super) struct Secrets {
    access: Option<SecretAccess>,
    gate: Gate<dyn SecretWriter>,
    /// The walk over what is stored.
    pub(super) walk: Option<AbortHandle>,
}

impl Secrets {
    /// Takes the writer out, so that nobody reaches it past the gate.
    pub(super) fn new(access: Option<SecretAccess>, locked: bool) -> Self {
        let mut access = access;
        let writer = access.as_mut().and_then(|access| access.writer.take());
        Self { access, gate: Gate::new(writer, locked), walk: None }
    }

    /// What tells which secrets are there.
    pub(super) fn reader(&self) -> Option<Arc<dyn SecretReader>> {
        self.access.as_ref().map(|access| Arc::clone(&access.reader))
    }

    /// The gate before the writer.
    pub(super) fn gate(&mut self) -> &mut Gate<dyn SecretWriter> {
        &mut self.gate
    }
}

impl Runner {
    /// Does something with a secret, and answers what came of it.
    pub(super) fn secret(&mut self, request: Request, job: SecretJob) {
        if let SecretJob::Generate(generate) = job {
            let told = SecretTold::Generated(made(generate));
            return self.spawn(request, async move { Reply::Answer(Answer::Secret(told)) });
        }
        let Some(access) = self.secrets.access.clone() else { return };
        let (writer, audit) = (self.secrets.gate.pass(), Arc::clone(&self.audit));
        match job {
            SecretJob::Generate(_) => {}
            SecretJob::Inspect(path) => self.spawn(request, async move {
                let told = SecretTold::Inspected(Box::new(inspect(&access, &path).await));
                Reply::Answer(Answer::Secret(told))
            }),
            SecretJob::Versions(path) => self.spawn(request, async move {
                let mut inspection = inspect(&access, &path).await;
                // Who may not see them can still name the newest.
                inspection.versions = within(access.reader.versions(&path)).await.ok().flatten();
                Reply::Answer(Answer::Secret(SecretTold::Inspected(Box::new(inspection))))
            }),
            SecretJob::FindOut(path) => self.spawn(request, async move {
                Reply::Answer(Answer::Secret(SecretTold::Found(find_out(&access, &path).await)))
            }),
            SecretJob::Reveal(order) => {
                let clipboard = self.clipboard();
                self.spawn_audited(request, async move {
                    let mut pending = audit.secret(request.0, [deed_of(&order)]);
                    let reading = reveal(&access, &order, &mut pending).await;
                    let reply = match order.to {
                        Outlet::Screen => revealed(reading),
                        Outlet::Clipboard => copied(&clipboard, reading).await,
                    };
                    (reply, Some(pending))
                });
            }
            SecretJob::Write(write) => self.spawn_audited(request, async move {
                let hand = Hand { access: &access, writer, audit: &audit, number: request.0 };
                let (outcome, pending) = hand.write(*write).await;
                (Answer::Secret(SecretTold::Written(outcome)), Some(pending))
            }),
            SecretJob::Restore(restore) => self.spawn_audited(request, async move {
                let hand = Hand { access: &access, writer, audit: &audit, number: request.0 };
                let (outcome, pending) = hand.restore(restore).await;
                (Answer::Secret(SecretTold::Written(outcome)), Some(pending))
            }),
            SecretJob::Delete(path, version) => {
                self.end_version(request, (access, writer), (Action::DeleteSecret, path, Some(version)));
            }
            SecretJob::Undelete(path, version) => {
                self.end_version(request, (access, writer), (Action::UndeleteSecret, path, Some(version)));
            }
            SecretJob::Destroy(path, version) => {
                self.end_version(request, (access, writer), (Action::DestroySecret, path, Some(version)));
            }
            SecretJob::DestroyAll(path) => {
                self.end_version(request, (access, writer), (Action::DestroySecret, path, None));
            }
        }
    }

    /// Deletes, undeletes or destroys a version; `None` is all of them.
    fn end_version(
        &mut self,
        request: Request,
        (access, writer): (SecretAccess, Result<Arc<dyn SecretWriter>, Error>),
        (action, path, version): (Action, SecretPath, Option<SecretVersion>),
    ) {
        let audit = Arc::clone(&self.audit);
        self.spawn_audited(request, async move {
            let hand = Hand { access: &access, writer, audit: &audit, number: request.0 };
            let (outcome, pending) = hand.version(action, &path, version).await;
            (Answer::Secret(SecretTold::Written(outcome)), Some(pending))
        });
    }
}

/// What was read, for the screen.
fn revealed(reading: Reading) -> Reply {
    Reply::Answer(Answer::Secret(SecretTold::Revealed(Box::new(reading))))
}

/// What was read, on the clipboard: by a program, or else by the terminal, which is the loop's.
async fn copied(clipboard: &Clipboard, reading: Reading) -> Reply {
    let Reading { found: Ok(Found::Value(Hidden(value), version)), read } = reading else {
        return revealed(reading);
    };
    if by_program(clipboard, Zeroizing::new(value.expose().to_owned())).await {
        return revealed(Reading { found: Ok(Found::Copied(version)), read });
    }
    let found = Ok(Found::Value(Hidden(value), version));
    Reply::CopySecretByTerminal(Box::new(Reading { found, read }))
}

fn made(generate: Generate) -> Result<Hidden<crate::domain::SecretText>, String> {
    generate
        .make(getrandom::fill)
        .map(Hidden)
        .map_err(|_| "this system gives no random numbers now; nothing was generated".to_owned())
}

/// What a provider answers, or that it did not in time.
async fn within<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let reason = format!("the store of secrets said nothing within {} s", LIMIT.as_secs());
        Err(Error::Unavailable { reason, retry_in: None })
    })
}

async fn inspect(access: &SecretAccess, path: &SecretPath) -> Inspection {
    let presence = within(access.reader.presence(path)).await;
    // Who may not even ask what is permitted finds out by trying.
    let lacking = within(access.reader.lacking(std::slice::from_ref(path))).await;
    let lacking = lacking.ok().and_then(|all| all.into_iter().next()).unwrap_or_else(Lacking::default);
    Inspection { can: access.reader.capabilities(), presence, lacking, versions: None }
}

/// Asks until somebody tells, for a while.
async fn find_out(access: &SecretAccess, path: &SecretPath) -> Result<Presence, Error> {
    let mut told = within(access.reader.presence(path)).await;
    for _ in 1..ASKED {
        if !matches!(told, Err(_) | Ok(Presence::Unreachable { .. })) {
            break;
        }
        sleep(APART).await;
        told = within(access.reader.presence(path)).await;
    }
    told
}

/// Reads a version with a revealer that is made for this one call.
async fn read(
    access: &SecretAccess,
    path: &SecretPath,
    version: Option<SecretVersion>,
) -> Result<Option<Revealed>, Error> {
    let revealer = access.revealer();
    within(revealer.reveal(path, version)).await
}

fn names(fields: &SecretFields) -> Vec<FieldName> {
    fields.iter().map(|(name, _)| name.clone()).collect()
}

fn deed_of(order: &RevealOrder) -> Deed {
    Deed {
        action: Action::RevealSecret,
        path: order.path.clone(),
        fields: vec![order.field.clone()],
        version: None,
        reason: Some(order.reason.clone()),
    }
}

async fn reveal(access: &SecretAccess, order: &RevealOrder, pending: &mut Pending) -> Reading {
    let revealed = read(access, &order.path, None).await;
    let (found, read) = match revealed {
        Err(error) => {
            pending.secret_read(&Err(error.clone()));
            (Err(error), 0)
        }
        Ok(None) => {
            pending.secret_not_found();
            (Ok(Found::Nothing), 0)
        }
        Ok(Some(revealed)) => {
            pending.secret_read(&Ok(revealed.version));
            // All of them reached this process, whatever of them is shown.
            pending.secret_count(revealed.fields.len());
            let found = match revealed.fields.get(order.field.as_str()) {
                Some(value) => Found::Value(Hidden(value.shown()), revealed.version),
                None => Found::NoField,
            };
            (Ok(found), revealed.fields.len())
        }
    };
    Reading { found, read }
}

/// One who writes.
struct Hand<'a> {
    access: &'a SecretAccess,
    writer: Result<Arc<dyn SecretWriter>, Error>,
    audit: &'a Arc<Audit>,
    number: u64,
}

impl Hand<'_> {
    fn pending(
        &self,
        action: Action,
        path: &SecretPath,
        fields: Vec<FieldName>,
        version: Option<SecretVersion>,
    ) -> Pending {
        let deed = Deed { action, path: path.clone(), fields, version, reason: None };
        self.audit.secret(self.number, [deed])
    }

    /// Keeps that all fields were read for a write; counted, as it is for a person.
    async fn noted(&self, path: &SecretPath, revealed: &Revealed) {
        let deed = Deed {
            action: Action::RevealSecret,
            path: path.clone(),
            fields: names(&revealed.fields),
            version: revealed.version,
            reason: Some("to write the fields again that do not change".into()),
        };
        let mut pending = self.audit.secret(self.number, [deed]);
        pending.secret_read(&Ok(revealed.version));
        if let Some(trouble) = super::ledger::keep(pending).await {
            tracing::warn!("a read before a write is not in the audit: {trouble}");
        }
    }

    async fn write(self, write: SecretWrite) -> (Outcome, Pending) {
        let SecretWrite { path, how, expect, set: Hidden(set), remove } = write;
        let mut changed = names(&set);
        changed.extend(remove.iter().cloned());
        let before = match expect {
            SecretExpect::Version(version) => Some(version),
            SecretExpect::Absent | SecretExpect::Anything => None,
        };
        let mut pending = self.pending(Action::WriteSecret, &path, changed, before);
        let writer = match &self.writer {
            Ok(writer) => Arc::clone(writer),
            Err(refused) => return self.refused(pending, refused.clone()),
        };
        let mut read_before = 0;
        let result = match how {
            How::Whole => sent(&path, writer.put(&path, &set, expect)).await,
            How::Patch => sent(&path, writer.patch(&path, &set, expect)).await,
            How::ReadFirst => match self.whole(&path, before, set, &remove).await {
                Ok((fields, count)) => {
                    read_before = count;
                    sent(&path, writer.put(&path, &fields, expect)).await
                }
                Err(error) => Err(error),
            },
        };
        pending.secret_written(&result);
        (Outcome { result, read: read_before }, pending)
    }

    /// All fields as they will be, and how many were read for it.
    async fn whole(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        set: SecretFields,
        remove: &[FieldName],
    ) -> Result<(SecretFields, usize), Error> {
        let Some(revealed) = read(self.access, path, version).await? else {
            // Deleted meanwhile, it still is the newest version: the condition alone would hold.
            let Some(version) = version else { return Ok((set, 0)) };
            let reason = format!(
                "the other fields of {path} cannot be read from {version} any more: nothing was written"
            );
            return Err(Error::Invalid { reason });
        };
        self.noted(path, &revealed).await;
        let count = revealed.fields.len();
        let mut fields = revealed.fields;
        for name in remove {
            fields.remove(name.as_str());
        }
        for (name, value) in set {
            fields.set(name, value);
        }
        Ok((fields, count))
    }

    async fn restore(self, restore: Restore) -> (Outcome, Pending) {
        let Restore { path, from, newest } = restore;
        let mut pending = self.pending(Action::WriteSecret, &path, Vec::new(), Some(newest));
        let writer = match &self.writer {
            Ok(writer) => Arc::clone(writer),
            Err(refused) => return self.refused(pending, refused.clone()),
        };
        let (result, count) = match read(self.access, &path, Some(from)).await {
            Ok(Some(revealed)) => {
                self.noted(&path, &revealed).await;
                let fields = &revealed.fields;
                (sent(&path, writer.put(&path, fields, SecretExpect::Version(newest))).await, fields.len())
            }
            Ok(None) => {
                let reason = format!("{from} of {path} is not there any more: nothing was written");
                (Err(Error::Invalid { reason }), 0)
            }
            Err(error) => (Err(error), 0),
        };
        pending.secret_written(&result);
        (Outcome { result, read: count }, pending)
    }

    /// Deletes, undeletes or destroys a version; `None` is all of them.
    async fn version(
        self,
        action: Action,
        path: &SecretPath,
        version: Option<SecretVersion>,
    ) -> (Outcome, Pending) {
        let mut pending = self.pending(action, path, Vec::new(), version);
        let writer = match &self.writer {
            Ok(writer) => Arc::clone(writer),
            Err(refused) => return self.refused(pending, refused.clone()),
        };
        let result = match (action, version.as_slice()) {
            (Action::DestroySecret, []) => sent(path, writer.destroy_all(path)).await,
            (Action::DestroySecret, versions) => sent(path, writer.destroy(path, versions)).await,
            (Action::UndeleteSecret, versions) => sent(path, writer.undelete(path, versions)).await,
            (_, versions) => sent(path, writer.delete(path, versions)).await,
        };
        pending.secret_done(&result);
        (Outcome { result: result.map(|()| None), read: 0 }, pending)
    }

    fn refused(&self, mut pending: Pending, refused: Error) -> (Outcome, Pending) {
        pending.refused();
        (Outcome { result: Err(refused), read: 0 }, pending)
    }
}

/// A write that was not answered in time may have been done.
async fn sent<T>(path: &SecretPath, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let reason = format!("nothing within {} s", LIMIT.as_secs());
        Err(Error::SecretUnknown { path: path.clone(), reason })
    })
}

#[cfg(test)]
mod tests;
