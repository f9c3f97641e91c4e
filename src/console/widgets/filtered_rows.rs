//! Sorted rows that pass a filter, tested in slices, so that a large number of them does not delay a frame.

use std::cmp::Ordering;

/// The rows tested in one slice; this takes far less than a frame's time.
const SLICE: usize = 50_000;

/// Up to this many rows are removed one by one.
const FEW: usize = 16;

#[derive(Debug)]
pub(crate) struct FilteredRows<T> {
    shown: Vec<T>,
    /// Rows not yet tested, last first.
    pending: Vec<T>,
}

impl<T: Copy + Ord> FilteredRows<T> {
    /// Starts with all rows still to be tested.
    pub(crate) fn new(rows: impl IntoIterator<Item = T>) -> Self {
        let mut pending: Vec<T> = rows.into_iter().collect();
        pending.reverse();
        Self { shown: Vec::new(), pending }
    }

    /// Whether rows remain to be tested, so that their number is not final.
    pub(crate) fn is_partial(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The rows that passed so far, in order.
    pub(crate) fn shown(&self) -> &[T] {
        &self.shown
    }

    /// Tests one more slice; returns whether there was work left.
    pub(crate) fn work(&mut self, passes: impl Fn(T) -> bool, order: impl Fn(T, T) -> Ordering) -> bool {
        self.work_some(SLICE, passes, order)
    }

    /// Tests a slice of at most this many rows, for a test that takes long.
    pub(crate) fn work_some(
        &mut self,
        most: usize,
        passes: impl Fn(T) -> bool,
        order: impl Fn(T, T) -> Ordering,
    ) -> bool {
        let mut slice = self.pending.split_off(self.pending.len().saturating_sub(most.min(SLICE)));
        let worked = !slice.is_empty();
        slice.retain(|row| passes(*row));
        self.insert(slice, order);
        worked
    }

    /// Adds rows that pass.
    pub(crate) fn insert(&mut self, fresh: Vec<T>, order: impl Fn(T, T) -> Ordering) {
        merge(&mut self.shown, fresh, order);
    }

    /// Removes rows, tested or not; `gone` is sorted.
    pub(crate) fn remove(&mut self, gone: &[T]) {
        remove(&mut self.shown, gone);
        remove(&mut self.pending, gone);
    }
}

/// Merges rows into a sorted list in one pass. `fresh` may be unsorted but contains no row of the list.
pub(crate) fn merge<T: Copy>(list: &mut Vec<T>, mut fresh: Vec<T>, order: impl Fn(T, T) -> Ordering) {
    fresh.sort_unstable_by(|a, b| order(*a, *b));
    let mut end = list.len();
    let follows = list.last().zip(fresh.first()).is_none_or(|(a, b)| order(*a, *b) == Ordering::Less);
    list.extend_from_slice(&fresh);
    if follows {
        return;
    }
    // From the back, so that nothing is moved twice; the appended rows are overwritten.
    for (before, new) in (0..fresh.len()).zip(&fresh).rev() {
        let sorted = list.get(..end).unwrap_or_default();
        let at = sorted.partition_point(|other| order(*other, *new) == Ordering::Less);
        list.copy_within(at..end, at + before + 1);
        if let Some(place) = list.get_mut(at + before) {
            *place = *new;
        }
        end = at;
    }
}

/// Removes rows from a list in any order; `gone` is sorted.
pub(crate) fn remove<T: Copy + Ord>(list: &mut Vec<T>, gone: &[T]) {
    if gone.len() > FEW {
        return list.retain(|row| gone.binary_search(row).is_err());
    }
    // Searching for one row costs far less than testing every row, and most changes are small.
    for row in gone {
        if let Some(at) = list.iter().position(|other| other == row) {
            list.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_merge_is_what_sorting_all_would_give(
            all in prop::collection::btree_set(0_u32..500, 0..60),
            old in prop::collection::btree_set(0_u32..500, 0..60),
        ) {
            let fresh: Vec<u32> = all.iter().copied().filter(|number| !old.contains(number)).rev().collect();
            let mut list: Vec<u32> = old.iter().copied().collect();
            merge(&mut list, fresh, |a, b| a.cmp(&b));
            let mut wanted: Vec<u32> = all.union(&old).copied().collect();
            prop_assert_eq!(&list, &wanted);
            let gone: Vec<u32> = all.iter().copied().collect();
            remove(&mut list, &gone);
            wanted.retain(|number| !all.contains(number));
            prop_assert_eq!(list, wanted);
        }
    }
}
