//! Whether a reviewed write may be sent, by what is known at this moment.

use crate::check::{DocumentInput, Preflight, preflight};
use crate::console::model::{Model, Surroundings};
use crate::domain::{Document, Masking, ResourceKey};
use crate::inventory::Facts;

/// Judges a write by the document that it replaces, if there is one.
pub(crate) fn judge(
    model: &Model,
    key: &ResourceKey,
    document: &Document,
    stored: Option<&Document>,
) -> Preflight {
    let masking = Masking::of(key, &model.context.secret_names);
    let facts = Facts::scan(&masking, document);
    let stored = stored.map(|document| Facts::scan(&masking, document));
    let around = |facts| Surroundings::of_draft(model, key, facts);
    let (around_new, around_stored) = (around(&facts), stored.as_ref().map(around));
    let input = |facts, around| DocumentInput::new(key, facts, &model.context.receiver, around);
    let stored = stored.as_ref().zip(around_stored.as_ref()).map(|(facts, around)| input(facts, around));
    preflight(&input(&facts, &around_new), stored.as_ref())
}

/// Why it is stopped, a line each; nothing for a write that may be sent.
pub(crate) fn reasons(preflight: &Preflight) -> Vec<String> {
    preflight.stops().map(ToString::to_string).collect()
}
