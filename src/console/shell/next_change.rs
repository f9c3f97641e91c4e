//! When the screen changes by itself. The runtime draws again then, and at no other time: an idle screen
//! writes nothing.

use std::time::Duration;

use super::layout::Pane;
use crate::console::age::{age, left, so_far};
use crate::console::model::{Model, WriteAccess};
use crate::console::overlays::Overlay;
use crate::console::screens::Tab;
use crate::console::screens::browse::detail::lease_words;
use crate::console::screens::browse::items::{fresh_until, visible};
use crate::console::screens::browse::{BrowsePage, needs};
use crate::console::screens::health::backend::next_changes;
use crate::console::words;
use crate::domain::LinkState;

/// The next moment, as time since the start, at which the screen changes although nothing happened: an age
/// steps, a countdown counts, a mark or a notice expires.
pub fn next_change_at(model: &Model) -> Option<Duration> {
    let mut soonest = EarliestChange { now: model.now.mono, at: None };
    header(model, &mut soonest);
    soonest.include(model.notice.as_ref().map(|notice| notice.until));
    if let Some(Overlay::Drafts(_)) = &model.overlay {
        crate::console::screens::drafts::age_changes(model).for_each(|wait| soonest.include_in(Some(wait)));
    }
    soonest.include(crate::console::screens::secrets::actions::countdown(model));
    if model.secret_actions.stale_dependents.page.is_some() || model.plan.is_some() {
        let certain = model.receiver_cache_expiry();
        let left = certain.and_then(|at| at.duration_since(model.now.wall).ok());
        soonest.include(left.map(|left| model.now.mono + left));
    }
    if !model.is_covered() {
        match model.tab {
            Tab::Webhooks | Tab::Connections => {
                if let Some(browse) = model.browse() {
                    list(model, browse, &mut soonest);
                }
            }
            Tab::Secrets => crate::console::screens::secrets::next_changes(model)
                .for_each(|wait| soonest.include_in(wait)),
            Tab::Health => health(model, &mut soonest),
            Tab::Log => {}
        }
    }
    soonest.at
}

/// The earliest of many future moments.
struct EarliestChange {
    now: Duration,
    at: Option<Duration>,
}

impl EarliestChange {
    fn include(&mut self, at: Option<Duration>) {
        if let Some(at) = at.filter(|at| *at > self.now) {
            self.at = Some(self.at.map_or(at, |known| known.min(at)));
        }
    }

    fn include_in(&mut self, wait: Option<Duration>) {
        self.include(wait.map(|wait| self.now + wait));
    }

    fn include_age(&mut self, at: Duration) {
        self.include_in(age(self.now.saturating_sub(at)).changes_in);
    }
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
    if let WriteAccess::Open(Some(until)) = model.lock {
        soonest.include_in(left(until.saturating_sub(soonest.now)).changes_in);
    }
}

fn list(model: &Model, browse: &BrowsePage, soonest: &mut EarliestChange) {
    for row in visible(model, browse) {
        soonest.include(fresh_until(model, row));
        if let Some(at) = row.observed() {
            soonest.include_age(at);
        }
    }
    let detail_shown = browse.focus == Pane::Detail || model.panes().detail.width > 0;
    if let Some(shown) = browse.detail.shown.as_ref().filter(|_| detail_shown)
        && let Some(row) = model.inventory.get(&shown.key)
    {
        if let Some(at) = row.observed() {
            soonest.include_age(at);
        }
        needs::age_changes(model, &shown.key).for_each(|wait| soonest.include_in(Some(wait)));
        if let Some(lease) = row.lease() {
            soonest.include_in(lease_words(model, lease).changes_in);
        }
    }
}

fn health(model: &Model, soonest: &mut EarliestChange) {
    let link = &model.link;
    soonest.include_age(link.since);
    if model.secret_link.standing.is_some() {
        soonest.include_age(model.secret_link.since);
    }
    if let Some(resync) = link.resync {
        soonest.include_age(resync.at);
    }
    if let Some(checked) = model.health.checked {
        soonest.include_age(checked);
    }
    let record = &link.history;
    let compared = record.last_check.map(|comparison| comparison.when);
    let resynced = record.last_resync.map(|resync| resync.at);
    let over = record.outage.as_ref().and_then(|outage| outage.ended);
    for moment in [record.last_progress, compared, resynced, over].into_iter().flatten() {
        soonest.include_age(moment);
    }
    next_changes(model).for_each(|wait| soonest.include_in(Some(wait)));
}
