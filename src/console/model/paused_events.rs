//! Store events held back while the display is paused, and items shown until a deadline.

use std::time::Duration;

use crate::console::request::RequestId;
use crate::domain::{LeaseId, StoreId};

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

/// When a lease expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseExpiry {
    pub lease: LeaseId,
    /// The pending request.
    pub asked: Option<RequestId>,
    /// When it expires, as time since the start; `None` until answered.
    pub ends: Option<Duration>,
}

/// A message in the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub tone: Tone,
    /// When it disappears.
    pub until: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
}
