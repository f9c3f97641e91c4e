//! How far a watch is behind its store: the revisions that messages name, against what has arrived.

use std::time::Duration;

use tokio::time::Instant;

use super::keepalive::Keepalive;
use crate::domain::Revision;

/// How long the watch may be behind the store before that is said. Where answers to progress requests prove
/// nothing by themselves, a quiet range is known to be current only a little later.
const MAX_LAG: Duration = Duration::from_secs(1);
const MAX_LAG_UNORDERED: Duration = Duration::from_secs(3);

/// More bytes than this between a ping and its answer are changes, which it waits behind.
const CONGESTION: u64 = 32 * 1024;

/// What answers to pings and progress requests amount to in a second, in bytes; changes are more.
pub(super) const SIGNS_OF_LIFE: u64 = 1_024;

/// How long an answer to a ping may take on a line that is clear.
const PROMPT: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct StoreLag {
    max: Duration,
    /// The oldest revision that the store was seen at and that has not arrived, and when that was.
    behind: Option<(Revision, Instant)>,
    /// Whether the answer to a ping is stuck behind what else arrives, so that nothing is known of the store.
    is_congested: bool,
    /// What the line had brought when the last ping was sent, in bytes.
    bytes_before_ping: u64,
    /// How many answers to pings have waited behind what else was on the line.
    detained: u64,
}

impl StoreLag {
    pub(super) fn new(has_ordered_progress: bool) -> Self {
        let max = if has_ordered_progress { MAX_LAG } else { MAX_LAG_UNORDERED };
        Self { max, behind: None, is_congested: false, bytes_before_ping: 0, detained: 0 }
    }

    pub(super) fn ping_sent(&mut self, bytes: u64) {
        self.bytes_before_ping = bytes;
    }

    /// Whether changes have arrived since the last ping was sent, or a part of one; the line has brought `bytes`.
    pub(super) fn has_traffic(&self, bytes: u64) -> bool {
        bytes.saturating_sub(self.bytes_before_ping) > SIGNS_OF_LIFE
    }

    /// What has arrived for the watch, in bytes: over its own stream, and so much more for each answer to a ping that
    /// the rest of the `line` has detained, as it then may have detained events.
    pub(super) fn traffic(&self, now: Instant, keepalive: &Keepalive, stream: u64, line: u64) -> u64 {
        let is_detained = keepalive.ping_overdue(now, PROMPT) && self.has_traffic(line);
        stream + (self.detained + u64::from(is_detained)) * (SIGNS_OF_LIFE + 1)
    }

    /// An answer came after so long; returns whether the line was congested until now.
    pub(super) fn ping_answered(&mut self, took: Duration, line: u64) -> bool {
        self.detained += u64::from(took > PROMPT && self.has_traffic(line));
        std::mem::take(&mut self.is_congested)
    }

    pub(super) fn is_congested(&self) -> bool {
        self.is_congested
    }

    /// Whether the line has just become congested; it has brought `bytes` in all. So much since the last ping
    /// that one could be stuck behind it hastens the next.
    pub(super) fn becomes_congested(&mut self, now: Instant, keepalive: &mut Keepalive, bytes: u64) -> bool {
        let is_stuck = bytes.saturating_sub(self.bytes_before_ping) > CONGESTION;
        if is_stuck {
            keepalive.hasten_ping();
        }
        let becomes = !self.is_congested && is_stuck && keepalive.ping_overdue(now, MAX_LAG);
        self.is_congested |= becomes;
        becomes
    }

    /// Whether what has arrived has been behind the store for too long.
    pub(super) fn is_too_far(&mut self, now: Instant, applied: Revision, store: Revision) -> bool {
        self.behind = self.behind.filter(|(seen, _)| *seen > applied);
        if store > applied {
            let (_, since) = *self.behind.get_or_insert((store, now));
            return now.saturating_duration_since(since) > self.max;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_watch_that_follows_a_busy_store_is_not_behind_it() {
        let (mut lag, begun) = (StoreLag::new(true), Instant::now());
        for step in 1..100 {
            // Each revision that is seen arrives before the next but one is.
            let now = begun + 100 * MS * step;
            assert!(!lag.is_too_far(now, Revision(u64::from(step)), Revision(u64::from(step) + 1)));
        }
    }

    #[test]
    fn a_revision_that_does_not_arrive_within_a_second_is_too_far() {
        let (mut lag, begun) = (StoreLag::new(true), Instant::now());
        assert!(!lag.is_too_far(begun, Revision(7), Revision(9)));
        assert!(!lag.is_too_far(begun + 1_000 * MS, Revision(8), Revision(20)));
        assert!(lag.is_too_far(begun + 1_001 * MS, Revision(8), Revision(20)));
        // Once it is there, only what was seen since counts.
        assert!(!lag.is_too_far(begun + 1_002 * MS, Revision(9), Revision(20)));
        assert!(!lag.is_too_far(begun + 9_000 * MS, Revision(20), Revision(20)));

        let mut unordered = StoreLag::new(false);
        assert!(!unordered.is_too_far(begun, Revision(7), Revision(9)));
        assert!(!unordered.is_too_far(begun + 3_000 * MS, Revision(7), Revision(9)));
    }

    #[tokio::test]
    async fn a_stream_is_not_quiet_while_the_line_detains_answers() {
        let begun = Instant::now();
        let mut keepalive = Keepalive::new(begun, 0);
        let mut lag = StoreLag::new(false);
        keepalive.ping_sent(begun);
        lag.ping_sent(0);
        // Whatever else is on the line, as long as an answer is not late.
        let (soon, late) = (begun + 200 * MS, begun + 300 * MS);
        assert_eq!(lag.traffic(soon, &keepalive, 70, 1_000_000), 70);
        assert_eq!(lag.traffic(late, &keepalive, 70, 1_000), 70, "a line that is only long");
        let detained = lag.traffic(late, &keepalive, 70, 1_000_000);
        assert!(detained > SIGNS_OF_LIFE + 70);
        lag.ping_answered(keepalive.ping_answered(late), 1_000_000);
        assert_eq!(lag.traffic(late, &keepalive, 70, 1_000_000), detained);
    }

    #[tokio::test]
    async fn a_ping_that_waits_behind_changes_is_congestion_and_one_that_waits_alone_is_none() {
        let begun = Instant::now();
        let mut keepalive = Keepalive::new(begun, 0);
        let mut lag = StoreLag::new(true);
        keepalive.ping_sent(begun);
        lag.ping_sent(1_000_000);
        let late = begun + 1_100 * MS;
        assert!(!lag.becomes_congested(late, &mut keepalive, 1_000_100));
        assert!(!lag.becomes_congested(begun + 900 * MS, &mut keepalive, 2_000_000));
        assert!(lag.becomes_congested(late, &mut keepalive, 2_000_000));
        assert!(!lag.becomes_congested(late, &mut keepalive, 2_100_000), "it is said once");
        assert!(lag.is_congested() && lag.ping_answered(1_100 * MS, 2_100_000) && !lag.is_congested());
    }
}
