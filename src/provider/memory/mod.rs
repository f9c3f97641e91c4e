//! In-memory config store: the reference implementation of the traits, and the demo's store.
//!
//! Besides the traits, [`MemoryStore::put_raw`] and [`MemoryStore::remove_raw`] write as another program
//! would, and [`MemoryStore::inject_outage`] and [`MemoryStore::restore`] simulate an outage.

mod leases;
mod secrets;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::feed::Feed;
use super::{
    Backend, Capabilities, Commit, ConfigReader, ConfigWriter, Error, Op, Page, Result, Watch, ops,
    watch_channel,
};
use crate::domain::{
    ChangeKind, Condition, Document, Entry, Fact, Finding, Health, KeyPrefix, LeaseId, LinkState,
    ResourceKey, Right, StoreId, TokenKind,
};
#[cfg(test)]
pub(crate) use secrets::tests::faulty;
pub use secrets::{BACKEND as SECRET_BACKEND, MemorySecrets};

use leases::Leases;
use write::{next_entry, replace};

/// etcd's default limit of operations in a transaction, so that the demo behaves like etcd.
const ATOMIC_MAX: usize = 128;

/// etcd's default limit of a request, in bytes.
const MAX_DOCUMENT: usize = 1_536 * 1_024;

/// Numbers the stores of this process.
static STORES: AtomicU64 = AtomicU64::new(1);

pub const BACKEND: Backend = Backend { name: "memory", remote: false, ..super::backend::ETCD };

/// A store in memory; clones share it.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<MemoryStoreInner>,
}

#[derive(Debug)]
struct MemoryStoreInner {
    feed: Feed,
    leases: Mutex<Leases>,
}

/// How a store comes back after [`MemoryStore::inject_outage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreMode {
    /// Watches get the changes made meanwhile.
    Resume,
    /// The history is compacted; watches reload.
    Resync,
    /// A backup was restored: another store, with lower revisions.
    Replaced,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        let feed = Feed::new(fresh_id(), LinkState::Synced);
        Self { shared: Arc::new(MemoryStoreInner { feed, leases: Mutex::default() }) }
    }

    /// A store with these documents, each at its own revision.
    pub fn seeded(documents: impl IntoIterator<Item = (ResourceKey, Document)>) -> Self {
        let store = Self::new();
        for (key, document) in documents {
            store.put_raw(key, document);
        }
        store
    }

    /// Writes as another program would: any key, foreign ones included, any bytes, no condition,
    /// even during an [outage](MemoryStore::inject_outage).
    pub fn put_raw(&self, key: ResourceKey, document: Document) {
        self.shared.feed.update(|picture| {
            let entry = next_entry(picture, &key, document, None);
            picture.apply(vec![ChangeKind::Put { entry }]);
        });
    }

    /// Deletes as another program would; `false` if the key does not exist.
    pub fn remove_raw(&self, key: &ResourceKey) -> bool {
        self.shared.feed.update(|picture| {
            let there = picture.entries().contains_key(key);
            if there {
                picture.apply(vec![ChangeKind::Deleted { key: key.clone() }]);
            }
            there
        })
    }

    /// Simulates an outage: watches send `state` and nothing more, calls return [`Error::Denied`] for
    /// [`LinkState::Denied`] and [`Error::Unavailable`] otherwise, until [`MemoryStore::restore`].
    pub fn inject_outage(&self, state: LinkState) {
        self.shared.feed.update(|picture| picture.set_link(state, true));
    }

    pub fn restore(&self, how: RestoreMode) {
        self.shared.feed.update(|picture| {
            match how {
                RestoreMode::Resume => {}
                RestoreMode::Resync => picture.clear_history(),
                RestoreMode::Replaced => replace(picture),
            }
            picture.set_link(LinkState::Synced, false);
        });
    }
}

impl MemoryStoreInner {
    /// Fails during an outage and after shutdown; expires leases first.
    fn ready(&self) -> Result<()> {
        self.feed.check_open()?;
        self.expire();
        self.feed.read(|picture| match picture.link() {
            _ if !picture.is_withheld() => Ok(()),
            LinkState::Denied { permission, .. } => Err(Error::denied(permission.clone())),
            LinkState::Stale { reason, retry_in } => {
                Err(Error::Unavailable { reason: reason.clone(), retry_in: *retry_in, source: None })
            }
            link => Err(Error::unavailable(format!("the store does not answer ({})", link.word()))),
        })
    }
}

fn fresh_id() -> StoreId {
    StoreId::new(format!("memory:{}", STORES.fetch_add(1, Ordering::Relaxed)))
}

#[async_trait]
impl ConfigReader for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            namespaces: true,
            connections: true,
            leases: true,
            foreign: true,
            foreign_puts: false,
            atomic_max: ATOMIC_MAX,
            max_document: MAX_DOCUMENT,
            tokens: TokenKind::Counter,
        }
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        self.shared.ready()?;
        Ok(self.shared.feed.read(|picture| picture.entries().get(key).cloned()))
    }

    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        let pages = match self.shared.ready() {
            Ok(()) => self.shared.feed.pages(&prefix).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(pages).boxed()
    }

    fn watch(&self, prefix: KeyPrefix) -> Watch {
        let (out, watch) = watch_channel();
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            // Either the reader is gone or the store is shut down; both end the watch.
            tokio::select! {
                _ = shared.feed.follow(&prefix, &out) => {}
                () = shared.expire_on_time() => {}
            }
        });
        watch
    }

    async fn lease_left(&self, lease: LeaseId) -> Result<Option<Duration>> {
        self.shared.ready()?;
        let end = self.shared.leases.lock().end(lease);
        Ok(end.map(|end| end.saturating_duration_since(Instant::now())))
    }

    async fn health(&self) -> Health {
        let mut health = Health::new(BACKEND.name);
        if let Err(error) = self.shared.ready() {
            let finding = match error {
                Error::Denied { permission, remedy } => Finding::rights(Right::Read, permission, remedy),
                error => Finding::fault(error.to_string(), ""),
            };
            health.push(finding.at(Condition::Unusable));
        }
        health.facts = self.shared.feed.read(|picture| {
            let documents = u64::try_from(picture.entries().len()).unwrap_or(u64::MAX);
            vec![Fact::ordinal("revision", picture.at().0), Fact::count("documents", documents)]
        });
        health
    }

    async fn shutdown(&self) {
        self.shared.feed.close();
    }
}

#[async_trait]
impl ConfigWriter for MemoryStore {
    async fn commit(&self, operations: Vec<Op>) -> Result<Commit> {
        self.shared.ready()?;
        ops::check_commit(&operations, &self.capabilities())?;
        self.shared.commit(operations)
    }
}

#[cfg(test)]
mod tests;
