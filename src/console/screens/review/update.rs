//! From the draft to its review, which is computed off the loop for a large draft.

use super::state::{NotReady, Review};
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::request::AT_ONCE;
use crate::console::screens::editor::DraftStage;

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
            edit.stage = DraftStage::Review(Box::new(review));
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
