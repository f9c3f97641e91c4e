//! Interned names and the sorted indexes over slots.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::Arc;

use super::row::{Slot, Symbol};
use crate::domain::Reference;

/// Names that many rows share, stored once.
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
pub(super) struct MultiIndex<K>(HashMap<K, SlotSet>);

/// Either a single row, the usual case, which needs no memory of its own, or several.
enum SlotSet {
    One(Slot),
    Many(Vec<Slot>),
}

impl SlotSet {
    fn as_slice(&self) -> &[Slot] {
        match self {
            Self::One(slot) => std::slice::from_ref(slot),
            Self::Many(slots) => slots,
        }
    }
}

impl<K> Default for MultiIndex<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> MultiIndex<K> {
    pub(super) fn add(&mut self, key: K, slot: Slot) {
        match self.0.entry(key) {
            Entry::Vacant(place) => {
                place.insert(SlotSet::One(slot));
            }
            Entry::Occupied(mut place) => {
                let slots = place.get_mut();
                let Err(at) = slots.as_slice().binary_search(&slot) else { return };
                match slots {
                    SlotSet::One(other) => {
                        let other = *other;
                        *slots = SlotSet::Many(if at == 0 { vec![slot, other] } else { vec![other, slot] });
                    }
                    SlotSet::Many(many) => many.insert(at, slot),
                }
            }
        }
    }

    pub(super) fn remove(&mut self, key: &K, slot: Slot) {
        let Some(slots) = self.0.get_mut(key) else { return };
        if let SlotSet::Many(many) = slots {
            if let Ok(at) = many.binary_search(&slot) {
                many.remove(at);
            }
            if !many.is_empty() {
                return;
            }
        } else if slots.as_slice() != [slot] {
            return;
        }
        self.0.remove(key);
    }

    pub(super) fn get(&self, key: &K) -> &[Slot] {
        self.0.get(key).map(SlotSet::as_slice).unwrap_or_default()
    }
}

/// The index key of a reference: all fields of one secret share one. Two other references may collide, so
/// callers that look up rows by it also check their documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ReferenceHash(u64);

impl ReferenceHash {
    /// The hash of every reference to a field of this secret.
    pub(super) fn of_path(path: &str) -> Self {
        Self::of((true, path))
    }

    pub(super) fn of_variable(name: &str) -> Self {
        Self::of((false, name))
    }

    fn of(what: (bool, &str)) -> Self {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl From<&Reference> for ReferenceHash {
    fn from(reference: &Reference) -> Self {
        match reference {
            Reference::Vault { path, .. } => Self::of_path(path),
            Reference::Env { name } => Self::of_variable(name),
        }
    }
}
