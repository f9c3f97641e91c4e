//! Watch events with their documents scanned; scanning happens outside the event loop.

use crate::domain::{DocumentKind, Entry};
use crate::provider::WatchEvent;

use super::Facts;

/// An entry and the facts of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedEntry {
    pub entry: Entry,
    pub facts: Facts,
}

impl From<Entry> for ScannedEntry {
    fn from(entry: Entry) -> Self {
        let facts = Facts::scan(DocumentKind::of(&entry.key), &entry.document);
        Self { entry, facts }
    }
}

/// A [`WatchEvent`] whose documents have been scanned.
pub type InventoryEvent = WatchEvent<ScannedEntry>;

/// Scans the documents of an event. Takes time proportional to their size: call it in the task that
/// reads the watch.
pub fn scan_event(event: WatchEvent) -> InventoryEvent {
    event.map(ScannedEntry::from)
}
