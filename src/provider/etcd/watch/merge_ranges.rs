//! Merges the watchers of several ranges into one order: a revision is passed on once every watcher has
//! reached it, so that a transaction over several of the ranges stays one batch.
//!
//! A watcher has reached a revision when it has sent an event of that revision or a later one, or when
//! the server has answered a progress request. Such an answer can overtake events on servers before 3.5.8
//! (etcd issue 15220), and by a lot while a watcher catches up: it is accepted once the next answer, a
//! while later, reports at least as much. A single watcher never waits for that: its own events are in
//! order. With several watchers, a change appears up to a quarter of a second late.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::assemble::{FragmentAssembler, RevisionBatch};
use crate::domain::Revision;

#[derive(Debug)]
pub(super) struct RangeMerger<T> {
    watchers: Vec<RangeWatcher<T>>,
    /// Events of revisions that not every watcher has reached.
    waiting: BTreeMap<Revision, Vec<T>>,
    /// The last progress answer and when it came; not accepted yet.
    claimed: Option<(Revision, Instant)>,
}

#[derive(Debug)]
struct RangeWatcher<T> {
    assembler: FragmentAssembler<T>,
    progress: Revision,
}

impl<T> RangeMerger<T> {
    /// A merger of `count` watchers that start after `at`.
    pub(super) fn new(count: usize, at: Revision) -> Self {
        let watcher = |_| RangeWatcher { assembler: FragmentAssembler { open: None }, progress: at };
        Self { watchers: (0..count).map(watcher).collect(), waiting: BTreeMap::new(), claimed: None }
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
            told.progress = told.progress.max(batch.at);
            self.waiting.entry(batch.at).or_default().extend(batch.events);
        }
        true
    }

    /// A watcher's own progress notification; it never overtakes the watcher's events.
    pub(super) fn set_progress(&mut self, watcher: usize, at: Revision) {
        self.flush_others(None);
        if let Some(noted) = self.watchers.get_mut(watcher) {
            noted.progress = noted.progress.max(at);
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

    /// Nothing comes between the fragments of a revision, so another watcher's message ends them.
    fn flush_others(&mut self, speaker: Option<usize>) {
        for (at, watcher) in self.watchers.iter_mut().enumerate() {
            if speaker != Some(at)
                && let Some(batch) = watcher.assembler.open.take()
            {
                watcher.progress = watcher.progress.max(batch.at);
                self.waiting.entry(batch.at).or_default().extend(batch.events);
            }
        }
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
        let mut merger = RangeMerger::new(1, Revision(1));
        tell(&mut merger, 0, &[(2, 1), (2, 2), (5, 3)]);
        assert_eq!(ready(&mut merger), [(2, vec![1, 2]), (5, vec![3])]);
        assert_eq!(merger.watermark(), Revision(5));
        assert!(!merger.is_waiting());
    }

    #[test]
    fn a_revision_waits_until_every_watcher_has_passed_it() {
        let mut merger = RangeMerger::new(2, Revision(1));
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
        let (mut merger, now) = (RangeMerger::<u8>::new(2, Revision(10)), Instant::now());
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
            (RangeMerger::<u8>::new(1, Revision(10)), Instant::now(), Duration::from_secs(1));
        let mut after = |millis, at| {
            merger.claim_progress(Revision(at), begun + Duration::from_millis(millis), second);
            merger.watermark().0
        };
        assert_eq!([after(0, 20), after(250, 22), after(999, 25)], [10, 10, 10]);
        assert_eq!([after(1_000, 26), after(1_500, 30), after(2_000, 30)], [20, 20, 26]);
    }

    #[test]
    fn what_another_watcher_says_ends_the_parts_of_a_revision() {
        let mut merger = RangeMerger::new(2, Revision(1));
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
            let (mut merger, mut seen) = (RangeMerger::new(3, Revision(1)), Vec::new());
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
