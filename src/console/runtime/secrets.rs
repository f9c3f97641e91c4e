//! Carries out operations on secrets: writes through a gate, reads with a revealer made for one call; all of
//! them with a deadline, and recorded in the audit.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::runner::{EffectRunner, copy_by_program};
use super::task_reply::TaskReply;
use crate::console::message::Answer;
use crate::console::request::RequestId;
use crate::console::secret_jobs::{
    Inspection, RevealDestination, RevealOutcome, RevealReport, RevealRequest, SecretJob, SecretJobResult,
};
use crate::console::terminal::Clipboard;
use crate::domain::{MissingRights, Opaque, SecretGenerator, SecretPath, SecretText};
use crate::provider::{Error, SecretAccess, SecretData, SecretWriter, secret_store_answer};
use crate::write::{Audited, SecretRequest, SecretWriteOutcome, VersionChange, wait_for_presence};

impl EffectRunner {
    /// Carries out a job and answers with its result.
    pub(super) fn secret(&mut self, request: RequestId, job: SecretJob) {
        let Some(access) = self.secrets.clone() else { return };
        let (writer, clipboard) = (self.secret_gate.pass(), self.clipboard.clone());
        let service = self.writes.clone();
        self.spawn_audited(request, async move {
            let call = SecretRequest { service: &service, access: &access, number: request.0, reason: None };
            run(call, writer, &clipboard, job).await
        });
    }
}

/// Does one job; without a writer, a write fails with the reason it was refused.
async fn run(
    mut call: SecretRequest<'_>,
    writer: Result<Arc<dyn SecretWriter>, Error>,
    clipboard: &Clipboard,
    job: SecretJob,
) -> Audited<TaskReply> {
    let access = call.access;
    let (change, path, version) = match job {
        SecretJob::Generate(generate) => {
            return answered(SecretJobResult::Generated(generate_value(generate)));
        }
        SecretJob::Inspect(path) => {
            return answered(SecretJobResult::Inspected(Box::new(inspect(access, &path).await)));
        }
        SecretJob::Versions(path) => {
            let mut inspection = inspect(access, &path).await;
            // Without the permission to list versions, the newest one is still known.
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
                RevealDestination::Clipboard => copied(clipboard, found(&order, answer)).await,
            };
            return Audited { answer, unrecorded };
        }
        SecretJob::Write(write) => return call.write(writer, *write).await.map(written),
        SecretJob::Restore(restore) => return call.restore(writer, restore).await.map(written),
        SecretJob::Copy(copy) => {
            call.reason = Some(format!("copy of {}", copy.from));
            return call.copy(writer, copy).await.map(written);
        }
        SecretJob::Delete(path, version) => (VersionChange::Delete, path, Some(version)),
        SecretJob::Undelete(path, version) => (VersionChange::Undelete, path, Some(version)),
        SecretJob::Destroy(path, version) => (VersionChange::Destroy, path, Some(version)),
        SecretJob::DestroyAll(path) => (VersionChange::Destroy, path, None),
    };
    let done = call.change_versions(writer, change, &path, version.as_slice()).await;
    done.map(|done| {
        let unchanged = done.as_ref().is_ok_and(|unchanged| !unchanged.is_empty());
        written(SecretWriteOutcome { result: done.map(|_| None), values_read: 0, unchanged })
    })
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

/// Copies a value that was read: with a program, otherwise through the terminal, which the event loop owns.
async fn copied(clipboard: &Clipboard, reading: RevealReport) -> TaskReply {
    let Ok(RevealOutcome::Value(Opaque(value), version)) = &reading.result else {
        return revealed(reading);
    };
    if copy_by_program(clipboard, Zeroizing::new(value.expose().to_owned())).await {
        return revealed(RevealReport { result: Ok(RevealOutcome::Copied(*version)), ..reading });
    }
    TaskReply::CopySecretByTerminal(Box::new(reading))
}

fn generate_value(generate: SecretGenerator) -> Result<Opaque<SecretText>, String> {
    generate
        .make(getrandom::fill)
        .map(Opaque)
        .map_err(|_| "this system gives no random numbers now; nothing was generated".to_owned())
}

async fn inspect(access: &SecretAccess, path: &SecretPath) -> Inspection {
    let presence = secret_store_answer(access.reader.presence(path)).await;
    // If permissions cannot be queried, an attempt will reveal them.
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
