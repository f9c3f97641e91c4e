//! When anything shown changes by itself. The runtime draws again then, and at no other time: an
//! idle screen writes nothing.

use std::time::Duration;

use super::browse::detail::lease_words;
use super::browse::items::{fresh_until, visible};
use super::health::moments;
use super::{needs, words};
use crate::console::age::{age, left, so_far};
use crate::console::layout::Pane;
use crate::console::model::{Browse, Lock, Model, Overlay, Tab};
use crate::domain::LinkState;

/// The next moment, as time since the start, at which the screen shows something else although
/// nothing happened: an age steps, a countdown counts, a mark or a notice goes away.
pub fn next_change_at(model: &Model) -> Option<Duration> {
    let mut soonest = Soonest { now: model.now.mono, at: None };
    header(model, &mut soonest);
    soonest.moment(model.notice.as_ref().map(|notice| notice.until));
    if let Some(Overlay::Drafts(_)) = &model.overlay {
        super::overlays::draft_ages(model).for_each(|wait| soonest.in_a(Some(wait)));
    }
    soonest.moment(super::overlays::countdown(model));
    if model.edit.is_none() && model.plan.is_none() && !model.hands.covers() {
        match model.tab {
            Tab::Webhooks | Tab::Connections => {
                if let Some(browse) = model.browse() {
                    list(model, browse, &mut soonest);
                }
            }
            Tab::Secrets => super::secrets::moments(model).for_each(|wait| soonest.in_a(wait)),
            Tab::Health => health(model, &mut soonest),
            Tab::Log => {}
        }
    }
    soonest.at
}

/// The soonest of many moments that are still to come.
struct Soonest {
    now: Duration,
    at: Option<Duration>,
}

impl Soonest {
    fn moment(&mut self, at: Option<Duration>) {
        if let Some(at) = at.filter(|at| *at > self.now) {
            self.at = Some(self.at.map_or(at, |known| known.min(at)));
        }
    }

    fn in_a(&mut self, wait: Option<Duration>) {
        self.moment(wait.map(|wait| self.now + wait));
    }

    fn age_of(&mut self, at: Duration) {
        self.in_a(age(self.now.saturating_sub(at)).changes_in);
    }
}

fn header(model: &Model, soonest: &mut Soonest) {
    let link = &model.link;
    match link.state {
        LinkState::Stale { .. } => soonest.age_of(link.since),
        LinkState::Connecting { .. } => {
            soonest.in_a(so_far(soonest.now.saturating_sub(link.since)).changes_in)
        }
        _ => {}
    }
    soonest.in_a(words::retry(model).and_then(|retry| retry.changes_in));
    soonest.moment(link.resync_ends());
    soonest.moment(model.traffic.next_change_at());
    if let Lock::Open(Some(until)) = model.lock {
        soonest.in_a(left(until.saturating_sub(soonest.now)).changes_in);
    }
}

fn list(model: &Model, browse: &Browse, soonest: &mut Soonest) {
    for row in visible(model, browse) {
        soonest.moment(fresh_until(model, row));
        if let Some(at) = row.observed() {
            soonest.age_of(at);
        }
    }
    let detail_shown = browse.focus == Pane::Detail || model.panes().detail.width > 0;
    if let Some(shown) = browse.detail.shown.as_ref().filter(|_| detail_shown)
        && let Some(row) = model.inventory.get(&shown.key)
    {
        if let Some(at) = row.observed() {
            soonest.age_of(at);
        }
        needs::ages(model, &shown.key).for_each(|wait| soonest.in_a(Some(wait)));
        if let Some(lease) = row.lease() {
            soonest.in_a(lease_words(model, lease).changes_in);
        }
    }
}

fn health(model: &Model, soonest: &mut Soonest) {
    let link = &model.link;
    soonest.age_of(link.since);
    if model.secret_link.standing.is_some() {
        soonest.age_of(model.secret_link.since);
    }
    if let Some(resync) = link.resync {
        soonest.age_of(resync.at);
    }
    if let Some(checked) = model.health.checked {
        soonest.age_of(checked);
    }
    let record = &link.record;
    let compared = record.compared.map(|comparison| comparison.when);
    let resynced = record.resynced.map(|resync| resync.at);
    let over = record.outage.as_ref().and_then(|outage| outage.ended);
    for moment in [record.heard, compared, resynced, over].into_iter().flatten() {
        soonest.age_of(moment);
    }
    moments(model).for_each(|wait| soonest.in_a(Some(wait)));
}
