//! Watch events with their documents scanned, which is done outside the event loop.

use crate::domain::{
    Change, ChangeKind, Coverage, DocumentKind, Entry, LinkState, ResourceKey, Revision, StoreId,
};
use crate::provider::WatchEvent;

use super::Facts;

/// An entry and what its document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedEntry {
    pub entry: Entry,
    /// What its document says.
    pub facts: Facts,
}

impl From<Entry> for ScannedEntry {
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
    Put(ScannedEntry),
    Deleted(ResourceKey),
}

/// A [`WatchEvent`] whose documents have been scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryEvent {
    /// See [`WatchEvent::State`].
    State(LinkState),
    /// See [`WatchEvent::Load`].
    Load {
        store: StoreId,
        /// The revision of the load.
        at: Revision,
        /// Whether an earlier load was completed.
        resync: bool,
        /// Which keys the load covers.
        coverage: Coverage,
    },
    /// See [`WatchEvent::Page`].
    Page(Vec<ScannedEntry>),
    /// See [`WatchEvent::Loaded`].
    Loaded {
        /// The revision of the load.
        at: Revision,
    },
    /// See [`WatchEvent::Batch`].
    Batch { at: Revision, changes: Vec<ScannedChange> },
    /// See [`WatchEvent::Compared`].
    Compared {
        /// The revision of the list.
        at: Revision,
        /// How many keys differ.
        differences: usize,
    },
    /// See [`WatchEvent::Progress`].
    Progress { at: Revision },
}

/// Scans the documents of an event. Costs time in proportion to their bytes: call it in the task
/// that reads the watch.
pub fn scan_event(event: WatchEvent) -> InventoryEvent {
    match event {
        WatchEvent::State(state) => InventoryEvent::State(state),
        WatchEvent::Load { store, at, resync, coverage } => {
            InventoryEvent::Load { store, at, resync, coverage }
        }
        WatchEvent::Page(entries) => {
            InventoryEvent::Page(entries.into_iter().map(ScannedEntry::from).collect())
        }
        WatchEvent::Loaded { at } => InventoryEvent::Loaded { at },
        WatchEvent::Batch { at, changes } => {
            InventoryEvent::Batch { at, changes: changes.into_iter().map(scan_change).collect() }
        }
        WatchEvent::Compared { at, differences } => InventoryEvent::Compared { at, differences },
        WatchEvent::Progress { at } => InventoryEvent::Progress { at },
    }
}

fn scan_change(change: Change) -> ScannedChange {
    match change.kind {
        ChangeKind::Put { entry } => ScannedChange::Put(entry.into()),
        ChangeKind::Deleted { key } => ScannedChange::Deleted(key),
    }
}
