//! Marks: delete and copy act on the marked documents.

use std::collections::BTreeSet;

use crate::console::model::{Model, PendingWrite, Tone};
use crate::console::screens::browse::rows::visible;
use crate::console::screens::browse::{BrowsePage, update};
use crate::console::shell::layout::Pane;
use crate::console::widgets::Movement;
use crate::domain::ResourceKey;
use crate::text::grouped;

/// The most documents that can be marked in one tab.
pub(crate) const MAX_MARKS: usize = 10_000;

/// What delete and copy act on: in the list the marked documents, or the selected one if there are none; in the
/// detail the document shown.
pub(crate) fn targets(model: &Model) -> Vec<ResourceKey> {
    match model.browse() {
        Some(browse) if browse.focus == Pane::Items && !browse.marks.is_empty() => {
            browse.marks.iter().cloned().collect()
        }
        _ => model.focused().into_iter().cloned().collect(),
    }
}

/// The marked documents that are not on the screen: filtered out, in another namespace, or scrolled away.
pub(crate) fn unseen(model: &Model) -> BTreeSet<ResourceKey> {
    let Some(browse) = model.browse() else { return BTreeSet::new() };
    let mut unseen = browse.marks.clone();
    for row in visible(model, browse) {
        unseen.remove(&row.key());
    }
    unseen
}

/// How many there are, without collecting them.
pub(crate) fn unseen_count(model: &Model) -> usize {
    let Some(browse) = model.browse().filter(|browse| !browse.marks.is_empty()) else { return 0 };
    let seen = visible(model, browse).filter(|row| browse.marks.contains(&row.key())).count();
    browse.marks.len() - seen
}

/// Unmarks the documents that are not on the screen.
pub(crate) fn drop_unseen(model: &mut Model) {
    let unseen = unseen(model);
    if unseen.is_empty() {
        return model.notify(Tone::Plain, "no mark is out of sight");
    }
    if let Some((browse, _)) = model.browse_mut() {
        browse.marks.retain(|key| !unseen.contains(key));
    }
    let were = if unseen.len() == 1 { "was" } else { "were" };
    let words = format!("unmarked {} that {were} not on the screen", grouped(unseen.len()));
    model.notify(Tone::Plain, words);
}

/// Toggles the mark of the selected row, and moves to the next.
pub(crate) fn toggle(model: &mut Model) {
    let Some(key) = model.focused().cloned() else { return update::nothing_selected(model) };
    if toggle_key(model, key) && model.has_focus(Pane::Items) {
        update::step(model, Movement::Lines(1));
    }
}

/// The list that a document is marked in.
pub(crate) fn page_of<'m>(model: &'m Model, key: &ResourceKey) -> &'m BrowsePage {
    if matches!(key, ResourceKey::Connection { .. }) { &model.connections } else { &model.webhooks }
}

/// Toggles the mark of a document in its list; returns whether there was room for it.
pub(crate) fn toggle_key(model: &mut Model, key: ResourceKey) -> bool {
    let is_connection = matches!(key, ResourceKey::Connection { .. });
    let browse = if is_connection { &mut model.connections } else { &mut model.webhooks };
    if browse.marks.remove(&key) {
        return true;
    }
    if browse.marks.len() >= MAX_MARKS {
        too_many(model);
        return false;
    }
    browse.marks.insert(key);
    true
}

/// Marks all listed rows, or unmarks them if all are marked.
pub(crate) fn toggle_all(model: &mut Model) {
    let Some((browse, inventory)) = model.browse_mut() else { return };
    if browse.focus != Pane::Items {
        return model.notify(Tone::Plain, "all are marked in the list: go there first");
    }
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
