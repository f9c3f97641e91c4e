//! The edits of a patch, gathered by the value they are made in.

use std::collections::{BTreeMap, HashMap};

use super::{Patch, PatchError, PatchOp};
use crate::compare::path::{JsonPath, PathStep};
use crate::compare::splice::{RawJson, SpliceChild, SpliceOp};
use crate::compare::tree::JsonTree;

/// What is to be done in one value.
#[derive(Default)]
pub(super) struct PatchPlan<'p> {
    replace: Option<&'p RawJson>,
    respell: Option<&'p str>,
    removed: bool,
    moved: Option<usize>,
    /// What comes in it, by the place it will have.
    inserts: BTreeMap<usize, SpliceChild>,
    inner: HashMap<&'p PathStep, PatchPlan<'p>>,
}

impl<'p> PatchPlan<'p> {
    pub(super) fn of(patch: &'p Patch) -> Result<Self, PatchError> {
        let mut plan = Self::default();
        for edit in &patch.edits {
            match edit {
                PatchOp::Replace { path, value } => plan.at(path).replace = Some(value),
                PatchOp::Respell { path, key } => plan.at(path).respell = Some(key),
                PatchOp::Remove { path } => plan.at(path).removed = true,
                PatchOp::Move { path, at } => plan.at(path).moved = Some(*at),
                PatchOp::Insert { path, at, key, value } => {
                    let child = SpliceChild::new(key.clone(), value.clone());
                    if plan.at(path).inserts.insert(*at, child).is_some() {
                        return Err(PatchError);
                    }
                }
                PatchOp::Lines { .. } => return Err(PatchError),
            }
        }
        Ok(plan)
    }

    fn at(&mut self, path: &'p JsonPath) -> &mut Self {
        path.0.iter().fold(self, |plan, step| plan.inner.entry(step).or_default())
    }

    pub(super) fn want(&self, tree: &JsonTree<'_>) -> Result<SpliceOp, PatchError> {
        if let Some(value) = self.replace {
            return Ok(SpliceOp::Value(value.clone()));
        }
        if self.inner.is_empty() && self.inserts.is_empty() {
            return Ok(SpliceOp::Keep);
        }
        let (steps, inner) = (tree.steps(), tree.children());
        let mut placed: BTreeMap<usize, SpliceChild> = self.inserts.clone();
        let mut stay = Vec::with_capacity(steps.len());
        let mut known = 0;
        for (origin, (step, (_, value))) in steps.iter().zip(&inner).enumerate() {
            let Some(plan) = self.inner.get(step) else {
                stay.push(SpliceChild::existing(origin, SpliceOp::Keep));
                continue;
            };
            known += 1;
            if plan.removed {
                continue;
            }
            let key = plan.respell.map(str::to_owned);
            let child = SpliceChild { origin: Some(origin), key, value: plan.want(value)? };
            let Some(at) = plan.moved else {
                stay.push(child);
                continue;
            };
            if placed.insert(at, child).is_some() {
                return Err(PatchError);
            }
        }
        if known < self.inner.len()
            || (steps.is_empty() && tree.members().is_none() && tree.items().is_none())
        {
            return Err(PatchError);
        }
        Ok(SpliceOp::children(in_order(stay, placed)?, steps.len()))
    }
}

/// Those that stay, in their order, around those that have a place.
fn in_order(
    stay: Vec<SpliceChild>,
    mut placed: BTreeMap<usize, SpliceChild>,
) -> Result<Vec<SpliceChild>, PatchError> {
    let total = stay.len() + placed.len();
    let mut stay = stay.into_iter();
    let mut children = Vec::with_capacity(total);
    for at in 0..total {
        children.extend(placed.remove(&at).or_else(|| stay.next()));
    }
    if children.len() == total { Ok(children) } else { Err(PatchError) }
}
