//! The demo's store: a memory store that provokes a conflict on the first write of some documents.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use parking_lot::Mutex;

use super::{CONFLICTS, seed_data};
use crate::domain::{Document, Entry, Health, KeyPrefix, LeaseId, ResourceKey};
use crate::provider::memory::MemoryStore;
use crate::provider::{
    Capabilities, Commit, ConfigReader, ConfigWriter, Expect, Lease, Op, Page, Result, Watch,
};

/// The lease of the leased webhook.
const LEASE: Duration = Duration::from_secs(20 * 60);

pub struct DemoStore {
    /// The underlying store, used to simulate activity.
    pub(super) memory: MemoryStore,
    pending_conflicts: Mutex<BTreeSet<ResourceKey>>,
}

/// Contains the initial documents.
impl Default for DemoStore {
    fn default() -> Self {
        let surprises = CONFLICTS.into_iter().filter_map(seed_data::key).collect();
        Self { memory: MemoryStore::seeded(seed_data::documents()), pending_conflicts: Mutex::new(surprises) }
    }
}

impl DemoStore {
    pub async fn add_leased(&self) {
        let (address, text) = seed_data::LEASED;
        if let Some(key) = seed_data::key(address) {
            // If the lease cannot be created, the demo merely lacks this webhook.
            let _ = self.memory.set(key, text.into(), Expect::Absent, Lease::For(LEASE)).await;
        }
    }

    /// Changes the document before its first conditional write, so that the write conflicts.
    async fn provoke_conflict(&self, op: &Op) {
        let is_due = matches!(op, Op::Put { expect: Expect::Token(_), .. })
            && self.pending_conflicts.lock().remove(op.key());
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

/// The document with an additional member, as another user might have added it.
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
            self.provoke_conflict(op).await;
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
        let demo = DemoStore::default();
        for address in CONFLICTS {
            let key = seed_data::key(address).unwrap();
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
