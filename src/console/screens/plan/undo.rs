//! Undoes writes of documents with a plan that is the inverse of a write.

use super::builder::{build, or_say};
use super::state::{PlanKind, PlanStep};
use super::undo_log::UndoChange;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::screens::plan::send;
use crate::domain::Entry;
use crate::provider::Lease;

/// Undoes the last write of this session; from the review of an undo, the write before that.
pub(crate) fn undo_last(model: &mut Model) -> Vec<Effect> {
    if send::is_blocked(model) {
        // The last write may be the one still waiting for its answer.
        return Vec::new();
    }
    let written = match model.plan.as_ref().map(|plan| &plan.kind) {
        None => model.undo_log.last(),
        Some(PlanKind::Undo(id)) => model.undo_log.older_than(*id),
        Some(_) => {
            model.notify(Tone::Plain, "leave the plan first: esc");
            return Vec::new();
        }
    };
    let Some(id) = written.map(|written| written.id) else {
        model.notify(Tone::Plain, "no write of this session is left to take back");
        return Vec::new();
    };
    let made = build(model, PlanKind::Undo(id), None);
    or_say(model, made)
}

/// The inverse of a write; each step is conditional on the document not having been written since.
pub(super) fn undo(model: &Model, id: u64) -> Result<Vec<PlanStep>, String> {
    let Some((written, _)) = model.undo_log.find(id) else {
        return Err("that write is not remembered any more".into());
    };
    if written.store.as_ref() != model.inventory.store() {
        return Err(format!("the store was replaced since: {} cannot be taken back", written.description));
    }
    Ok(written.steps.iter().map(|touched| inverse_step(model, touched, &written.steps)).collect())
}

fn inverse_step(model: &Model, touched: &UndoChange, all: &[UndoChange]) -> PlanStep {
    let row = model.inventory.get(&touched.key);
    let now = touched.after.as_ref().map(|(document, token)| {
        row.filter(|row| row.token() == *token).map_or_else(
            // The inventory does not include our own write yet.
            || Entry {
                key: touched.key.clone(),
                document: document.clone(),
                revision: touched.at,
                created: None,
                version: None,
                token: *token,
                lease: touched.before.as_ref().and_then(|entry| entry.lease),
            },
            |row| row.entry(),
        )
    });
    let lease = match (&now, &touched.before) {
        (None, Some(entry)) => lease_for_undo(model, entry, all),
        _ => Lease::Keep,
    };
    let after = touched.before.as_ref().map(|entry| entry.document.clone());
    PlanStep { before: now, after, lease, source: None, at: touched.at, key: touched.key.clone() }
}

/// A lease that moved to another name is taken back from it; a lease that was detached from its document may
/// have expired.
fn lease_for_undo(model: &Model, entry: &Entry, all: &[UndoChange]) -> Lease {
    let Some(lease) = entry.lease else { return Lease::Never };
    let made = all.iter().filter(|touched| touched.before.is_none());
    let held = |touched: &UndoChange| {
        model.inventory.get(&touched.key).is_some_and(|row| row.lease() == Some(lease))
    };
    if made.into_iter().any(held) { Lease::Of(lease) } else { Lease::Never }
}
