//! A set of rows, one bit each.

use super::Slot;

/// Rows by their slots, in the order of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlotSet {
    words: Vec<u64>,
    len: usize,
}

impl SlotSet {
    /// Adds a row; returns whether it was missing.
    pub fn insert(&mut self, slot: Slot) -> bool {
        let (word, bit) = place(slot);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let Some(bits) = self.words.get_mut(word).filter(|bits| **bits & bit == 0) else { return false };
        *bits |= bit;
        self.len += 1;
        true
    }

    /// Removes a row; returns whether it was there.
    pub fn remove(&mut self, slot: Slot) -> bool {
        let (word, bit) = place(slot);
        let Some(bits) = self.words.get_mut(word).filter(|bits| **bits & bit != 0) else { return false };
        *bits &= !bit;
        self.len -= 1;
        true
    }

    pub fn contains(&self, slot: Slot) -> bool {
        let (word, bit) = place(slot);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = Slot> + '_ {
        self.words.iter().zip(0u32..).filter(|(bits, _)| **bits != 0).flat_map(|(bits, word)| {
            (0..u64::BITS)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| Slot(word * u64::BITS + bit))
        })
    }
}

impl Extend<Slot> for SlotSet {
    fn extend<I: IntoIterator<Item = Slot>>(&mut self, slots: I) {
        for slot in slots {
            self.insert(slot);
        }
    }
}

impl FromIterator<Slot> for SlotSet {
    fn from_iter<I: IntoIterator<Item = Slot>>(slots: I) -> Self {
        let mut set = Self::default();
        set.extend(slots);
        set
    }
}

/// The word of a row, and its bit in it.
fn place(slot: Slot) -> (usize, u64) {
    (slot.index() / 64, 1 << (slot.index() % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(steps in prop::collection::vec((0u32..300, any::<bool>()), 0..200)) {
            let (mut bits, mut set) = (SlotSet::default(), BTreeSet::new());
            for (slot, adds) in steps {
                let slot = Slot(slot);
                let (did, expected) = match adds {
                    true => (bits.insert(slot), set.insert(slot)),
                    false => (bits.remove(slot), set.remove(&slot)),
                };
                prop_assert_eq!(did, expected);
                prop_assert!(bits.contains(slot) == set.contains(&slot) && bits.len() == set.len());
            }
            prop_assert!(bits.iter().eq(set.iter().copied()));
            prop_assert_eq!(bits.is_empty(), set.is_empty());
        }
    }
}
