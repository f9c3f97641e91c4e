//! Interned names and the sorted indexes over slots.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::row::{Slot, Symbol};

/// Names that many rows share, kept once.
#[derive(Default)]
pub(super) struct Interner {
    names: Vec<Arc<str>>,
    symbols: HashMap<Arc<str>, NonZeroU32>,
}

impl Interner {
    pub(super) fn symbol(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(name) {
            return Some(*symbol);
        }
        let shared: Arc<str> = name.into();
        self.names.push(Arc::clone(&shared));
        let symbol = NonZeroU32::new(u32::try_from(self.names.len()).ok()?)?;
        self.symbols.insert(shared, symbol);
        Some(symbol)
    }

    pub(super) fn find(&self, name: &str) -> Symbol {
        self.symbols.get(name).copied()
    }

    pub(super) fn name(&self, symbol: Symbol) -> Option<&str> {
        let index = usize::try_from(symbol?.get()).ok()?.checked_sub(1)?;
        self.names.get(index).map(AsRef::as_ref)
    }
}

/// From a shared property to the rows that have it, as sorted slots.
pub(super) struct MultiIndex<K>(HashMap<K, Vec<Slot>>);

impl<K> Default for MultiIndex<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> MultiIndex<K> {
    pub(super) fn add(&mut self, key: K, slot: Slot) {
        let slots = self.0.entry(key).or_default();
        if let Err(at) = slots.binary_search(&slot) {
            slots.insert(at, slot);
        }
    }

    pub(super) fn remove(&mut self, key: &K, slot: Slot) {
        let Some(slots) = self.0.get_mut(key) else { return };
        if let Ok(at) = slots.binary_search(&slot) {
            slots.remove(at);
        }
        if slots.is_empty() {
            self.0.remove(key);
        }
    }

    pub(super) fn get(&self, key: &K) -> &[Slot] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}
