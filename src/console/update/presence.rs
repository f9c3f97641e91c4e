//! Which secrets are looked at, and what is told of them and of their store.

use super::super::effect::{Effect, Request};
use super::super::message::{Answer, Event, Reach};
use super::super::model::{Model, Redraw};
use super::super::secret_jobs::{Outcome, SecretTold};
use super::answers::steady;
use super::secrets_page;
use crate::domain::{Health, Presence, SecretPath};
use crate::provider::Error;

/// Looks at what is on the screen now, if that is something else than before.
pub(super) fn follow(model: &mut Model) -> Option<Effect> {
    let paths = model.paths_in_sight();
    if paths == model.secret_link.looked_at {
        return None;
    }
    let Model { secret_link, sight, now, .. } = model;
    secret_link.look_at(paths.clone(), sight, now.mono);
    Some(Effect::Look(paths))
}

/// Takes in what is told of single secrets.
pub(super) fn seen(model: &mut Model, told: Vec<(SecretPath, Presence)>) {
    let Model { secret_link, sight, now, .. } = model;
    let in_sight = told.iter().any(|(path, _)| secret_link.looked_at.contains(path));
    let paths: Vec<_> = told.iter().map(|(path, _)| path.clone()).collect();
    sight.take(told, now.mono);
    secret_link.count(sight);
    if in_sight {
        model.want(Redraw::Soon);
    }
    secrets_page::seen(model, &paths);
}

/// Takes in whether the store answers who looks.
pub(super) fn reached(model: &mut Model, reach: Reach) {
    let Reach { standing, why } = reach;
    let link = &mut model.secret_link;
    let news = link.enter(standing, model.now.mono) || link.why != why;
    link.why = why;
    if news {
        model.want(Redraw::Now);
    }
}

/// Takes in how the store is; what is looked at is asked for at once where that has turned.
pub(super) fn healthy(model: &mut Model, health: Health) -> Vec<Effect> {
    let health = super::answers::shown(model, health);
    let health = steady(&mut model.health.latencies, health);
    let link = &mut model.secret_link;
    let served = model.health.secrets.as_ref().and_then(|known| known.standing).map(|it| it.serves());
    let serves = health.standing.map(|standing| standing.serves());
    let mut news = link.latency != health.latency || (health.root && !link.root);
    link.latency = health.latency;
    link.root |= health.root;
    // What does not answer who looks is not well, whatever it says of itself.
    if let Some(standing) = health.standing
        && (link.why.is_none() || !standing.serves() || link.looked_at.is_empty())
    {
        news |= link.enter(standing, model.now.mono);
        if standing.serves() {
            link.why = None;
        }
    }
    if news || model.health.secrets.as_ref() != Some(&health) {
        model.want(Redraw::Now);
    }
    let turned = served != serves && (served.is_some() || serves == Some(false));
    model.health.secrets = Some(health);
    turned.then_some(Effect::LookAtAll).into_iter().collect()
}

/// Looks again at the secret of which a write has just been answered.
pub(super) fn written(model: &Model, event: &Event) -> Option<Effect> {
    let told = |request: &Request| model.hands.writing.as_ref().filter(|it| it.request == *request);
    match event {
        // The store may be to blame, which everything shows that is in it.
        Event::Answer(
            request,
            Answer::Secret(SecretTold::Written(Outcome { result: Err(Error::Unavailable { .. }), .. })),
        ) => told(request).map(|_| Effect::LookAtAll),
        Event::Answer(request, Answer::Secret(SecretTold::Written(_) | SecretTold::Found(_))) => {
            told(request).map(|writing| Effect::LookAgain(writing.path.clone()))
        }
        _ => None,
    }
}
