//! Walks three trees at once and decides, value by value, which side to take.

use std::collections::{HashMap, HashSet};

use super::{ConflictChoice, MergeError, MergeOutcome, MergePlace, MergeRow};
use crate::compare::changes::{ChangeFinder, TreeChange, names};
use crate::compare::patch::between;
use crate::compare::path::{JsonPath, PathStep};
use crate::compare::splice::{RawJson, SpliceChild, SpliceOp};
use crate::compare::tree::{JsonTree, MemberId, TreeKind, TreeMember, by_id};
use crate::domain::SecretNames;

/// The result for a value of theirs, as far as it is decided.
pub(super) enum MergePlan {
    Want(SpliceOp),
    /// The number of a row.
    Conflict(usize),
    Children {
        children: Vec<SpliceChild<MergePlan>>,
        /// If the order is a clash: its row, and the order of the children in mine.
        order: Option<(usize, Vec<usize>)>,
        /// The number of children in theirs.
        before: usize,
    },
}

pub(super) struct MergeBuilder {
    /// What makes a pair one of a secret, see [`JsonTree::is_secret_pair`].
    secret_names: SecretNames,
    pub(super) rows: Vec<MergeRow>,
    pub(super) steps: Vec<PathStep>,
}

impl MergeBuilder {
    pub(super) fn new(secret_names: &SecretNames) -> Self {
        Self { secret_names: secret_names.clone(), rows: Vec::new(), steps: Vec::new() }
    }

    pub(super) fn path(&self) -> JsonPath {
        JsonPath(self.steps.clone())
    }

    pub(super) fn within<T>(&mut self, step: PathStep, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.steps.push(step);
        let result = visit(self);
        self.steps.pop();
        result
    }

    pub(super) fn row(
        &mut self,
        taken: MergeOutcome,
        base: Option<&JsonTree<'_>>,
        mine: Option<&JsonTree<'_>>,
        theirs: Option<&JsonTree<'_>>,
    ) -> usize {
        let [base, mine, theirs] = [base, mine, theirs].map(|side| side.map(RawJson::of));
        self.rows.push(MergeRow { place: MergePlace::Path(self.path()), base, mine, theirs, outcome: taken });
        self.rows.len() - 1
    }

    pub(super) fn conflict(
        &mut self,
        base: Option<&JsonTree<'_>>,
        mine: Option<&JsonTree<'_>>,
        theirs: Option<&JsonTree<'_>>,
    ) -> MergePlan {
        MergePlan::Conflict(self.row(MergeOutcome::Conflict, base, mine, theirs))
    }

    /// Merges a value that is in mine and in theirs.
    pub(super) fn merge_value(
        &mut self,
        base: Option<&JsonTree<'_>>,
        mine: &JsonTree<'_>,
        theirs: &JsonTree<'_>,
    ) -> MergePlan {
        if mine.same(theirs) {
            match base {
                Some(base) => self.record(MergeOutcome::Both, base, theirs),
                None => drop(self.row(MergeOutcome::Both, None, Some(mine), Some(theirs))),
            }
            return MergePlan::Want(SpliceOp::Keep);
        }
        if let Some(base) = base {
            if base.same(mine) {
                self.record(MergeOutcome::Theirs, base, theirs);
                return MergePlan::Want(SpliceOp::Keep);
            }
            if base.same(theirs) {
                self.record(MergeOutcome::Mine, base, mine);
                return MergePlan::Want(between(theirs, mine));
            }
        }
        let mut sides = base.into_iter().chain([mine, theirs]);
        if sides.any(|side| side.is_secret_pair(&self.secret_names)) {
            return self.conflict(base, Some(mine), Some(theirs));
        }
        match (base.map(|base| &base.kind), &mine.kind, &theirs.kind) {
            (None, TreeKind::Object(m), TreeKind::Object(t)) => return self.members(&[], m, t),
            (Some(TreeKind::Object(b)), TreeKind::Object(m), TreeKind::Object(t)) => {
                return self.members(b, m, t);
            }
            (Some(TreeKind::Array(b)), TreeKind::Array(m), TreeKind::Array(t)) => {
                if let Some(plan) = self.items(b, m, t) {
                    return plan;
                }
            }
            _ => {}
        }
        self.conflict(base, Some(mine), Some(theirs))
    }

    fn members<'m>(
        &mut self,
        base: &'m [TreeMember<'m>],
        mine: &'m [TreeMember<'m>],
        theirs: &'m [TreeMember<'m>],
    ) -> MergePlan {
        let [of_base, of_mine, of_theirs] = [base, mine, theirs].map(by_id);
        let mut twigs: HashMap<MemberId<'_>, SpliceChild<MergePlan>> = HashMap::new();
        let mut seen: HashSet<MemberId<'_>> = HashSet::new();
        for member in base.iter().chain(theirs).chain(mine) {
            let key = member.id();
            if !seen.insert(key) {
                continue;
            }
            let sides = [&of_base, &of_mine, &of_theirs].map(|known| known.get(&key).copied());
            if let Some(twig) = self.within(member.step(), |builder| builder.member(sides)) {
                twigs.insert(key, twig);
            }
        }
        let common = |members: &'m [TreeMember<'m>]| -> Vec<MemberId<'m>> {
            let ids = members.iter().map(TreeMember::id);
            ids.filter(|id| [&of_base, &of_mine, &of_theirs].iter().all(|known| known.contains_key(id)))
                .collect()
        };
        let [b, m, t] = [base, mine, theirs].map(common);
        let order = self.order(&b, &m, &t);
        let in_theirs = sequence(theirs, mine, &twigs);
        let in_mine = sequence(mine, theirs, &twigs);
        let first = if order == Some(MergeOutcome::Mine) { &in_mine } else { &in_theirs };
        let places: HashMap<MemberId<'_>, usize> = first.iter().copied().zip(0..).collect();
        let other = || in_mine.iter().filter_map(|key| places.get(key).copied()).collect();
        let order = (order == Some(MergeOutcome::Conflict)).then(|| (self.rows.len() - 1, other()));
        let children = first.iter().filter_map(|key| twigs.remove(key)).collect();
        MergePlan::Children { children, order, before: theirs.len() }
    }

    /// Merges a member, given the texts that have it; `None` if it is removed.
    fn member(&mut self, sides: [Option<(usize, &TreeMember<'_>)>; 3]) -> Option<SpliceChild<MergePlan>> {
        let [_, _, origin] = sides.map(|side| side.map(|(at, _)| at));
        let [b, m, t] = sides.map(|side| side.map(|(_, member)| member));
        let [base, mine, theirs] = [b, m, t].map(|side| side.map(|member| &member.value));
        let is_untouched =
            |side: Option<&JsonTree<'_>>| base.zip(side).is_some_and(|(base, side)| base.same(side));
        let (key, value) = match (m, t) {
            (Some(m), Some(t)) => {
                let (key, stored) = (m.written(), t.written());
                let respelt = key != stored && b.is_some_and(|b| b.written() == stored);
                (respelt.then(|| key.to_owned()), self.merge_value(base, &m.value, &t.value))
            }
            (Some(_), None) if is_untouched(mine) => {
                self.row(MergeOutcome::Theirs, base, mine, None);
                return None;
            }
            (None, Some(_)) if is_untouched(theirs) => {
                self.row(MergeOutcome::Mine, base, None, theirs);
                return None;
            }
            (None, None) => {
                self.row(MergeOutcome::Both, base, None, None);
                return None;
            }
            (Some(m), None) if b.is_none() => {
                self.row(MergeOutcome::Mine, None, mine, None);
                (Some(m.written().to_owned()), MergePlan::Want(SpliceOp::Value(RawJson::of(&m.value))))
            }
            (Some(m), None) => (Some(m.written().to_owned()), self.conflict(base, mine, None)),
            (None, Some(_)) if b.is_none() => {
                self.row(MergeOutcome::Theirs, None, None, theirs);
                (None, MergePlan::Want(SpliceOp::Keep))
            }
            (None, Some(_)) => (None, self.conflict(base, None, theirs)),
        };
        Some(SpliceChild { origin, key, value })
    }

    /// Decides who changed the order of the children that all three have.
    fn order(
        &mut self,
        base: &[MemberId<'_>],
        mine: &[MemberId<'_>],
        theirs: &[MemberId<'_>],
    ) -> Option<MergeOutcome> {
        if base == mine && base == theirs {
            return None;
        }
        let outcome = MergeOutcome::of(base, mine, theirs);
        let [base, mine, theirs] = [base, mine, theirs].map(|ids| Some(RawJson::new(&names(ids))));
        self.rows.push(MergeRow { place: MergePlace::Order(self.path()), base, mine, theirs, outcome });
        Some(outcome)
    }

    /// Records the differences of a value that only one side changed, or that both changed alike.
    fn record(&mut self, taken: MergeOutcome, base: &JsonTree<'_>, after: &JsonTree<'_>) {
        self.record_changes(taken, |finder| finder.value(base, after));
    }

    /// Records whatever differences are found.
    pub(super) fn record_changes<'a>(
        &mut self,
        taken: MergeOutcome,
        find: impl FnOnce(&mut ChangeFinder<'a>),
    ) {
        let mut finder = ChangeFinder::new(&self.secret_names, self.steps.clone(), true);
        find(&mut finder);
        self.rows.extend(finder.found.into_iter().map(|(path, change)| {
            let (place, [base, after]) = match change {
                TreeChange::Value(base, after) => {
                    (MergePlace::Path(path), [base, after].map(|side| side.map(RawJson::of)))
                }
                TreeChange::Order(words) => {
                    (MergePlace::Order(path), words().map(|words| Some(RawJson::new(&words))))
                }
            };
            let mine = if taken == MergeOutcome::Theirs { &base } else { &after }.clone();
            let theirs = if taken == MergeOutcome::Mine { &base } else { &after }.clone();
            MergeRow { place, base, mine, theirs, outcome: taken }
        }));
    }
}

/// The remaining keys, in the order of `first`; each key that only `second` has follows the one that
/// precedes it there.
fn sequence<'a>(
    first: &'a [TreeMember<'_>],
    second: &'a [TreeMember<'_>],
    kept: &HashMap<MemberId<'_>, SpliceChild<MergePlan>>,
) -> Vec<MemberId<'a>> {
    let known: HashSet<MemberId<'_>> = first.iter().map(TreeMember::id).collect();
    let mut after: HashMap<Option<MemberId<'_>>, Vec<MemberId<'a>>> = HashMap::new();
    let mut anchor = None;
    for key in second.iter().map(TreeMember::id).filter(|key| kept.contains_key(key)) {
        if known.contains(&key) {
            anchor = Some(key);
        } else {
            after.entry(anchor).or_default().push(key);
        }
    }
    let mut keys = after.remove(&None).unwrap_or_default();
    for key in first.iter().map(TreeMember::id).filter(|key| kept.contains_key(key)) {
        keys.push(key);
        keys.extend(after.remove(&Some(key)).unwrap_or_default());
    }
    keys
}

/// Applies a plan with all clashes decided; `None` if the value is removed.
pub(super) fn resolve(
    plan: &MergePlan,
    theirs: Option<&JsonTree<'_>>,
    rows: &[MergeRow],
    choices: &[Option<(usize, &ConflictChoice)>],
) -> Result<Option<SpliceOp>, MergeError> {
    let choice = |row: usize| choices.get(row).copied().flatten().ok_or(MergeError::Count);
    match plan {
        MergePlan::Want(want) => Ok(Some(want.clone())),
        MergePlan::Conflict(row) => {
            let (number, choice) = choice(*row)?;
            let value = match choice {
                ConflictChoice::Theirs => return Ok(theirs.map(|_| SpliceOp::Keep)),
                ConflictChoice::Mine => rows.get(*row).and_then(|row| row.mine.as_ref()),
                ConflictChoice::Edited(value) => Some(value),
            };
            let Some(value) = value else { return Ok(None) };
            let tree = JsonTree::of(value.text()).map_err(|_| MergeError::Value(number))?;
            Ok(Some(theirs.map_or_else(|| SpliceOp::Value(value.clone()), |theirs| between(theirs, &tree))))
        }
        MergePlan::Children { children: twigs, order, before } => {
            let inner = theirs.map(JsonTree::children).unwrap_or_default();
            let mut children = Vec::with_capacity(twigs.len());
            for twig in twigs {
                let theirs = twig.origin.and_then(|at| inner.get(at)).map(|(_, value)| *value);
                let want = resolve(&twig.value, theirs, rows, choices)?;
                let child = |value| SpliceChild { origin: twig.origin, key: twig.key.clone(), value };
                children.push(want.map(child));
            }
            if let Some((row, mine)) = order
                && *choice(*row)?.1 == ConflictChoice::Mine
            {
                let mut taken = |at: &usize| children.get_mut(*at).and_then(Option::take);
                children = mine.iter().map(&mut taken).collect();
            }
            Ok(Some(SpliceOp::children(children.into_iter().flatten().collect(), *before)))
        }
    }
}
