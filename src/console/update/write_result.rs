//! The answer to a write of documents: done, in conflict, refused.

use super::super::model::{Model, PendingWrite, Tone};
use crate::console::screens::editor::{Draft, DraftStage, Upstream};
use crate::console::screens::{Tab, browse, merge, plan, stale_dependents};
use crate::domain::{Document, Entry, ResourceKey, Revision, Token};
use crate::provider::{Commit, Error, is_as_requested};

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
                plan::on_written(model, writing);
            }
        }
        Err(Error::Conflict { key, now: Some(now) })
            if mine
                && is_met(writing, &key, Some(&now))
                && let Some(document) = &writing.document =>
        {
            finish_draft(model, writing, document, (now.revision, now.token));
            notify_met(model, &key, Some(&now));
        }
        Err(Error::Conflict { key, now }) if mine => {
            model.notify(
                Tone::Bad,
                format!("{key} changed meanwhile: nothing was written, your draft is kept"),
            );
            merge::conflict(model, now.map(|now| *now));
        }
        Err(Error::Conflict { key, now }) if planned => {
            on_plan_refused(model, writing, key, now.map(|now| *now))
        }
        Err(Error::NotFound { key }) if planned => on_plan_refused(model, writing, key, None),
        // The effect of `:unlock` may have ended between review and write; the draft is unchanged.
        Err(error) => {
            if matches!(error, Error::Unavailable { .. }) {
                // What is the matter with the store belongs on its badge.
                model.health.expire();
            }
            model.notify(Tone::Bad, error.to_string());
        }
    }
}

fn on_plan_refused(model: &mut Model, writing: &PendingWrite, key: ResourceKey, now: Option<Entry>) {
    let met = is_met(writing, &key, now.as_ref());
    plan::on_conflict(model, key.clone(), now.clone());
    if met {
        notify_met(model, &key, now.as_ref());
    }
}

/// Whether a key whose condition failed is already as the write would have left it.
fn is_met(writing: &PendingWrite, key: &ResourceKey, now: Option<&Entry>) -> bool {
    writing.steps.iter().any(|step| step.key == *key && is_as_requested(&step.op(), now))
}

fn notify_met(model: &mut Model, key: &ResourceKey, now: Option<&Entry>) {
    let is = match now {
        Some(now) => format!("holds just what you wrote, now {}", model.context.token(now.token)),
        None => "is deleted already".into(),
    };
    let words = format!(
        "{key} {is}: by someone else, or by an attempt of yours whose answer was lost; nothing was written now"
    );
    model.notify(Tone::Bad, words);
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
    // Whoever mends one problem after the other goes on with the list of them.
    if model.tab != Tab::Problems && !browse::go_to(model, &writing.key) {
        model.select_on_arrival = Some(writing.key.clone());
    }
}
