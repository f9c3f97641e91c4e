//! Lists what one side changed, or both did alike, place by place.

use similar::DiffOp;

use super::build::{Builder, names};
use super::{Place, Row, Taken};
use crate::compare::align;
use crate::compare::patch::permutation;
use crate::compare::path::Step;
use crate::compare::splice::Raw;
use crate::compare::tree::{Member, Tree, What};

impl Builder {
    /// Lists the differences of a value that only one side changed, or both to the same.
    pub(super) fn tell(&mut self, taken: Taken, base: &Tree<'_>, after: &Tree<'_>) {
        if base.same(after) {
            return;
        }
        match (&base.what, &after.what) {
            (What::Object(before), What::Object(now)) => self.tell_members(taken, before, now),
            (What::Array(before), What::Array(now)) => self.tell_items(taken, (0, before), (0, now)),
            _ => self.told(taken, Some(base), Some(after)),
        }
    }

    fn told(&mut self, taken: Taken, base: Option<&Tree<'_>>, after: Option<&Tree<'_>>) {
        match taken {
            Taken::Mine => self.row(taken, base, after, base),
            Taken::Theirs => self.row(taken, base, base, after),
            Taken::Both | Taken::Clash => self.row(taken, base, after, after),
        };
    }

    fn tell_members(&mut self, taken: Taken, before: &[Member<'_>], now: &[Member<'_>]) {
        let [steps, now_steps] = [before, now].map(|side| side.iter().map(Member::step).collect::<Vec<_>>());
        let place = |steps: &[Step]| -> std::collections::HashMap<Step, usize> {
            steps.iter().cloned().zip(0..).collect()
        };
        let (known, find) = (place(&steps), place(&now_steps));
        for (step, was) in steps.iter().zip(before) {
            let is = find.get(step).and_then(|at| now.get(*at));
            self.within(step.clone(), |builder| match is {
                Some(is) => builder.tell(taken, &was.value, &is.value),
                None => builder.told(taken, Some(&was.value), None),
            });
        }
        for (step, is) in now_steps.iter().zip(now).filter(|(step, _)| !known.contains_key(*step)) {
            self.within(step.clone(), |builder| builder.told(taken, None, Some(&is.value)));
        }
        let stayed: Vec<Step> = steps.into_iter().filter(|step| find.contains_key(step)).collect();
        let stay: Vec<Step> = now_steps.into_iter().filter(|step| known.contains_key(step)).collect();
        if stayed != stay {
            self.tell_order(taken, names(&stayed), names(&stay));
        }
    }

    fn tell_order(&mut self, taken: Taken, before: String, after: String) {
        let (before, after) = (Raw::new(&before), Raw::new(&after));
        let mine = if taken == Taken::Theirs { &before } else { &after };
        let theirs = if taken == Taken::Mine { &before } else { &after };
        let (mine, theirs) = (Some(mine.clone()), Some(theirs.clone()));
        self.rows.push(Row { place: Place::Order(self.path()), base: Some(before), mine, theirs, taken });
    }

    /// The same for some items of an array; each side comes with the place of its first.
    pub(super) fn tell_items(
        &mut self,
        taken: Taken,
        before: (usize, &[Tree<'_>]),
        now: (usize, &[Tree<'_>]),
    ) {
        let ((first, before), (now_first, now)) = (before, now);
        if permutation(before, now).is_some() {
            // The items may hold secrets; their places say as much.
            let places = |places: Vec<usize>| {
                places.into_iter().map(|at| format!("[{}]", first + at)).collect::<Vec<_>>().join(", ")
            };
            let order = permutation(before, now).unwrap_or_default();
            return self.tell_order(taken, places((0..before.len()).collect()), places(order));
        }
        let hashes = |items: &[Tree<'_>]| -> Vec<u64> { items.iter().map(Tree::hash).collect() };
        for op in align::ops(&hashes(before), &hashes(now)) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (gone, come) = (op.old_range(), op.new_range());
            let pairs = gone.len().min(come.len());
            for (at, (was, is)) in gone.clone().zip(gone.clone().zip(come.clone())) {
                if let (Some(was), Some(is)) = (before.get(was), now.get(is)) {
                    self.within(Step::Item(first + at), |builder| builder.tell(taken, was, is));
                }
            }
            for at in gone.skip(pairs) {
                self.within(Step::Item(first + at), |builder| builder.told(taken, before.get(at), None));
            }
            for at in come.skip(pairs) {
                self.within(Step::Item(now_first + at), |builder| builder.told(taken, None, now.get(at)));
            }
        }
    }
}
