//! A store in this process: the reference implementation of the traits, and the demo's store.
//!
//! Beside the traits it has the hands of others: [`MemoryStore::put_raw`] and
//! [`MemoryStore::remove_raw`] write as another program would, [`MemoryStore::cut`] and
//! [`MemoryStore::restore`] stage an outage.

mod leases;
mod secrets;
mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::feed::Feed;
use super::{
    ASK_FOR_IT, Capabilities, Commit, ConfigReader, ConfigWriter, Error, Op, Page, Result, Watch, WatchEvent,
    ops, watch_channel,
};
use crate::domain::{
    ChangeKind, Condition, Document, Entry, Fact, Finding, Health, KeyPrefix, LeaseId, LinkState,
    ResourceKey, Right, StoreId, TokenKind,
};
pub use secrets::{MemorySecrets, Outage, SecretCalls};

use leases::Leases;
use write::{replace, written};

/// As many operations as an etcd transaction takes, so that the demo behaves like the real thing.
const ATOMIC_MAX: usize = 128;

/// As large as etcd's requests are by default.
const MAX_DOCUMENT: usize = 1_536 * 1_024;

/// Tells the stores of this process apart.
static STORES: AtomicU64 = AtomicU64::new(1);

/// A store in this process; clones share it.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    feed: Feed,
    leases: Mutex<Leases>,
}

/// How a store comes back after [`MemoryStore::cut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// What changed meanwhile is replayed.
    Resume,
    /// The history is gone; watches load anew.
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
        Self { shared: Arc::new(Shared { feed, leases: Mutex::default() }) }
    }

    /// A store that holds these documents from the start, each at a revision of its own.
    pub fn seeded(documents: impl IntoIterator<Item = (ResourceKey, Document)>) -> Self {
        let store = Self::new();
        for (key, document) in documents {
            store.put_raw(key, document);
        }
        store
    }

    /// Writes as another program would: any key, foreign ones included, any bytes, no condition,
    /// also while the store is [cut off](MemoryStore::cut).
    pub fn put_raw(&self, key: ResourceKey, document: Document) {
        self.shared.feed.edit(|picture| {
            let entry = written(picture, &key, document, None);
            picture.apply(vec![ChangeKind::Put { entry }]);
        });
    }

    /// Deletes as another program would; `false` if there was nothing.
    pub fn remove_raw(&self, key: &ResourceKey) -> bool {
        self.shared.feed.edit(|picture| {
            let there = picture.entries().contains_key(key);
            if there {
                picture.apply(vec![ChangeKind::Deleted { key: key.clone() }]);
            }
            there
        })
    }

    /// Stages an outage: watches say `state` and nothing more, calls answer [`Error::Denied`] for
    /// [`LinkState::Denied`] and [`Error::Unavailable`] otherwise, until [`MemoryStore::restore`].
    pub fn cut(&self, state: LinkState) {
        self.shared.feed.edit(|picture| picture.set_link(state, true));
    }

    /// Ends an outage.
    pub fn restore(&self, how: Return) {
        self.shared.feed.edit(|picture| {
            match how {
                Return::Resume => {}
                Return::Resync => picture.forget(),
                Return::Replaced => replace(picture),
            }
            picture.set_link(LinkState::Synced, false);
        });
    }
}

impl Shared {
    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses calls while the store is cut off or shut down, and lets expired leases go first.
    fn ready(&self) -> Result<()> {
        self.feed.open()?;
        self.expire();
        self.feed.look(|picture| match picture.link() {
            _ if !picture.is_withheld() => Ok(()),
            LinkState::Denied { permission, .. } => {
                Err(Error::Denied { permission: permission.clone(), remedy: ASK_FOR_IT })
            }
            LinkState::Stale { reason, retry_in } => {
                Err(Error::Unavailable { reason: reason.clone(), retry_in: *retry_in })
            }
            link => Err(Error::Unavailable {
                reason: format!("the store does not answer ({})", link.word()),
                retry_in: None,
            }),
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
            atomic_max: ATOMIC_MAX,
            max_document: MAX_DOCUMENT,
            tokens: TokenKind::Counter,
        }
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        self.shared.ready()?;
        Ok(self.shared.feed.look(|picture| picture.entries().get(key).cloned()))
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
            let connecting = LinkState::Connecting { error: None, retry_in: None };
            let told = async {
                out.send(WatchEvent::State(connecting)).await?;
                shared.feed.follow(&prefix, &out).await
            };
            // Either the reader is gone or the store is shut down; both end the watch.
            tokio::select! {
                _ = told => {}
                () = shared.keep_time() => {}
            }
        });
        watch
    }

    async fn lease_left(&self, lease: LeaseId) -> Result<Option<Duration>> {
        self.shared.ready()?;
        let end = self.shared.leases().end(lease);
        Ok(end.map(|end| end.saturating_duration_since(Instant::now())))
    }

    async fn health(&self) -> Health {
        let mut health = match self.shared.ready() {
            Ok(()) => Health::new("memory"),
            Err(Error::Denied { permission, remedy }) => {
                let mut health = Health::new("memory");
                let denied = Finding::rights(Right::Read, permission, remedy);
                health.find(denied.at(Condition::Unusable));
                health
            }
            Err(error) => Health::unusable("memory", error.to_string(), ""),
        };
        health.facts = self.shared.feed.look(|picture| {
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
        ops::check(&operations, &self.capabilities())?;
        self.shared.commit(operations)
    }
}

#[cfg(test)]
mod tests;
