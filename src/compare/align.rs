//! Which items of two sequences are equal, with bounded effort: for two unrelated texts of 1 MiB it
//! takes no longer than reading them.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Sequences whose total length is at most this are compared exactly.
const EXACT: usize = 2_000;

/// How many steps all exact comparisons of one call may take in the worst case. Anything beyond stays
/// unmatched: a coarser answer, never a wrong one.
const BUDGET: usize = 24_000_000;

/// The maximum recursion depth of splitting at anchors.
const MAX_DEPTH: usize = 64;

/// A run of items that are equal in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) len: usize,
}

/// The runs of equal items, in order, neither crossing nor overlapping.
///
/// Equal ends are matched first; the rest is compared exactly if it is short enough, and otherwise
/// split at the items that occur once in both.
pub(super) fn runs<T: Hash + Eq>(old: &[T], new: &[T]) -> Vec<Run> {
    let mut numbers: HashMap<&T, u32> = HashMap::with_capacity(old.len());
    let mut number = |item| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(item).or_insert(next)
    };
    let old: Vec<u32> = old.iter().map(&mut number).collect();
    let new: Vec<u32> = new.iter().map(&mut number).collect();
    let mut aligner = Aligner { old: &old, new: &new, budget: BUDGET, runs: Vec::new() };
    aligner.range(0..old.len(), 0..new.len(), 0);
    aligner.runs
}

/// The same runs, as the operations of a diff.
pub(super) fn ops<T: Hash + Eq>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    let mut ops = Vec::new();
    let (mut old_index, mut new_index) = (0, 0);
    let end = Run { old: old.len(), new: new.len(), len: 0 };
    for run in runs(old, new).into_iter().chain([end]) {
        match (run.old - old_index, run.new - new_index) {
            (0, 0) => (),
            (old_len, 0) => ops.push(DiffOp::Delete { old_index, old_len, new_index }),
            (0, new_len) => ops.push(DiffOp::Insert { old_index, new_index, new_len }),
            (old_len, new_len) => ops.push(DiffOp::Replace { old_index, old_len, new_index, new_len }),
        }
        if run.len > 0 {
            ops.push(DiffOp::Equal { old_index: run.old, new_index: run.new, len: run.len });
        }
        (old_index, new_index) = (run.old + run.len, run.new + run.len);
    }
    ops
}

struct Aligner<'a> {
    old: &'a [u32],
    new: &'a [u32],
    budget: usize,
    runs: Vec<Run>,
}

impl Aligner<'_> {
    fn range(&mut self, old: Range<usize>, new: Range<usize>, depth: usize) {
        let (before, after) = (part(self.old, &old), part(self.new, &new));
        let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let rest = before.iter().skip(head).rev().zip(after.iter().skip(head).rev());
        let tail = rest.take_while(|(a, b)| a == b).count();
        self.push(Run { old: old.start, new: new.start, len: head });
        let (old_end, new_end) = (old.end - tail, new.end - tail);
        self.middle(old.start + head..old_end, new.start + head..new_end, depth);
        self.push(Run { old: old_end, new: new_end, len: tail });
    }

    fn middle(&mut self, old: Range<usize>, new: Range<usize>, depth: usize) {
        if old.is_empty() || new.is_empty() {
            return;
        }
        let size = old.len() + new.len();
        if size <= EXACT {
            let Some(left) = self.budget.checked_sub(size * size) else { return };
            self.budget = left;
            let (before, after) = (part(self.old, &old), part(self.new, &new));
            for op in capture_diff_slices(Algorithm::Myers, before, after) {
                if let DiffOp::Equal { old_index, new_index, len } = op {
                    self.push(Run { old: old.start + old_index, new: new.start + new_index, len });
                }
            }
        } else if depth < MAX_DEPTH {
            self.split(old, new, depth);
        }
    }

    fn split(&mut self, old: Range<usize>, new: Range<usize>, depth: usize) {
        let anchors = anchors(part(self.old, &old), part(self.new, &new));
        if anchors.is_empty() {
            return;
        }
        let (mut from_old, mut from_new) = (old.start, new.start);
        for (at_old, at_new) in anchors {
            let (at_old, at_new) = (old.start + at_old, new.start + at_new);
            self.range(from_old..at_old, from_new..at_new, depth + 1);
            self.push(Run { old: at_old, new: at_new, len: 1 });
            (from_old, from_new) = (at_old + 1, at_new + 1);
        }
        self.range(from_old..old.end, from_new..new.end, depth + 1);
    }

    fn push(&mut self, run: Run) {
        match self.runs.last_mut() {
            _ if run.len == 0 => (),
            Some(last) if last.old + last.len == run.old && last.new + last.len == run.new => {
                last.len += run.len;
            }
            _ => self.runs.push(run),
        }
    }
}

fn part<'a>(items: &'a [u32], range: &Range<usize>) -> &'a [u32] {
    items.get(range.clone()).unwrap_or_default()
}

/// The positions of items that occur once in each, as many as have the same order in both.
fn anchors(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    fn single(items: &[u32]) -> HashMap<u32, Option<usize>> {
        let mut places = HashMap::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            places.entry(*item).and_modify(|place| *place = None).or_insert(Some(at));
        }
        places
    }
    let (in_old, in_new) = (single(old), single(new));
    let pair = |item: &u32| Some(((*in_old.get(item)?)?, (*in_new.get(item)?)?));
    let pairs: Vec<(usize, usize)> = new.iter().filter_map(pair).collect();
    let places: Vec<usize> = pairs.iter().map(|(old, _)| *old).collect();
    longest_increasing(&places).into_iter().filter_map(|at| pairs.get(at).copied()).collect()
}

/// The positions of a longest increasing subsequence of distinct numbers.
pub(super) fn longest_increasing(numbers: &[usize]) -> Vec<usize> {
    // For each length, the position of the smallest number that ends such a subsequence.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    let value = |at: usize| numbers.get(at).copied().unwrap_or_default();
    for (at, number) in numbers.iter().enumerate() {
        let len = ends.partition_point(|end| value(*end) < *number);
        before.push(len.checked_sub(1).and_then(|shorter| ends.get(shorter)).copied());
        match ends.get_mut(len) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut places = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        places.push(at);
        next = before.get(at).copied().flatten();
    }
    places.reverse();
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_sound(old: &[u32], new: &[u32]) -> bool {
        let (mut old_end, mut new_end) = (0, 0);
        runs(old, new).into_iter().all(|run| {
            let forward = run.len > 0 && run.old >= old_end && run.new >= new_end;
            (old_end, new_end) = (run.old + run.len, run.new + run.len);
            forward && old[run.old..old_end] == new[run.new..new_end]
        })
    }

    #[test]
    fn a_long_sequence_is_matched_around_its_changes() {
        let old: Vec<u32> = (0..50_000).collect();
        let mut new = old.clone();
        new.remove(40_000);
        new.insert(20_000, 99_999);
        new[10] = 77_777;
        assert!(is_sound(&old, &new));
        assert_eq!(runs(&old, &new).iter().map(|run| run.len).sum::<usize>(), 49_998);
    }

    #[test]
    fn what_repeats_itself_without_end_is_given_up_in_time() {
        // No item is unique, so there are no anchors: only equal ends match.
        let old: Vec<u32> = (0..200_000).map(|n| n % 7).collect();
        let new: Vec<u32> = (0..200_000).map(|n| n % 1_000 * n % 11).collect();
        assert!(is_sound(&old, &new));
        // Anchors, with far more to compare between them than the budget allows.
        let tangle = |salt: u32| -> Vec<u32> {
            (0..200_000).map(|n| if n % 900 == 0 { 1_000 + n } else { (n ^ salt) * 31 % 13 }).collect()
        };
        assert!(is_sound(&tangle(1), &tangle(6)));
    }

    #[test]
    fn a_rising_part_is_longest() {
        assert_eq!(longest_increasing(&[3, 0, 1, 9, 2, 4]), [1, 2, 4, 5]);
        assert!(longest_increasing(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn runs_are_equal_and_in_order(
            old in prop::collection::vec(0u32..6, 0..40),
            new in prop::collection::vec(0u32..6, 0..40),
        ) {
            prop_assert!(is_sound(&old, &new));
        }

        #[test]
        fn operations_cover_both(
            old in prop::collection::vec(0u32..6, 0..40),
            new in prop::collection::vec(0u32..6, 0..40),
        ) {
            let (mut from_old, mut from_new) = (0, 0);
            for op in ops(&old, &new) {
                prop_assert_eq!((op.old_range().start, op.new_range().start), (from_old, from_new));
                (from_old, from_new) = (op.old_range().end, op.new_range().end);
            }
            prop_assert_eq!((from_old, from_new), (old.len(), new.len()));
        }
    }
}
