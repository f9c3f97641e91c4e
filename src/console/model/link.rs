//! How true the picture is, since when, and how much is happening.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::{LatencyClass, LinkState};

use super::Record;

/// The link to the store as its badge tells it.
#[derive(Debug)]
pub struct Link {
    /// The state.
    pub state: LinkState,
    /// Since when, as time since the program started.
    pub since: Duration,
    /// When it is tried again.
    pub retry_at: Option<Duration>,
    /// What the last load found different.
    pub resync: Option<Resync>,
    /// Set while a load runs that comes from another store, or the same with an older history.
    pub replacing: bool,
    /// Whether there has been a whole picture.
    pub had_picture: bool,
    /// The class of the health checks' round trips.
    pub latency: Option<LatencyClass>,
    /// What happened so far.
    pub record: Record,
}

/// A load that replaced an earlier picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resync {
    /// How many documents differed.
    pub differences: usize,
    /// When.
    pub at: Duration,
    /// Whether it was another store, or the same with an older history.
    pub replaced: bool,
}

/// How long the mark of a resync stays on the badge.
const RESYNC_FOR: Duration = Duration::from_secs(600);

impl Default for Link {
    fn default() -> Self {
        Self {
            state: LinkState::Connecting { error: None, retry_in: None },
            since: Duration::ZERO,
            retry_at: None,
            resync: None,
            replacing: false,
            had_picture: false,
            latency: None,
            record: Record::default(),
        }
    }
}

impl Link {
    /// Takes a state; repeats of the same word keep its age.
    pub fn enter(&mut self, state: LinkState, now: Duration) {
        let retry_in = match &state {
            LinkState::Connecting { retry_in, .. }
            | LinkState::Stale { retry_in, .. }
            | LinkState::Denied { retry_in, .. } => *retry_in,
            _ => None,
        };
        self.retry_at = retry_in.map(|wait| now + wait);
        if state.word() != self.state.word() {
            self.since = now;
        }
        self.had_picture |= state.is_true();
        self.record.enter(&state, now);
        self.state = state;
    }

    /// When the mark of a resync goes away by itself.
    pub fn resync_ends(&self) -> Option<Duration> {
        self.resync.map(|resync| resync.at + RESYNC_FOR)
    }
}

/// Changes per second, for as long as there are any.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Changes in each of the last whole seconds, newest last.
    seconds: VecDeque<u32>,
    /// The second being counted, and its changes so far.
    current: (u64, u32),
}

/// How many seconds the sparkline shows.
const SECONDS: usize = 8;

impl Traffic {
    /// Counts changes.
    pub fn count(&mut self, changes: usize, now: Duration) {
        self.turn(now);
        self.current.1 = self.current.1.saturating_add(u32::try_from(changes).unwrap_or(u32::MAX));
    }

    /// Moves on to the current second; says whether what is shown changed.
    pub fn turn(&mut self, now: Duration) -> bool {
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

    /// Whether there is anything to show.
    pub fn is_shown(&self) -> bool {
        self.seconds.iter().any(|count| *count > 0)
    }

    /// The rate of the last whole second.
    pub fn rate(&self) -> u32 {
        self.seconds.back().copied().unwrap_or_default()
    }

    /// The counts of the sparkline, oldest first.
    pub fn history(&self) -> impl Iterator<Item = u32> {
        self.seconds.iter().copied()
    }

    /// When what is shown changes by itself.
    pub fn next_change_at(&self) -> Option<Duration> {
        (self.is_shown() || self.current.1 > 0).then(|| Duration::from_secs(self.current.0 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn traffic_shows_while_it_flows_and_clears_once() {
        let mut traffic = Traffic::default();
        traffic.count(12, s(5));
        assert!(!traffic.is_shown());
        assert_eq!(traffic.next_change_at(), Some(s(6)));
        assert!(traffic.turn(s(6)));
        assert_eq!(traffic.rate(), 12);
        assert!(traffic.turn(s(13)), "it leaves the window");
        assert!(traffic.turn(s(14)), "it clears");
        assert!(!traffic.is_shown());
        assert!(!traffic.turn(s(15)), "and then nothing changes any more");
        assert_eq!(traffic.next_change_at(), None);
    }

    #[test]
    fn repeats_of_a_state_keep_its_age() {
        let mut link = Link::default();
        let stale = |wait| LinkState::Stale { reason: "no answer".into(), retry_in: Some(s(wait)) };
        link.enter(stale(1), s(10));
        link.enter(stale(2), s(12));
        assert_eq!((link.since, link.retry_at), (s(10), Some(s(14))));
        link.enter(LinkState::Synced, s(20));
        assert_eq!((link.since, link.retry_at, link.had_picture), (s(20), None, true));
    }
}
