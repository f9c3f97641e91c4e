//! Changes of documents beside what was there before, made from a watch.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};

use super::UnifiedConfigManager;
use crate::domain::{ChangeKind, Coverage, DocumentChange, Entry, KeyPrefix, ResourceKey};
use crate::provider::{Watch, WatchEvent};

/// The changes of a range, from [`UnifiedConfigManager::changes`]. Dropping it ends the subscription.
#[must_use = "changes that are dropped end at once: hold them for as long as they are needed"]
pub struct Changes(BoxStream<'static, DocumentChange>);

impl Changes {
    /// The next change; `None` once the store has been shut down.
    pub async fn next(&mut self) -> Option<DocumentChange> {
        self.0.next().await
    }
}

impl Stream for Changes {
    type Item = DocumentChange;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<DocumentChange>> {
        self.0.poll_next_unpin(context)
    }
}

impl UnifiedConfigManager {
    /// Subscribes to the changes of a range: first everything that is there, as
    /// [`DocumentChange::Loaded`], then every change, with the entry that it replaced or removed. After a gap
    /// only the differences come. For the state of the link, see [`UnifiedConfigManager::link`] and
    /// [`UnifiedConfigManager::watch`], whose watch this shares.
    ///
    /// Several writes of one document within a gap are one change. What this user may no longer read leaves
    /// without a change, because it may still exist.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// ```
    /// use confdeck::domain::{DocumentChange, KeyPrefix};
    /// use confdeck::manager::UnifiedConfigManager;
    /// use confdeck::provider::Lease;
    /// use confdeck::provider::memory::MemoryStore;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let manager = UnifiedConfigManager::open(MemoryStore::new(), None);
    /// let mut changes = manager.changes(KeyPrefix::Namespace("production".parse()?));
    /// let key = confdeck::domain::ResourceKey::webhook("production".parse()?, "orders".parse()?);
    /// manager.create(key, r#"{"module": "log"}"#.into(), Lease::Never).await?;
    /// match changes.next().await {
    ///     // It may have been written before the changes began.
    ///     Some(DocumentChange::Loaded { entry } | DocumentChange::Created { entry }) => {
    ///         assert_eq!(entry.key.to_string(), "production/orders");
    ///     }
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn changes(&self, prefix: KeyPrefix) -> Changes {
        let state = (self.watch(prefix), ChangeTracker::default(), VecDeque::new());
        let changes = stream::unfold(state, |(mut watch, mut tracker, mut ready)| async move {
            loop {
                if let Some(change) = ready.pop_front() {
                    return Some((change, (watch, tracker, ready)));
                }
                ready.extend(tracker.changes(Watch::next(&mut watch).await?));
            }
        });
        Changes(changes.boxed())
    }
}

/// What was there, and how far a load has come.
#[derive(Default)]
pub(super) struct ChangeTracker {
    known: HashMap<ResourceKey, Entry>,
    /// The keys of the load in progress.
    seen: HashSet<ResourceKey>,
    coverage: Coverage,
    /// What the last complete load covered; what it did not may have been there before.
    covered: Option<Coverage>,
}

impl ChangeTracker {
    pub(super) fn changes(&mut self, event: WatchEvent) -> Vec<DocumentChange> {
        match event {
            WatchEvent::Load { coverage, .. } => {
                self.coverage = coverage;
                self.seen.clear();
                Vec::new()
            }
            WatchEvent::Page(entries) => entries.into_iter().filter_map(|entry| self.loaded(entry)).collect(),
            WatchEvent::Loaded { .. } => self.end_load(),
            WatchEvent::Batch { changes, .. } => {
                changes.into_iter().filter_map(|change| self.changed(change.kind)).collect()
            }
            WatchEvent::State(_) | WatchEvent::Compared { .. } | WatchEvent::Progress { .. } => Vec::new(),
        }
    }

    fn loaded(&mut self, entry: Entry) -> Option<DocumentChange> {
        self.seen.insert(entry.key.clone());
        let was_visible = self.covered.as_ref().is_some_and(|covered| covered.covers(&entry.key));
        match self.put(entry)? {
            DocumentChange::Created { entry } if !was_visible => Some(DocumentChange::Loaded { entry }),
            change => Some(change),
        }
    }

    /// Removes what the load did not contain.
    fn end_load(&mut self) -> Vec<DocumentChange> {
        let missing = |key: &&ResourceKey| !self.seen.contains(*key);
        let mut missing: Vec<_> = self.known.keys().filter(missing).cloned().collect();
        missing.sort();
        self.seen.clear();
        self.covered = Some(self.coverage.clone());
        let gone = missing.into_iter().filter_map(|key| self.known.remove(&key));
        let deleted = gone.filter(|entry| self.coverage.covers(&entry.key));
        deleted.map(|previous| DocumentChange::Deleted { previous }).collect()
    }

    fn changed(&mut self, kind: ChangeKind) -> Option<DocumentChange> {
        match kind {
            ChangeKind::Put { entry } => self.put(entry),
            ChangeKind::Deleted { key } => {
                self.known.remove(&key).map(|previous| DocumentChange::Deleted { previous })
            }
        }
    }

    /// `None` for what is known already.
    fn put(&mut self, entry: Entry) -> Option<DocumentChange> {
        match self.known.insert(entry.key.clone(), entry.clone()) {
            None => Some(DocumentChange::Created { entry }),
            Some(previous) if previous.token == entry.token && previous.document == entry.document => None,
            Some(previous) => Some(DocumentChange::Updated { previous, entry }),
        }
    }
}
