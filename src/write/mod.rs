//! Audited writes: every change of a document or a secret, and every read of a secret's value, goes through
//! [`WriteService`]. Each has a deadline, and is recorded in the audit before the caller gets the answer.
//! Commands and the console share this code, so they cannot differ.

mod documents;
mod secrets;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

pub use self::secrets::{
    CopyRequest, RestoreRequest, SecretRequest, SecretWrite, SecretWriteMode, SecretWriteOutcome,
    others_unreadable, wait_for_presence,
};
use crate::audit::{Audit, AuditError, PendingRecords, SecretEvent};
use crate::domain::ResourceKey;
use crate::provider::Result;
pub use crate::provider::VersionChange;

/// Carries out writes of one process on one store.
#[derive(Debug, Clone)]
pub struct WriteService {
    audit: Arc<Audit>,
    /// How long an answer waits for its record.
    audit_wait: Duration,
}

/// An answer whose audit record has been written.
#[derive(Debug)]
#[must_use]
pub struct Audited<T> {
    pub answer: T,
    /// Why it is not in the audit, if it is not.
    pub unrecorded: Option<String>,
}

impl<T> Audited<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Audited<U> {
        Audited { answer: change(self.answer), unrecorded: self.unrecorded }
    }
}

impl WriteService {
    pub fn new(audit: Arc<Audit>, audit_wait: Duration) -> Self {
        Self { audit, audit_wait }
    }

    /// Records that this many values of a document were shown; returns why that failed.
    pub async fn record_reveal(&self, key: ResourceKey, count: usize) -> Option<String> {
        let audit = Arc::clone(&self.audit);
        self.unrecorded(move || audit.record_reveal(&key, count)).await
    }

    /// Records secrets that were read to merge a document; returns why that failed.
    pub async fn record_merge(
        &self,
        number: u64,
        read: impl IntoIterator<Item = SecretEvent>,
    ) -> Option<String> {
        let mut pending = self.audit.begin_secret(number, read);
        pending.done(&Ok(()));
        self.save(pending).await
    }

    /// Runs a call, unless its writer is refused, and records the outcome.
    async fn audited<W, T, F: Future<Output = Result<T>>>(
        &self,
        mut pending: PendingRecords,
        writer: Result<W>,
        call: impl FnOnce(W) -> F,
        record: impl FnOnce(&mut PendingRecords, &Result<T>),
    ) -> Audited<Result<T>> {
        let answer = match writer {
            Ok(writer) => {
                let answer = call(writer).await;
                record(&mut pending, &answer);
                answer
            }
            Err(refused) => {
                pending.refused();
                Err(refused)
            }
        };
        Audited { answer, unrecorded: self.save(pending).await }
    }

    async fn save(&self, pending: PendingRecords) -> Option<String> {
        self.unrecorded(move || pending.append()).await
    }

    /// Writes records on a blocking thread, since a disk may be slow; writing continues after the wait ends.
    async fn unrecorded(
        &self,
        append: impl FnOnce() -> std::result::Result<(), AuditError> + Send + 'static,
    ) -> Option<String> {
        let trouble = match timeout(self.audit_wait, spawn_blocking(append)).await {
            Ok(Ok(Ok(()))) => return None,
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(_)) => "its thread ended early".to_owned(),
            Err(_) => "the state folder's disk does not answer".to_owned(),
        };
        tracing::warn!("not in the audit: {trouble}");
        Some(trouble)
    }
}
