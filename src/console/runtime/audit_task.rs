//! Writes audit records on blocking threads, so that a slow disk does not stall the event loop.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::audit::{Audit, AuditError, PendingRecords};
use crate::console::effect::{AuditNote, RequestId};
use crate::provider::{CommitStatus, Op};

/// How long an answer waits for its audit record.
const WITHIN: Duration = Duration::from_secs(1);

/// The records of an earlier commit's outcome.
pub(super) fn outcome_records(
    audit: &Arc<Audit>,
    of: RequestId,
    ops: &[Op],
    found: &CommitStatus,
) -> PendingRecords {
    let mut pending = audit.begin(of.0, ops);
    pending.found(found);
    pending
}

/// Writes records; returns why they could not be written.
pub(super) async fn save(pending: PendingRecords) -> Option<String> {
    failure(spawn_blocking(move || pending.append())).await
}

/// Writes a record of something that is not a write; returns why it could not be written.
pub(super) async fn save_note(audit: Arc<Audit>, note: AuditNote) -> Option<String> {
    failure(spawn_blocking(move || match note {
        AuditNote::Revealed { key, count } => audit.record_reveal(&key, count),
    }))
    .await
}

async fn failure(keeping: JoinHandle<Result<(), AuditError>>) -> Option<String> {
    let trouble = match timeout(WITHIN, keeping).await {
        Ok(Ok(Ok(()))) => return None,
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) => "its thread ended early".to_owned(),
        Err(_) => "the state folder's disk does not answer".to_owned(),
    };
    tracing::warn!("not in the audit: {trouble}");
    Some(trouble)
}
