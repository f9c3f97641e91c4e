//! From a stored document to a draft, and back.

use super::state::{Draft, DraftStage};
use crate::console::model::{MAX_DRAFTS, Model, Tone};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};
use crate::console::screens::browse;
use crate::domain::{Document, MAX_EDITABLE, ResourceKey};

/// Opens the selected document, or resumes its draft.
pub(crate) fn open(model: &mut Model) {
    let Some(key) = model.focused().cloned() else { return browse::nothing_selected(model) };
    if resume(model, &key) || model.is_draft_busy() {
        return;
    }
    if key.is_foreign() {
        return model.notify(Tone::Bad, "a key the receiver ignores can be viewed and deleted, not edited");
    }
    let Some(entry) = model.inventory.get(&key).map(|row| row.entry()) else { return };
    if entry.document.len() > MAX_EDITABLE {
        return model.notify(Tone::Bad, "larger than 1 MiB: it can be viewed, replaced by put, and deleted");
    }
    let edit = Draft::stored(entry, model.inventory.store().cloned(), &model.context.secret_names);
    show(model, edit, "not UTF-8 text: it can be viewed, replaced by put, and deleted");
}

fn show(model: &mut Model, edit: Option<Draft>, refusal: &str) {
    match edit {
        Some(edit) => model.edit = Some(Box::new(edit)),
        None => model.notify(Tone::Bad, refusal),
    }
    model.update_editor_view();
}

/// Resumes a draft of this session; `false` if there is none.
pub(crate) fn resume(model: &mut Model, key: &ResourceKey) -> bool {
    let Some(mut draft) = model.drafts.remove(key) else { return false };
    draft.schedule_check(model.now.mono);
    model.edit = Some(draft);
    model.notify(Tone::Plain, "your draft is back");
    model.update_editor_view();
    true
}

/// Starts a document that does not exist yet.
pub(crate) fn begin(model: &mut Model, key: ResourceKey, template: Document) {
    let edit = Draft::new(key, template, model.inventory.store().cloned(), &model.context.secret_names);
    show(model, edit, "what was to be copied is not UTF-8 text");
}

/// Leaves the editor; a changed draft is kept in the session.
pub(crate) fn leave(model: &mut Model) {
    if model.edit.as_mut().is_some_and(|edit| edit.preparing.cancel()) {
        return;
    }
    let Some(mut edit) = model.edit.take() else { return };
    edit.merging.cancel();
    if !edit.is_changed() {
        return;
    }
    if model.drafts.len() >= MAX_DRAFTS {
        model.edit = Some(edit);
        return model.notify(Tone::Bad, "32 drafts are kept already: write or discard one first");
    }
    // Without a row in the list, `e` has nothing to act on.
    let way = if model.inventory.find(&edit.key).is_some() { "e".into() } else { format!(":{}", edit.key) };
    model.notify(Tone::Plain, format!("draft of {} kept: {way} takes it up again", edit.key));
    model.drafts.insert(edit.key.clone(), edit);
}

/// Closes the draft; asks before a changed one is discarded.
pub(crate) fn close(model: &mut Model) {
    let Some(edit) = &model.edit else { return };
    if edit.is_changed() {
        ask_discard(model, &edit.key.to_string(), ConfirmAction::Discard);
    } else {
        model.edit = None;
    }
}

/// Asks before a draft is discarded.
pub(crate) fn ask_discard(model: &mut Model, name: &str, action: ConfirmAction) {
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Throw away the draft of {name}?"),
        details: vec!["What is stored stays as it is.".into()],
        action,
        asked: model.now.mono,
    }));
}

pub(crate) fn discard(model: &mut Model) {
    if let Some(edit) = model.edit.take() {
        model.notify(Tone::Plain, format!("draft of {} thrown away", edit.key));
    }
}

/// Returns from a review or a merge to the editor.
pub(crate) fn back_to_draft(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.stage = DraftStage::Editing;
        edit.merging.cancel();
    }
}
