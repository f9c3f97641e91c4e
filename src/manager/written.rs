//! Our own last write: what the live picture has to have come to before it answers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{Revision, StoreId};

/// The revision of our last write, in the store that the picture shows.
#[derive(Default)]
pub(super) struct Written(Mutex<Last>);

#[derive(Default)]
struct Last {
    /// `None` before the first load.
    store: Option<StoreId>,
    at: Revision,
}

impl Written {
    /// Remembers a write.
    pub(super) fn note(&self, at: Revision) {
        let mut last = self.lock();
        last.at = last.at.max(at);
    }

    /// The picture is loaded from this store. A revision of another one says nothing in it.
    pub(super) fn loading(&self, store: &StoreId) {
        let mut last = self.lock();
        if last.store.as_ref().is_some_and(|known| known != store) {
            last.at = Revision::default();
        }
        last.store = Some(store.clone());
    }

    pub(super) fn at(&self) -> Revision {
        self.lock().at
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
