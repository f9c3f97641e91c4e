//! A difference as a list of small edits by path, and a text with them made.

mod lines;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fmt;

use similar::DiffOp;

use self::lines::{apply_lines, line_edits};
use self::plan::PatchPlan;
use super::align;
use super::path::{JsonPath, PathStep};
use super::splice::{RawJson, SpliceChild, SpliceOp, splice};
use super::tree::{JsonTree, TreeKind};

/// The edits that lead from one text to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// The edits; every path is one of the old text, whatever comes before it in the list.
    pub edits: Vec<PatchOp>,
}

impl Patch {
    /// Whether the texts are the same but for white space.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchOp {
    /// A value takes the place of another.
    Replace { path: JsonPath, value: RawJson },
    /// A member's name is written in another way, with other escapes.
    Respell {
        path: JsonPath,
        /// The name, quotes included.
        key: String,
    },
    /// A member or an item goes.
    Remove { path: JsonPath },
    /// A member or an item comes.
    Insert {
        /// Of the object or the array.
        path: JsonPath,
        /// Which one it is in the new text, from 0.
        at: usize,
        /// The name of a member, quotes included.
        key: Option<String>,
        value: RawJson,
    },
    /// A member or an item goes to another place.
    Move {
        path: JsonPath,
        /// Which one it is in the new text, from 0.
        at: usize,
    },
    /// In texts that are no JSON: lines take the place of others.
    Lines {
        /// The first old line, from 0.
        first: usize,
        /// How many of them go.
        gone: usize,
        /// What comes, line ends included.
        text: RawJson,
    },
}

/// A patch that was made for another text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatchError;

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the changes were made in another text: make them anew in this one")
    }
}

impl std::error::Error for PatchError {}

/// What leads from `old` to `new`; white space alone is no change, unless one of them is not JSON.
pub fn changes(old: &str, new: &str) -> Patch {
    let (Ok(before), Ok(after)) = (JsonTree::of(old), JsonTree::of(new)) else {
        return Patch { edits: line_edits(old, new) };
    };
    let mut edits = Vec::new();
    list(&before, &between(&before, &after), &mut Vec::new(), &mut edits);
    Patch { edits }
}

/// A text with a patch made in it; every byte outside of the edits stays.
///
/// # Errors
/// [`PatchError`] where the text lacks what the patch changes.
pub fn apply(old: &str, patch: &Patch) -> Result<String, PatchError> {
    if patch.edits.iter().any(|edit| matches!(edit, PatchOp::Lines { .. })) {
        return apply_lines(old, patch);
    }
    if patch.is_empty() {
        return Ok(old.to_owned());
    }
    let tree = JsonTree::of(old).map_err(|_| PatchError)?;
    Ok(splice(&tree, &PatchPlan::of(patch)?.want(&tree)?))
}

/// What a tree must become to be another one, keeping as much of it as possible.
pub(super) fn between(old: &JsonTree<'_>, new: &JsonTree<'_>) -> SpliceOp {
    if old.same(new) {
        return SpliceOp::Keep;
    }
    match (&old.kind, &new.kind) {
        (TreeKind::Object(before), TreeKind::Object(after)) => {
            let known: HashMap<(&str, usize), usize> =
                before.iter().enumerate().map(|(at, m)| ((m.name.as_str(), m.number), at)).collect();
            let children = after.iter().map(|member| {
                let key = member.key.of(new.text);
                let origin = known.get(&(member.name.as_str(), member.number));
                match origin.and_then(|at| Some((*at, before.get(*at)?))) {
                    Some((at, was)) => SpliceChild {
                        origin: Some(at),
                        key: (was.key.of(old.text) != key).then(|| key.to_owned()),
                        value: between(&was.value, &member.value),
                    },
                    None => SpliceChild::new(Some(key.to_owned()), RawJson::of(&member.value)),
                }
            });
            SpliceOp::children(children.collect(), before.len())
        }
        (TreeKind::Array(before), TreeKind::Array(after)) => {
            SpliceOp::children(items(before, after), before.len())
        }
        _ => SpliceOp::Value(RawJson::of(new)),
    }
}

/// The items of an array, each with the one that it is or takes the place of.
fn items(before: &[JsonTree<'_>], after: &[JsonTree<'_>]) -> Vec<SpliceChild> {
    let new = |item: &JsonTree<'_>| SpliceChild::new(None, RawJson::of(item));
    if let Some(origins) = permutation(before, after) {
        return origins.into_iter().map(|at| SpliceChild::existing(at, SpliceOp::Keep)).collect();
    }
    let hashes = |items: &[JsonTree<'_>]| -> Vec<u64> { items.iter().map(JsonTree::hash).collect() };
    let mut children = Vec::with_capacity(after.len());
    for op in align::ops(&hashes(before), &hashes(after)) {
        let pairs = if matches!(op, DiffOp::Equal { .. } | DiffOp::Replace { .. }) { usize::MAX } else { 0 };
        let mut olds = op.old_range().take(pairs);
        for is in after.get(op.new_range()).unwrap_or_default() {
            children.push(match olds.next().and_then(|at| Some((at, before.get(at)?))) {
                Some((at, was)) => SpliceChild::existing(at, between(was, is)),
                None => new(is),
            });
        }
    }
    children
}

/// Where each item stood, if they are the same ones in another order.
pub(super) fn permutation(before: &[JsonTree<'_>], after: &[JsonTree<'_>]) -> Option<Vec<usize>> {
    if before.len() != after.len() {
        return None;
    }
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, item) in before.iter().enumerate().rev() {
        places.entry(item.hash()).or_default().push(at);
    }
    let find = |item: &JsonTree<'_>| {
        let at = places.get_mut(&item.hash())?.pop()?;
        before.get(at)?.same(item).then_some(at)
    };
    after.iter().map(find).collect()
}

/// Writes what is wanted down as edits.
fn list(tree: &JsonTree<'_>, want: &SpliceOp, steps: &mut Vec<PathStep>, edits: &mut Vec<PatchOp>) {
    let children = match want {
        SpliceOp::Keep => return,
        SpliceOp::Value(value) => {
            return edits.push(PatchOp::Replace { path: JsonPath(steps.clone()), value: value.clone() });
        }
        SpliceOp::Children(children) => children,
    };
    let (own, inner) = (tree.steps(), tree.children());
    let path = |steps: &[PathStep], at: usize| JsonPath(steps.iter().chain(own.get(at)).cloned().collect());
    let origins: Vec<usize> = children.iter().filter_map(|child| child.origin).collect();
    let kept: HashSet<usize> = origins.iter().copied().collect();
    edits.extend(
        (0..own.len()).filter(|at| !kept.contains(at)).map(|at| PatchOp::Remove { path: path(steps, at) }),
    );
    let stay: HashSet<usize> =
        align::longest_increasing(&origins).into_iter().filter_map(|at| origins.get(at).copied()).collect();
    for (at, child) in children.iter().enumerate() {
        match (child.origin, &child.value) {
            (Some(origin), _) if !stay.contains(&origin) => {
                edits.push(PatchOp::Move { path: path(steps, origin), at })
            }
            (None, SpliceOp::Value(value)) => {
                let (path, key, value) = (JsonPath(steps.clone()), child.key.clone(), value.clone());
                edits.push(PatchOp::Insert { path, at, key, value });
            }
            _ => (),
        }
        let Some(origin) = child.origin else { continue };
        if let Some(key) = &child.key {
            edits.push(PatchOp::Respell { path: path(steps, origin), key: key.clone() });
        }
        if let (Some(step), Some((_, value))) = (own.get(origin), inner.get(origin)) {
            steps.push(step.clone());
            list(value, &child.value, steps, edits);
            steps.pop();
        }
    }
}
