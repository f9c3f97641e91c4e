//! From the draft to its review, which is computed off the loop for a large draft.

use std::time::Duration;

use super::state::{NotReady, Review};
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::screens::editor::DraftStage;
use crate::console::screens::editor::typing::settle;

/// Opens the review of the draft.
pub(crate) fn review(model: &mut Model) -> Vec<Effect> {
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let finish = edit.review_input();
    if edit.preparing.is_pending() {
        return Vec::new();
    }
    let (bytes, revision) = (edit.buffer.len(), edit.buffer.revision());
    if bytes <= crate::console::request::AT_ONCE {
        edit.check();
    }
    let request = model.next_request();
    if let Some(edit) = &mut model.edit {
        edit.preparing.begin(request, revision);
    }
    let job = Compute::new(bytes, move || finish.review(), Err(NotReady::Failed), on_prepared);
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

/// Cancels a pending review; `false` if none was pending.
pub(crate) fn leave(model: &mut Model) -> bool {
    model.edit.as_mut().is_some_and(|edit| edit.preparing.cancel())
}

fn on_reviewed(model: &mut Model, review: Result<Review, NotReady>) {
    let now: Duration = model.now.mono;
    let Some(edit) = &mut model.edit else { return };
    match review {
        Ok(mut review) => {
            review.opened = now;
            edit.find.typing = false;
            edit.stage = DraftStage::Review(Box::new(review));
        }
        Err(NotReady::Unchanged) => {
            model.notify(Tone::Plain, "nothing is changed: there is nothing to write")
        }
        Err(NotReady::Syntax(error)) => {
            // In the words and at the position that the editor shows, if it has checked already.
            let known = edit.diagnostics.first_error().filter(|_| !edit.diagnostics.is_behind(&edit.buffer));
            let (at, words) = match known {
                Some(flaw) => (flaw.from, flaw.found.to_string()),
                None => (edit.buffer.position_of(error.offset), error.to_string()),
            };
            edit.buffer.move_to(at);
            model.notify(Tone::Bad, words);
            settle(model);
        }
        Err(NotReady::Placeholder(unfilled)) => {
            edit.buffer.move_to(edit.buffer.position_of(unfilled.offset));
            model.notify(Tone::Bad, unfilled.to_string());
            settle(model);
        }
        Err(NotReady::Failed) => {
            model.notify(Tone::Bad, "the comparison broke down; the draft is kept, see the log")
        }
    }
}
