//! The marked documents of a tab, by key, so that marks survive rows that appear, disappear and move.

use std::collections::BTreeSet;

use crate::domain::ResourceKey;

/// The most documents that can be marked in one tab.
pub const MAX_MARKS: usize = 10_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeSet<ResourceKey>);

impl Marks {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, key: &ResourceKey) -> bool {
        self.0.contains(key)
    }

    /// The marked documents, in key order.
    pub fn keys(&self) -> impl Iterator<Item = &ResourceKey> {
        self.0.iter()
    }

    /// Marks one; returns whether there was room for it.
    pub fn add(&mut self, key: ResourceKey) -> bool {
        let room = self.0.len() < MAX_MARKS || self.0.contains(&key);
        if room {
            self.0.insert(key);
        }
        room
    }

    /// Removes a mark; returns whether there was one.
    pub fn drop(&mut self, key: &ResourceKey) -> bool {
        self.0.remove(key)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
