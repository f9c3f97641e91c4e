//! The edits of a patch, gathered by the value they are made in.

use std::collections::{BTreeMap, HashMap};

use super::{Edit, Misfit, Patch};
use crate::compare::path::{Path, Step};
use crate::compare::splice::{Child, Raw, Want};
use crate::compare::tree::Tree;

/// What is to be done in one value.
#[derive(Default)]
pub(super) struct Plan<'p> {
    replace: Option<&'p Raw>,
    respell: Option<&'p str>,
    removed: bool,
    moved: Option<usize>,
    /// What comes in it, by the place it will have.
    inserts: BTreeMap<usize, Child>,
    inner: HashMap<&'p Step, Plan<'p>>,
}

impl<'p> Plan<'p> {
    pub(super) fn of(patch: &'p Patch) -> Result<Self, Misfit> {
        let mut plan = Self::default();
        for edit in &patch.edits {
            match edit {
                Edit::Replace { path, value } => plan.at(path).replace = Some(value),
                Edit::Respell { path, key } => plan.at(path).respell = Some(key),
                Edit::Remove { path } => plan.at(path).removed = true,
                Edit::Move { path, at } => plan.at(path).moved = Some(*at),
                Edit::Insert { path, at, key, value } => {
                    let child = Child::new(key.clone(), value.clone());
                    if plan.at(path).inserts.insert(*at, child).is_some() {
                        return Err(Misfit);
                    }
                }
                Edit::Lines { .. } => return Err(Misfit),
            }
        }
        Ok(plan)
    }

    fn at(&mut self, path: &'p Path) -> &mut Self {
        path.0.iter().fold(self, |plan, step| plan.inner.entry(step).or_default())
    }

    pub(super) fn want(&self, tree: &Tree<'_>) -> Result<Want, Misfit> {
        if let Some(value) = self.replace {
            return Ok(Want::Value(value.clone()));
        }
        if self.inner.is_empty() && self.inserts.is_empty() {
            return Ok(Want::Keep);
        }
        let (steps, inner) = (tree.steps(), tree.children());
        let mut placed: BTreeMap<usize, Child> = self.inserts.clone();
        let mut stay = Vec::with_capacity(steps.len());
        let mut known = 0;
        for (origin, (step, (_, value))) in steps.iter().zip(&inner).enumerate() {
            let Some(plan) = self.inner.get(step) else {
                stay.push(Child::kept(origin, Want::Keep));
                continue;
            };
            known += 1;
            if plan.removed {
                continue;
            }
            let key = plan.respell.map(str::to_owned);
            let child = Child { origin: Some(origin), key, value: plan.want(value)? };
            let Some(at) = plan.moved else {
                stay.push(child);
                continue;
            };
            if placed.insert(at, child).is_some() {
                return Err(Misfit);
            }
        }
        if known < self.inner.len()
            || (steps.is_empty() && tree.members().is_none() && tree.items().is_none())
        {
            return Err(Misfit);
        }
        Ok(Want::children(in_order(stay, placed)?, steps.len()))
    }
}

/// Those that stay, in their order, around those that have a place.
fn in_order(stay: Vec<Child>, mut placed: BTreeMap<usize, Child>) -> Result<Vec<Child>, Misfit> {
    let total = stay.len() + placed.len();
    let mut stay = stay.into_iter();
    let mut children = Vec::with_capacity(total);
    for at in 0..total {
        children.extend(placed.remove(&at).or_else(|| stay.next()));
    }
    if children.len() == total { Ok(children) } else { Err(Misfit) }
}
