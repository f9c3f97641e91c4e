//! Goes down three trees at once and decides, value by value, whose it will be.

use std::collections::{HashMap, HashSet};

use super::{Choice, Place, Row, Taken, Undecided};
use crate::compare::patch::between;
use crate::compare::path::{Path, Step};
use crate::compare::splice::{Child, Raw, Want};
use crate::compare::tree::{Member, Tree};

/// What becomes of a value of theirs, as far as it is decided.
pub(super) enum Plan {
    Want(Want),
    /// The number of a row.
    Clash(usize),
    Children {
        twigs: Vec<Twig>,
        /// Where the order is a clash: its row, and mine's order of the twigs.
        order: Option<(usize, Vec<usize>)>,
        /// How many theirs has.
        before: usize,
    },
}

pub(super) struct Twig {
    /// Which one of theirs it is.
    pub(super) origin: Option<usize>,
    pub(super) key: Option<String>,
    pub(super) plan: Plan,
}

impl Twig {
    pub(super) fn kept(origin: usize, plan: Plan) -> Self {
        Self { origin: Some(origin), key: None, plan }
    }
}

#[derive(Default)]
pub(super) struct Builder {
    pub(super) rows: Vec<Row>,
    pub(super) steps: Vec<Step>,
}

/// A member's name and which one of that name it is.
type Key<'a> = (&'a str, usize);

fn key_of<'a>(member: &'a Member<'_>) -> Key<'a> {
    (member.name.as_str(), member.number)
}

fn by_key<'a, 't>(members: &'a [Member<'t>]) -> HashMap<Key<'a>, (usize, &'a Member<'t>)> {
    members.iter().enumerate().map(|(at, member)| (key_of(member), (at, member))).collect()
}

impl Builder {
    pub(super) fn path(&self) -> Path {
        Path(self.steps.clone())
    }

    pub(super) fn within<T>(&mut self, step: Step, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.steps.push(step);
        let result = visit(self);
        self.steps.pop();
        result
    }

    pub(super) fn row(
        &mut self,
        taken: Taken,
        base: Option<&Tree<'_>>,
        mine: Option<&Tree<'_>>,
        theirs: Option<&Tree<'_>>,
    ) -> usize {
        let [base, mine, theirs] = [base, mine, theirs].map(|side| side.map(Raw::of));
        self.rows.push(Row { place: Place::Path(self.path()), base, mine, theirs, taken });
        self.rows.len() - 1
    }

    pub(super) fn clash(
        &mut self,
        base: Option<&Tree<'_>>,
        mine: Option<&Tree<'_>>,
        theirs: Option<&Tree<'_>>,
    ) -> Plan {
        Plan::Clash(self.row(Taken::Clash, base, mine, theirs))
    }

    /// A value that is in mine and in theirs.
    pub(super) fn three(&mut self, base: Option<&Tree<'_>>, mine: &Tree<'_>, theirs: &Tree<'_>) -> Plan {
        if mine.same(theirs) {
            match base {
                Some(base) => self.tell(Taken::Both, base, theirs),
                None => drop(self.row(Taken::Both, None, Some(mine), Some(theirs))),
            }
            return Plan::Want(Want::Keep);
        }
        if let Some(base) = base {
            if base.same(mine) {
                self.tell(Taken::Theirs, base, theirs);
                return Plan::Want(Want::Keep);
            }
            if base.same(theirs) {
                self.tell(Taken::Mine, base, mine);
                return Plan::Want(between(theirs, mine));
            }
        }
        if let (Some(m), Some(t)) = (mine.members(), theirs.members()) {
            match base.map(Tree::members) {
                None => return self.members(None, m, t),
                Some(Some(b)) => return self.members(Some(b), m, t),
                Some(None) => (),
            }
        }
        if let (Some(b), Some(m), Some(t)) = (base.and_then(Tree::items), mine.items(), theirs.items())
            && let Some(plan) = self.items(b, m, t)
        {
            return plan;
        }
        self.clash(base, Some(mine), Some(theirs))
    }

    fn members(&mut self, base: Option<&[Member<'_>]>, mine: &[Member<'_>], theirs: &[Member<'_>]) -> Plan {
        let created = base.is_none();
        let base = base.unwrap_or_default();
        let [of_base, of_mine, of_theirs] = [base, mine, theirs].map(by_key);
        let mut twigs: HashMap<Key<'_>, Twig> = HashMap::new();
        let mut seen: HashSet<Key<'_>> = HashSet::new();
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
        let common = |members: &'_ [Member<'_>]| -> Vec<Step> {
            let all = members.iter().filter(|member| {
                [&of_base, &of_mine, &of_theirs].iter().all(|known| known.contains_key(&key_of(member)))
            });
            all.map(Member::step).collect()
        };
        let [b, m, t] = if created { Default::default() } else { [base, mine, theirs].map(common) };
        let order = self.order(&b, &m, &t);
        let in_theirs = sequence(theirs, mine, &twigs);
        let in_mine = sequence(mine, theirs, &twigs);
        drop((of_base, of_mine, of_theirs));
        let first = if order == Some(Order::Mine) { &in_mine } else { &in_theirs };
        let places: HashMap<Key<'_>, usize> = first.iter().enumerate().map(|(at, key)| (*key, at)).collect();
        let other = || in_mine.iter().filter_map(|key| places.get(key).copied()).collect();
        let order = if let Some(Order::Clash(row)) = order { Some((row, other())) } else { None };
        let twigs = first.iter().filter_map(|key| twigs.remove(key)).collect();
        Plan::Children { twigs, order, before: theirs.len() }
    }

    /// A member, in those texts that have it; none where it goes.
    fn member(&mut self, sides: [Option<(usize, &Member<'_>)>; 3]) -> Option<Twig> {
        let [b, m, t] = sides.map(|side| side.map(|(_, member)| member));
        let [_, _, origin] = sides.map(|side| side.map(|(at, _)| at));
        match (b, m, t) {
            (_, Some(m), Some(t)) => {
                let key = m.key.of(m.value.text);
                let stored = t.key.of(t.value.text);
                let respelt = key != stored && b.is_some_and(|b| b.key.of(b.value.text) == stored);
                let plan = self.three(b.map(|b| &b.value), &m.value, &t.value);
                Some(Twig { origin, key: respelt.then(|| key.to_owned()), plan })
            }
            (Some(b), Some(m), None) if b.value.same(&m.value) => {
                self.row(Taken::Theirs, Some(&b.value), Some(&m.value), None);
                None
            }
            (Some(b), None, Some(t)) if b.value.same(&t.value) => {
                self.row(Taken::Mine, Some(&b.value), None, Some(&t.value));
                None
            }
            (Some(b), Some(m), None) => {
                let plan = self.clash(Some(&b.value), Some(&m.value), None);
                Some(Twig { origin: None, key: Some(m.key.of(m.value.text).to_owned()), plan })
            }
            (Some(b), None, Some(t)) => {
                let plan = self.clash(Some(&b.value), None, Some(&t.value));
                Some(Twig { origin, key: None, plan })
            }
            (None, Some(m), None) => {
                self.row(Taken::Mine, None, Some(&m.value), None);
                let plan = Plan::Want(Want::Value(Raw::of(&m.value)));
                Some(Twig { origin: None, key: Some(m.key.of(m.value.text).to_owned()), plan })
            }
            (None, None, Some(t)) => {
                self.row(Taken::Theirs, None, None, Some(&t.value));
                Some(Twig { origin, key: None, plan: Plan::Want(Want::Keep) })
            }
            (Some(b), None, None) => {
                self.row(Taken::Both, Some(&b.value), None, None);
                None
            }
            (None, None, None) => None,
        }
    }

    /// Who changed the order of what all three have.
    fn order(&mut self, base: &[Step], mine: &[Step], theirs: &[Step]) -> Option<Order> {
        let (order, taken) = match (base != mine, base != theirs) {
            (false, false) => return None,
            (false, true) => (Order::Theirs, Taken::Theirs),
            (true, false) => (Order::Mine, Taken::Mine),
            (true, true) if mine == theirs => (Order::Theirs, Taken::Both),
            (true, true) => (Order::Clash(self.rows.len()), Taken::Clash),
        };
        let names = |steps: &[Step]| Some(Raw::new(&names(steps)));
        let (base, mine, theirs) = (names(base), names(mine), names(theirs));
        self.rows.push(Row { place: Place::Order(self.path()), base, mine, theirs, taken });
        Some(order)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Mine,
    Theirs,
    Clash(usize),
}

pub(super) fn names(steps: &[Step]) -> String {
    let written = |step: &Step| crate::compare::path::written(std::slice::from_ref(step)).into_string();
    steps.iter().map(written).collect::<Vec<_>>().join(", ")
}

/// The keys that stay, in the order of `first`; each that only `second` has comes after the one that
/// stands before it there.
fn sequence<'a>(
    first: &'a [Member<'_>],
    second: &'a [Member<'_>],
    kept: &HashMap<Key<'_>, Twig>,
) -> Vec<Key<'a>> {
    let known: HashSet<Key<'_>> = first.iter().map(key_of).collect();
    let mut after: HashMap<Option<Key<'_>>, Vec<Key<'a>>> = HashMap::new();
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
    plan: &Plan,
    theirs: Option<&Tree<'_>>,
    rows: &[Row],
    numbers: &[usize],
    choices: &[Choice],
) -> Result<Option<Want>, Undecided> {
    let choice = |row: usize| {
        let number = numbers.get(row).copied().unwrap_or(usize::MAX);
        choices.get(number).map(|choice| (number, choice)).ok_or(Undecided::Count)
    };
    match plan {
        Plan::Want(want) => Ok(Some(want.clone())),
        Plan::Clash(row) => {
            let (number, choice) = choice(*row)?;
            let value = match choice {
                Choice::Theirs => return Ok(theirs.map(|_| Want::Keep)),
                Choice::Mine => rows.get(*row).and_then(|row| row.mine.as_ref()),
                Choice::Edited(value) => Some(value),
            };
            let Some(value) = value else { return Ok(None) };
            let tree = Tree::of(value.text()).map_err(|_| Undecided::Value(number))?;
            Ok(Some(theirs.map_or_else(|| Want::Value(value.clone()), |theirs| between(theirs, &tree))))
        }
        Plan::Children { twigs, order, before } => {
            let inner = theirs.map(Tree::children).unwrap_or_default();
            let mut children = Vec::with_capacity(twigs.len());
            for twig in twigs {
                let theirs = twig.origin.and_then(|at| inner.get(at)).map(|(_, value)| *value);
                let want = resolve(&twig.plan, theirs, rows, numbers, choices)?;
                let child = |value| Child { origin: twig.origin, key: twig.key.clone(), value };
                children.push(want.map(child));
            }
            if let Some((row, mine)) = order
                && *choice(*row)?.1 == Choice::Mine
            {
                let mut taken = |at: &usize| children.get_mut(*at).and_then(Option::take);
                children = mine.iter().map(&mut taken).collect();
            }
            Ok(Some(Want::children(children.into_iter().flatten().collect(), *before)))
        }
    }
}
