//! What happened on the link since the console started: for whoever asks how far it can be trusted.

use std::time::Duration;

use crate::domain::{LatencyClass, LinkState, Revision};

use super::Resync;

/// What happened on the link since the console started. Moments are times since then.
#[derive(Debug, Default)]
pub struct Record {
    /// Changes applied.
    pub changes: usize,
    /// Loads after the first.
    pub resyncs: usize,
    /// The last of them.
    pub resynced: Option<Resync>,
    /// The last comparison with a fresh list.
    pub compared: Option<Comparison>,
    /// The outage under way, else the last one.
    pub outage: Option<Outage>,
    /// When the store last said how far it is, where it does.
    pub heard: Option<Duration>,
}

/// A comparison of the picture with a fresh list, made in the background after a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The revision of the list.
    pub at: Revision,
    /// How many keys differed.
    pub differences: usize,
    /// When it ended.
    pub when: Duration,
}

/// A time in which the picture could not be kept true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// What the last attempt failed for.
    pub reason: String,
    /// Attempts that failed.
    pub failures: usize,
    /// When the first of them did.
    pub began: Duration,
    /// When it was over.
    pub ended: Option<Duration>,
}

impl Record {
    /// Takes a state of the link in.
    pub(super) fn enter(&mut self, state: &LinkState, now: Duration) {
        let reason = match state {
            LinkState::Stale { reason, .. } => reason,
            LinkState::Connecting { error: Some(error), .. } => error,
            LinkState::Denied { permission, .. } => permission,
            LinkState::Synced => {
                if let Some(outage) = self.outage.as_mut().filter(|outage| outage.ended.is_none()) {
                    outage.ended = Some(now);
                }
                return;
            }
            LinkState::Connecting { .. } | LinkState::Loading { .. } | LinkState::CatchingUp => return,
        };
        let (failures, began) = match &self.outage {
            Some(Outage { ended: None, failures, began, .. }) => (*failures, *began),
            _ => (0, now),
        };
        self.outage = Some(Outage { reason: reason.clone(), failures: failures + 1, began, ended: None });
    }
}

/// A latency class that one answer of another class does not change: it counts once the next agrees,
/// so that a single slow answer does not redraw an idle screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steady {
    shown: Option<LatencyClass>,
    outlier: Option<LatencyClass>,
}

impl Steady {
    /// Takes a class in, and says which one to show.
    pub fn measured(&mut self, class: Option<LatencyClass>) -> Option<LatencyClass> {
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
        let mut steady = Steady::default();
        let (fast, slow) = (Some(LatencyClass::Under5ms), Some(LatencyClass::Slow));
        let shown = [fast, slow, fast, slow, slow].map(|class| steady.measured(class));
        assert_eq!(shown, [fast, fast, fast, fast, slow]);
        assert_eq!(steady.measured(None), None, "no answer is no latency, at once");
    }

    #[test]
    fn attempts_of_one_outage_are_counted_together() {
        let mut record = Record::default();
        let lost = |reason: &str| LinkState::Stale { reason: reason.into(), retry_in: None };
        record.enter(&LinkState::Connecting { error: None, retry_in: None }, s(0));
        assert_eq!(record.outage, None, "a first attempt is no failure");
        record.enter(&LinkState::Synced, s(1));
        record.enter(&lost("it broke"), s(5));
        record.enter(&lost("refused"), s(6));
        record.enter(&LinkState::CatchingUp, s(8));
        record.enter(&LinkState::Synced, s(9));
        let over = Outage { reason: "refused".into(), failures: 2, began: s(5), ended: Some(s(9)) };
        assert_eq!(record.outage, Some(over));
        record.enter(&LinkState::Synced, s(10));
        assert_eq!(record.outage.as_ref().and_then(|outage| outage.ended), Some(s(9)));
        record.enter(&lost("again"), s(20));
        assert_eq!(record.outage.as_ref().map(|outage| (outage.failures, outage.began)), Some((1, s(20))));
    }
}
