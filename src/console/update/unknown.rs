//! A write whose answer was lost: its keys are read again until somebody tells what is there. It is
//! never sent a second time, and nothing else is written before it is known.

use super::super::effect::{Effect, Request};
use super::super::model::{Model, Sent, Stage, Tone, Unknown, Writing};
use super::answers;
use crate::provider::{Commit, Error, Found};

/// Remembers what is being sent, whoever sends it.
pub(super) fn remember(model: &mut Model, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Commit(request, ops) = effect {
            let store = model.inventory.store().cloned();
            model.sent = Some(Sent { request: *request, store, ops: ops.clone() });
        }
    }
}

/// Takes the answer of a commit, if it is that nobody knows; says whether it was.
pub(super) fn begins(model: &mut Model, request: Request, result: &Result<Commit, Error>) -> bool {
    let Some(sent) = model.sent.take_if(|sent| sent.request == request) else { return false };
    let mine = model.writing.as_ref().is_some_and(|writing| writing.request == request);
    if !mine || !matches!(result, Err(Error::OutcomeUnknown { .. })) {
        return false;
    }
    model.unknown = Some(Unknown { sent, asked: None, asked_at: None });
    true
}

/// Asks when it is time to.
pub(super) fn follow(model: &mut Model) -> Option<Effect> {
    let now = model.now.mono;
    let due = model.unknown.as_ref()?.next(&model.link).is_some_and(|at| at <= now);
    if !due {
        return None;
    }
    let request = model.next_request();
    let unknown = model.unknown.as_mut()?;
    unknown.asked = Some(request);
    unknown.asked_at = Some(now);
    Some(Effect::FindOut { request, of: unknown.sent.request, ops: unknown.sent.ops.clone() })
}

/// Takes in what was found out, or that nobody could be asked.
pub(super) fn found(model: &mut Model, request: Request, result: Result<Found, Error>) {
    let Some(unknown) = model.unknown.as_mut().filter(|unknown| unknown.asked == Some(request)) else {
        return;
    };
    unknown.asked = None;
    let Ok(found) = result else { return };
    let Some((unknown, writing)) = model.unknown.take().zip(model.writing.take()) else { return };
    if unknown.sent.store.as_ref() != model.inventory.store() {
        let what = writing.what();
        let words =
            format!("what became of {what} cannot be told: the store was replaced; look before you write");
        return model.say(Tone::Bad, words);
    }
    settle(model, &writing, found);
}

fn settle(model: &mut Model, writing: &Writing, found: Found) {
    match found {
        Found::Written(commit) => {
            answers::written(model, writing, Ok(commit));
            let said = model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
            model.say(Tone::Good, format!("found out: {said}"));
        }
        Found::NotWritten => {
            read_anew(model);
            let what = writing.what();
            // Every write of the console has a condition, so that of two only one can be done.
            let words = format!("found out: not done so far: {what}; sent again, it cannot be done twice");
            model.say(Tone::Bad, words);
        }
        Found::Overtaken { key, now } => {
            let kept = if model.edit.is_some() { "; your draft is kept" } else { "" };
            let words = format!(
                "found out: someone else wrote {key} since; whether yours was done before cannot be told{kept}"
            );
            answers::written(model, writing, Err(Error::Conflict { key, now }));
            model.say(Tone::Bad, words);
        }
        Found::Partly => {
            let what = writing.what();
            model.say(Tone::Bad, format!("found out: only a part was done: {what}; look at each key"));
        }
    }
}

/// A key that was on its way when the words came up is no answer to them.
fn read_anew(model: &mut Model) {
    let now = model.now.mono;
    if let Some(edit) = &mut model.edit
        && let Stage::Review(review) = &mut edit.stage
    {
        review.opened = now;
    }
    if let Some(plan) = &mut model.plan {
        plan.opened = now;
    }
}
