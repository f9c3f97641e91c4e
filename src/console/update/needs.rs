//! Needs of the visible documents, computed after every message within the budget of one turn.

use super::super::model::{Model, Redraw};
use crate::console::screens::browse::rows::visible;
use crate::domain::ResourceKey;

/// Computes the needs of documents that became visible or changed.
pub(crate) fn follow(model: &mut Model) {
    if model.context.secrets.is_none() {
        return;
    }
    let in_sight = visible_keys(model);
    let Model { needs, inventory, context, .. } = model;
    let Some(lookup) = &context.secrets else { return };
    if needs.refresh(inventory, lookup, in_sight) {
        model.request_redraw(Redraw::Soon);
    }
}

/// The visible rows, then the selected document if it is not among them.
pub(super) fn visible_keys(model: &Model) -> Vec<ResourceKey> {
    let Some(browse) = model.browse().filter(|_| !model.is_covered()) else { return Vec::new() };
    let mut keys: Vec<_> = visible(model, browse).map(|row| row.key()).collect();
    if let Some(selected) = browse.list.selected.as_ref().filter(|selected| !keys.contains(selected)) {
        keys.push(selected.clone());
    }
    keys
}
