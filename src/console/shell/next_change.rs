//! When the screen changes without an event. The runtime then draws again, and at no other time: an idle
//! screen writes nothing.

use std::time::Duration;

use crate::console::age::{left, so_far};
use crate::console::component::EarliestChange;
use crate::console::model::{Model, WriteAccess};
use crate::console::screens::{component, front};
use crate::console::words;
use crate::domain::LinkState;

/// The next time, since the start, at which the screen changes without an event: an age advances, a countdown
/// advances, a mark or a notice expires.
pub fn next_change_at(model: &Model) -> Option<Duration> {
    let mut soonest = EarliestChange { now: model.now.mono, at: None };
    header(model, &mut soonest);
    if let Some(news) = model.notices.news() {
        soonest.include_age(news.at);
        soonest.include(model.notices.expires_at());
    }
    component(model.screen_place(), model.tab).next_changes(model, &mut soonest);
    if model.overlay.is_some() {
        front(model).next_changes(model, &mut soonest);
    }
    soonest.at
}

fn header(model: &Model, soonest: &mut EarliestChange) {
    let link = &model.link;
    match link.state {
        LinkState::Stale { .. } => soonest.include_age(link.since),
        LinkState::Connecting { .. } => {
            soonest.include_in(so_far(soonest.now.saturating_sub(link.since)).changes_in)
        }
        _ => {}
    }
    soonest.include_in(words::retry(model).and_then(|retry| retry.changes_in));
    soonest.include(link.resync_ends());
    soonest.include(model.traffic.next_change_at());
    if let Some(until) = model.secret_link.summary.until {
        soonest.include_age(until);
    }
    if let WriteAccess::Open(Some(until)) = model.lock {
        soonest.include_in(left(until.saturating_sub(soonest.now)).changes_in);
    }
}
