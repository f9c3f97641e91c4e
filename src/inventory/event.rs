//! Watch events with their documents scanned; scanning happens outside the event loop.

use crate::domain::{Entry, Masking, SecretNames};
use crate::provider::WatchEvent;

use super::Facts;

/// An entry and the facts of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedEntry {
    pub entry: Entry,
    pub facts: Facts,
}

impl ScannedEntry {
    /// Scans a document of a context with these names.
    pub fn new(entry: Entry, names: &SecretNames) -> Self {
        let facts = Facts::scan(&Masking::of(&entry.key, names), &entry.document);
        Self { entry, facts }
    }
}

/// A [`WatchEvent`] whose documents have been scanned.
pub type InventoryEvent = WatchEvent<ScannedEntry>;

/// Scans the documents of an event, of a context with these names. Takes time proportional to their size:
/// call it in the task that reads the watch.
pub fn scan_event(event: WatchEvent, names: &SecretNames) -> InventoryEvent {
    event.map(|entry| ScannedEntry::new(entry, names))
}
