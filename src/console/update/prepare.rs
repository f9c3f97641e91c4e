//! From the draft to its review; of a large draft it is made outside of the loop.

use std::time::Duration;

use super::super::effect::{Effect, Request};
use super::super::model::{AT_ONCE, Model, NotReady, Review, Stage, Tone};
use super::typing::settle;

/// Shows what the draft would change.
pub(super) fn review(model: &mut Model) -> Vec<Effect> {
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let finish = edit.to_finish();
    if edit.pad.len() <= AT_ONCE {
        edit.check();
        reviewed(model, finish.review());
        return Vec::new();
    }
    if edit.preparing.is_some() {
        return Vec::new();
    }
    let revision = edit.pad.revision();
    let request = model.next_request();
    if let Some(edit) = &mut model.edit {
        edit.preparing = Some((request, revision));
    }
    vec![Effect::PrepareReview(request, Box::new(finish))]
}

/// Takes a review in, if it is still waited for and of the text that is there.
pub(super) fn prepared(model: &mut Model, request: Request, review: Result<Review, NotReady>) {
    let Some(edit) = &mut model.edit else { return };
    let Some((_, revision)) = edit.preparing.take_if(|(asked, _)| *asked == request) else { return };
    if revision == edit.pad.revision() && matches!(edit.stage, Stage::Editing) {
        reviewed(model, review);
    }
}

/// Leaves a review that is not there yet; says whether one was waited for.
pub(super) fn leave(model: &mut Model) -> bool {
    model.edit.as_mut().is_some_and(|edit| edit.preparing.take().is_some())
}

fn reviewed(model: &mut Model, review: Result<Review, NotReady>) {
    let now: Duration = model.now.mono;
    let Some(edit) = &mut model.edit else { return };
    match review {
        Ok(mut review) => {
            review.opened = now;
            edit.find.typing = false;
            edit.stage = Stage::Review(Box::new(review));
        }
        Err(NotReady::Unchanged) => model.say(Tone::Plain, "nothing is changed: there is nothing to write"),
        Err(NotReady::Syntax(error)) => {
            // In the words and at the place that the editor shows, where it has looked already.
            let known = edit.flaws.first_error().filter(|_| !edit.flaws.is_behind(&edit.pad));
            let (at, words) = match known {
                Some(flaw) => (flaw.from, flaw.to_string()),
                None => (edit.pad.place(error.offset), error.to_string()),
            };
            edit.pad.go(at);
            model.say(Tone::Bad, words);
            settle(model);
        }
        Err(NotReady::Placeholder(unfilled)) => {
            edit.pad.go(edit.pad.place(unfilled.offset));
            model.say(Tone::Bad, unfilled.to_string());
            settle(model);
        }
        Err(NotReady::Failed) => {
            model.say(Tone::Bad, "the comparison broke down; the draft is kept, see the log")
        }
    }
}
