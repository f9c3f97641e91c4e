//! From a stored document to a draft, its review and one conditional write.

use super::state::{Draft, DraftStage};
use crate::console::effect::Effect;
use crate::console::model::{MAX_DRAFTS, Model, Tone, denied_if_hidden};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};
use crate::console::screens::plan::{PlanStep, send};
use crate::console::screens::review::Review;
use crate::console::screens::{browse, merge};
use crate::console::widgets::Movement;
use crate::domain::{Document, MAX_EDITABLE, ResourceKey};
use crate::provider::Lease;
use crate::text::grouped;

/// Opens the selected document, or resumes its draft.
pub(crate) fn open(model: &mut Model) {
    let Some(key) = model.selected().cloned() else { return browse::nothing_selected(model) };
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
    let edit = Draft::stored(entry, model.inventory.store().cloned());
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
    let edit = Draft::new(key, template, model.inventory.store().cloned());
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

/// Toggles between changes by path and the full text.
pub(crate) fn toggle_full(model: &mut Model) {
    if let Some(review) = shown_review(model) {
        review.full = !review.full;
        review.scroll = 0;
    }
}

pub(crate) fn scroll_review(model: &mut Model, step: Movement) {
    let page = usize::from(model.frame().body.height.saturating_sub(2).max(1));
    if let Some(review) = shown_review(model) {
        let lines = if review.full { review.lines.len() } else { review.diff.changes.len() };
        review.scroll = step.apply(review.scroll, lines, page);
    }
}

fn shown_review(model: &mut Model) -> Option<&mut Review> {
    if let DraftStage::Review(review) = &mut model.edit.as_mut()?.stage { Some(review) } else { None }
}

/// Writes what the review shows.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    if send::is_blocked(model) {
        return Vec::new();
    }
    let Some(edit) = &model.edit else { return Vec::new() };
    let DraftStage::Review(review) = &edit.stage else { return Vec::new() };
    if now.is_too_soon_after(review.opened) {
        return Vec::new();
    }
    let (before, document) = (edit.base.entry().cloned(), review.document.clone());
    let step = PlanStep { before, lease: Lease::Keep, ..PlanStep::create(edit.key.clone(), Some(document)) };
    let most = model.context.capabilities.max_document;
    let words = if step.size() > most {
        format!("nothing was sent: this store holds at most {} bytes in one document", grouped(most))
    } else if edit.store.as_ref() != model.inventory.store() {
        merge::conflict(model, None);
        "the store was replaced since this draft began: nothing was written; look at it".into()
    } else if let (None, Some(refusal)) = (&step.before, denied_if_hidden(&model.inventory, &step.key)) {
        refusal.to_string()
    } else {
        let effects = send::send(model, vec![step], None, None);
        if let Some(edit) = &mut model.edit {
            edit.last_write = model.pending_write.as_ref().map(|writing| writing.request);
        }
        return effects;
    };
    model.notify(Tone::Bad, words);
    Vec::new()
}
