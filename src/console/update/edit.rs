//! From a stored document to a draft, to its review, to one conditional write.

use std::time::Duration;

use crate::domain::{Document, MAX_EDITABLE, ResourceKey};
use crate::provider::Lease;
use crate::text::grouped;

use super::super::effect::Effect;
use super::super::model::{Base, Confirm, Edit, MAX_DRAFTS, Model, Overlay, Review, Stage, Step, Then, Tone};
use super::browse::{self, Step as Move};
use super::send::{self, Job};
use super::{absence, drafts, merge, prepare, typing};

/// A key pressed before the eye could read a question is no answer to it.
const READING_TIME: Duration = Duration::from_millis(300);

/// Whether `asked` was so short ago that a key cannot be an answer.
pub(super) fn too_soon(asked: Duration, now: Duration) -> bool {
    now.saturating_sub(asked) < READING_TIME
}

/// Opens the selected document, or takes its draft up again.
pub(super) fn open(model: &mut Model) {
    let Some(key) = model.selected().cloned() else { return browse::nothing_selected(model) };
    if resume(model, &key) || drafts::is_busy(model) {
        return;
    }
    if key.is_foreign() {
        return model.say(Tone::Bad, "a key the receiver ignores can be viewed and deleted, not edited");
    }
    let Some(entry) = model.inventory.get(&key).map(|row| row.entry()) else { return };
    if entry.document.len() > MAX_EDITABLE {
        return model.say(Tone::Bad, "larger than 1 MiB: it can be viewed, replaced by put, and deleted");
    }
    match Edit::stored(entry, model.inventory.store().cloned()) {
        Some(edit) => model.edit = Some(Box::new(edit)),
        None => model.say(Tone::Bad, "not UTF-8 text: it can be viewed, replaced by put, and deleted"),
    }
    typing::settle(model);
}

/// Takes a kept draft up again; says whether there was one.
pub(super) fn resume(model: &mut Model, key: &ResourceKey) -> bool {
    let Some(draft) = model.drafts.remove(key) else { return false };
    model.edit = Some(draft);
    if let Some(edit) = &mut model.edit {
        edit.look_again(model.now.mono);
    }
    model.say(Tone::Plain, "your draft is back");
    typing::settle(model);
    true
}

/// Begins a document that does not exist yet.
pub(super) fn begin(model: &mut Model, key: ResourceKey, template: Document) {
    match Edit::new(key, template, model.inventory.store().cloned()) {
        Some(edit) => model.edit = Some(Box::new(edit)),
        None => model.say(Tone::Bad, "what was to be copied is not UTF-8 text"),
    }
    typing::settle(model);
}

/// Rows of text the editor shows: the body without its title and its line for problems.
pub(super) fn height(model: &Model) -> usize {
    usize::from(model.frame().body.height.saturating_sub(2).max(1))
}

/// Out of the editor; a changed draft is kept.
pub(super) fn leave(model: &mut Model) {
    if prepare::leave(model) {
        return;
    }
    let Some(mut edit) = model.edit.take() else { return };
    edit.merging = None;
    if !edit.is_changed() {
        return;
    }
    if model.drafts.len() >= MAX_DRAFTS {
        model.edit = Some(edit);
        return model.say(Tone::Bad, "32 drafts are kept already: write or discard one first");
    }
    // Without a row there is nothing to press a key on.
    let way = if model.inventory.find(&edit.key).is_some() { "e".into() } else { format!(":{}", edit.key) };
    model.say(Tone::Plain, format!("draft of {} kept: {way} takes it up again", edit.key));
    model.drafts.insert(edit.key.clone(), edit);
}

/// Asks before a draft is thrown away.
pub(super) fn ask_discard(model: &mut Model) {
    let Some(edit) = &model.edit else { return };
    if !edit.is_changed() {
        model.edit = None;
        return;
    }
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Throw away the draft of {}?", edit.key),
        details: vec!["What is stored stays as it is.".into()],
        then: Then::Discard,
        asked: model.now.mono,
    }));
}

/// Throws the draft away.
pub(super) fn discard(model: &mut Model) {
    if let Some(edit) = model.edit.take() {
        model.say(Tone::Plain, format!("draft of {} thrown away", edit.key));
    }
}

/// Back from a review or a merge to typing.
pub(super) fn back_to_draft(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.stage = Stage::Editing;
        edit.merging = None;
    }
}

/// Between the changes by path and the full text.
pub(super) fn toggle_full(model: &mut Model) {
    if let Some(review) = shown_review(model) {
        review.full = !review.full;
        review.scroll = 0;
    }
}

/// Scrolls a review.
pub(super) fn scroll_review(model: &mut Model, step: Move) {
    let page = height(model);
    if let Some(review) = shown_review(model) {
        let lines = if review.full { review.lines.len() } else { review.diff.changes.len() };
        review.scroll = step.from(review.scroll, lines, page);
    }
}

fn shown_review(model: &mut Model) -> Option<&mut Review> {
    match &mut model.edit.as_mut()?.stage {
        Stage::Review(review) => Some(review),
        Stage::Editing | Stage::Merge(_) => None,
    }
}

/// Writes what the review shows.
pub(super) fn write(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    if send::is_barred(model) {
        return Vec::new();
    }
    let Some(edit) = &model.edit else { return Vec::new() };
    let Stage::Review(review) = &edit.stage else { return Vec::new() };
    if too_soon(review.opened, now) {
        return Vec::new();
    }
    let most = model.context.capabilities.max_document;
    if review.document.len() > most {
        let most = grouped(most);
        model.say(
            Tone::Bad,
            format!("nothing was sent: this store holds at most {most} bytes in one document"),
        );
        return Vec::new();
    }
    if edit.store.as_ref() != model.inventory.store() {
        merge::conflict(model, None);
        model
            .say(Tone::Bad, "the store was replaced since this draft began: nothing was written; look at it");
        return Vec::new();
    }
    if let (Base::Absent { .. }, Some(refusal)) = (&edit.base, absence::refusal(&model.inventory, &edit.key))
    {
        model.say(Tone::Bad, refusal.to_string());
        return Vec::new();
    }
    let before = if let Base::Stored(entry) = &edit.base { Some(entry.clone()) } else { None };
    let step = Step::to(edit.key.clone(), Some(review.document.clone()));
    let effects = send::send(model, Job::one(Step { before, lease: Lease::Keep, ..step }));
    if let Some(edit) = &mut model.edit {
        edit.sent = model.writing.as_ref().map(|writing| writing.request);
    }
    effects
}
