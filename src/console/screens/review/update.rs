//! From the draft to its review, which is computed off the loop for a large draft, to one conditional write.

use super::judgement::{judge, reasons};
use super::state::{NotReady, Review};
use super::view::height;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::{ForcedWrite, PromptPurpose, prompt};
use crate::console::request::AT_ONCE;
use crate::console::screens::editor::DraftStage;
use crate::console::screens::merge;
use crate::console::screens::plan::{PlanStep, send};
use crate::console::widgets::Movement;
use crate::provider::Lease;
use crate::text::grouped;

/// Opens the review of the draft.
pub(crate) fn review(model: &mut Model) -> Vec<Effect> {
    if model.edit.as_ref().is_none_or(|edit| edit.preparing.is_pending()) {
        return Vec::new();
    }
    let request = model.next_request();
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let (input, bytes) = (edit.review_input(), edit.buffer.len());
    if bytes <= AT_ONCE {
        edit.check();
    }
    edit.preparing.begin(request, edit.buffer.revision());
    let job = Compute::new(bytes, move || input.review(), Err(NotReady::Failed), on_prepared);
    vec![Effect::Compute(request, job)]
}

/// Takes a review, if it is still pending and the text is unchanged.
fn on_prepared(model: &mut Model, request: RequestId, review: Result<Review, NotReady>) -> Vec<Effect> {
    if let Some(edit) = &mut model.edit
        && let Some(revision) = edit.preparing.accept(request)
        && revision == edit.buffer.revision()
        && matches!(edit.stage, DraftStage::Editing)
    {
        on_reviewed(model, review);
    }
    Vec::new()
}

fn on_reviewed(model: &mut Model, review: Result<Review, NotReady>) {
    let Some(edit) = &mut model.edit else { return };
    let (at, words) = match review {
        Ok(mut review) => {
            review.opened = model.now.mono;
            edit.find.typing = false;
            edit.completion = None;
            edit.stage = DraftStage::Review(Box::new(review));
            _ = judge_again(model);
            return;
        }
        Err(NotReady::Unchanged) => {
            return model.notify(Tone::Plain, "nothing is changed: there is nothing to write");
        }
        Err(NotReady::Failed) => {
            return model.notify(Tone::Bad, "the comparison broke down; the draft is kept, see the log");
        }
        // In the words and at the position that the editor shows, if it has checked the text already.
        Err(NotReady::Syntax(error)) => match edit.diagnostics.first_error() {
            Some(flaw) if !edit.diagnostics.is_behind(&edit.buffer) => (flaw.from, flaw.found.to_string()),
            _ => (edit.buffer.position_of(error.offset), error.to_string()),
        },
        Err(NotReady::Placeholder(unfilled)) => {
            (edit.buffer.position_of(unfilled.offset), unfilled.to_string())
        }
    };
    edit.buffer.move_to(at);
    model.notify(Tone::Bad, words);
    model.update_editor_view();
}

/// Toggles between changes by path and the full text.
pub(crate) fn toggle_full(model: &mut Model) {
    if let Some(review) = shown_review(model) {
        review.full = !review.full;
        review.scroll = 0;
    }
}

pub(crate) fn scroll(model: &mut Model, step: Movement) {
    let (lines, page) = (height(model), usize::from(model.frame().body.height));
    if let Some(review) = shown_review(model) {
        review.scroll = step.scroll(review.scroll, lines, page);
    }
}

/// Whether a movement changes anything.
pub(crate) fn can_scroll(model: &Model, by: Movement) -> bool {
    let Some(DraftStage::Review(review)) = model.edit.as_ref().map(|edit| &edit.stage) else { return false };
    by.can_scroll(review.scroll, height(model), usize::from(model.frame().body.height))
}

fn shown_review(model: &mut Model) -> Option<&mut Review> {
    if let DraftStage::Review(review) = &mut model.edit.as_mut()?.stage { Some(review) } else { None }
}

/// Judges the write under review by what is known now, and says why it is stopped.
fn judge_again(model: &mut Model) -> Vec<String> {
    let Some(edit) = &model.edit else { return Vec::new() };
    let DraftStage::Review(review) = &edit.stage else { return Vec::new() };
    let stored = edit.base.entry().map(|entry| &entry.document);
    let preflight = judge(model, &edit.key, &review.document, stored);
    let stops = reasons(&preflight);
    if let Some(review) = shown_review(model) {
        review.preflight = Some(preflight);
    }
    stops
}

/// Writes what the review shows, unless that would darken the receiver: then its name has to be typed.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    write_unless_stopped(model, &[])
}

/// Writes it although that darkens the receiver, for the reasons that were shown.
pub(crate) fn on_forced(model: &mut Model, forced: &ForcedWrite) -> Vec<Effect> {
    if !model.passes_gate() {
        return Vec::new();
    }
    write_unless_stopped(model, &forced.reasons)
}

fn write_unless_stopped(model: &mut Model, accepted: &[String]) -> Vec<Effect> {
    let now = model.now;
    if send::is_blocked(model) {
        return Vec::new();
    }
    let reasons = judge_again(model);
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
    } else if reasons.iter().any(|reason| !accepted.contains(reason)) {
        let name = edit.key.to_string();
        prompt::ask(model, PromptPurpose::Force(ForcedWrite { name, reasons }), "");
        return Vec::new();
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
