//! Checks of all documents, in slices on workers, those on the screen first; and what lists make of them.

use super::needs::visible_keys;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{CheckedSlice, Model, Redraw};
use crate::console::screens::editor::fixes;
use crate::console::screens::{browse, problems};
use crate::domain::{ResourceKey, SecretPath};
use crate::inventory::{Delta, Inventory, RowRef, Slot, SlotSet};

/// Takes note of a change of the inventory, before any list is drawn.
pub(crate) fn note(model: &mut Model, delta: &Delta) {
    let Model { checks, variable_conflicts, inventory, .. } = model;
    checks.note(inventory, delta);
    variable_conflicts.note(inventory, delta);
    if touches_connections(inventory, delta) {
        fixes::recheck(model);
    }
    // The lists of documents follow the change itself.
    let changed = model.checks.take_changed();
    problems::update::refresh(model, &changed);
}

/// Whether it may change what is said of a draft: of its connections, or of its use.
fn touches_connections(inventory: &Inventory, delta: &Delta) -> bool {
    let is_connection = |key: &ResourceKey| matches!(key, ResourceKey::Connection { .. });
    let mut rows = delta.changes.iter().filter_map(|(slot, _)| inventory.row(*slot));
    !delta.usage.is_empty()
        || delta.deleted.iter().any(is_connection)
        || rows.any(|row| is_connection(&row.key()))
}

/// The presence of secrets changed.
pub(crate) fn note_presence(model: &mut Model, paths: &[SecretPath]) {
    let slots: SlotSet = paths.iter().flat_map(|path| model.slots_depending_on(path)).collect();
    model.checks.require_all(slots.iter());
    browse::refresh_filtered(model, &slots);
    problems::update::refresh(model, &slots);
    fixes::recheck(model);
}

/// Begins what is to be checked. A few documents are checked at once, more by workers, slice by slice.
pub(crate) fn follow(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    let Model { variable_conflicts: overlaps, inventory, checks, .. } = model;
    if overlaps.work(inventory, now) {
        match overlaps.touched() {
            Some(slots) => checks.require_all(slots),
            None => checks.require_all(inventory.rows_from(Slot::FIRST).map(RowRef::slot)),
        }
        model.request_redraw(Redraw::Soon);
    }
    if !model.link.has_loaded || model.inventory.is_loading() || !model.variable_conflicts.is_built() {
        return Vec::new();
    }
    model.require_checks();
    let mut effects = Vec::new();
    while model.checks.may_begin() {
        let visible: Vec<_> =
            visible_keys(model).iter().filter_map(|key| model.inventory.find(key)).collect();
        let request = model.next_request();
        let slice = model.next_checks(request, visible.into_iter());
        let (cost, is_costly) = (slice.cost(), slice.is_costly());
        let job =
            Compute::new(cost, move || slice.run(), CheckedSlice::default(), on_checked).in_background();
        let job = if is_costly { job.off_the_loop() } else { job };
        effects.push(Effect::Compute(request, job));
    }
    effects
}

fn on_checked(model: &mut Model, request: RequestId, mut checked: CheckedSlice) -> Vec<Effect> {
    let overruns = std::mem::take(&mut checked.overruns);
    model.checks.accept(request, checked, model.now.mono);
    model.disable_own_rules(&overruns);
    tell_lists(model);
    model.request_redraw(Redraw::Soon);
    Vec::new()
}

/// Brings the lists up to date that are filtered or made by what was found.
fn tell_lists(model: &mut Model) {
    let changed = model.checks.take_changed();
    if !changed.is_empty() {
        browse::refresh_filtered(model, &changed);
        problems::update::refresh(model, &changed);
    }
}

/// Ends checks that were held with what was found in the same documents before.
#[cfg(test)]
pub(crate) fn end_held(model: &mut Model, found: &std::sync::OnceLock<CheckedSlice>) {
    let found = found.get_or_init(|| model.next_checks(RequestId(0), std::iter::empty()).run());
    model.checks.take_found(found.clone(), model.now.mono);
    tell_lists(model);
}

/// Checks everything now.
#[cfg(test)]
pub(crate) fn finish(model: &mut Model) {
    for _ in 0..1_000 {
        let effects = follow(model);
        if effects.is_empty() && model.variable_conflicts.next_wake() != Some(model.now.mono) {
            return;
        }
        for effect in effects {
            if let Effect::Compute(request, job) = effect {
                job.run().apply(model, request);
            }
        }
    }
    unreachable!("checks end");
}
