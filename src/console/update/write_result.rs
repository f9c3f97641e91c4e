//! The answer to a write of documents: done, in conflict, refused.

use super::super::model::{Model, PendingWrite, Tone};
use crate::console::screens::editor::{Draft, DraftStage, Upstream};
use crate::console::screens::{browse, merge, plan, stale_dependents};
use crate::domain::{Document, Revision, Token};
use crate::provider::{Commit, Error};

pub(crate) fn on_committed(model: &mut Model, writing: &PendingWrite, result: Result<Commit, Error>) {
    // After returning to the editor, keys are text until the next review.
    let mine = model.edit.as_ref().is_some_and(|edit| {
        edit.last_write == Some(writing.request) && matches!(edit.stage, DraftStage::Review(_))
    });
    let planned = model.plan.as_ref().is_some_and(|plan| plan.sent == Some(writing.request));
    match result {
        Ok(commit) => {
            let token = commit.outcomes.first().filter(|_| writing.steps.len() == 1);
            let token = token.and_then(|outcome| outcome.after);
            model.undo_log.record(writing, &commit, (writing.store.clone(), model.now.wall));
            let now = token.map(|token| format!(", now {}", model.context.token(token))).unwrap_or_default();
            model.notify(Tone::Good, format!("done: {}{now}", writing.describe()));
            if let (Some(document), Some(token)) = (&writing.document, token) {
                finish_draft(model, writing, document, (commit.at, token));
            }
            if let Some(plan) = model.plan.take_if(|plan| plan.sent == Some(writing.request))
                && !stale_dependents::on_plan_written(model, &plan)
            {
                plan::on_written(model, writing, &plan);
            }
        }
        Err(Error::Conflict { key, now }) if mine => {
            model.notify(
                Tone::Bad,
                format!("{key} changed meanwhile: nothing was written, your draft is kept"),
            );
            merge::conflict(model, now.map(|now| *now));
        }
        Err(Error::Conflict { key, now }) if planned => plan::on_conflict(model, key, now.map(|now| *now)),
        Err(Error::NotFound { key }) if planned => plan::on_conflict(model, key, None),
        // The effect of `:unlock` may have ended between review and write; the draft is unchanged.
        Err(error) => model.notify(Tone::Bad, error.to_string()),
    }
}

/// Ends the draft that was written, unless it was edited since.
fn finish_draft(
    model: &mut Model,
    writing: &PendingWrite,
    document: &Document,
    (at, token): (Revision, Token),
) {
    let Model { edit, drafts, inventory, external_edit: away, .. } = model;
    let was_sent = |edit: &&mut Box<Draft>| edit.last_write == Some(writing.request);
    if let Some(draft) = drafts.get_mut(&writing.key).filter(was_sent) {
        if draft.mark_written(document.clone(), at, token) {
            draft.upstream = Upstream::of(inventory, draft);
        } else {
            drafts.remove(&writing.key);
        }
        return;
    }
    let Some(open) = edit.as_mut().filter(was_sent) else { return };
    let typed = open.mark_written(document.clone(), at, token);
    if typed || away.is_some() {
        open.upstream = Upstream::of(inventory, open);
        if !typed {
            // The external editor still has it open.
            return;
        }
        let (key, token) = (&writing.key, model.context.token(token));
        return model.notify(Tone::Good, format!("done: write {key}, now {token}; not what was typed since"));
    }
    model.edit = None;
    if !browse::go_to(model, &writing.key) {
        model.select_on_arrival = Some(writing.key.clone());
    }
}
