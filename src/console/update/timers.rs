//! Changes caused only by time: expiring marks and notices, the write lock, polls that are due.

use super::super::effect::Effect;
use super::super::model::{Model, Redraw, WriteAccess};
use super::view;
use crate::console::screens::editor::fixes;
use crate::console::screens::secrets::actions::reveal;
use crate::console::screens::{browse, drafts, health, problems, secrets};

/// Does whatever is due at `model.now`.
pub(crate) fn wake(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    model.request_redraw(Redraw::Now);
    model.traffic.advance(now);
    while model.fresh_ends.front().is_some_and(|end| *end <= now) {
        model.fresh_ends.pop_front();
    }
    model.notices.expire(now);
    if model.link.resync_ends().is_some_and(|end| end <= now) {
        model.link.resync = None;
    }
    reveal::wake(model);
    if browse::continue_filter(model) {
        browse::settle(model);
    }
    problems::update::work(model);
    let mut effects: Vec<_> = lock_if_expired(model).into_iter().collect();
    effects.extend(fixes::check(model));
    effects.extend(drafts::wake(model));
    effects.extend(view::wake(model));
    effects.extend(secrets::wake(model));
    if model.next_health_check().is_some_and(|at| at <= now) {
        effects.push(health::check(model));
    }
    effects
}

/// After the machine was asleep somebody else may sit before it, and what is shown may be old: locks writing,
/// hides what was revealed, and asks the backends at once.
pub(crate) fn slept(model: &mut Model) -> Vec<Effect> {
    reveal::hide(model);
    let mut effects = wake(model);
    if matches!(model.lock, WriteAccess::Open(Some(_))) {
        model.announce("locked again: this machine was asleep");
        effects.push(lock(model));
    }
    effects.push(Effect::Retry);
    effects
}

/// Locks writing if no key was pressed for too long.
pub(crate) fn lock_if_expired(model: &mut Model) -> Option<Effect> {
    let over = matches!(model.lock, WriteAccess::Open(Some(until)) if until <= model.now.mono);
    over.then(|| {
        model.announce("locked again: ten minutes without a key");
        lock(model)
    })
}

pub(crate) fn lock(model: &mut Model) -> Effect {
    model.lock = WriteAccess::Locked;
    Effect::Lock
}
