//! Queries: ranges in key order, positions, counts. Nothing is copied.

use crate::domain::{ConnectionName, Namespace, ResourceKey};

use super::Inventory;
use super::row::{RowRef, Slot, Symbol};
use super::store::RowGroup;

/// A range of rows in key order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The webhooks of all namespaces.
    AllWebhooks,
    /// The webhooks of one namespace.
    Namespace(Namespace),
    Connections,
    /// Keys the receiver ignores.
    Foreign,
}

/// How many rows a range has, and how many of them are in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    pub total: usize,
    /// Rows whose document the receiver cannot use.
    pub invalid: usize,
}

impl Inventory {
    pub fn row(&self, slot: Slot) -> Option<RowRef<'_>> {
        let row = self.rows.get(slot.index())?.as_ref()?;
        Some(RowRef { row, slot, inventory: self })
    }

    pub fn find(&self, key: &ResourceKey) -> Option<Slot> {
        let at = self.place_of(key, key.short_bytes()).ok()?;
        self.group(key)?.slots.get(at).copied()
    }

    pub fn get(&self, key: &ResourceKey) -> Option<RowRef<'_>> {
        self.row(self.find(key)?)
    }

    /// Whether a connection of this name exists.
    pub fn has_connection(&self, name: &str) -> bool {
        ConnectionName::new(name).is_ok_and(|name| self.find(&ResourceKey::connection(name)).is_some())
    }

    /// The namespaces that hold webhooks, in order, with their counts.
    pub fn namespaces(&self) -> impl ExactSizeIterator<Item = (&Namespace, RowCounts)> {
        self.webhooks.iter().map(|(namespace, group)| (namespace, group.counts()))
    }

    pub fn counts(&self, scope: &Scope) -> RowCounts {
        self.groups(scope).fold(RowCounts::default(), |sum, group| RowCounts {
            total: sum.total + group.slots.len(),
            invalid: sum.invalid + group.invalid,
        })
    }

    /// The rows of a range in key order.
    pub fn slots(&self, scope: &Scope) -> impl Iterator<Item = Slot> {
        self.groups(scope).flat_map(|group| group.slots.iter().copied())
    }

    /// The row at a place of a range.
    pub fn slot_at(&self, scope: &Scope, at: usize) -> Option<Slot> {
        let mut left = at;
        for group in self.groups(scope) {
            match group.slots.get(left) {
                Some(slot) => return Some(*slot),
                None => left -= group.slots.len(),
            }
        }
        None
    }

    /// The place of a key in a range; `Err` with the place it would have.
    ///
    /// # Errors
    /// The place of the next key after it, where the key itself is not in the range.
    pub fn position(&self, scope: &Scope, key: &ResourceKey) -> Result<usize, usize> {
        let before = match (scope, key) {
            (Scope::AllWebhooks, ResourceKey::Webhook { namespace, .. }) => {
                self.webhooks.range(..namespace.clone()).map(|(_, group)| group.slots.len()).sum()
            }
            (Scope::Namespace(wanted), ResourceKey::Webhook { namespace, .. }) if wanted == namespace => 0,
            (Scope::Connections, ResourceKey::Connection { .. })
            | (Scope::Foreign, ResourceKey::Foreign { .. }) => 0,
            _ => return Err(0),
        };
        match self.place_of(key, key.short_bytes()) {
            Ok(at) => Ok(before + at),
            Err(at) => Err(before + at),
        }
    }

    /// The keys of a range in key order.
    pub fn keys(&self, scope: &Scope) -> impl Iterator<Item = ResourceKey> {
        self.slots(scope).filter_map(|slot| self.row(slot)).map(RowRef::key)
    }

    pub(super) fn name_of(&self, symbol: Symbol) -> Option<&str> {
        self.names.name(symbol)
    }

    pub(super) fn namespace_of(&self, symbol: Symbol) -> Option<&Namespace> {
        self.webhooks.get_key_value(self.names.name(symbol)?).map(|(namespace, _)| namespace)
    }

    /// The place of a key inside its own group.
    pub(super) fn place_of(&self, key: &ResourceKey, short: &[u8]) -> Result<usize, usize> {
        let Some(group) = self.group(key) else { return Err(0) };
        let order =
            |slot: &Slot| self.rows.get(slot.index()).and_then(Option::as_ref).map(|row| row.name.short());
        // Loads arrive in key order, so the usual place of a new key is the end.
        if group.slots.last().is_some_and(|last| order(last) < Some(short)) {
            return Err(group.slots.len());
        }
        group.slots.binary_search_by(|slot| order(slot).cmp(&Some(short)))
    }

    fn group(&self, key: &ResourceKey) -> Option<&RowGroup> {
        match key {
            ResourceKey::Webhook { namespace, .. } => self.webhooks.get(namespace),
            ResourceKey::Connection { .. } => Some(&self.connections),
            ResourceKey::Foreign { .. } => Some(&self.foreign),
        }
    }

    fn groups(&self, scope: &Scope) -> impl Iterator<Item = &RowGroup> {
        let (all, one) = match scope {
            Scope::AllWebhooks => (Some(self.webhooks.values()), None),
            Scope::Namespace(namespace) => (None, self.webhooks.get(namespace)),
            Scope::Connections => (None, Some(&self.connections)),
            Scope::Foreign => (None, Some(&self.foreign)),
        };
        all.into_iter().flatten().chain(one)
    }
}

impl RowGroup {
    fn counts(&self) -> RowCounts {
        RowCounts { total: self.slots.len(), invalid: self.invalid }
    }
}
