//! Which layer's value is in force at each path: objects merge member by member, and everything else, lists
//! too, is replaced whole by a higher layer (docs/applications.md).

use super::layer::{Layer, is_empty_object};
use super::{LayerValue, SettingPath};

/// A value that no higher layer replaces.
#[derive(Clone, Copy)]
pub(super) struct Winner<'a> {
    pub(super) path: &'a SettingPath,
    pub(super) layer: &'a Layer,
    pub(super) value: &'a LayerValue,
}

/// A path with a value, while what lies within it is looked at.
struct OpenPath<'a> {
    winner: Winner<'a>,
    /// The highest layer with a value here or above: of lower ones, nothing within this path is in force.
    cut: Option<usize>,
    /// Whether something within it is in force, so that it is a section.
    section: bool,
}

/// The values in force at a path and within it, or all of them, in the order of their paths. The lowest layer
/// comes first. No layer may have a value above `root`.
pub(super) fn winners<'a>(layers: &[&'a Layer], root: Option<&SettingPath>) -> Vec<Winner<'a>> {
    let mut entries = Vec::new();
    for (height, layer) in layers.iter().copied().enumerate() {
        let values = layer.within(root).map(|(path, value)| (height, Winner { path, layer, value }));
        entries.extend(values);
    }
    // Stable: the entries of a path stay in the order of their layers, and each layer is in order already.
    entries.sort_by(|(_, a), (_, b)| a.path.cmp(b.path));
    let mut open: Vec<OpenPath<'a>> = Vec::new();
    let mut found = Vec::new();
    for group in entries.chunk_by(|(_, a), (_, b)| a.path == b.path) {
        let Some((topmost, Winner { path, .. })) = group.last() else { continue };
        while let Some(ended) = open.pop_if(|it| !it.winner.path.contains(path)) {
            found.extend((!ended.section).then_some(ended.winner));
        }
        let floor = open.last().and_then(|above| above.cut);
        if Some(*topmost) <= floor {
            continue;
        }
        open.iter_mut().for_each(|above| above.section = true);
        let above_floor = || group.iter().rev().filter(|(height, _)| Some(*height) > floor);
        let value = above_floor().find(|(_, it)| !is_empty_object(&it.value.value));
        let cut = value.map(|(height, _)| *height).or(floor);
        // An empty object replaces a value below it, and takes nothing away from a section.
        let empty =
            above_floor().find(|(height, it)| Some(*height) > cut && is_empty_object(&it.value.value));
        if let Some((_, winner)) = empty.or(value) {
            open.push(OpenPath { winner: *winner, cut, section: false });
        }
    }
    found.extend(open.into_iter().rev().filter(|it| !it.section).map(|it| it.winner));
    found
}
