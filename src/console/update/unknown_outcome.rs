//! A write of documents whose answer was lost: its keys are read until the outcome is known. It is never sent a second
//! time, and nothing else is written in the meantime.

use super::super::effect::{Effect, RequestId};
use super::super::model::{Model, PendingWrite, SentCommit, Tone, UnknownOutcome};
use super::write_result;
use crate::console::screens::editor::DraftStage;
use crate::console::words;
use crate::provider::{Commit, CommitStatus, Error};

/// Remembers the commit that is being sent.
pub(crate) fn remember(model: &mut Model, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Commit(request, ops) = effect {
            let store = model.inventory.store().cloned();
            model.sent_commit = Some(SentCommit { request: *request, store, ops: ops.clone() });
        }
    }
}

/// Takes the answer of a commit whose outcome is unknown; `false` for any other.
pub(crate) fn intercept(model: &mut Model, request: RequestId, result: &Result<Commit, Error>) -> bool {
    let Some(sent) = model.sent_commit.take_if(|sent| sent.request == request) else { return false };
    let mine = model.pending_write.as_ref().is_some_and(|writing| writing.request == request);
    if !mine || !matches!(result, Err(Error::OutcomeUnknown { .. })) {
        return false;
    }
    model.unknown_outcome = Some(UnknownOutcome { sent, asked: None, asked_at: None });
    true
}

/// Queries the outcome when due.
pub(crate) fn follow(model: &mut Model) -> Option<Effect> {
    let now = model.now.mono;
    model.unknown_outcome.as_ref()?.next_query(&model.link).filter(|at| *at <= now)?;
    let request = model.next_request();
    let unknown = model.unknown_outcome.as_mut()?;
    unknown.asked = Some(request);
    unknown.asked_at = Some(now);
    Some(Effect::FindOut { request, commit: unknown.sent.request, ops: unknown.sent.ops.clone() })
}

/// Takes the outcome, or the failure to determine it.
pub(crate) fn on_found(model: &mut Model, request: RequestId, result: Result<CommitStatus, Error>) {
    let Some(unknown) = model.unknown_outcome.as_mut().filter(|unknown| unknown.asked == Some(request))
    else {
        return;
    };
    unknown.asked = None;
    let Ok(found) = result else { return };
    let Some((unknown, writing)) = model.unknown_outcome.take().zip(model.pending_write.take()) else {
        return;
    };
    if unknown.sent.store.as_ref() != model.inventory.store() {
        let what = writing.describe();
        let words =
            format!("what became of {what} cannot be told: the store was replaced; look before you write");
        return model.notify(Tone::Bad, words);
    }
    resolve(model, &writing, found);
}

fn resolve(model: &mut Model, writing: &PendingWrite, found: CommitStatus) {
    let told = model.notices.count();
    match found {
        CommitStatus::Written(commit) => {
            write_result::on_committed(model, writing, Ok(commit));
            let said = model.notices.retract_since(told).map(|notice| notice.text).unwrap_or_default();
            model.notify(Tone::Good, format!("found out: {said}"));
        }
        CommitStatus::NotWritten => {
            restart_reading_time(model);
            model.notify(Tone::Bad, words::not_done_so_far(writing.describe()));
        }
        CommitStatus::Superseded { key, now } => {
            let kept = if model.edit.is_some() { "; your draft is kept" } else { "" };
            let words = format!(
                "found out: someone else wrote {key} since; whether yours was done before cannot be told{kept}"
            );
            write_result::on_committed(model, writing, Err(Error::Conflict { key, now }));
            model.notices.retract_since(told);
            model.notify(Tone::Bad, words);
        }
        CommitStatus::Partial => {
            let what = writing.describe();
            model.notify(Tone::Bad, format!("found out: only a part was done: {what}; look at each key"));
        }
    }
}

/// Restarts the reading time: a key pressed before the message could be read is not an answer to it.
fn restart_reading_time(model: &mut Model) {
    let now = model.now.mono;
    if let Some(edit) = &mut model.edit
        && let DraftStage::Review(review) = &mut edit.stage
    {
        review.opened = now;
    }
    if let Some(plan) = &mut model.plan {
        plan.opened = now;
    }
}
