//! Turns reviewed steps into one commit, unless nothing can be sent now.

use super::state::PlanStep;
use crate::console::effect::Effect;
use crate::console::model::{Model, PendingWrite, Tone};

/// Whether nothing can be sent now; if so, reports why.
pub(crate) fn is_blocked(model: &mut Model) -> bool {
    if model.pending_write.is_some() {
        model.notify(Tone::Plain, "a write is under way; wait for its answer");
        return true;
    }
    // The store may have been replaced by another, in which these tokens mean nothing.
    let shown = model.inventory.store();
    let another = model.paused.as_ref().is_some_and(|held| held.is_of_other_store(shown));
    if another {
        let words = "the store was replaced while you paused: nothing was written; go on with p, and look";
        model.notify(Tone::Bad, words);
    }
    another
}

/// Sends steps as one commit, with a description if they concern several documents or undo a write. Nothing
/// else is sent before the answer.
pub(crate) fn send(
    model: &mut Model,
    steps: Vec<PlanStep>,
    description: Option<String>,
    undoes: Option<u64>,
) -> Vec<Effect> {
    let Some(first) = steps.first() else { return Vec::new() };
    let (key, document) = (first.key.clone(), first.after.clone());
    let request = model.next_request();
    let ops = steps.iter().map(PlanStep::op).collect();
    let store = model.inventory.store().cloned();
    model.pending_write = Some(PendingWrite { request, document, key, store, steps, description, undoes });
    vec![Effect::Commit(request, ops)]
}
