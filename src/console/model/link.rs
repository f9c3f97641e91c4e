//! The connection to the store, its history since the start, and the rate of its changes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::{LatencyClass, LinkState, Revision};

/// The connection to the store, as its badge shows it.
#[derive(Debug)]
pub struct StoreLink {
    pub state: LinkState,
    /// Since when it is in this state, as time since the start.
    pub since: Duration,
    /// When it reconnects.
    pub retry_at: Option<Duration>,
    /// The last reload.
    pub resync: Option<Resync>,
    /// Set while a load runs from another store, or from the same store with an older history.
    pub replacing: bool,
    /// Whether the inventory was ever loaded completely.
    pub has_loaded: bool,
    /// The latency class of the health checks.
    pub latency: Option<LatencyClass>,
    pub history: LinkHistory,
}

/// A reload that replaced the previous inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resync {
    pub differences: usize,
    pub at: Duration,
    /// Whether it came from another store, or from the same store with an older history.
    pub replaced: bool,
}

/// How long the badge shows a resync.
const RESYNC_FOR: Duration = Duration::from_secs(600);

impl Default for StoreLink {
    fn default() -> Self {
        Self {
            state: LinkState::Connecting { error: None, retry_in: None },
            since: Duration::ZERO,
            retry_at: None,
            resync: None,
            replacing: false,
            has_loaded: false,
            latency: None,
            history: LinkHistory::default(),
        }
    }
}

impl StoreLink {
    /// Sets the state; setting the same state again keeps its age.
    pub fn set_state(&mut self, state: LinkState, now: Duration) {
        self.retry_at = state.retry_in().map(|wait| now + wait);
        if state.word() != self.state.word() {
            self.since = now;
        }
        // Every provider catches up only after a complete load.
        self.has_loaded |= matches!(state, LinkState::Synced | LinkState::CatchingUp { .. });
        self.history.record_state(&state, now);
        self.state = state;
    }

    /// When the badge stops showing the resync.
    pub fn resync_ends(&self) -> Option<Duration> {
        self.resync.map(|resync| resync.at + RESYNC_FOR)
    }
}

/// The rate of changes.
#[derive(Debug, Default)]
pub struct Traffic {
    /// The changes in each of the last whole seconds, newest last.
    pub seconds: VecDeque<u32>,
    /// The second in progress, and its changes so far.
    current: (u64, u32),
}

/// The number of seconds that the sparkline shows.
const SECONDS: usize = 8;

impl Traffic {
    pub fn count(&mut self, changes: usize, now: Duration) {
        self.advance(now);
        self.current.1 = self.current.1.saturating_add(u32::try_from(changes).unwrap_or(u32::MAX));
    }

    /// Advances to the current second; returns whether the display changed.
    pub fn advance(&mut self, now: Duration) -> bool {
        let shown = self.is_shown();
        let second = now.as_secs();
        let passed = second.saturating_sub(self.current.0);
        for step in 0..passed.min(SECONDS as u64 + 1) {
            self.seconds.push_back(if step == 0 { self.current.1 } else { 0 });
            if self.seconds.len() > SECONDS {
                self.seconds.pop_front();
            }
        }
        if passed > 0 {
            self.current = (second, 0);
        }
        passed > 0 && (shown || self.is_shown())
    }

    pub fn is_shown(&self) -> bool {
        self.seconds.iter().any(|count| *count > 0)
    }

    /// The rate of the last whole second.
    pub fn rate(&self) -> u32 {
        self.seconds.back().copied().unwrap_or_default()
    }

    /// When the display changes without an event.
    pub fn next_change_at(&self) -> Option<Duration> {
        (self.is_shown() || self.current.1 > 0).then(|| Duration::from_secs(self.current.0 + 1))
    }
}

/// The history of the connection. Times are since the start of the console.
#[derive(Debug, Default)]
pub struct LinkHistory {
    /// Changes applied.
    pub changes: usize,
    /// Reloads after the first load.
    pub resyncs: usize,
    pub last_resync: Option<Resync>,
    /// The last comparison with a fresh list.
    pub last_check: Option<ConsistencyCheck>,
    /// The current outage, or the last one.
    pub outage: Option<LinkOutage>,
    /// When the store last reported its progress, if ever.
    pub last_progress: Option<Duration>,
}

/// A comparison of the inventory with a fresh list, made in the background after a reconnect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsistencyCheck {
    /// The revision of the list.
    pub at: Revision,
    /// The number of keys that differed.
    pub differences: usize,
    pub when: Duration,
}

/// A period in which the inventory could not be kept up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOutage {
    /// Why the last attempt failed.
    pub reason: String,
    /// Failed attempts.
    pub failures: usize,
    /// When the first attempt failed.
    pub began: Duration,
    pub ended: Option<Duration>,
}

impl LinkHistory {
    fn record_state(&mut self, state: &LinkState, now: Duration) {
        if state.is_synced()
            && let Some(outage) = self.outage.as_mut().filter(|outage| outage.ended.is_none())
        {
            outage.ended = Some(now);
        }
        let Some(reason) = state.reason() else { return };
        let (failures, began) = match &self.outage {
            Some(LinkOutage { ended: None, failures, began, .. }) => (*failures, *began),
            _ => (0, now),
        };
        self.outage =
            Some(LinkOutage { reason: reason.to_owned(), failures: failures + 1, began, ended: None });
    }
}

/// A latency class that ignores a single outlier: a change counts once the next answer confirms it,
/// so that one slow answer does not redraw an idle screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DebouncedLatency {
    shown: Option<LatencyClass>,
    outlier: Option<LatencyClass>,
}

impl DebouncedLatency {
    /// Records a class, and returns the one to show.
    pub fn record(&mut self, class: Option<LatencyClass>) -> Option<LatencyClass> {
        if self.shown.is_none() || class.is_none() || class == self.outlier {
            *self = Self { shown: class, outlier: None };
        } else {
            self.outlier = class.filter(|_| class != self.shown);
        }
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_counts_as_loaded_before_it_is_synced() {
        let mut link = StoreLink::default();
        link.set_state(LinkState::Loading { entries: 3, bytes_per_second: None }, Duration::ZERO);
        assert!(!link.has_loaded);
        link.set_state(LinkState::CatchingUp { applied: Revision(3), store: None }, Duration::ZERO);
        assert!(link.has_loaded);
    }

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn traffic_shows_while_it_flows_and_clears_once() {
        let mut traffic = Traffic::default();
        traffic.count(12, s(5));
        assert!(!traffic.is_shown());
        assert_eq!(traffic.next_change_at(), Some(s(6)));
        assert!(traffic.advance(s(6)));
        assert_eq!(traffic.rate(), 12);
        assert!(traffic.advance(s(13)), "it leaves the window");
        assert!(traffic.advance(s(14)), "it clears");
        assert!(!traffic.is_shown());
        assert!(!traffic.advance(s(15)), "and then nothing changes any more");
        assert_eq!(traffic.next_change_at(), None);
    }

    #[test]
    fn repeats_of_a_state_keep_its_age() {
        let mut link = StoreLink::default();
        let stale = |wait| LinkState::Stale { reason: "no answer".into(), retry_in: Some(s(wait)) };
        link.set_state(stale(1), s(10));
        link.set_state(stale(2), s(12));
        assert_eq!((link.since, link.retry_at), (s(10), Some(s(14))));
        link.set_state(LinkState::Synced, s(20));
        assert_eq!((link.since, link.retry_at, link.has_loaded), (s(20), None, true));
    }

    #[test]
    fn one_slow_answer_does_not_change_the_class() {
        let mut steady = DebouncedLatency::default();
        let (fast, slow) = (Some(LatencyClass::Under5ms), Some(LatencyClass::Slow));
        let shown = [fast, slow, fast, slow, slow].map(|class| steady.record(class));
        assert_eq!(shown, [fast, fast, fast, fast, slow]);
        assert_eq!(steady.record(None), None, "no answer is no latency, at once");
    }

    #[test]
    fn attempts_of_one_outage_are_counted_together() {
        let mut record = LinkHistory::default();
        let lost = |reason: &str| LinkState::Stale { reason: reason.into(), retry_in: None };
        record.record_state(&LinkState::Connecting { error: None, retry_in: None }, s(0));
        assert_eq!(record.outage, None, "a first attempt is no failure");
        record.record_state(&LinkState::Synced, s(1));
        record.record_state(&lost("it broke"), s(5));
        record.record_state(&lost("refused"), s(6));
        record.record_state(&LinkState::CatchingUp { applied: Revision(3), store: Some(Revision(9)) }, s(8));
        record.record_state(&LinkState::Synced, s(9));
        let over = LinkOutage { reason: "refused".into(), failures: 2, began: s(5), ended: Some(s(9)) };
        assert_eq!(record.outage, Some(over));
        record.record_state(&LinkState::Synced, s(10));
        assert_eq!(record.outage.as_ref().and_then(|outage| outage.ended), Some(s(9)));
        record.record_state(&lost("again"), s(20));
        assert_eq!(record.outage.as_ref().map(|outage| (outage.failures, outage.began)), Some((1, s(20))));
    }
}
