//! Arrays: which items correspond in three texts, as far as that is clear.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use super::MergeOutcome;
use super::build::{MergeBuilder, MergePlan};
use crate::compare::align;
use crate::compare::patch::between;
use crate::compare::path::{PathStep, tokens};
use crate::compare::splice::{RawJson, SpliceChild, SpliceOp};
use crate::compare::tree::{JsonTree, TreeKind, hashes};

/// A part of three sequences: either equal in all, or different in at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MergeChunk {
    pub(super) base: Range<usize>,
    pub(super) mine: Range<usize>,
    pub(super) theirs: Range<usize>,
    pub(super) stable: bool,
}

/// Splits three sequences into chunks that cover them.
pub(super) fn chunks<T: Hash + Eq>(base: &[T], mine: &[T], theirs: &[T]) -> Vec<MergeChunk> {
    let found = |other: &[T]| {
        let mut found = vec![None; base.len()];
        for run in align::runs(base, other) {
            for (slot, at) in found.iter_mut().skip(run.old).take(run.len).zip(run.new..) {
                *slot = Some(at);
            }
        }
        found
    };
    let mut chunks: Vec<MergeChunk> = Vec::new();
    let (mut b, mut m, mut t) = (0, 0, 0);
    let unstable =
        |chunks: &mut Vec<MergeChunk>, base: Range<usize>, mine: Range<usize>, theirs: Range<usize>| {
            if !(base.is_empty() && mine.is_empty() && theirs.is_empty()) {
                chunks.push(MergeChunk { base, mine, theirs, stable: false });
            }
        };
    for (at, (in_mine, in_theirs)) in found(mine).into_iter().zip(found(theirs)).enumerate() {
        let (Some(in_mine), Some(in_theirs)) = (in_mine, in_theirs) else { continue };
        unstable(&mut chunks, b..at, m..in_mine, t..in_theirs);
        (b, m, t) = (at + 1, in_mine + 1, in_theirs + 1);
        match chunks.last_mut() {
            Some(last) if last.stable => {
                (last.base.end, last.mine.end, last.theirs.end) = (b, m, t);
            }
            _ => {
                chunks.push(MergeChunk { base: at..b, mine: in_mine..m, theirs: in_theirs..t, stable: true })
            }
        }
    }
    unstable(&mut chunks, b..base.len(), m..mine.len(), t..theirs.len());
    chunks
}

impl MergeBuilder {
    /// Merges items; `None` if it is not clear which ones correspond.
    pub(super) fn items(
        &mut self,
        base: &[JsonTree<'_>],
        mine: &[JsonTree<'_>],
        theirs: &[JsonTree<'_>],
    ) -> Option<MergePlan> {
        let known = self.rows.len();
        let mut twigs = Vec::with_capacity(theirs.len());
        for chunk in chunks(&hashes(base), &hashes(mine), &hashes(theirs)) {
            let Some(more) = self.chunk(&chunk, base, mine, theirs) else {
                self.rows.truncate(known);
                return None;
            };
            twigs.extend(more);
        }
        Some(MergePlan::Children { children: twigs, order: None, before: theirs.len() })
    }

    fn chunk(
        &mut self,
        chunk: &MergeChunk,
        base: &[JsonTree<'_>],
        mine: &[JsonTree<'_>],
        theirs: &[JsonTree<'_>],
    ) -> Option<Vec<SpliceChild<MergePlan>>> {
        let (b, m, t) =
            (base.get(chunk.base.clone())?, mine.get(chunk.mine.clone())?, theirs.get(chunk.theirs.clone())?);
        let keep = || {
            chunk
                .theirs
                .clone()
                .map(|at| SpliceChild::existing(at, MergePlan::Want(SpliceOp::Keep)))
                .collect()
        };
        if chunk.stable {
            return Some(keep());
        }
        if b.len() == m.len() && b.len() == t.len() {
            let all = b.iter().zip(m).zip(t).zip(chunk.base.clone().zip(chunk.theirs.clone()));
            let twig = |(((b, m), t), (at, origin))| {
                SpliceChild::existing(
                    origin,
                    self.within(PathStep::Item(at), |builder| builder.item(b, m, t)),
                )
            };
            return Some(all.map(twig).collect());
        }
        let (taken, after) = match (same(b, m), same(b, t)) {
            (true, _) => (MergeOutcome::Theirs, (chunk.theirs.start, t)),
            (_, true) => (MergeOutcome::Mine, (chunk.mine.start, m)),
            _ if same(m, t) => (MergeOutcome::Both, (chunk.theirs.start, t)),
            _ => return None,
        };
        self.record_changes(taken, |finder| finder.items((chunk.base.start, b), after));
        if taken != MergeOutcome::Mine {
            return Some(keep());
        }
        let mut origins = chunk.theirs.clone().zip(t);
        let twig = |item: &JsonTree<'_>| match origins.next() {
            Some((at, stored)) => SpliceChild::existing(at, MergePlan::Want(between(stored, item))),
            None => {
                let value = MergePlan::Want(SpliceOp::Value(RawJson::of(item)));
                SpliceChild { origin: None, key: None, value }
            }
        };
        Some(m.iter().map(twig).collect())
    }

    /// Merges three items at the same position.
    fn item(&mut self, base: &JsonTree<'_>, mine: &JsonTree<'_>, theirs: &JsonTree<'_>) -> MergePlan {
        let untouched = base.same(mine) || base.same(theirs) || mine.same(theirs);
        if untouched || (alike(base, mine) && alike(base, theirs)) {
            self.merge_value(Some(base), mine, theirs)
        } else {
            self.conflict(Some(base), Some(mine), Some(theirs))
        }
    }
}

fn same(one: &[JsonTree<'_>], other: &[JsonTree<'_>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same(other))
}

/// Whether one item is likely to be a changed version of the other, rather than a different one in its
/// place: half of their contents are equal.
fn alike(one: &JsonTree<'_>, other: &JsonTree<'_>) -> bool {
    let words = |tree: &JsonTree<'_>| tokens(tree.raw()).filter(|token| token.len() > 1).count();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for token in tokens(one.raw()).filter(|token| token.len() > 1) {
        *counts.entry(token).or_default() += 1;
    }
    let mut shared = 0;
    for token in tokens(other.raw()) {
        if let Some(count) = counts.get_mut(token).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    let (one_count, other_count) = (words(one), words(other));
    let [one, other] = [one, other].map(|tree| matches!(tree.kind, TreeKind::Object(_)));
    one == other && shared * 2 >= one_count.max(other_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_all_three() {
        let chunk = |base, mine, theirs, stable| MergeChunk { base, mine, theirs, stable };
        assert_eq!(
            chunks(b"abcd", b"abXcd", b"acdY"),
            [
                chunk(0..1, 0..1, 0..1, true),
                chunk(1..2, 1..3, 1..1, false),
                chunk(2..4, 3..5, 1..3, true),
                chunk(4..4, 5..5, 3..4, false),
            ]
        );
    }

    #[test]
    fn items_are_alike_when_half_of_them_is_the_same() {
        let alike =
            |one: &str, other: &str| alike(&JsonTree::of(one).unwrap(), &JsonTree::of(other).unwrap());
        assert!(alike(r#"{"id": 10, "x": 11}"#, r#"{"id": 10, "x": 22}"#));
        assert!(!alike(r#"{"id": 10}"#, r#"{"name": "x"}"#));
        assert!(!alike(r#"["id", 10]"#, r#"{"id": 10}"#));
    }
}
