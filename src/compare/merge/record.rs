//! Records the rows of what one side changed, or both changed alike.

use similar::DiffOp;

use super::build::{MergeBuilder, names};
use super::{MergeOutcome, MergePlace, MergeRow};
use crate::compare::align;
use crate::compare::patch::permutation;
use crate::compare::path::PathStep;
use crate::compare::splice::RawJson;
use crate::compare::tree::{JsonTree, TreeKind, TreeMember};

impl MergeBuilder {
    /// Lists the differences of a value that only one side changed, or both to the same.
    pub(super) fn record(&mut self, taken: MergeOutcome, base: &JsonTree<'_>, after: &JsonTree<'_>) {
        if base.same(after) {
            return;
        }
        match (&base.kind, &after.kind) {
            (TreeKind::Object(before), TreeKind::Object(now)) => self.record_members(taken, before, now),
            (TreeKind::Array(before), TreeKind::Array(now)) => {
                self.record_items(taken, (0, before), (0, now))
            }
            _ => self.record_row(taken, Some(base), Some(after)),
        }
    }

    fn record_row(&mut self, taken: MergeOutcome, base: Option<&JsonTree<'_>>, after: Option<&JsonTree<'_>>) {
        match taken {
            MergeOutcome::Mine => self.row(taken, base, after, base),
            MergeOutcome::Theirs => self.row(taken, base, base, after),
            MergeOutcome::Both | MergeOutcome::Conflict => self.row(taken, base, after, after),
        };
    }

    fn record_members(&mut self, taken: MergeOutcome, before: &[TreeMember<'_>], now: &[TreeMember<'_>]) {
        let [steps, now_steps] =
            [before, now].map(|side| side.iter().map(TreeMember::step).collect::<Vec<_>>());
        let place = |steps: &[PathStep]| -> std::collections::HashMap<PathStep, usize> {
            steps.iter().cloned().zip(0..).collect()
        };
        let (known, find) = (place(&steps), place(&now_steps));
        for (step, was) in steps.iter().zip(before) {
            let is = find.get(step).and_then(|at| now.get(*at));
            self.within(step.clone(), |builder| match is {
                Some(is) => builder.record(taken, &was.value, &is.value),
                None => builder.record_row(taken, Some(&was.value), None),
            });
        }
        for (step, is) in now_steps.iter().zip(now).filter(|(step, _)| !known.contains_key(*step)) {
            self.within(step.clone(), |builder| builder.record_row(taken, None, Some(&is.value)));
        }
        let stayed: Vec<PathStep> = steps.into_iter().filter(|step| find.contains_key(step)).collect();
        let stay: Vec<PathStep> = now_steps.into_iter().filter(|step| known.contains_key(step)).collect();
        if stayed != stay {
            self.record_order(taken, names(&stayed), names(&stay));
        }
    }

    fn record_order(&mut self, taken: MergeOutcome, before: String, after: String) {
        let (before, after) = (RawJson::new(&before), RawJson::new(&after));
        let mine = if taken == MergeOutcome::Theirs { &before } else { &after };
        let theirs = if taken == MergeOutcome::Mine { &before } else { &after };
        let (mine, theirs) = (Some(mine.clone()), Some(theirs.clone()));
        self.rows.push(MergeRow {
            place: MergePlace::Order(self.path()),
            base: Some(before),
            mine,
            theirs,
            outcome: taken,
        });
    }

    /// The same for some items of an array; each side comes with the place of its first.
    pub(super) fn record_items(
        &mut self,
        taken: MergeOutcome,
        before: (usize, &[JsonTree<'_>]),
        now: (usize, &[JsonTree<'_>]),
    ) {
        let ((first, before), (now_first, now)) = (before, now);
        if permutation(before, now).is_some() {
            // The items may hold secrets; their places say as much.
            let places = |places: Vec<usize>| {
                places.into_iter().map(|at| format!("[{}]", first + at)).collect::<Vec<_>>().join(", ")
            };
            let order = permutation(before, now).unwrap_or_default();
            return self.record_order(taken, places((0..before.len()).collect()), places(order));
        }
        let hashes = |items: &[JsonTree<'_>]| -> Vec<u64> { items.iter().map(JsonTree::hash).collect() };
        for op in align::ops(&hashes(before), &hashes(now)) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (gone, come) = (op.old_range(), op.new_range());
            let pairs = gone.len().min(come.len());
            for (at, (was, is)) in gone.clone().zip(gone.clone().zip(come.clone())) {
                if let (Some(was), Some(is)) = (before.get(was), now.get(is)) {
                    self.within(PathStep::Item(first + at), |builder| builder.record(taken, was, is));
                }
            }
            for at in gone.skip(pairs) {
                self.within(PathStep::Item(first + at), |builder| {
                    builder.record_row(taken, before.get(at), None)
                });
            }
            for at in come.skip(pairs) {
                self.within(PathStep::Item(now_first + at), |builder| {
                    builder.record_row(taken, None, now.get(at))
                });
            }
        }
    }
}
