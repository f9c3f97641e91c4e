//! A store in this process: the reference implementation of the traits, and the demo's store.
//!
//! Beside the traits it has the hands of others: [`MemoryStore::put_raw`] and
//! [`MemoryStore::remove_raw`] write as another program would, [`MemoryStore::cut`] and
//! [`MemoryStore::restore`] stage an outage.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::feed::{Feed, Picture};
use super::{
    ASK_FOR_IT, Capabilities, Commit, ConfigReader, ConfigWriter, Error, Lease, Op, Outcome, Page, Result,
    Watch, WatchEvent, ops, watch_channel,
};
use crate::domain::{
    ChangeKind, Condition, Document, Entry, Fact, Finding, Health, KeyPrefix, LeaseId, LinkState,
    ResourceKey, Revision, Right, StoreId, Token, TokenKind,
};

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

#[derive(Debug, Default)]
struct Leases {
    last: i64,
    ends: BTreeMap<LeaseId, Instant>,
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

    /// Deletes what is bound to leases whose time is over.
    fn expire(&self) {
        let now = Instant::now();
        let mut leases = self.leases();
        if leases.ends.values().all(|end| *end > now) {
            return;
        }
        self.feed.edit(|picture| {
            let over = |lease: &LeaseId| leases.ends.get(lease).is_some_and(|end| *end <= now);
            let gone: Vec<_> = picture
                .entries()
                .values()
                .filter(|entry| entry.lease.as_ref().is_some_and(over))
                .map(|entry| ChangeKind::Deleted { key: entry.key.clone() })
                .collect();
            if !gone.is_empty() {
                picture.apply(gone);
            }
        });
        leases.ends.retain(|_, end| *end > now);
    }

    /// Lets leases expire on time while somebody watches.
    async fn keep_time(&self) {
        let mut news = self.feed.news();
        loop {
            news.mark_unchanged();
            self.expire();
            let next = self.leases().ends.values().min().copied();
            let sleep = async {
                match next {
                    Some(end) => tokio::time::sleep_until(end.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep => {}
                _ = news.changed() => {}
            }
        }
    }

    fn commit(&self, operations: Vec<Op>) -> Result<Commit> {
        let mut leases = self.leases();
        self.feed.edit(|picture| {
            for op in &operations {
                ops::allow(op, picture.entries().get(op.key()))?;
            }
            if operations.is_empty() {
                return Ok(Commit { at: picture.at(), outcomes: Vec::new() });
            }
            let (changes, outcomes) =
                operations.into_iter().map(|op| outcome(picture, &mut leases, op)).unzip();
            picture.apply(changes);
            Ok(Commit { at: picture.at(), outcomes })
        })
    }
}

fn outcome(picture: &Picture, leases: &mut Leases, op: Op) -> (ChangeKind, Outcome) {
    let now = picture.entries().get(op.key());
    let before = now.map(|entry| entry.token);
    match op {
        Op::Put { key, document, lease, .. } => {
            let lease = match lease {
                Lease::Keep => now.and_then(|entry| entry.lease),
                Lease::Never => None,
                Lease::For(time) => Some(leases.grant(time)),
            };
            let entry = written(picture, &key, document, lease);
            let after = Some(entry.token);
            (ChangeKind::Put { entry }, Outcome { before, after })
        }
        Op::Delete { key, .. } => (ChangeKind::Deleted { key }, Outcome { before, after: None }),
    }
}

/// What a write of `document` at the next revision leaves behind.
fn written(picture: &Picture, key: &ResourceKey, document: Document, lease: Option<LeaseId>) -> Entry {
    let now = picture.entries().get(key);
    let revision = picture.at().next();
    Entry {
        key: key.clone(),
        document,
        revision,
        created: now.map_or(Some(revision), |entry| entry.created),
        version: Some(now.and_then(|entry| entry.version).unwrap_or_default().saturating_add(1)),
        token: Token::counter(revision.0),
        lease,
    }
}

/// The same documents as a restored backup holds them: renumbered from 1, in another store.
fn replace(picture: &mut Picture) {
    let mut at = Revision::default();
    let mut entries = picture.entries().clone();
    for entry in entries.values_mut() {
        at = at.next();
        entry.revision = at;
        entry.created = Some(at);
        entry.version = Some(1);
        entry.token = Token::counter(at.0);
    }
    picture.replace(fresh_id(), at, entries);
}

fn fresh_id() -> StoreId {
    StoreId::new(format!("memory:{}", STORES.fetch_add(1, Ordering::Relaxed)))
}

impl Leases {
    fn grant(&mut self, time: Duration) -> LeaseId {
        self.last += 1;
        let lease = LeaseId(self.last);
        let now = Instant::now();
        self.ends.insert(lease, now.checked_add(time).unwrap_or(now));
        lease
    }
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
        let end = self.shared.leases().ends.get(&lease).copied();
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
mod tests {
    use super::*;
    use crate::domain::ConnectionName;
    use crate::provider::Expect;

    fn key(name: &str) -> ResourceKey {
        ResourceKey::connection(ConnectionName::new(name).unwrap())
    }

    #[tokio::test]
    async fn a_key_dies_with_its_lease_while_somebody_watches() {
        let store = MemoryStore::seeded([(key("stays"), "{}".into())]);
        let mut watch = store.watch(KeyPrefix::All);
        let lease = Lease::For(Duration::from_millis(20));
        store.set(key("dies"), "{}".into(), Expect::Absent, lease).await.unwrap();
        let died = async {
            while let Some(event) = watch.events.next().await {
                if let WatchEvent::Batch { changes, .. } = event
                    && matches!(changes.as_slice(), [change] if change.kind == ChangeKind::Deleted { key: key("dies") })
                {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), died).await.unwrap();
        assert_eq!(store.get(&key("dies")).await, Ok(None));
        assert!(store.get(&key("stays")).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_cut_store_refuses_calls_in_its_own_words() {
        let store = MemoryStore::new();
        store.cut(LinkState::Stale { reason: "no quorum".into(), retry_in: Some(Duration::from_secs(4)) });
        let refused = store.get(&key("a")).await.unwrap_err();
        assert_eq!(refused.to_string(), "no quorum; tried again in 4 s");
        store.cut(LinkState::Denied { permission: "read /cwm/".into(), retry_in: None });
        let refused = store.set(key("a"), "{}".into(), Expect::Absent, Lease::Keep).await.unwrap_err();
        assert_eq!(
            refused,
            Error::Denied { permission: "read /cwm/".into(), remedy: crate::provider::ASK_FOR_IT }
        );
        assert_eq!(store.health().await.condition(), Condition::Unusable);
        store.restore(Return::Resume);
        assert_eq!(store.get(&key("a")).await, Ok(None));
    }

    #[tokio::test]
    async fn a_replaced_store_has_another_name_and_lower_revisions() {
        let store = MemoryStore::new();
        (0..5).for_each(|_| store.put_raw(key("a"), "{}".into()));
        let page = async || store.list(KeyPrefix::All).next().await.unwrap().unwrap();
        let before = page().await;
        store.restore(Return::Replaced);
        let after = page().await;
        assert_ne!(after.store, before.store);
        assert_eq!((before.at, after.at), (Revision(5), Revision(1)));
        assert_eq!(after.entries.first().map(|entry| entry.revision), Some(Revision(1)));
    }
}
