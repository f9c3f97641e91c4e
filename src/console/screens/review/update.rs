//! From the draft to its review, which is computed off the loop for a large draft.

use std::time::Duration;

use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::screens::editor::typing::settle;
use crate::console::screens::editor::{CHECKED_AT_ONCE, DraftStage, NotReady, Review};

/// Opens the review of the draft.
pub(in crate::console) fn review(model: &mut Model) -> Vec<Effect> {
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let finish = edit.review_input();
    if edit.buffer.len() <= CHECKED_AT_ONCE {
        edit.check();
        on_reviewed(model, finish.review());
        return Vec::new();
    }
    if edit.preparing.is_some() {
        return Vec::new();
    }
    let revision = edit.buffer.revision();
    let request = model.next_request();
    if let Some(edit) = &mut model.edit {
        edit.preparing = Some((request, revision));
    }
    vec![Effect::PrepareReview(request, Box::new(finish))]
}

/// Takes a review, if it is still pending and the text is unchanged.
pub(in crate::console) fn on_prepared(
    model: &mut Model,
    request: RequestId,
    review: Result<Review, NotReady>,
) {
    let Some(edit) = &mut model.edit else { return };
    let Some((_, revision)) = edit.preparing.take_if(|(asked, _)| *asked == request) else { return };
    if revision == edit.buffer.revision() && matches!(edit.stage, DraftStage::Editing) {
        on_reviewed(model, review);
    }
}

/// Cancels a pending review; `false` if none was pending.
pub(in crate::console) fn leave(model: &mut Model) -> bool {
    model.edit.as_mut().is_some_and(|edit| edit.preparing.take().is_some())
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
