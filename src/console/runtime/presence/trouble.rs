//! A store of secrets that does not answer: why, and when it is tried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::provider::Error;

/// How long it is waited before the next question: doubled each time up to the second.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(4);

/// Trouble of the store as a whole.
pub(super) struct Trouble {
    reason: String,
    wait: Duration,
    probe_at: Instant,
}

impl Trouble {
    pub(super) fn new(error: &Error, now: Instant) -> Self {
        Self { reason: words(error), wait: FIRST, probe_at: now + FIRST }
    }

    /// It was tried once more in vain. Answers whether for another reason.
    pub(super) fn again(&mut self, error: &Error, now: Instant) -> bool {
        self.wait = (self.wait * 2).min(LONGEST);
        self.probe_at = now + self.wait;
        let reason = words(error);
        std::mem::replace(&mut self.reason, reason) != self.reason
    }

    pub(super) fn probe_now(&mut self, now: Instant) {
        (self.wait, self.probe_at) = (FIRST, now);
    }

    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    pub(super) fn probe_at(&self) -> Instant {
        self.probe_at
    }
}

/// What is said of each secret: the reason alone, since it is tried again by itself.
fn words(error: &Error) -> String {
    match error {
        Error::Unavailable { reason, .. } | Error::Invalid { reason } => reason.clone(),
        Error::Denied { permission, .. } => permission.clone(),
        other => other.to_string(),
    }
}
