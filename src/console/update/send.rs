//! From reviewed steps to one commit: what stands against sending anything at all, and the sending.

use crate::domain::Document;

use super::super::effect::Effect;
use super::super::model::{Model, Step, Tone, Writing};

/// What is to be written in one commit.
pub(super) struct Job {
    /// What happens to each document; at least one.
    pub(super) steps: Vec<Step>,
    /// What it does in words, where it is more than one document's.
    pub(super) said: Option<String>,
    /// The write that it takes back.
    pub(super) undoes: Option<u64>,
}

impl Job {
    /// The write of one document.
    pub(super) fn one(step: Step) -> Self {
        Self { steps: vec![step], said: None, undoes: None }
    }
}

/// Whether nothing can be sent now, whatever it is; says why.
pub(super) fn is_barred(model: &mut Model) -> bool {
    if model.writing.is_some() {
        model.say(Tone::Plain, "a write is under way; wait for its answer");
        return true;
    }
    is_paused_over_another(model)
}

/// While the picture is held still, another store may have taken the place of the one it shows, and
/// tokens of one mean nothing in the other.
fn is_paused_over_another(model: &mut Model) -> bool {
    let shown = model.inventory.store();
    let another = model.held.as_ref().is_some_and(|held| held.is_of_another(shown));
    if another {
        let words = "the store was replaced while you paused: nothing was written; go on with p, and look";
        model.say(Tone::Bad, words);
    }
    another
}

/// Sends it; nothing else is sent before its answer.
pub(super) fn send(model: &mut Model, job: Job) -> Vec<Effect> {
    let Job { steps, said, undoes } = job;
    let Some(first) = steps.first() else { return Vec::new() };
    let (key, document): (_, Option<Document>) = (first.key.clone(), first.after.clone());
    let request = model.next_request();
    let ops = steps.iter().map(Step::op).collect();
    let store = model.inventory.store().cloned();
    model.writing = Some(Writing { request, document, key, store, steps, said, undoes });
    vec![Effect::Commit(request, ops)]
}
