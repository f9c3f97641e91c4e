//! Needs of the visible documents, read after every message within the budget of one turn.

use super::super::compute::Compute;
use super::super::effect::{Effect, RequestId};
use super::super::model::{Model, NeedsInput, NeedsOutput, Redraw};
use crate::check::OwnSecrets;
use crate::console::screens::browse::items::visible as rows_in_sight;
use crate::domain::ResourceKey;

/// Reads documents that became visible or changed.
pub(in crate::console) fn follow(model: &mut Model) -> Option<Effect> {
    model.context.secrets.as_ref()?;
    let in_sight = visible_keys(model);
    let now = model.now.mono;
    let Model { needs, variable_conflicts: clashes, inventory, context, .. } = model;
    let eyes = context.secrets.as_ref()?;
    let mut news = needs.refresh(inventory, eyes, in_sight);
    if eyes.stored == OwnSecrets::Variables {
        news |= clashes.work(inventory, now);
    }
    if news {
        model.request_redraw(Redraw::Soon);
    }
    request_wanted(model)
}

/// Takes needs that were read off the loop.
fn on_read(model: &mut Model, request: RequestId, told: NeedsOutput) -> Option<Effect> {
    let next = model.next_request();
    let Model { needs, inventory, context, .. } = model;
    let ask = needs.accept(inventory, context.secrets.as_ref()?, (request, next), told)?;
    Some(scan(next, ask))
}

fn request_wanted(model: &mut Model) -> Option<Effect> {
    if !model.needs.has_unread() {
        return None;
    }
    let request = model.next_request();
    let Model { needs, inventory, context, .. } = model;
    let ask = needs.next_input(inventory, context.secrets.as_ref()?, request)?;
    Some(scan(request, ask))
}

fn scan(request: RequestId, ask: NeedsInput) -> Effect {
    let failed = ask.failed();
    Effect::Compute(
        request,
        Compute::new(
            ask.size(),
            move || ask.run(),
            failed,
            |model, request, told| on_read(model, request, told).into_iter().collect(),
        ),
    )
}

/// The visible rows, then the selected document if it is not among them.
fn visible_keys(model: &Model) -> Vec<ResourceKey> {
    let Some(browse) = model.browse().filter(|_| !model.is_covered()) else { return Vec::new() };
    let mut keys: Vec<_> = rows_in_sight(model, browse).map(|row| row.key()).collect();
    if let Some(selected) = browse.selected.as_ref().filter(|selected| !keys.contains(selected)) {
        keys.push(selected.clone());
    }
    keys
}
