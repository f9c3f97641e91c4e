//! Watches over a watch: when to ask the member for a sign of life, and when its silence is too long.

use std::time::Duration;

use tokio::time::Instant;

/// How often a member is asked. Also while the watch speaks: a watch goes on where the right to read
/// was taken away, and only the answer to a question tells.
const QUIET: Duration = Duration::from_millis(1_000);
/// A member that leaves a question open for so long is gone. With [`QUIET`], a dead or hanging peer
/// is noticed after 2.5 s at most; the promise is 3 s.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How often that is doubled while attempt after attempt fails: to 12 s.
const MOST_PATIENT: u32 = 3;
/// A clock that fires so late was stopped with us: our process was suspended, or the reader slow.
const OVERSLEPT: Duration = Duration::from_millis(500);
/// How often the watch itself is asked how far it is.
const PROGRESS: Duration = Duration::from_secs(5);
/// How often while somebody waits for the answer.
const PROGRESS_SOON: Duration = Duration::from_millis(250);
/// A watch that leaves such a question open for so long, on a store that moved, is broken.
const PROGRESS_PATIENCE: Duration = Duration::from_secs(10);

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Ask the member for a sign of life.
    Beat,
    /// Ask the watch for its progress.
    Progress,
    /// Give the member up.
    Silence,
}

/// The clock of one watch.
#[derive(Debug)]
pub(super) struct Vigil {
    patience: Duration,
    heard: Instant,
    beat_asked: Option<Instant>,
    beat_answered: Instant,
    progress_at: Instant,
    /// The oldest question that has no answer, and the newest of all.
    progress_asked: Option<Instant>,
    progress_last: Option<Instant>,
}

impl Vigil {
    /// After so many attempts in vain, more patience: a member that is so busy with what we missed that
    /// it answers nothing else must not be given up, and asked again, for ever.
    pub(super) fn new(now: Instant, in_vain: u32) -> Self {
        Self {
            patience: PATIENCE * 2_u32.pow(in_vain.min(MOST_PATIENT)),
            heard: now,
            beat_asked: None,
            beat_answered: now,
            progress_at: now + PROGRESS,
            progress_asked: None,
            progress_last: None,
        }
    }

    /// The watch has caught up; from here on silence is noticed as soon as promised.
    pub(super) fn caught_up(&mut self) {
        self.patience = PATIENCE;
    }

    /// The next thing due, and when.
    pub(super) fn next(&self) -> (Instant, Due) {
        let life = match self.beat_asked {
            // An answer on the watch counts as much as one to the question.
            Some(asked) => (asked.max(self.heard) + self.patience, Due::Silence),
            None => (self.beat_answered + QUIET, Due::Beat),
        };
        if self.progress_at < life.0 { (self.progress_at, Due::Progress) } else { life }
    }

    /// Whether the time for the next thing passed without us, so that silence proves nothing yet.
    pub(super) fn overslept(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.next().0) > OVERSLEPT
    }

    /// The watch said something.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    pub(super) fn beat_asked(&mut self, now: Instant) {
        self.beat_asked = Some(now);
    }

    pub(super) fn beat_answered(&mut self, now: Instant) {
        self.beat_asked = None;
        self.beat_answered = now;
        self.heard = now;
    }

    pub(super) fn progress_asked(&mut self, now: Instant, soon: bool) {
        self.progress_asked.get_or_insert(now);
        self.progress_last = Some(now);
        self.progress_at = now + if soon { PROGRESS_SOON } else { PROGRESS };
    }

    pub(super) fn progress_answered(&mut self) {
        self.progress_asked = None;
    }

    /// Whether the watch still owes an answer.
    pub(super) fn progress_open(&self) -> bool {
        self.progress_asked.is_some()
    }

    /// Asks for progress earlier than planned, though not at every event of a storm.
    pub(super) fn hurry(&mut self, now: Instant) {
        let soonest = self.progress_last.map_or(now, |last| now.max(last + PROGRESS_SOON));
        self.progress_at = self.progress_at.min(soonest);
    }

    /// Whether a question for progress has been open for too long.
    pub(super) fn progress_overdue(&self, now: Instant) -> bool {
        self.progress_asked.is_some_and(|asked| now.duration_since(asked) > PROGRESS_PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn a_dead_peer_is_given_up_within_three_seconds() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start, 0);
        let (asked, due) = vigil.next();
        assert_eq!(due, Due::Beat);
        vigil.beat_asked(asked);
        let (given_up, due) = vigil.next();
        assert_eq!(due, Due::Silence);
        assert!(given_up - start <= 2_500 * MS);
    }

    #[tokio::test]
    async fn patience_grows_with_attempts_in_vain_until_the_watch_has_caught_up() {
        let start = Instant::now();
        let silence = |in_vain| {
            let mut vigil = Vigil::new(start, in_vain);
            vigil.beat_asked(start);
            vigil.progress_asked(start + 60_000 * MS, false);
            (vigil.next().0 - start, vigil)
        };
        assert_eq!([0, 1, 2, 3, 9].map(|n| silence(n).0), [1, 2, 4, 8, 8].map(|times| times * PATIENCE));
        let mut vigil = silence(3).1;
        vigil.caught_up();
        assert_eq!(vigil.next().0 - start, PATIENCE);
    }

    #[tokio::test]
    async fn a_watch_that_speaks_is_never_given_up() {
        let mut now = Instant::now();
        let mut vigil = Vigil::new(now, 0);
        vigil.beat_asked(now);
        for _ in 0..100 {
            now += 100 * MS;
            vigil.heard(now);
            let (at, due) = vigil.next();
            assert!(due != Due::Silence || at > now + 1_000 * MS);
        }
    }

    #[tokio::test]
    async fn a_pause_of_our_own_is_no_silence_of_the_peer() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start, 0);
        vigil.beat_asked(start);
        let (due, _) = vigil.next();
        assert!(!vigil.overslept(due + 20 * MS));
        assert!(vigil.overslept(due + 60_000 * MS));
    }

    #[tokio::test]
    async fn progress_is_asked_every_five_seconds_and_sooner_when_needed() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start, 0);
        vigil.beat_answered(start + 4_900 * MS);
        assert_eq!(vigil.next(), (start + 5_000 * MS, Due::Progress));
        vigil.progress_asked(start, true);
        assert_eq!(vigil.progress_at, start + 250 * MS);
        assert!(!vigil.progress_overdue(start + 10_000 * MS));
        assert!(vigil.progress_overdue(start + 10_001 * MS));
        vigil.progress_answered();
        assert!(!vigil.progress_overdue(start + 20_000 * MS));
    }

    #[tokio::test]
    async fn a_watch_that_speaks_is_asked_all_the_same() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start, 0);
        vigil.heard(start + 900 * MS);
        assert_eq!(vigil.next(), (start + 1_000 * MS, Due::Beat));
        vigil.beat_asked(start + 1_000 * MS);
        vigil.beat_answered(start + 1_100 * MS);
        assert_eq!(vigil.next(), (start + 2_100 * MS, Due::Beat));
    }

    #[tokio::test]
    async fn haste_asks_at_once_and_then_four_times_a_second() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start, 0);
        vigil.hurry(start + 10 * MS);
        assert_eq!(vigil.next(), (start + 10 * MS, Due::Progress));
        vigil.progress_asked(start + 10 * MS, false);
        vigil.hurry(start + 20 * MS);
        assert_eq!(vigil.next(), (start + 260 * MS, Due::Progress));
    }
}
