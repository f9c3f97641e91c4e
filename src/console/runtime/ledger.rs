//! What goes into the audit, on threads that a disk may hold.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::audit::{Audit, AuditError, Pending};
use crate::console::effect::{Note, Request};
use crate::provider::{Found, Op};

/// How long an answer waits for the audit of what it tells.
const WITHIN: Duration = Duration::from_secs(1);

/// The records of what was found out about an earlier commit.
pub(super) fn found(audit: &Arc<Audit>, of: Request, ops: &[Op], found: &Found) -> Pending {
    let mut pending = audit.begin(of.0, ops);
    pending.found(found);
    pending
}

/// Keeps what came of a commit; says why it could not be kept.
pub(super) async fn keep(pending: Pending) -> Option<String> {
    trouble(spawn_blocking(move || pending.keep())).await
}

/// Keeps what was done without a write; says why it could not be kept.
pub(super) async fn note(audit: Arc<Audit>, note: Note) -> Option<String> {
    trouble(spawn_blocking(move || match note {
        Note::Revealed { key, count } => audit.revealed(&key, count),
    }))
    .await
}

async fn trouble(keeping: JoinHandle<Result<(), AuditError>>) -> Option<String> {
    let trouble = match timeout(WITHIN, keeping).await {
        Ok(Ok(Ok(()))) => return None,
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) => "its thread ended early".to_owned(),
        Err(_) => "the state folder's disk does not answer".to_owned(),
    };
    tracing::warn!("not in the audit: {trouble}");
    Some(trouble)
}
