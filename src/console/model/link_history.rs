//! The history of the connection since the start, for judging how far the inventory can be trusted.

use std::time::Duration;

use super::Resync;
use crate::domain::{LatencyClass, LinkState, Revision};

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
    /// When the store last reported its progress, if it does.
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

/// A time in which the inventory could not be kept up to date.
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
    pub(super) fn record_state(&mut self, state: &LinkState, now: Duration) {
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

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
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
        record.record_state(&LinkState::CatchingUp, s(8));
        record.record_state(&LinkState::Synced, s(9));
        let over = LinkOutage { reason: "refused".into(), failures: 2, began: s(5), ended: Some(s(9)) };
        assert_eq!(record.outage, Some(over));
        record.record_state(&LinkState::Synced, s(10));
        assert_eq!(record.outage.as_ref().and_then(|outage| outage.ended), Some(s(9)));
        record.record_state(&lost("again"), s(20));
        assert_eq!(record.outage.as_ref().map(|outage| (outage.failures, outage.began)), Some((1, s(20))));
    }
}
