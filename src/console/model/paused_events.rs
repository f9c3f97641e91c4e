//! The state of a paused display: the store events held back so far.

use crate::domain::StoreId;

/// Watch events that arrived while the display is paused.
#[derive(Debug, Default)]
pub struct PausedEvents {
    pub feeds: Vec<crate::inventory::InventoryEvent>,
    /// The number of changes in them.
    pub changes: usize,
    /// There were too many events: a new load is needed on resume.
    pub overflowed: bool,
    /// The store of the last load among them.
    pub store: Option<StoreId>,
}

impl PausedEvents {
    /// Whether the display shows a store other than the one now connected.
    pub fn is_of_other_store(&self, shown: Option<&StoreId>) -> bool {
        self.store.is_some() && self.store.as_ref() != shown
    }

    /// Whether the store has changed since the display was paused.
    pub fn is_behind(&self) -> bool {
        self.overflowed || !self.feeds.is_empty() || self.changes > 0
    }
}
