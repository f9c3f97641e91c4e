//! What the documents on the screen need, read after every message as far as one turn goes.

use crate::check::OwnSecrets;
use crate::domain::ResourceKey;

use super::super::effect::{Effect, Request};
use super::super::model::{Model, NeedsRead, Redraw};
use super::super::view::rows_in_sight;

/// Reads what has come into sight, or has changed there.
pub(super) fn follow(model: &mut Model) -> Option<Effect> {
    model.context.secrets.as_ref()?;
    let in_sight = in_sight(model);
    let now = model.now.mono;
    let Model { needs, clashes, inventory, context, .. } = model;
    let eyes = context.secrets.as_ref()?;
    let mut news = needs.look(inventory, eyes, in_sight);
    if eyes.kept == OwnSecrets::Variables {
        news |= clashes.work(inventory, now);
    }
    if news {
        model.want(Redraw::Soon);
    }
    ask(model)
}

/// Takes in what was read off the loop.
pub(super) fn told(model: &mut Model, request: Request, told: NeedsRead) -> Option<Effect> {
    let next = model.next_request();
    let Model { needs, inventory, context, .. } = model;
    let ask = needs.take(inventory, context.secrets.as_ref()?, (request, next), told)?;
    Some(Effect::ReadNeeds(next, Box::new(ask)))
}

fn ask(model: &mut Model) -> Option<Effect> {
    if !model.needs.is_wanting() {
        return None;
    }
    let request = model.next_request();
    let Model { needs, inventory, context, .. } = model;
    let ask = needs.wanted(inventory, context.secrets.as_ref()?, request)?;
    Some(Effect::ReadNeeds(request, Box::new(ask)))
}

/// The rows on the screen, then the selected document where it is none of them.
fn in_sight(model: &Model) -> Vec<ResourceKey> {
    let covered = model.edit.is_some() || model.plan.is_some() || model.hands.covers();
    let Some(browse) = model.browse().filter(|_| !covered) else { return Vec::new() };
    let mut keys: Vec<_> = rows_in_sight(model, browse).map(|row| row.key()).collect();
    if let Some(selected) = browse.selected.as_ref().filter(|selected| !keys.contains(selected)) {
        keys.push(selected.clone());
    }
    keys
}
