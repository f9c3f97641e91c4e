//! Back-off between attempts of a watch.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(60);

/// 1 s, doubling to 60 s, plus up to a tenth at random, so that many consoles do not reconnect to a
/// restarted cluster at once. Members not tried yet are tried immediately, unless every connection
/// breaks right after it succeeds: each attempt costs the cluster a login and a read.
pub(super) struct Retry {
    plain: ExponentialBackoff,
    jittered: ExponentialBackoff,
    members: usize,
    failures: usize,
    well_since: Option<Instant>,
    /// How many successes in a row lasted less than [`FIRST`].
    brief: usize,
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
            members,
            failures: 0,
            well_since: None,
            brief: 0,
        }
    }

    /// Starts over at a manual retry.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.members);
    }

    pub(super) fn succeeded(&mut self, now: Instant) {
        *self = Self { well_since: Some(now), brief: self.brief, ..Self::new(self.members) };
    }

    /// How often all members have failed since the last success.
    pub(super) fn rounds(&self) -> u32 {
        u32::try_from(self.failures / self.members).unwrap_or(u32::MAX)
    }

    pub(super) fn after_failure(&mut self, now: Instant) -> Duration {
        if let Some(since) = self.well_since.take() {
            let lasted = now.saturating_duration_since(since) >= FIRST;
            self.brief = if lasted { 0 } else { self.brief.saturating_add(1) };
        }
        self.failures += 1;
        if !self.failures.is_multiple_of(self.members) {
            return if self.brief > self.members { FIRST } else { Duration::ZERO };
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
        let (mut retry, now) = (Retry::new(1), Instant::now());
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let (wait, base) = (retry.after_failure(now), Duration::from_secs(seconds));
            assert!(base <= wait && wait <= base.mul_f32(1.11), "{wait:?} for {base:?}");
        }
        retry.reset();
        assert!(retry.after_failure(now) < Duration::from_secs(2));
    }

    #[test]
    fn every_member_is_tried_before_the_first_wait() {
        let (mut retry, now) = (Retry::new(3), Instant::now());
        let waits: Vec<_> = (0..6).map(|_| retry.after_failure(now).as_secs()).collect();
        assert_eq!(waits, [0, 0, 1, 0, 0, 2]);
    }

    #[test]
    fn successes_that_break_at_once_are_no_storm() {
        let (mut retry, now) = (Retry::new(3), Instant::now());
        let mut breaks_after = |lasted| {
            retry.succeeded(now);
            retry.after_failure(now + lasted).as_secs()
        };
        let brief = FIRST / 10;
        assert_eq!([brief; 6].map(&mut breaks_after), [0, 0, 0, 1, 1, 1]);
        assert_eq!([FIRST, brief].map(breaks_after), [0, 0], "one that lasted begins the count anew");
    }
}
