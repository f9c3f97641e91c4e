//! The rows by place, for work over all of them that is done in slices.

use super::Inventory;
use super::row::{RowRef, Slot};

impl Inventory {
    /// The rows in the order of their slots, from a slot on, which may be one without a row. Rows that
    /// come or go between two slices leave the slots of all others where they are.
    pub fn rows_from(&self, first: Slot) -> impl Iterator<Item = RowRef<'_>> {
        let slots = (first.0..).map(Slot).take(self.rows.len().saturating_sub(first.index()));
        slots.filter_map(|slot| self.row(slot))
    }
}

impl Slot {
    /// The first place there can be.
    pub const FIRST: Self = Self(0);

    /// The place after it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Address, Change, ChangeKind, Entry, Revision, Token};
    use crate::inventory::{InventoryEvent, ScannedEntry};

    fn put(address: &str, text: &str) -> Change<ScannedEntry> {
        let Address(key) = address.parse().unwrap();
        let (revision, token) = (Revision(1), Token::counter(1));
        let entry =
            Entry { key, document: text.into(), revision, created: None, version: None, token, lease: None };
        Change { revision, kind: ChangeKind::Put { entry: entry.into() } }
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
