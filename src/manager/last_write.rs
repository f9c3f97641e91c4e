//! The revision of our last write, which the live inventory must have reached before it is used.

use crate::domain::{Revision, StoreId};
use parking_lot::Mutex;

/// The revision of our last write, in the store that the inventory was loaded from.
#[derive(Default)]
pub(super) struct LastWrite(Mutex<LastWriteState>);

#[derive(Default)]
struct LastWriteState {
    /// `None` before the first load.
    store: Option<StoreId>,
    at: Revision,
}

impl LastWrite {
    pub(super) fn record(&self, at: Revision) {
        let mut last = self.0.lock();
        last.at = last.at.max(at);
    }

    /// Called when the inventory is loaded from a store. Revisions of another store do not count.
    pub(super) fn on_load(&self, store: &StoreId) {
        let mut last = self.0.lock();
        if last.store.as_ref().is_some_and(|known| known != store) {
            last.at = Revision::default();
        }
        last.store = Some(store.clone());
    }

    pub(super) fn at(&self) -> Revision {
        self.0.lock().at
    }
}
