//! The demo's store: memory, with a hand that writes first where a conflict is to be met.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::{SURPRISES, fleet};
use crate::domain::{Document, Entry, Health, KeyPrefix, LeaseId, ResourceKey};
use crate::provider::memory::MemoryStore;
use crate::provider::{
    Capabilities, Commit, ConfigReader, ConfigWriter, Expect, Lease, Op, Page, Result, Watch,
};

/// How long the leased webhook lives.
const LEASE: Duration = Duration::from_secs(20 * 60);

/// A memory store full of made-up documents.
pub struct DemoStore {
    memory: MemoryStore,
    surprises: Mutex<BTreeSet<ResourceKey>>,
}

impl Default for DemoStore {
    fn default() -> Self {
        Self::new()
    }
}

impl DemoStore {
    /// The fleet as it is at the start.
    pub fn new() -> Self {
        let surprises = SURPRISES.into_iter().filter_map(fleet::key).collect();
        Self { memory: MemoryStore::seeded(fleet::documents()), surprises: Mutex::new(surprises) }
    }

    /// The store itself, for the hand that changes things from outside.
    pub fn memory(&self) -> MemoryStore {
        self.memory.clone()
    }

    /// Adds the webhook that is bound to a lease.
    pub async fn add_leased(&self) {
        let (address, text) = fleet::LEASED;
        if let Some(key) = fleet::key(address) {
            // A lease that could not be made leaves a demo without one, and nothing else.
            let _ = self.memory.set(key, text.into(), Expect::Absent, Lease::For(LEASE)).await;
        }
    }

    /// Writes first, once, where a conflict is to be met.
    async fn surprise(&self, op: &Op) {
        let is_due = matches!(op, Op::Put { expect: Expect::Token(_), .. })
            && self.surprises.lock().unwrap_or_else(PoisonError::into_inner).remove(op.key());
        if !is_due {
            return;
        }
        if let Ok(Some(entry)) = self.memory.get(op.key()).await
            && let Some(changed) = entry.document.text().ok().and_then(with_a_note)
        {
            self.memory.put_raw(op.key().clone(), changed);
        }
    }
}

/// The document with one member more, as another person might have added it.
fn with_a_note(text: &str) -> Option<Document> {
    let at = text.rfind('}')?;
    let (head, tail) = (text.get(..at)?.trim_end(), text.get(at..)?);
    Some(Document::from(format!("{head},\n  \"note\": \"changed on another console\"\n{tail}")))
}

#[async_trait]
impl ConfigReader for DemoStore {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        self.memory.get(key).await
    }

    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        self.memory.list(prefix)
    }

    fn watch(&self, prefix: KeyPrefix) -> Watch {
        self.memory.watch(prefix)
    }

    async fn lease_left(&self, lease: LeaseId) -> Result<Option<Duration>> {
        self.memory.lease_left(lease).await
    }

    async fn health(&self) -> Health {
        self.memory.health().await
    }

    async fn shutdown(&self) {
        self.memory.shutdown().await;
    }
}

#[async_trait]
impl ConfigWriter for DemoStore {
    async fn commit(&self, ops: Vec<Op>) -> Result<Commit> {
        for op in &ops {
            self.surprise(op).await;
        }
        self.memory.commit(ops).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Error;

    #[tokio::test]
    async fn two_documents_meet_a_conflict_once() {
        let demo = DemoStore::new();
        for address in SURPRISES {
            let key = fleet::key(address).unwrap();
            for expected_conflict in [true, false] {
                let entry = demo.get(&key).await.unwrap().unwrap();
                let result =
                    demo.set(key.clone(), "{}".into(), Expect::Token(entry.token), Lease::Keep).await;
                assert_eq!(matches!(result, Err(Error::Conflict { .. })), expected_conflict, "{address}");
                let now = demo.get(&key).await.unwrap().unwrap();
                crate::domain::json::check_object(now.document.text().unwrap()).unwrap();
            }
        }
    }
}
