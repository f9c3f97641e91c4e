//! Queries: ranges in key order, positions, counts. Nothing is copied.

use crate::domain::{ConnectionName, Namespace, ResourceKey};

use super::Inventory;
use super::row::{RowRef, Slot};
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

/// How many rows a range has, and how many of them are invalid.
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
        let at = self.place_of(key).ok()?;
        self.group(key)?.slots.get(at).copied()
    }

    pub fn get(&self, key: &ResourceKey) -> Option<RowRef<'_>> {
        self.row(self.find(key)?)
    }

    /// Whether a connection of this name exists.
    pub fn has_connection(&self, name: &str) -> bool {
        ConnectionName::new(name).is_ok_and(|name| self.find(&ResourceKey::connection(name)).is_some())
    }

    /// The namespaces that contain webhooks, in order, with their counts.
    pub fn namespaces(&self) -> impl ExactSizeIterator<Item = (&Namespace, RowCounts)> {
        self.webhooks.iter().map(|(namespace, group)| (namespace, group.counts()))
    }

    pub fn counts(&self, scope: &Scope) -> RowCounts {
        self.groups(scope).fold(RowCounts::default(), |sum, group| RowCounts {
            total: sum.total + group.slots.len(),
            invalid: sum.invalid + group.invalid,
        })
    }

    /// How many rows there are in all ranges.
    pub fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of a range in key order.
    pub fn slots(&self, scope: &Scope) -> impl Iterator<Item = Slot> {
        self.groups(scope).flat_map(|group| group.slots.iter().copied())
    }

    /// The row at a position in a range.
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

    /// The rows in slot order, from a slot that need not be in use, for work over all rows that is done in
    /// slices. Rows that are added or removed between two slices do not change the slots of others.
    pub fn rows_from(&self, first: Slot) -> impl Iterator<Item = RowRef<'_>> {
        let slots = (first.0..).map(Slot).take(self.rows.len().saturating_sub(first.index()));
        slots.filter_map(|slot| self.row(slot))
    }

    /// The position of a key in a range; `Err` with the position at which it would be inserted.
    ///
    /// # Errors
    /// The position of the next key, if the key is not in the range.
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
        match self.place_of(key) {
            Ok(at) => Ok(before + at),
            Err(at) => Err(before + at),
        }
    }

    /// The keys of a range in key order.
    pub fn keys(&self, scope: &Scope) -> impl Iterator<Item = ResourceKey> {
        self.slots(scope).filter_map(|slot| self.row(slot)).map(RowRef::key)
    }

    /// The position of a key in its own group.
    pub(super) fn place_of(&self, key: &ResourceKey) -> Result<usize, usize> {
        let Some(group) = self.group(key) else { return Err(0) };
        let short = key.short_bytes();
        let order =
            |slot: &Slot| self.rows.get(slot.index()).and_then(Option::as_ref).map(|row| row.name.short());
        // Loads arrive in key order, so a new key usually belongs at the end.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Address, Change, ChangeKind, Entry, Revision, SecretNames, Token};
    use crate::inventory::{InventoryEvent, ScannedEntry};

    fn put(address: &str, text: &str) -> Change<ScannedEntry> {
        let Address(key) = address.parse().unwrap();
        let (revision, token) = (Revision(1), Token::counter(1));
        let entry =
            Entry { key, document: text.into(), revision, created: None, version: None, token, lease: None };
        Change {
            revision,
            kind: ChangeKind::Put { entry: ScannedEntry::new(entry, &SecretNames::default()) },
        }
    }

    #[test]
    fn rows_come_by_slot_and_a_gap_moves_none() {
        let mut inventory = Inventory::default();
        let Address(gone) = "a/two".parse().unwrap();
        let changes = vec![
            put("a/one", r#"{"k": "{$B} {$A:x} {$B:y}"}"#),
            put("a/two", "{}"),
            put("connections/c", r#"{"pass": "{$vault:a/b#c:d}"}"#),
        ];
        inventory.apply(InventoryEvent::Batch { at: Revision(1), changes }, Duration::ZERO);
        inventory.apply(
            InventoryEvent::Batch {
                at: Revision(2),
                changes: vec![Change { revision: Revision(2), kind: ChangeKind::Deleted { key: gone } }],
            },
            Duration::ZERO,
        );
        let rows: Vec<_> = inventory.rows_from(Slot::FIRST).collect();
        assert_eq!(rows.iter().map(|row| row.slot()).collect::<Vec<_>>(), [Slot(0), Slot(2)]);
        let found: Vec<_> = rows.iter().map(|row| row.sites().references().len()).collect();
        assert_eq!(found, [2, 1]);
        let fallback: Vec<bool> =
            rows.iter().flat_map(|row| row.sites().references().into_values()).collect();
        assert_eq!(fallback, [true, false, true], "one without a default counts");
        let from = |slot: Slot| inventory.rows_from(slot).count();
        assert_eq!((from(Slot(0).next()), from(Slot(2)), from(Slot(3)), from(Slot(99))), (1, 1, 0, 0));
    }
}
