//! When a broken watch is tried again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(60);

/// 1 s, doubling to 60 s, plus up to a tenth at random, so that a fleet of consoles does not return
/// to a restarted cluster in one step. Members not tried yet are tried at once.
pub(super) struct Retry {
    plain: ExponentialBackoff,
    jittered: ExponentialBackoff,
    members: usize,
    failures: usize,
}

impl Retry {
    pub(super) fn new(members: usize) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(FIRST)
            .with_max_delay(LAST)
            .with_factor(2.0)
            .without_max_times();
        Self {
            plain: builder.build(),
            jittered: builder.with_jitter().build(),
            members: members.max(1),
            failures: 0,
        }
    }

    /// Starts over, after a success or when a person asks.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.members);
    }

    /// How often all members have failed us since the last success.
    pub(super) fn rounds(&self) -> u32 {
        u32::try_from(self.failures / self.members).unwrap_or(u32::MAX)
    }

    /// How long to wait after one more failure.
    pub(super) fn after_failure(&mut self) -> Duration {
        self.failures += 1;
        if !self.failures.is_multiple_of(self.members) {
            return Duration::ZERO;
        }
        let plain = self.plain.next().unwrap_or(LAST);
        let jittered = self.jittered.next().unwrap_or(LAST);
        plain + jittered.saturating_sub(plain) / 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute_and_vary_by_a_tenth() {
        let mut retry = Retry::new(1);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let (wait, base) = (retry.after_failure(), Duration::from_secs(seconds));
            assert!(base <= wait && wait <= base.mul_f32(1.11), "{wait:?} for {base:?}");
        }
        retry.reset();
        assert!(retry.after_failure() < Duration::from_secs(2));
    }

    #[test]
    fn every_member_is_tried_before_the_first_wait() {
        let mut retry = Retry::new(3);
        let waits: Vec<_> = (0..6).map(|_| retry.after_failure().as_secs()).collect();
        assert_eq!(waits, [0, 0, 1, 0, 0, 2]);
    }
}
