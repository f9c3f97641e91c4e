//! Marks: delete and copy act on the marked documents.

use std::collections::BTreeSet;

use crate::console::model::{Model, PendingWrite, Tone};
use crate::console::screens::browse::update;
use crate::console::shell::layout::Pane;
use crate::console::widgets::Movement;
use crate::domain::ResourceKey;
use crate::text::grouped;

/// The most documents that can be marked in one tab.
pub(crate) const MAX_MARKS: usize = 10_000;

/// The marked documents; if there are none, the selected one.
pub(crate) fn targets(model: &Model) -> Vec<ResourceKey> {
    let Some(browse) = model.browse() else { return Vec::new() };
    if browse.marks.is_empty() {
        return browse.list.selected.iter().cloned().collect();
    }
    browse.marks.iter().cloned().collect()
}

/// Toggles the mark of the selected row, and moves to the next.
pub(crate) fn toggle(model: &mut Model) {
    let Some((browse, _)) = model.browse_mut() else { return };
    let Some(key) = browse.list.selected.clone() else { return update::nothing_selected(model) };
    if browse.focus == Pane::Namespaces {
        return model.notify(Tone::Plain, "marks are set in the list: enter goes there");
    }
    if !browse.marks.remove(&key) {
        if browse.marks.len() >= MAX_MARKS {
            return too_many(model);
        }
        browse.marks.insert(key);
    }
    if browse.focus == Pane::Items {
        update::step(model, Movement::Lines(1));
    }
}

/// Marks all listed rows, or unmarks them if all are marked.
pub(crate) fn toggle_all(model: &mut Model) {
    let Some((browse, inventory)) = model.browse_mut() else { return };
    if browse.listing.is_partial() {
        return model.notify(Tone::Plain, "the filter is still at work: press again in a moment");
    }
    let count = browse.listing.len(inventory);
    if count > MAX_MARKS {
        return too_many(model);
    }
    let rows = browse.listing.slots_from(inventory, 0).filter_map(|slot| inventory.row(slot));
    let keys: Vec<_> = rows.map(|row| row.key()).collect();
    if keys.iter().all(|key| browse.marks.contains(key)) {
        for key in &keys {
            browse.marks.remove(key);
        }
        return;
    }
    let marks: BTreeSet<_> = browse.marks.iter().cloned().chain(keys).collect();
    if marks.len() > MAX_MARKS {
        return too_many(model);
    }
    browse.marks = marks;
}

fn too_many(model: &mut Model) {
    let words = format!("at most {} can be marked: narrow the list with / first", grouped(MAX_MARKS));
    model.notify(Tone::Bad, words);
}

/// Unmarks the documents that a write affected.
pub(crate) fn clear_written(model: &mut Model, writing: &PendingWrite) {
    for browse in [&mut model.webhooks, &mut model.connections] {
        for step in &writing.steps {
            browse.marks.remove(&step.key);
            if let Some((source, _)) = &step.source {
                browse.marks.remove(source);
            }
        }
    }
}
