//! What waits: events while the picture is held still, and a notice or a lease for its end.

use std::time::Duration;

use crate::console::effect::Request;
use crate::domain::{LeaseId, StoreId};

/// Watch events that wait while the picture is held still.
#[derive(Debug, Default)]
pub struct Held {
    /// The events, in order.
    pub feeds: Vec<crate::inventory::Feed>,
    /// How many changes they hold.
    pub changes: usize,
    /// Too many to keep: a fresh load is needed afterwards.
    pub overflowed: bool,
    /// The store of the last load among them.
    pub store: Option<StoreId>,
}

impl Held {
    /// Whether what is shown is of another store than the one that is there now.
    pub fn is_of_another(&self, shown: Option<&StoreId>) -> bool {
        self.store.is_some() && self.store.as_ref() != shown
    }

    /// Whether the picture is behind what the store has said.
    pub fn is_behind(&self) -> bool {
        self.overflowed || !self.feeds.is_empty() || self.changes > 0
    }
}

/// How long a lease has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseLeft {
    /// Which lease.
    pub lease: LeaseId,
    /// The question under way.
    pub asked: Option<Request>,
    /// When it ends, as time since the start; `None` until answered.
    pub ends: Option<Duration>,
}

impl LeaseLeft {
    /// When to ask again: a lease that should have ended was kept alive by its owner.
    pub(super) fn ask_again(self) -> Option<Duration> {
        self.ends.filter(|_| self.asked.is_none())
    }
}

/// Something worth saying once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// How bad it is.
    pub tone: Tone,
    /// When it goes away.
    pub until: Duration,
}

/// How bad a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// For information.
    Plain,
    /// Something was done.
    Good,
    /// Something was not done.
    Bad,
}
