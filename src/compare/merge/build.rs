//! Walks three trees at once and decides, value by value, which side is taken.

use std::collections::{HashMap, HashSet};

use super::{ConflictChoice, MergeError, MergeOutcome, MergePlace, MergeRow};
use crate::compare::patch::between;
use crate::compare::path::{JsonPath, PathStep};
use crate::compare::splice::{RawJson, SpliceChild, SpliceOp};
use crate::compare::tree::{JsonTree, TreeMember};

/// What becomes of a value of theirs, as far as it is decided.
pub(super) enum MergePlan {
    Want(SpliceOp),
    /// The number of a row.
    Conflict(usize),
    Children {
        children: Vec<MergeChild>,
        /// Where the order is a clash: its row, and mine's order of the twigs.
        order: Option<(usize, Vec<usize>)>,
        /// How many theirs has.
        before: usize,
    },
}

pub(super) struct MergeChild {
    /// Which one of theirs it is.
    pub(super) origin: Option<usize>,
    pub(super) key: Option<String>,
    pub(super) plan: MergePlan,
}

impl MergeChild {
    pub(super) fn existing(origin: usize, plan: MergePlan) -> Self {
        Self { origin: Some(origin), key: None, plan }
    }
}

#[derive(Default)]
pub(super) struct MergeBuilder {
    pub(super) rows: Vec<MergeRow>,
    pub(super) steps: Vec<PathStep>,
}

/// A member's name and which one of that name it is.
type MemberKey<'a> = (&'a str, usize);

fn key_of<'a>(member: &'a TreeMember<'_>) -> MemberKey<'a> {
    (member.name.as_str(), member.number)
}

fn by_key<'a, 't>(members: &'a [TreeMember<'t>]) -> HashMap<MemberKey<'a>, (usize, &'a TreeMember<'t>)> {
    members.iter().enumerate().map(|(at, member)| (key_of(member), (at, member))).collect()
}

impl MergeBuilder {
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

    /// A value that is in mine and in theirs.
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
        if let (Some(m), Some(t)) = (mine.members(), theirs.members()) {
            match base.map(JsonTree::members) {
                None => return self.members(None, m, t),
                Some(Some(b)) => return self.members(Some(b), m, t),
                Some(None) => (),
            }
        }
        if let (Some(b), Some(m), Some(t)) = (base.and_then(JsonTree::items), mine.items(), theirs.items())
            && let Some(plan) = self.items(b, m, t)
        {
            return plan;
        }
        self.conflict(base, Some(mine), Some(theirs))
    }

    fn members(
        &mut self,
        base: Option<&[TreeMember<'_>]>,
        mine: &[TreeMember<'_>],
        theirs: &[TreeMember<'_>],
    ) -> MergePlan {
        let created = base.is_none();
        let base = base.unwrap_or_default();
        let [of_base, of_mine, of_theirs] = [base, mine, theirs].map(by_key);
        let mut twigs: HashMap<MemberKey<'_>, MergeChild> = HashMap::new();
        let mut seen: HashSet<MemberKey<'_>> = HashSet::new();
        for member in base.iter().chain(theirs).chain(mine) {
            let key = key_of(member);
            if !seen.insert(key) {
                continue;
            }
            let sides = [&of_base, &of_mine, &of_theirs].map(|known| known.get(&key).copied());
            if let Some(twig) = self.within(member.step(), |builder| builder.member(sides)) {
                twigs.insert(key, twig);
            }
        }
        let common = |members: &'_ [TreeMember<'_>]| -> Vec<PathStep> {
            let all = members.iter().filter(|member| {
                [&of_base, &of_mine, &of_theirs].iter().all(|known| known.contains_key(&key_of(member)))
            });
            all.map(TreeMember::step).collect()
        };
        let [b, m, t] = if created { Default::default() } else { [base, mine, theirs].map(common) };
        let order = self.order(&b, &m, &t);
        let in_theirs = sequence(theirs, mine, &twigs);
        let in_mine = sequence(mine, theirs, &twigs);
        drop((of_base, of_mine, of_theirs));
        let first = if order == Some(OrderChange::Mine) { &in_mine } else { &in_theirs };
        let places: HashMap<MemberKey<'_>, usize> =
            first.iter().enumerate().map(|(at, key)| (*key, at)).collect();
        let other = || in_mine.iter().filter_map(|key| places.get(key).copied()).collect();
        let order = if let Some(OrderChange::Conflict(row)) = order { Some((row, other())) } else { None };
        let twigs = first.iter().filter_map(|key| twigs.remove(key)).collect();
        MergePlan::Children { children: twigs, order, before: theirs.len() }
    }

    /// A member, in those texts that have it; none where it goes.
    fn member(&mut self, sides: [Option<(usize, &TreeMember<'_>)>; 3]) -> Option<MergeChild> {
        let [b, m, t] = sides.map(|side| side.map(|(_, member)| member));
        let [_, _, origin] = sides.map(|side| side.map(|(at, _)| at));
        match (b, m, t) {
            (_, Some(m), Some(t)) => {
                let key = m.key.of(m.value.text);
                let stored = t.key.of(t.value.text);
                let respelt = key != stored && b.is_some_and(|b| b.key.of(b.value.text) == stored);
                let plan = self.merge_value(b.map(|b| &b.value), &m.value, &t.value);
                Some(MergeChild { origin, key: respelt.then(|| key.to_owned()), plan })
            }
            (Some(b), Some(m), None) if b.value.same(&m.value) => {
                self.row(MergeOutcome::Theirs, Some(&b.value), Some(&m.value), None);
                None
            }
            (Some(b), None, Some(t)) if b.value.same(&t.value) => {
                self.row(MergeOutcome::Mine, Some(&b.value), None, Some(&t.value));
                None
            }
            (Some(b), Some(m), None) => {
                let plan = self.conflict(Some(&b.value), Some(&m.value), None);
                Some(MergeChild { origin: None, key: Some(m.key.of(m.value.text).to_owned()), plan })
            }
            (Some(b), None, Some(t)) => {
                let plan = self.conflict(Some(&b.value), None, Some(&t.value));
                Some(MergeChild { origin, key: None, plan })
            }
            (None, Some(m), None) => {
                self.row(MergeOutcome::Mine, None, Some(&m.value), None);
                let plan = MergePlan::Want(SpliceOp::Value(RawJson::of(&m.value)));
                Some(MergeChild { origin: None, key: Some(m.key.of(m.value.text).to_owned()), plan })
            }
            (None, None, Some(t)) => {
                self.row(MergeOutcome::Theirs, None, None, Some(&t.value));
                Some(MergeChild { origin, key: None, plan: MergePlan::Want(SpliceOp::Keep) })
            }
            (Some(b), None, None) => {
                self.row(MergeOutcome::Both, Some(&b.value), None, None);
                None
            }
            (None, None, None) => None,
        }
    }

    /// Who changed the order of what all three have.
    fn order(&mut self, base: &[PathStep], mine: &[PathStep], theirs: &[PathStep]) -> Option<OrderChange> {
        let (order, taken) = match (base != mine, base != theirs) {
            (false, false) => return None,
            (false, true) => (OrderChange::Theirs, MergeOutcome::Theirs),
            (true, false) => (OrderChange::Mine, MergeOutcome::Mine),
            (true, true) if mine == theirs => (OrderChange::Theirs, MergeOutcome::Both),
            (true, true) => (OrderChange::Conflict(self.rows.len()), MergeOutcome::Conflict),
        };
        let names = |steps: &[PathStep]| Some(RawJson::new(&names(steps)));
        let (base, mine, theirs) = (names(base), names(mine), names(theirs));
        self.rows.push(MergeRow {
            place: MergePlace::Order(self.path()),
            base,
            mine,
            theirs,
            outcome: taken,
        });
        Some(order)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OrderChange {
    Mine,
    Theirs,
    Conflict(usize),
}

pub(super) fn names(steps: &[PathStep]) -> String {
    let written =
        |step: &PathStep| crate::compare::path::display_path(std::slice::from_ref(step)).into_string();
    steps.iter().map(written).collect::<Vec<_>>().join(", ")
}

/// The keys that stay, in the order of `first`; each that only `second` has comes after the one that
/// stands before it there.
fn sequence<'a>(
    first: &'a [TreeMember<'_>],
    second: &'a [TreeMember<'_>],
    kept: &HashMap<MemberKey<'_>, MergeChild>,
) -> Vec<MemberKey<'a>> {
    let known: HashSet<MemberKey<'_>> = first.iter().map(key_of).collect();
    let mut after: HashMap<Option<MemberKey<'_>>, Vec<MemberKey<'a>>> = HashMap::new();
    let mut anchor = None;
    for key in second.iter().map(key_of).filter(|key| kept.contains_key(key)) {
        if known.contains(&key) {
            anchor = Some(key);
        } else {
            after.entry(anchor).or_default().push(key);
        }
    }
    let mut keys = after.remove(&None).unwrap_or_default();
    for key in first.iter().map(key_of).filter(|key| kept.contains_key(key)) {
        keys.push(key);
        keys.extend(after.remove(&Some(key)).unwrap_or_default());
    }
    keys
}

/// What a plan comes to with all clashes decided; none where the value goes.
pub(super) fn resolve(
    plan: &MergePlan,
    theirs: Option<&JsonTree<'_>>,
    rows: &[MergeRow],
    numbers: &[usize],
    choices: &[ConflictChoice],
) -> Result<Option<SpliceOp>, MergeError> {
    let choice = |row: usize| {
        let number = numbers.get(row).copied().unwrap_or(usize::MAX);
        choices.get(number).map(|choice| (number, choice)).ok_or(MergeError::Count)
    };
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
                let want = resolve(&twig.plan, theirs, rows, numbers, choices)?;
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
