//! Carries out operations on secrets: writes through a gate, reads with a revealer made for one call, all
//! with a deadline and recorded in the audit.

use std::sync::Arc;

use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use super::runner::{EffectRunner, TaskReply, copy_by_program};
use crate::console::gate::Gate;
use crate::console::message::Answer;
use crate::console::request::RequestId;
use crate::console::secret_jobs::{
    Inspection, RevealDestination, RevealOutcome, RevealReport, RevealRequest, SecretJob, SecretJobResult,
};
use crate::console::terminal::Clipboard;
use crate::domain::{MissingRights, Opaque, SecretGenerator, SecretPath, SecretText};
use crate::provider::{Error, SecretAccess, SecretData, SecretReader, SecretWriter, secret_store_answer};
use crate::write::{
    Audited, SecretRequest, SecretWriteOutcome, VersionChange, WriteService, wait_for_presence,
};

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
        let Some(access) = self.secrets.access.clone() else { return };
        let store =
            SecretStoreHandle { access, writer: self.secrets.gate.pass(), clipboard: self.clipboard() };
        let service = self.writes.clone();
        self.spawn_audited(request, async move { store.run(&service, request.0, job).await });
    }
}

/// What one job needs: the store, and the writer or why there is none.
struct SecretStoreHandle {
    access: SecretAccess,
    writer: Result<Arc<dyn SecretWriter>, Error>,
    clipboard: Clipboard,
}

impl SecretStoreHandle {
    async fn run(self, service: &WriteService, number: u64, job: SecretJob) -> Audited<TaskReply> {
        let Self { access, writer, clipboard } = self;
        let mut call = SecretRequest { service, access: &access, number, reason: None };
        let (change, path, version) = match job {
            SecretJob::Generate(generate) => {
                return answered(SecretJobResult::Generated(generate_value(generate)));
            }
            SecretJob::Inspect(path) => {
                return answered(SecretJobResult::Inspected(Box::new(inspect(&access, &path).await)));
            }
            SecretJob::Versions(path) => {
                let mut inspection = inspect(&access, &path).await;
                // Without permission to list versions, the newest can still be named.
                let versions = secret_store_answer(access.reader.versions(&path)).await;
                inspection.versions = versions.ok().flatten();
                return answered(SecretJobResult::Inspected(Box::new(inspection)));
            }
            SecretJob::FindOut(path) => {
                return answered(SecretJobResult::Found(wait_for_presence(&*access.reader, &path).await));
            }
            SecretJob::Reveal(order) => {
                call.reason = Some(order.reason.clone());
                let Audited { answer, unrecorded } = call.reveal(&order.path, None, Some(&order.field)).await;
                let answer = match order.destination {
                    RevealDestination::Screen => revealed(found(&order, answer)),
                    RevealDestination::Clipboard => copied(&clipboard, found(&order, answer)).await,
                };
                return Audited { answer, unrecorded };
            }
            SecretJob::Write(write) => return call.write(writer, *write).await.map(written),
            SecretJob::Restore(restore) => return call.restore(writer, restore).await.map(written),
            SecretJob::Delete(path, version) => (VersionChange::Delete, path, Some(version)),
            SecretJob::Undelete(path, version) => (VersionChange::Undelete, path, Some(version)),
            SecretJob::Destroy(path, version) => (VersionChange::Destroy, path, Some(version)),
            SecretJob::DestroyAll(path) => (VersionChange::Destroy, path, None),
        };
        let done = call.change_versions(writer, change, &path, version.as_slice()).await;
        done.map(|done| written(SecretWriteOutcome { result: done.map(|()| None), values_read: 0 }))
    }
}

/// The answer of a job that is not audited.
fn answered(result: SecretJobResult) -> Audited<TaskReply> {
    Audited { answer: TaskReply::Answer(Answer::Secret(result)), unrecorded: None }
}

fn written(outcome: SecretWriteOutcome) -> TaskReply {
    TaskReply::Answer(Answer::Secret(SecretJobResult::Written(outcome)))
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

fn generate_value(generate: SecretGenerator) -> Result<Opaque<SecretText>, String> {
    generate
        .make(getrandom::fill)
        .map(Opaque)
        .map_err(|_| "this system gives no random numbers now; nothing was generated".to_owned())
}

async fn inspect(access: &SecretAccess, path: &SecretPath) -> Inspection {
    let presence = secret_store_answer(access.reader.presence(path)).await;
    // Where permissions cannot be queried, an attempt will show them.
    let lacking = secret_store_answer(access.reader.missing_rights(std::slice::from_ref(path))).await;
    let lacking = lacking.ok().and_then(|all| all.into_iter().next()).unwrap_or_else(MissingRights::default);
    Inspection { capabilities: access.reader.capabilities(), presence, lacking, versions: None }
}

fn found(order: &RevealRequest, read: Result<Option<SecretData>, Error>) -> RevealReport {
    let values_read = read.as_ref().ok().and_then(Option::as_ref).map_or(0, |read| read.fields.len());
    let result = read.map(|read| match read {
        None => RevealOutcome::Nothing,
        Some(read) => match read.fields.get(order.field.as_str()) {
            Some(value) => RevealOutcome::Value(Opaque(value.shown()), read.version),
            None => RevealOutcome::NoField,
        },
    });
    RevealReport { result, values_read }
}
