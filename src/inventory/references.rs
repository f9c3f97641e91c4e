//! The rows by place and what they refer to, for work over all of them that is done in slices.

use std::collections::BTreeMap;

use crate::domain::json::{JsonEvent, Scalar, unquote, walk};
use crate::domain::{Reference, references_in};

use super::Inventory;
use super::row::{RowRef, Slot};

impl Inventory {
    /// The rows in the order of their slots, from a slot on, which may be one without a row. Rows that
    /// come or go between two slices leave the slots of all others where they are.
    pub fn rows_from(&self, first: Slot) -> impl Iterator<Item = RowRef<'_>> {
        let slots = (first.0..).map(Slot).take(self.rows.len().saturating_sub(first.index()));
        slots.filter_map(|slot| self.row(slot))
    }

    /// The references in a row's document, each once, with whether it has a default wherever it stands.
    /// Reads the document again if it holds any.
    pub fn references(&self, row: RowRef<'_>) -> BTreeMap<Reference, bool> {
        let mut found = BTreeMap::new();
        if !self.has_references(row.slot()) {
            return found;
        }
        let Ok(text) = row.document().text() else { return found };
        // What stands before the end of the JSON in a broken document counts, as in its facts.
        let _ = walk(text, |event| {
            let JsonEvent::Scalar(Scalar::String, span) = event else { return };
            let Some(value) = unquote(span.of(text)).value() else { return };
            if !value.contains("{$") {
                return;
            }
            for (reference, _, default) in references_in(&value) {
                *found.entry(reference).or_insert(true) &= default.is_some();
            }
        });
        found
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
    use crate::domain::{Address, Entry, Revision, Token};
    use crate::inventory::{InventoryEvent, ScannedChange};

    fn put(address: &str, text: &str) -> ScannedChange {
        let Address(key) = address.parse().unwrap();
        let (revision, token) = (Revision(1), Token::counter(1));
        let entry =
            Entry { key, document: text.into(), revision, created: None, version: None, token, lease: None };
        ScannedChange::Put(entry.into())
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
            InventoryEvent::Batch { at: Revision(2), changes: vec![ScannedChange::Deleted(gone)] },
            Duration::ZERO,
        );
        let rows: Vec<_> = inventory.rows_from(Slot::FIRST).collect();
        assert_eq!(rows.iter().map(|row| row.slot()).collect::<Vec<_>>(), [Slot(0), Slot(2)]);
        let found: Vec<_> = rows.iter().map(|row| inventory.references(*row).len()).collect();
        assert_eq!(found, [2, 1]);
        let fallback: Vec<bool> =
            rows.iter().flat_map(|row| inventory.references(*row).into_values()).collect();
        assert_eq!(fallback, [true, false, true], "one without a default counts");
        let from = |slot: Slot| inventory.rows_from(slot).count();
        assert_eq!((from(Slot(0).next()), from(Slot(2)), from(Slot(3)), from(Slot(99))), (1, 1, 0, 0));
    }
}
