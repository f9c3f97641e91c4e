//! Watch events made ready for the inventory: every document scanned, away from the loop that draws.

use crate::domain::{
    Change, ChangeKind, Coverage, DocumentKind, Entry, LinkState, ResourceKey, Revision, StoreId,
};
use crate::provider::WatchEvent;

use super::Facts;

/// An entry and what its document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The entry.
    pub entry: Entry,
    /// What its document says.
    pub facts: Facts,
}

impl From<Entry> for Scanned {
    fn from(entry: Entry) -> Self {
        let facts = Facts::scan(DocumentKind::of(&entry.key), &entry.document);
        Self { entry, facts }
    }
}

/// One change of a batch.
#[expect(clippy::large_enum_variant, reason = "nearly every change is a put; a box each would cost more")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannedChange {
    /// The key was written.
    Put(Scanned),
    /// The key is gone.
    Deleted(ResourceKey),
}

/// A [`WatchEvent`] whose documents have been scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// See [`WatchEvent::State`].
    State(LinkState),
    /// See [`WatchEvent::Load`].
    Load {
        /// The store.
        store: StoreId,
        /// The revision of the load.
        at: Revision,
        /// Whether a picture was there before.
        resync: bool,
        /// What the picture can show.
        coverage: Coverage,
    },
    /// See [`WatchEvent::Page`].
    Page(Vec<Scanned>),
    /// See [`WatchEvent::Loaded`].
    Loaded {
        /// The revision of the load.
        at: Revision,
    },
    /// See [`WatchEvent::Batch`].
    Batch {
        /// The revision.
        at: Revision,
        /// Its changes.
        changes: Vec<ScannedChange>,
    },
    /// See [`WatchEvent::Progress`].
    Progress {
        /// The revision.
        at: Revision,
    },
}

/// Scans the documents of an event. Costs time in proportion to their bytes: call it in the task
/// that reads the watch.
pub fn prepare(event: WatchEvent) -> Feed {
    match event {
        WatchEvent::State(state) => Feed::State(state),
        WatchEvent::Load { store, at, resync, coverage } => Feed::Load { store, at, resync, coverage },
        WatchEvent::Page(entries) => Feed::Page(entries.into_iter().map(Scanned::from).collect()),
        WatchEvent::Loaded { at } => Feed::Loaded { at },
        WatchEvent::Batch { at, changes } => {
            Feed::Batch { at, changes: changes.into_iter().map(scan_change).collect() }
        }
        WatchEvent::Progress { at } => Feed::Progress { at },
    }
}

fn scan_change(change: Change) -> ScannedChange {
    match change.kind {
        ChangeKind::Put { entry } => ScannedChange::Put(entry.into()),
        ChangeKind::Deleted { key } => ScannedChange::Deleted(key),
    }
}
