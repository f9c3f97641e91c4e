//! Presence of secrets: which are polled, and what is known of them and their store.

use std::collections::HashSet;
use std::time::Duration;

use super::super::effect::{Effect, SecretStatusChange};
use super::super::message::{Answer, AppEvent, SecretReachability};
use super::super::model::{Model, Redraw, lacks_own_field};
use super::super::secret_jobs::{SecretJobResult, SecretWriteOutcome};
use super::answers::shown_health;
use super::checks;
use crate::console::screens::Tab;
use crate::domain::{Health, Presence, Reference, SecretPath, SecretStoreStatus};
use crate::inventory::Delta;
use crate::provider::Error;

/// Polls the secrets on the screen, unless they are polled already.
pub(crate) fn follow(model: &mut Model) -> Option<Effect> {
    let paths = model.visible_secret_paths();
    if paths == model.secret_link.watched {
        return None;
    }
    let Model { secret_link, presence_cache, now, .. } = model;
    secret_link.set_watched(paths.clone(), presence_cache, now.mono);
    Some(Effect::WatchPresence(paths))
}

/// Brings up to date what the badge tells of all secrets.
pub(crate) fn summarize(model: &mut Model) {
    let Model { secret_link, presence_cache, inventory, context, .. } = model;
    let Some(lookup) = &context.secrets else { return };
    let was_bad = secret_link.summary.is_bad();
    let changed = secret_link.summarize(presence_cache, inventory, lookup);
    // How many are well is told on the Health page alone.
    if changed && (was_bad || secret_link.summary.is_bad() || model.tab == Tab::Health) {
        model.request_redraw(Redraw::Soon);
    }
}

/// Compares what changed documents need of secrets with what those contain. Only changed documents are read:
/// many may need the same secret.
pub(crate) fn recheck(model: &mut Model, delta: &Delta) {
    let Model { presence_cache, inventory, context, .. } = model;
    let Some(lookup) = context.secrets.as_ref().filter(|_| presence_cache.verdicts().len() > 0) else {
        return;
    };
    if !delta.changes.is_empty() {
        // A removed document names no secret, and a load changes documents after it has set the revision.
        presence_cache.note_changed_documents();
    }
    let slots: HashSet<_> = delta.changes.iter().map(|(slot, _)| *slot).collect();
    for row in slots.into_iter().filter_map(|slot| inventory.row(slot)) {
        for (reference, has_default) in row.sites().references() {
            if let Reference::Vault { path, field } = reference
                && !has_default
                && let Some(path) = lookup.reference_path(&path)
            {
                presence_cache.recheck(&path, |contents| contents.field(&field).is_none());
            }
        }
        if let Some(path) = lookup.own_path(&row.key()) {
            presence_cache.recheck(&path, |contents| lacks_own_field(row, contents));
        }
    }
}

/// Takes the presence of single secrets.
pub(crate) fn on_presence(model: &mut Model, told: Vec<(SecretPath, Presence)>) {
    let Model { secret_link, presence_cache, now, .. } = model;
    let in_sight = told.iter().any(|(path, _)| secret_link.watched.contains(path));
    let paths: Vec<_> = told.iter().map(|(path, _)| path.clone()).collect();
    presence_cache.update(told, now.mono);
    if in_sight {
        model.request_redraw(Redraw::Soon);
    }
    checks::note_presence(model, &paths);
    if let Some((page, _, view)) = model.secrets_parts() {
        page.rows.refresh_states(paths.into_iter(), view);
    }
}

/// Takes a report of whether the store answers the poller.
pub(crate) fn on_reach(model: &mut Model, reachability: SecretReachability) -> Vec<Effect> {
    let before = status(model);
    let link = &mut model.secret_link;
    let news = link.set_standing(reachability.standing, model.now.mono)
        || link.blocked_reason != reachability.reason;
    link.blocked_reason = reachability.reason;
    if news {
        model.request_redraw(Redraw::Now);
    }
    status_change(model, before).into_iter().collect()
}

/// The status, and since when it is that.
fn status(model: &Model) -> (Option<SecretStoreStatus>, Duration) {
    (model.secret_link.standing, model.secret_link.since)
}

/// What the log is told, if the status is no longer the one before.
fn status_change(model: &Model, (before, since): (Option<SecretStoreStatus>, Duration)) -> Option<Effect> {
    let link = &model.secret_link;
    let status = link.standing.filter(|status| Some(*status) != before)?;
    let finding = || Some(model.health.secrets.as_ref()?.findings().first()?.text.clone());
    Some(Effect::LogSecretStatus(SecretStatusChange {
        backend: link.backend,
        status,
        reason: link.blocked_reason.clone().or_else(finding),
        before: before.map(|before| (before, model.now.mono.saturating_sub(since))),
    }))
}

/// Takes the store's health; polls at once if it started or stopped serving.
pub(crate) fn on_health(model: &mut Model, health: Health) -> Vec<Effect> {
    let health = shown_health(model, health);
    let before = status(model);
    let link = &mut model.secret_link;
    let served = model.health.secrets.as_ref().and_then(|known| known.secret_store).map(|it| it.serves());
    let serves = health.secret_store.map(|standing| standing.serves());
    let mut news = link.latency != health.latency || (health.root && !link.root);
    link.latency = health.latency;
    link.redirect.clone_from(&health.redirect);
    link.root |= health.root;
    // A store that does not answer the poller is not healthy, whatever it reports about itself.
    if let Some(standing) = health.secret_store
        && (link.blocked_reason.is_none() || !standing.serves() || link.watched.is_empty())
    {
        news |= link.set_standing(standing, model.now.mono);
        if standing.serves() {
            link.blocked_reason = None;
        }
    }
    if news || model.health.secrets.as_ref() != Some(&health) {
        model.request_redraw(Redraw::Now);
    }
    let turned = served != serves && (served.is_some() || serves == Some(false));
    model.health.secrets = Some(health);
    let refresh = turned.then_some(Effect::RefreshAllPresence);
    status_change(model, before).into_iter().chain(refresh).collect()
}

/// Polls a secret again as soon as a write of it is answered.
pub(crate) fn recheck_after_write(model: &Model, event: &AppEvent) -> Option<Effect> {
    let AppEvent::Answer(request, Answer::Secret(told)) = event else { return None };
    let writing = model.secret_actions.writing.as_ref().filter(|writing| writing.request == *request)?;
    match told {
        // The store may be the cause, which affects every secret in it.
        SecretJobResult::Written(SecretWriteOutcome { result: Err(Error::Unavailable { .. }), .. }) => {
            Some(Effect::RefreshAllPresence)
        }
        SecretJobResult::Written(_) | SecretJobResult::Found(_) => {
            Some(Effect::RefreshPresence(writing.path.clone()))
        }
        _ => None,
    }
}
