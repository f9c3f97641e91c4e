//! When `update` has something to do although nothing happens.

use std::time::Duration;

use super::{Model, WriteAccess};
use crate::console::overlays::Overlay;
use crate::console::screens::tab::Tab;

/// How often health is checked while its tab is visible, and otherwise.
const HEALTH_WATCHED: Duration = Duration::from_secs(3);
const HEALTH_UNWATCHED: Duration = Duration::from_secs(20);

impl Model {
    /// When `update` must be called next, as time since the start.
    pub fn next_wake(&self) -> Option<Duration> {
        let partial = [&self.webhooks, &self.connections].iter().any(|browse| browse.listing.is_partial());
        let unlocked = match self.lock {
            WriteAccess::Open(until) => until,
            _ => None,
        };
        [
            (partial || self.needs.is_partial() || self.problems.is_partial()).then_some(self.now.mono),
            self.variable_conflicts.next_wake(),
            unlocked,
            self.next_save(),
            self.edit.as_ref().and_then(|edit| edit.diagnostics.check_at()),
            self.notices.expires_at(),
            self.fresh_ends.front().copied(),
            self.link.resync_ends(),
            self.traffic.next_change_at(),
            self.next_health_check(),
            self.unknown_outcome.as_ref().and_then(|unknown| unknown.next_query(&self.link)),
            // If a lease outlived its expiry, its owner renewed it.
            self.lease.filter(|lease| lease.asked.is_none()).and_then(|lease| lease.ends),
            self.hides_at(),
            self.secrets_wake(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When a revealed secret value is hidden.
    pub fn hides_at(&self) -> Option<Duration> {
        match &self.overlay {
            Some(Overlay::RevealedValue(shown)) => Some(shown.until),
            _ => None,
        }
    }

    /// When the backends are checked next; `None` while a check is pending.
    pub fn next_health_check(&self) -> Option<Duration> {
        let pause = if self.tab == Tab::Health { HEALTH_WATCHED } else { HEALTH_UNWATCHED };
        match (self.health.asked, self.health.checked) {
            (Some(_), _) => None,
            (None, None) => Some(Duration::ZERO),
            // After the link changed, members are checked at once if the tab is visible.
            (None, Some(_)) if self.tab == Tab::Health && self.link.since > self.health.asked_at => {
                Some(self.link.since)
            }
            (None, Some(checked)) => Some(checked + pause),
        }
    }
}
