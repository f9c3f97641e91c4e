//! Carries out operations on secrets: writes through a gate, reads with a revealer made for one call, all
//! with a deadline and recorded in the audit.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::runner::{EffectRunner, TaskReply, copy_by_program};
use crate::audit::{Audit, AuditAction, PendingRecords, SecretEvent};
use crate::console::effect::RequestId;
use crate::console::gate::Gate;
use crate::console::message::Answer;
use crate::console::secret_jobs::{
    Inspection, RestoreRequest, RevealDestination, RevealOutcome, RevealReport, RevealRequest, SecretJob,
    SecretJobResult, SecretWrite, SecretWriteMode, SecretWriteOutcome,
};
use crate::console::terminal::Clipboard;
use crate::domain::{FieldName, MissingRights, Opaque, Presence, SecretGenerator, SecretPath, SecretVersion};
use crate::provider::{
    CALL_DEADLINE, Error, SecretAccess, SecretData, SecretExpect, SecretFields, SecretReader, SecretWriter,
};

/// The provider's own deadline, and a grace period before its call is abandoned.
const LIMIT: Duration = CALL_DEADLINE.saturating_add(Duration::from_secs(1));

/// How often, and how far apart, the outcome of a write is queried.
const ASKED: usize = 10;
const APART: Duration = Duration::from_secs(2);

/// Access to the store of secrets, with its writer behind a gate.
pub(super) struct SecretsRuntime {
    access: Option<SecretAccess>,
    gate: Gate<dyn SecretWriter>,
    /// The running listing.
    pub(super) walk: Option<AbortHandle>,
}

impl SecretsRuntime {
    /// Moves the writer behind the gate, so that there is no other way to it.
    pub(super) fn new(access: Option<SecretAccess>, locked: bool) -> Self {
        let mut access = access;
        let writer = access.as_mut().and_then(|access| access.writer.take());
        Self { access, gate: Gate::new(writer, locked), walk: None }
    }

    pub(super) fn reader(&self) -> Option<Arc<dyn SecretReader>> {
        self.access.as_ref().map(|access| Arc::clone(&access.reader))
    }

    /// The gate in front of the writer.
    pub(super) fn gate(&mut self) -> &mut Gate<dyn SecretWriter> {
        &mut self.gate
    }
}

impl EffectRunner {
    /// Carries out a job and answers its result.
    pub(super) fn secret(&mut self, request: RequestId, job: SecretJob) {
        if let SecretJob::Generate(generate) = job {
            let told = SecretJobResult::Generated(generate_value(generate));
            return self.spawn(request, async move { TaskReply::Answer(Answer::Secret(told)) });
        }
        let Some(access) = self.secrets.access.clone() else { return };
        let (writer, audit) = (self.secrets.gate.pass(), Arc::clone(&self.audit));
        match job {
            SecretJob::Generate(_) => {}
            SecretJob::Inspect(path) => self.spawn(request, async move {
                let told = SecretJobResult::Inspected(Box::new(inspect(&access, &path).await));
                TaskReply::Answer(Answer::Secret(told))
            }),
            SecretJob::Versions(path) => self.spawn(request, async move {
                let mut inspection = inspect(&access, &path).await;
                // Without permission to list versions, the newest can still be named.
                inspection.versions = within(access.reader.versions(&path)).await.ok().flatten();
                TaskReply::Answer(Answer::Secret(SecretJobResult::Inspected(Box::new(inspection))))
            }),
            SecretJob::FindOut(path) => self.spawn(request, async move {
                TaskReply::Answer(Answer::Secret(SecretJobResult::Found(find_out(&access, &path).await)))
            }),
            SecretJob::Reveal(order) => {
                let clipboard = self.clipboard();
                self.spawn_audited(request, async move {
                    let mut pending = audit.begin_secret(request.0, [reveal_event(&order)]);
                    let reading = reveal(&access, &order, &mut pending).await;
                    let reply = match order.destination {
                        RevealDestination::Screen => revealed(reading),
                        RevealDestination::Clipboard => copied(&clipboard, reading).await,
                    };
                    (reply, Some(pending))
                });
            }
            SecretJob::Write(write) => self.spawn_audited(request, async move {
                let hand = AuditedWriter { access: &access, writer, audit: &audit, request: request.0 };
                let (outcome, pending) = hand.write(*write).await;
                (Answer::Secret(SecretJobResult::Written(outcome)), Some(pending))
            }),
            SecretJob::Restore(restore) => self.spawn_audited(request, async move {
                let hand = AuditedWriter { access: &access, writer, audit: &audit, request: request.0 };
                let (outcome, pending) = hand.restore(restore).await;
                (Answer::Secret(SecretJobResult::Written(outcome)), Some(pending))
            }),
            SecretJob::Delete(path, version) => {
                self.change_version(
                    request,
                    (access, writer),
                    (AuditAction::DeleteSecret, path, Some(version)),
                );
            }
            SecretJob::Undelete(path, version) => {
                self.change_version(
                    request,
                    (access, writer),
                    (AuditAction::UndeleteSecret, path, Some(version)),
                );
            }
            SecretJob::Destroy(path, version) => {
                self.change_version(
                    request,
                    (access, writer),
                    (AuditAction::DestroySecret, path, Some(version)),
                );
            }
            SecretJob::DestroyAll(path) => {
                self.change_version(request, (access, writer), (AuditAction::DestroySecret, path, None));
            }
        }
    }

    /// Deletes, undeletes or destroys a version; `None` is all versions.
    fn change_version(
        &mut self,
        request: RequestId,
        (access, writer): (SecretAccess, Result<Arc<dyn SecretWriter>, Error>),
        (action, path, version): (AuditAction, SecretPath, Option<SecretVersion>),
    ) {
        let audit = Arc::clone(&self.audit);
        self.spawn_audited(request, async move {
            let hand = AuditedWriter { access: &access, writer, audit: &audit, request: request.0 };
            let (outcome, pending) = hand.version(action, &path, version).await;
            (Answer::Secret(SecretJobResult::Written(outcome)), Some(pending))
        });
    }
}

fn revealed(reading: RevealReport) -> TaskReply {
    TaskReply::Answer(Answer::Secret(SecretJobResult::Revealed(Box::new(reading))))
}

/// Copies a value that was read: by a program, or else by the terminal, which the event loop owns.
async fn copied(clipboard: &Clipboard, reading: RevealReport) -> TaskReply {
    let RevealReport { result: Ok(RevealOutcome::Value(Opaque(value), version)), values_read: read } =
        reading
    else {
        return revealed(reading);
    };
    if copy_by_program(clipboard, Zeroizing::new(value.expose().to_owned())).await {
        return revealed(RevealReport { result: Ok(RevealOutcome::Copied(version)), values_read: read });
    }
    let found = Ok(RevealOutcome::Value(Opaque(value), version));
    TaskReply::CopySecretByTerminal(Box::new(RevealReport { result: found, values_read: read }))
}

fn generate_value(generate: SecretGenerator) -> Result<Opaque<crate::domain::SecretText>, String> {
    generate
        .make(getrandom::fill)
        .map(Opaque)
        .map_err(|_| "this system gives no random numbers now; nothing was generated".to_owned())
}

/// The provider's answer, or `Unavailable` after the deadline.
async fn within<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let reason = format!("the store of secrets said nothing within {} s", LIMIT.as_secs());
        Err(Error::Unavailable { reason, retry_in: None })
    })
}

async fn inspect(access: &SecretAccess, path: &SecretPath) -> Inspection {
    let presence = within(access.reader.presence(path)).await;
    // Where permissions cannot be queried, an attempt will show them.
    let lacking = within(access.reader.missing_rights(std::slice::from_ref(path))).await;
    let lacking = lacking.ok().and_then(|all| all.into_iter().next()).unwrap_or_else(MissingRights::default);
    Inspection { capabilities: access.reader.capabilities(), presence, lacking, versions: None }
}

/// Queries presence repeatedly until the store answers, up to [`ASKED`] times.
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

/// Reads a version with a revealer made for this one call.
async fn read(
    access: &SecretAccess,
    path: &SecretPath,
    version: Option<SecretVersion>,
) -> Result<Option<SecretData>, Error> {
    let revealer = access.revealer();
    within(revealer.reveal(path, version)).await
}

fn names(fields: &SecretFields) -> Vec<FieldName> {
    fields.iter().map(|(name, _)| name.clone()).collect()
}

fn reveal_event(order: &RevealRequest) -> SecretEvent {
    SecretEvent {
        action: AuditAction::RevealSecret,
        path: order.path.clone(),
        fields: vec![order.field.clone()],
        version: None,
        reason: Some(order.reason.clone()),
    }
}

async fn reveal(access: &SecretAccess, order: &RevealRequest, pending: &mut PendingRecords) -> RevealReport {
    let revealed = read(access, &order.path, None).await;
    let (found, read) = match revealed {
        Err(error) => {
            pending.secret_read(&Err(error.clone()));
            (Err(error), 0)
        }
        Ok(None) => {
            pending.secret_not_found();
            (Ok(RevealOutcome::Nothing), 0)
        }
        Ok(Some(revealed)) => {
            pending.secret_read(&Ok(revealed.version));
            // All fields reached this process, even if one is shown.
            pending.secret_count(revealed.fields.len());
            let found = match revealed.fields.get(order.field.as_str()) {
                Some(value) => RevealOutcome::Value(Opaque(value.shown()), revealed.version),
                None => RevealOutcome::NoField,
            };
            (Ok(found), revealed.fields.len())
        }
    };
    RevealReport { result: found, values_read: read }
}

/// A write with its access, writer and audit.
struct AuditedWriter<'a> {
    access: &'a SecretAccess,
    writer: Result<Arc<dyn SecretWriter>, Error>,
    audit: &'a Arc<Audit>,
    request: u64,
}

impl AuditedWriter<'_> {
    fn pending(
        &self,
        action: AuditAction,
        path: &SecretPath,
        fields: Vec<FieldName>,
        version: Option<SecretVersion>,
    ) -> PendingRecords {
        let deed = SecretEvent { action, path: path.clone(), fields, version, reason: None };
        self.audit.begin_secret(self.request, [deed])
    }

    /// Records that all fields were read for a write, as a read by a person is recorded.
    async fn record_read(&self, path: &SecretPath, revealed: &SecretData) {
        let deed = SecretEvent {
            action: AuditAction::RevealSecret,
            path: path.clone(),
            fields: names(&revealed.fields),
            version: revealed.version,
            reason: Some("to write the fields again that do not change".into()),
        };
        let mut pending = self.audit.begin_secret(self.request, [deed]);
        pending.secret_read(&Ok(revealed.version));
        if let Some(trouble) = super::audit_task::save(pending).await {
            tracing::warn!("a read before a write is not in the audit: {trouble}");
        }
    }

    async fn write(self, write: SecretWrite) -> (SecretWriteOutcome, PendingRecords) {
        let SecretWrite { path, mode: how, expect, set: Opaque(set), remove } = write;
        let mut changed = names(&set);
        changed.extend(remove.iter().cloned());
        let before = match expect {
            SecretExpect::Version(version) => Some(version),
            SecretExpect::Absent | SecretExpect::Anything => None,
        };
        let mut pending = self.pending(AuditAction::WriteSecret, &path, changed, before);
        let writer = match &self.writer {
            Ok(writer) => Arc::clone(writer),
            Err(refused) => return self.refused(pending, refused.clone()),
        };
        let mut read_before = 0;
        let result = match how {
            SecretWriteMode::Replace => write_within(&path, writer.put(&path, &set, expect)).await,
            SecretWriteMode::Patch => write_within(&path, writer.patch(&path, &set, expect)).await,
            SecretWriteMode::ReadModifyWrite => match self.merged_fields(&path, before, set, &remove).await {
                Ok((fields, count)) => {
                    read_before = count;
                    write_within(&path, writer.put(&path, &fields, expect)).await
                }
                Err(error) => Err(error),
            },
        };
        pending.secret_written(&result);
        (SecretWriteOutcome { result, values_read: read_before }, pending)
    }

    /// All fields as they will be written, and how many were read for that.
    async fn merged_fields(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        set: SecretFields,
        remove: &[FieldName],
    ) -> Result<(SecretFields, usize), Error> {
        let Some(revealed) = read(self.access, path, version).await? else {
            // A version deleted meanwhile is still the newest, so the condition alone would hold.
            let Some(version) = version else { return Ok((set, 0)) };
            let reason = format!(
                "the other fields of {path} cannot be read from {version} any more: nothing was written"
            );
            return Err(Error::Invalid { reason });
        };
        self.record_read(path, &revealed).await;
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

    async fn restore(self, restore: RestoreRequest) -> (SecretWriteOutcome, PendingRecords) {
        let RestoreRequest { path, from, newest } = restore;
        let mut pending = self.pending(AuditAction::WriteSecret, &path, Vec::new(), Some(newest));
        let writer = match &self.writer {
            Ok(writer) => Arc::clone(writer),
            Err(refused) => return self.refused(pending, refused.clone()),
        };
        let (result, count) = match read(self.access, &path, Some(from)).await {
            Ok(Some(revealed)) => {
                self.record_read(&path, &revealed).await;
                let fields = &revealed.fields;
                (
                    write_within(&path, writer.put(&path, fields, SecretExpect::Version(newest))).await,
                    fields.len(),
                )
            }
            Ok(None) => {
                let reason = format!("{from} of {path} is not there any more: nothing was written");
                (Err(Error::Invalid { reason }), 0)
            }
            Err(error) => (Err(error), 0),
        };
        pending.secret_written(&result);
        (SecretWriteOutcome { result, values_read: count }, pending)
    }

    /// Deletes, undeletes or destroys a version; `None` is all versions.
    async fn version(
        self,
        action: AuditAction,
        path: &SecretPath,
        version: Option<SecretVersion>,
    ) -> (SecretWriteOutcome, PendingRecords) {
        let mut pending = self.pending(action, path, Vec::new(), version);
        let writer = match &self.writer {
            Ok(writer) => Arc::clone(writer),
            Err(refused) => return self.refused(pending, refused.clone()),
        };
        let result = match (action, version.as_slice()) {
            (AuditAction::DestroySecret, []) => write_within(path, writer.destroy_all(path)).await,
            (AuditAction::DestroySecret, versions) => {
                write_within(path, writer.destroy(path, versions)).await
            }
            (AuditAction::UndeleteSecret, versions) => {
                write_within(path, writer.undelete(path, versions)).await
            }
            (_, versions) => write_within(path, writer.delete(path, versions)).await,
        };
        pending.secret_done(&result);
        (SecretWriteOutcome { result: result.map(|()| None), values_read: 0 }, pending)
    }

    fn refused(&self, mut pending: PendingRecords, refused: Error) -> (SecretWriteOutcome, PendingRecords) {
        pending.refused();
        (SecretWriteOutcome { result: Err(refused), values_read: 0 }, pending)
    }
}

/// The answer of a write, or `SecretUnknown` after the deadline: it may have been carried out.
async fn write_within<T>(
    path: &SecretPath,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let reason = format!("nothing within {} s", LIMIT.as_secs());
        Err(Error::SecretUnknown { path: path.clone(), reason })
    })
}

#[cfg(test)]
mod tests;
