//! From reviewed steps to one commit, unless nothing can be sent at all.

use super::state::PlanStep;
use crate::console::effect::Effect;
use crate::console::model::{Model, PendingWrite, Tone};
use crate::domain::Document;

/// What to write in one commit.
pub(crate) struct CommitSpec {
    /// What happens to each document; at least one.
    pub(crate) steps: Vec<PlanStep>,
    /// In words, where it is about more than one document.
    pub(crate) description: Option<String>,
    /// The write that it undoes.
    pub(crate) undoes: Option<u64>,
}

impl CommitSpec {
    pub(crate) fn one(step: PlanStep) -> Self {
        Self { steps: vec![step], description: None, undoes: None }
    }
}

/// Whether nothing at all can be sent now; reports why.
pub(crate) fn is_blocked(model: &mut Model) -> bool {
    if model.pending_write.is_some() {
        model.notify(Tone::Plain, "a write is under way; wait for its answer");
        return true;
    }
    is_paused_over_another(model)
}

/// While paused, the store may have been replaced by another, and tokens of one mean nothing in the other.
fn is_paused_over_another(model: &mut Model) -> bool {
    let shown = model.inventory.store();
    let another = model.paused.as_ref().is_some_and(|held| held.is_of_other_store(shown));
    if another {
        let words = "the store was replaced while you paused: nothing was written; go on with p, and look";
        model.notify(Tone::Bad, words);
    }
    another
}

/// Sends the commit; nothing else is sent before its answer.
pub(crate) fn send(model: &mut Model, job: CommitSpec) -> Vec<Effect> {
    let CommitSpec { steps, description: said, undoes } = job;
    let Some(first) = steps.first() else { return Vec::new() };
    let (key, document): (_, Option<Document>) = (first.key.clone(), first.after.clone());
    let request = model.next_request();
    let ops = steps.iter().map(PlanStep::op).collect();
    let store = model.inventory.store().cloned();
    model.pending_write =
        Some(PendingWrite { request, document, key, store, steps, description: said, undoes });
    vec![Effect::Commit(request, ops)]
}
