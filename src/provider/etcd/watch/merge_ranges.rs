//! Merges the watchers of several ranges into one order: a revision is passed on once every watcher has
//! reached it, so that a transaction over several of the ranges stays one batch.
//!
//! A watcher has reached a revision when it has sent an event of that revision or a later one, or when
//! the server has answered a progress request. Such an answer can overtake events on servers before 3.5.8
//! (etcd issue 15220), and by a lot while a watcher catches up: it is accepted once the next answer, a
//! while later, reports at least as much. A single watcher never waits for that: its own events are in
//! order. With several watchers, a change appears up to a quarter of a second late.
//!
//! What orders batches proves nothing about what has arrived: for that, and as the point to resume from, there is
//! a second mark for each watcher, which such an answer moves only if it was in order, or once the line was quiet; of
//! several watchers, after a second.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::assemble::{FragmentAssembler, RevisionBatch};
use super::lag::SIGNS_OF_LIFE;
use crate::domain::Revision;

#[derive(Debug)]
pub(super) struct RangeMerger<T> {
    watchers: Vec<RangeWatcher<T>>,
    /// Events of revisions that not every watcher has reached.
    waiting: BTreeMap<Revision, Vec<T>>,
    /// The last progress answer and when it came; not accepted yet.
    claimed: Option<(Revision, Instant)>,
    /// An answer that may have overtaken events, until it is proven or not.
    unproven: Option<UnprovenProgress>,
}

#[derive(Debug, Clone, Copy)]
struct UnprovenProgress {
    at: Revision,
    since: Instant,
    /// What the watch had brought by then, in bytes.
    bytes: u64,
}

#[derive(Debug)]
struct RangeWatcher<T> {
    assembler: FragmentAssembler<T>,
    progress: Revision,
    /// Everything up to here has certainly arrived.
    proven: Revision,
}

/// How long a line must have brought no events before a doubtful answer is believed.
const QUIET: Duration = Duration::from_secs(1);

impl<T> RangeWatcher<T> {
    fn reached(&mut self, at: Revision) {
        self.progress = self.progress.max(at);
        self.proven = self.proven.max(at);
    }
}

impl<T> RangeMerger<T> {
    /// A merger of watchers that each start after a revision.
    pub(super) fn new(starts: &[Revision]) -> Self {
        let watcher = |at: &Revision| RangeWatcher {
            assembler: FragmentAssembler { open: None },
            progress: *at,
            proven: *at,
        };
        let watchers = starts.iter().map(watcher).collect();
        Self { watchers, waiting: BTreeMap::new(), claimed: None, unproven: None }
    }

    /// Adds the events of one response of `bytes` bytes. `false` if there is no such watcher.
    pub(super) fn push(
        &mut self,
        watcher: usize,
        events: impl IntoIterator<Item = (Revision, T)>,
        bytes: usize,
    ) -> bool {
        self.flush_others(Some(watcher));
        let Some(told) = self.watchers.get_mut(watcher) else { return false };
        for batch in told.assembler.push(events, bytes) {
            told.reached(batch.at);
            self.waiting.entry(batch.at).or_default().extend(batch.events);
        }
        true
    }

    /// A watcher's own progress notification; it never overtakes the watcher's events.
    pub(super) fn set_progress(&mut self, watcher: usize, at: Revision) {
        self.flush_others(None);
        if let Some(noted) = self.watchers.get_mut(watcher) {
            noted.reached(at);
        }
    }

    /// The answer to a progress request, which concerns all watchers. The previous answer is accepted if it
    /// is at least `stand` old.
    pub(super) fn claim_progress(&mut self, at: Revision, now: Instant, stand: Duration) {
        self.flush_others(None);
        if let Some((claimed, since)) = self.claimed {
            if now.saturating_duration_since(since) < stand {
                return;
            }
            for watcher in &mut self.watchers {
                watcher.progress = watcher.progress.max(claimed.min(at));
            }
        }
        self.claimed = Some((at, now));
    }

    /// [`Self::proven`] of each watcher.
    pub(super) fn reached(&self) -> Vec<Revision> {
        self.watchers.iter().map(|watcher| watcher.proven).collect()
    }

    /// Nothing comes between the fragments of a revision, so another watcher's message ends them.
    fn flush_others(&mut self, speaker: Option<usize>) {
        for (at, watcher) in self.watchers.iter_mut().enumerate() {
            if speaker != Some(at)
                && let Some(batch) = watcher.assembler.open.take()
            {
                watcher.reached(batch.at);
                self.waiting.entry(batch.at).or_default().extend(batch.events);
            }
        }
    }

    /// A progress answer of a server whose answers are in order with its events.
    pub(super) fn prove_progress(&mut self, at: Revision) {
        self.flush_others(None);
        self.watchers.iter_mut().for_each(|watcher| watcher.reached(at));
    }

    /// A progress answer of a server whose answers may overtake events, when the watch had brought `bytes` in all.
    /// Nothing proves it by itself: an earlier one is proven once the line has been quiet for [`QUIET`], because
    /// events on their way would have come.
    pub(super) fn doubt_progress(&mut self, at: Revision, now: Instant, bytes: u64) {
        let fresh = UnprovenProgress { at, since: now, bytes };
        let claim = *self.unproven.get_or_insert(fresh);
        // Among several watchers a busy one would keep a quiet one in doubt for ever.
        if self.watchers.len() == 1 && bytes.saturating_sub(claim.bytes) > SIGNS_OF_LIFE {
            self.unproven = Some(fresh);
        } else if now.saturating_duration_since(claim.since) >= QUIET {
            self.watchers
                .iter_mut()
                .for_each(|watcher| watcher.proven = watcher.proven.max(claim.at.min(at)));
            self.unproven = Some(fresh);
        }
    }

    /// Everything up to here has certainly arrived: what may be called synced, and resumed from.
    pub(super) fn proven(&self) -> Revision {
        self.watchers.iter().map(|watcher| watcher.proven).min().unwrap_or_default()
    }

    /// The revision that every watcher has reached; batches up to it come from [`RangeMerger::pop_ready`].
    pub(super) fn watermark(&self) -> Revision {
        self.watchers.iter().map(|watcher| watcher.progress).min().unwrap_or_default()
    }

    /// The next batch that every watcher has reached.
    pub(super) fn pop_ready(&mut self) -> Option<RevisionBatch<T>> {
        let solid = self.watermark();
        let first = self.waiting.first_entry().filter(|entry| *entry.key() <= solid)?;
        let (at, events) = first.remove_entry();
        Some(RevisionBatch { at, events })
    }

    /// Whether something is waiting that a progress response would release.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || self.watchers.iter().any(|watcher| watcher.assembler.open.is_some())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tell(merger: &mut RangeMerger<u8>, watcher: usize, events: &[(u64, u8)]) {
        assert!(merger.push(watcher, events.iter().map(|&(at, event)| (Revision(at), event)), 10));
    }

    fn ready(merger: &mut RangeMerger<u8>) -> Vec<(u64, Vec<u8>)> {
        std::iter::from_fn(|| merger.pop_ready()).map(|batch| (batch.at.0, batch.events)).collect()
    }

    #[test]
    fn one_watcher_waits_for_nothing() {
        let mut merger = RangeMerger::new(&[Revision(1); 1]);
        tell(&mut merger, 0, &[(2, 1), (2, 2), (5, 3)]);
        assert_eq!(ready(&mut merger), [(2, vec![1, 2]), (5, vec![3])]);
        assert_eq!(merger.watermark(), Revision(5));
        assert!(!merger.is_waiting());
    }

    #[test]
    fn a_revision_waits_until_every_watcher_has_passed_it() {
        let mut merger = RangeMerger::new(&[Revision(1); 2]);
        tell(&mut merger, 0, &[(2, 1)]);
        assert_eq!((ready(&mut merger), merger.is_waiting()), (vec![], true));
        tell(&mut merger, 1, &[(2, 2), (3, 3)]);
        assert_eq!(ready(&mut merger), [(2, vec![1, 2])]);
        merger.set_progress(0, Revision(4));
        assert_eq!(ready(&mut merger), [(3, vec![3])]);
        assert_eq!(merger.watermark(), Revision(3));
        assert!(!merger.push(2, [], 0), "there are two");
    }

    #[test]
    fn a_claim_is_believed_when_the_next_one_confirms_it() {
        let (mut merger, now) = (RangeMerger::<u8>::new(&[Revision(10); 2]), Instant::now());
        let claim =
            |merger: &mut RangeMerger<u8>, at| merger.claim_progress(Revision(at), now, Duration::ZERO);
        claim(&mut merger, 20);
        assert_eq!(merger.watermark(), Revision(10));
        claim(&mut merger, 25);
        assert_eq!(merger.watermark(), Revision(20));
        tell(&mut merger, 0, &[(23, 1)]);
        assert_eq!((merger.watermark(), ready(&mut merger)), (Revision(20), vec![]));
        claim(&mut merger, 25);
        assert_eq!((merger.watermark(), ready(&mut merger)), (Revision(25), vec![(23, vec![1])]));
    }

    #[test]
    fn a_claim_has_to_stand_for_as_long_as_is_asked() {
        let (mut merger, begun, second) =
            (RangeMerger::<u8>::new(&[Revision(10); 1]), Instant::now(), Duration::from_secs(1));
        let mut after = |millis, at| {
            merger.claim_progress(Revision(at), begun + Duration::from_millis(millis), second);
            merger.watermark().0
        };
        assert_eq!([after(0, 20), after(250, 22), after(999, 25)], [10, 10, 10]);
        assert_eq!([after(1_000, 26), after(1_500, 30), after(2_000, 30)], [20, 20, 26]);
    }

    #[test]
    fn a_doubtful_answer_proves_nothing_while_events_are_on_their_way() {
        let (mut merger, begun) = (RangeMerger::<u8>::new(&[Revision(10); 1]), Instant::now());
        let after = |merger: &mut RangeMerger<u8>, millis, at, bytes| {
            merger.doubt_progress(Revision(at), begun + Duration::from_millis(millis), bytes);
            merger.proven().0
        };
        // A burst of events has been written and trickles in, behind the answers that count it already.
        assert_eq!(after(&mut merger, 0, 40, 0), 10);
        assert_eq!(after(&mut merger, 1_000, 40, 100_000), 10);
        tell(&mut merger, 0, &[(20, 1)]);
        assert_eq!(after(&mut merger, 2_000, 40, 200_000), 20);
        // Then the line is quiet.
        assert_eq!(after(&mut merger, 2_500, 40, 200_100), 20);
        assert_eq!(after(&mut merger, 3_100, 41, 200_200), 40);
    }

    #[test]
    fn an_answer_in_order_proves_at_once_what_it_names() {
        let mut merger = RangeMerger::<u8>::new(&[Revision(10); 2]);
        tell(&mut merger, 0, &[(12, 1)]);
        assert_eq!((merger.proven(), ready(&mut merger)), (Revision(10), vec![]));
        merger.prove_progress(Revision(13));
        assert_eq!((merger.proven(), ready(&mut merger)), (Revision(13), vec![(12, vec![1])]));
    }

    #[test]
    fn what_another_watcher_says_ends_the_parts_of_a_revision() {
        let mut merger = RangeMerger::new(&[Revision(1); 2]);
        assert!(merger.push(0, [(Revision(2), 1)], 1 << 20));
        assert!(merger.is_waiting());
        tell(&mut merger, 1, &[(2, 2)]);
        assert_eq!(ready(&mut merger), [(2, vec![1, 2])]);
    }

    proptest! {
        /// However the watchers take turns, each revision comes out once, whole and in order.
        #[test]
        fn turns_never_show(
            revisions in proptest::collection::vec(proptest::collection::vec(0usize..3, 1..5), 1..20),
            turns in proptest::collection::vec(0usize..3, 0..80),
        ) {
            let mut told: [Vec<(Revision, usize)>; 3] = Default::default();
            for (at, events) in (2..).zip(&revisions) {
                for &watcher in events {
                    told[watcher].push((Revision(at), watcher));
                }
            }
            let mut queues = told.map(std::collections::VecDeque::from);
            let (mut merger, mut seen) = (RangeMerger::new(&[Revision(1); 3]), Vec::new());
            for watcher in turns.into_iter().chain([0, 1, 2].repeat(20)) {
                // A server sends all events of one revision and watcher together.
                if let Some(&(at, _)) = queues[watcher].front() {
                    let count = queues[watcher].iter().take_while(|event| event.0 == at).count();
                    let events: Vec<_> = queues[watcher].drain(..count).collect();
                    merger.push(watcher, events, 10);
                }
                seen.extend(std::iter::from_fn(|| merger.pop_ready()));
            }
            for _ in 0..2 {
                merger.claim_progress(Revision(100), Instant::now(), Duration::ZERO);
            }
            seen.extend(std::iter::from_fn(|| merger.pop_ready()));
            let expected: Vec<_> = (2..).map(Revision).take(revisions.len()).collect();
            prop_assert_eq!(seen.iter().map(|batch| batch.at).collect::<Vec<_>>(), expected);
            for (batch, mut events) in seen.into_iter().zip(revisions) {
                let mut found = batch.events;
                found.sort_unstable();
                events.sort_unstable();
                prop_assert_eq!(found, events);
            }
        }
    }
}
