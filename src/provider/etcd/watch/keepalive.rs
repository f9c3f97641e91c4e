//! Keepalive of a watch: when to ping the member, when to request progress, when to give up.

use std::time::Duration;

use tokio::time::Instant;

/// The interval of pings. They continue while the watch sends events: a watch goes on after the right
/// to read was revoked, and only the answer to a read shows that.
const PING_INTERVAL: Duration = Duration::from_millis(1_000);
/// The same while much arrives: how far the store is ahead of it is known from the answers.
const PING_INTERVAL_BUSY: Duration = Duration::from_millis(250);
/// How long a ping may go unanswered. With [`QUIET`], a dead or hanging peer is noticed after 2.5 s at
/// most; 3 s are documented.
const PING_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How often the timeout is doubled while attempts fail: up to 12 s.
const MAX_DOUBLINGS: u32 = 3;
/// A timer that fires this late means that the process was suspended, or that the reader was slow.
const SUSPENDED_AFTER: Duration = Duration::from_millis(500);
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// The interval while something is waiting for the response.
const PROGRESS_INTERVAL_BUSY: Duration = Duration::from_millis(250);
/// A watch that does not answer a progress request for this long, although the store changed, is broken.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeepaliveAction {
    Ping,
    RequestProgress,
    GiveUp,
}

/// The timers of one watch.
#[derive(Debug)]
pub(super) struct Keepalive {
    timeout: Duration,
    last_heard: Instant,
    ping_sent_at: Option<Instant>,
    ping_answered_at: Instant,
    ping_interval: Duration,
    progress_at: Instant,
    /// The oldest progress request without a response, and the newest of all.
    progress_requested_at: Option<Instant>,
    last_progress_request: Option<Instant>,
}

impl Keepalive {
    /// The timeout grows with the failed attempts (`in_vain`): a member that is so busy replaying missed
    /// events that it answers nothing else must not be abandoned again and again.
    pub(super) fn new(now: Instant, in_vain: u32) -> Self {
        Self {
            timeout: PING_TIMEOUT * 2_u32.pow(in_vain.min(MAX_DOUBLINGS)),
            last_heard: now,
            ping_sent_at: None,
            ping_answered_at: now,
            ping_interval: PING_INTERVAL,
            progress_at: now + PROGRESS_INTERVAL,
            progress_requested_at: None,
            last_progress_request: None,
        }
    }

    /// The watch has caught up: back to the normal timeout.
    pub(super) fn caught_up(&mut self) {
        self.timeout = PING_TIMEOUT;
    }

    /// The next timer, and when it fires.
    pub(super) fn next(&self) -> (Instant, KeepaliveAction) {
        let life = match self.ping_sent_at {
            // A message on the watch counts as much as an answer to the ping.
            Some(asked) => (asked.max(self.last_heard) + self.timeout, KeepaliveAction::GiveUp),
            None => (self.ping_answered_at + self.ping_interval, KeepaliveAction::Ping),
        };
        if self.progress_at < life.0 { (self.progress_at, KeepaliveAction::RequestProgress) } else { life }
    }

    /// Whether the timer fired so late that the peer's silence proves nothing.
    pub(super) fn was_suspended(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.next().0) > SUSPENDED_AFTER
    }

    /// A message, or a part of one, arrived at `now`; returns whether that was news.
    pub(super) fn message_received(&mut self, now: Instant) -> bool {
        let is_news = now > self.last_heard;
        self.last_heard = self.last_heard.max(now);
        is_news
    }

    /// Whether a ping has been unanswered for longer than `patience`.
    pub(super) fn ping_overdue(&self, now: Instant, patience: Duration) -> bool {
        self.ping_sent_at.is_some_and(|asked| now.saturating_duration_since(asked) > patience)
    }

    pub(super) fn ping_sent(&mut self, now: Instant) {
        self.ping_sent_at = Some(now);
        self.ping_interval = PING_INTERVAL;
    }

    /// Sends the next ping earlier than planned.
    pub(super) fn hasten_ping(&mut self) {
        self.ping_interval = PING_INTERVAL_BUSY;
    }

    /// Returns how long that took.
    pub(super) fn ping_answered(&mut self, now: Instant) -> Duration {
        let asked = self.ping_sent_at.take().unwrap_or(now);
        self.ping_answered_at = now;
        self.last_heard = now;
        now.saturating_duration_since(asked)
    }

    pub(super) fn progress_requested(&mut self, now: Instant, soon: bool) {
        self.progress_requested_at.get_or_insert(now);
        self.last_progress_request = Some(now);
        self.progress_at = now + if soon { PROGRESS_INTERVAL_BUSY } else { PROGRESS_INTERVAL };
    }

    pub(super) fn progress_answered(&mut self) {
        self.progress_requested_at = None;
    }

    /// Events are arriving, or a part of them: an answer about progress waits behind them.
    pub(super) fn events_arriving(&mut self, now: Instant) {
        self.progress_requested_at = self.progress_requested_at.map(|_| now);
    }

    /// Whether a progress request is unanswered.
    pub(super) fn awaits_progress(&self) -> bool {
        self.progress_requested_at.is_some()
    }

    /// Requests progress earlier than planned, but rate-limited while events arrive fast.
    pub(super) fn hasten_progress(&mut self, now: Instant) {
        let soonest = self.last_progress_request.map_or(now, |last| now.max(last + PROGRESS_INTERVAL_BUSY));
        self.progress_at = self.progress_at.min(soonest);
    }

    pub(super) fn progress_overdue(&self, now: Instant) -> bool {
        self.progress_requested_at.is_some_and(|asked| now.duration_since(asked) > PROGRESS_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn a_dead_peer_is_given_up_within_three_seconds() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        let (asked, due) = keepalive.next();
        assert_eq!(due, KeepaliveAction::Ping);
        keepalive.ping_sent(asked);
        let (given_up, due) = keepalive.next();
        assert_eq!(due, KeepaliveAction::GiveUp);
        assert!(given_up - start <= 2_500 * MS);
    }

    #[tokio::test]
    async fn one_ping_is_sent_sooner_when_much_arrives() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        keepalive.hasten_ping();
        assert_eq!(keepalive.next(), (start + 250 * MS, KeepaliveAction::Ping));
        keepalive.ping_sent(start + 250 * MS);
        keepalive.ping_answered(start + 300 * MS);
        assert_eq!(keepalive.next(), (start + 1_300 * MS, KeepaliveAction::Ping));
    }

    #[tokio::test]
    async fn patience_grows_with_attempts_in_vain_until_the_watch_has_caught_up() {
        let start = Instant::now();
        let silence = |in_vain| {
            let mut keepalive = Keepalive::new(start, in_vain);
            keepalive.ping_sent(start);
            keepalive.progress_requested(start + 60_000 * MS, false);
            (keepalive.next().0 - start, keepalive)
        };
        assert_eq!([0, 1, 2, 3, 9].map(|n| silence(n).0), [1, 2, 4, 8, 8].map(|times| times * PING_TIMEOUT));
        let mut keepalive = silence(3).1;
        keepalive.caught_up();
        assert_eq!(keepalive.next().0 - start, PING_TIMEOUT);
    }

    #[tokio::test]
    async fn a_watch_that_speaks_is_never_given_up() {
        let mut now = Instant::now();
        let mut keepalive = Keepalive::new(now, 0);
        keepalive.ping_sent(now);
        for _ in 0..100 {
            now += 100 * MS;
            keepalive.message_received(now);
            let (at, due) = keepalive.next();
            assert!(due != KeepaliveAction::GiveUp || at > now + 1_000 * MS);
        }
    }

    #[tokio::test]
    async fn a_pause_of_our_own_is_no_silence_of_the_peer() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        keepalive.ping_sent(start);
        let (due, _) = keepalive.next();
        assert!(!keepalive.was_suspended(due + 20 * MS));
        assert!(keepalive.was_suspended(due + 60_000 * MS));
    }

    #[tokio::test]
    async fn progress_is_asked_every_five_seconds_and_sooner_when_needed() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        keepalive.ping_answered(start + 4_900 * MS);
        assert_eq!(keepalive.next(), (start + 5_000 * MS, KeepaliveAction::RequestProgress));
        keepalive.progress_requested(start, true);
        assert_eq!(keepalive.progress_at, start + 250 * MS);
        assert!(!keepalive.progress_overdue(start + 10_000 * MS));
        assert!(keepalive.progress_overdue(start + 10_001 * MS));
        keepalive.progress_answered();
        assert!(!keepalive.progress_overdue(start + 20_000 * MS));
    }

    #[tokio::test]
    async fn an_answer_about_progress_is_not_overdue_while_events_arrive() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        keepalive.events_arriving(start);
        assert!(!keepalive.awaits_progress(), "nothing was asked");
        keepalive.progress_requested(start, false);
        keepalive.events_arriving(start + 9_000 * MS);
        assert!(!keepalive.progress_overdue(start + 19_000 * MS));
        assert!(keepalive.progress_overdue(start + 19_001 * MS));
    }

    #[tokio::test]
    async fn a_watch_that_speaks_is_asked_all_the_same() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        keepalive.message_received(start + 900 * MS);
        assert_eq!(keepalive.next(), (start + 1_000 * MS, KeepaliveAction::Ping));
        keepalive.ping_sent(start + 1_000 * MS);
        keepalive.ping_answered(start + 1_100 * MS);
        assert_eq!(keepalive.next(), (start + 2_100 * MS, KeepaliveAction::Ping));
    }

    #[tokio::test]
    async fn haste_asks_at_once_and_then_four_times_a_second() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(start, 0);
        keepalive.hasten_progress(start + 10 * MS);
        assert_eq!(keepalive.next(), (start + 10 * MS, KeepaliveAction::RequestProgress));
        keepalive.progress_requested(start + 10 * MS, false);
        keepalive.hasten_progress(start + 20 * MS);
        assert_eq!(keepalive.next(), (start + 260 * MS, KeepaliveAction::RequestProgress));
    }
}
