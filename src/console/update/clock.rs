//! What time alone changes: marks that end, the gate that closes, questions that are asked again.

use super::super::effect::Effect;
use super::super::model::{Lock, Model, Redraw, Tone};
use super::{mend, secret_reveal, secrets_page};

/// Does whatever is due.
pub(super) fn wake(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    model.want(Redraw::Now);
    model.traffic.turn(now);
    while model.fresh_ends.front().is_some_and(|end| *end <= now) {
        model.fresh_ends.pop_front();
    }
    model.notice = model.notice.take().filter(|notice| notice.until > now);
    if model.link.resync_ends().is_some_and(|end| end <= now) {
        model.link.resync = None;
    }
    secret_reveal::wake(model);
    filter_on(model);
    let mut effects: Vec<_> = lock_if_over(model).into_iter().chain(mend::check(model)).collect();
    effects.extend(super::drafts::wake(model));
    effects.extend(secrets_page::wake(model));
    if model.next_health_check().is_some_and(|at| at <= now) {
        effects.push(check_health(model));
    }
    effects
}

/// Closes the gate when there was no key for too long.
pub(super) fn lock_if_over(model: &mut Model) -> Option<Effect> {
    let over = matches!(model.lock, Lock::Open(Some(until)) if until <= model.now.mono);
    over.then(|| {
        model.say(Tone::Plain, "locked again: ten minutes without a key");
        lock(model)
    })
}

/// Closes the gate.
pub(super) fn lock(model: &mut Model) -> Effect {
    model.lock = Lock::Locked;
    Effect::Lock
}

/// Asks every backend how it is.
pub(super) fn check_health(model: &mut Model) -> Effect {
    let request = model.next_request();
    model.health.asked = Some(request);
    model.health.asked_at = model.now.mono;
    Effect::CheckHealth(request)
}

/// Looks at one more slice of rows that a filter has not seen.
fn filter_on(model: &mut Model) {
    let Model { webhooks, connections, inventory, .. } = model;
    let worked = [webhooks, connections].into_iter().any(|browse| browse.listing.work(inventory));
    if worked {
        super::browse::settle(model);
    }
}
