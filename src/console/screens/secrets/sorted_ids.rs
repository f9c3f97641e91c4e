//! Sorted lists of ids, changed in batches.

use std::cmp::Ordering;
use std::collections::HashSet;

/// Merges ids into a sorted list in one pass. `fresh` may be unsorted and contains no id of the list.
pub(crate) fn merge(list: &mut Vec<u32>, mut fresh: Vec<u32>, order: impl Fn(u32, u32) -> Ordering) {
    fresh.sort_unstable_by(|a, b| order(*a, *b));
    let mut end = list.len();
    list.resize(list.len() + fresh.len(), 0);
    // From the back, so that nothing is moved twice.
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

pub(crate) fn remove(list: &mut Vec<u32>, gone: &HashSet<u32>) {
    if !gone.is_empty() {
        list.retain(|number| !gone.contains(number));
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
            let gone: HashSet<u32> = all.iter().copied().collect();
            remove(&mut list, &gone);
            wanted.retain(|number| !all.contains(number));
            prop_assert_eq!(list, wanted);
        }
    }
}
