//! Back-off during an outage of the store of secrets.

use std::time::Duration;

use tokio::time::Instant;

use crate::provider::Error;

/// The wait before the first probe; it doubles each time, up to the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(4);

/// An outage of the store as a whole: its reason and the next probe.
pub(super) struct OutageBackoff {
    pub(super) reason: String,
    wait: Duration,
    pub(super) probe_at: Instant,
}

impl OutageBackoff {
    pub(super) fn new(error: &Error, now: Instant) -> Self {
        Self { reason: words(error), wait: FIRST, probe_at: now + FIRST }
    }

    /// Records a failed probe; returns whether the reason changed.
    pub(super) fn again(&mut self, error: &Error, now: Instant) -> bool {
        self.wait = (self.wait * 2).min(LONGEST);
        self.probe_at = now + self.wait;
        let reason = words(error);
        std::mem::replace(&mut self.reason, reason) != self.reason
    }

    pub(super) fn probe_now(&mut self, now: Instant) {
        (self.wait, self.probe_at) = (FIRST, now);
    }
}

/// The reason without a remedy, since the store is retried automatically.
fn words(error: &Error) -> String {
    match error {
        Error::Unavailable { reason, .. } | Error::Invalid { reason } => reason.clone(),
        Error::Denied { permission, .. } => permission.clone(),
        other => other.to_string(),
    }
}
