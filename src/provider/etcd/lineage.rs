//! Whether the store that answers is still the one that answered before.
//!
//! The cluster id alone does not tell: a backup that was restored with the old token and addresses, or
//! an old data folder put back, has the same id and another history. What gives it away is a
//! linearizable read that answers with a lower revision, or with a lower raft term, than an earlier one
//! did; both only grow while a cluster lives, whichever member answers. Then the cluster is another
//! store to us from there on, so that tokens and drafts of the old history are not taken for the new.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::link::Head;
use crate::domain::Revision;

/// What all watches and writes of one provider know of its store.
#[derive(Debug, Default)]
pub(super) struct Lineage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: Option<Head>,
    history: u64,
    /// The link over which the store was last found to be the known one.
    vouched: Option<u64>,
}

/// What was known when a question was asked: its answer cannot be older, however late it is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    known: Option<Head>,
    history: u64,
}

impl Mark {
    /// Adds that everything up to `at` of the known cluster has been seen.
    pub(super) fn seen(mut self, at: Revision) -> Self {
        if let Some(known) = &mut self.known {
            known.revision = known.revision.max(at);
        }
        self
    }

    /// Which cluster it is a mark of, if any answered yet.
    pub(super) fn cluster(&self) -> Option<u64> {
        self.known.map(|known| known.cluster)
    }

    fn continues_in(&self, head: Head) -> bool {
        self.known.is_none_or(|known| {
            // A member that came back by a snapshot alone has counted no election yet.
            let term_goes_on = head.term == 0 || known.term <= head.term;
            known.cluster == head.cluster && known.revision <= head.revision && term_goes_on
        })
    }
}

impl Lineage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many histories of one cluster id have ended under our eyes.
    pub(super) fn history(&self) -> u64 {
        self.state().history
    }

    /// To be taken before a question is asked.
    pub(super) fn mark(&self) -> Mark {
        let state = self.state();
        Mark { known: state.known, history: state.history }
    }

    /// Takes in the answer to a linearizable read over a link, asked after the mark was taken. Says
    /// whether it continues the history that was known.
    pub(super) fn judge(&self, mark: Mark, link: u64, head: Head) -> bool {
        let continues = mark.continues_in(head);
        let mut state = self.state();
        if state.history != mark.history {
            // Somebody else noticed first. What this answer belongs to is not known.
            return continues;
        }
        match &mut state.known {
            Some(known) if continues && known.cluster == head.cluster => {
                known.revision = known.revision.max(head.revision);
                known.term = known.term.max(head.term);
            }
            known => {
                let same_id = known.is_some_and(|known| known.cluster == head.cluster);
                *known = Some(head);
                state.history += u64::from(same_id);
            }
        }
        state.vouched = Some(link);
        continues
    }

    /// Whether nothing speaks against writing over this link: its store was compared with the known
    /// one, or none is known yet.
    pub(super) fn vouches_for(&self, link: u64) -> bool {
        let state = self.state();
        state.known.is_none() || state.vouched == Some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(cluster: u64, revision: u64, term: u64) -> Head {
        Head { cluster, revision: Revision(revision), term }
    }

    fn known(at: Head) -> Lineage {
        let lineage = Lineage::default();
        assert!(lineage.judge(lineage.mark(), 1, at));
        lineage
    }

    #[test]
    fn what_goes_on_is_the_same_store() {
        let lineage = known(head(7, 10, 2));
        for next in [head(7, 10, 2), head(7, 11, 2), head(7, 11, 5), head(7, 11, 0)] {
            assert!(lineage.judge(lineage.mark(), 2, next));
        }
        assert_eq!(lineage.history(), 0);
    }

    #[test]
    fn a_lower_revision_or_term_or_another_id_is_another_store() {
        for (other, histories) in [(head(7, 9, 2), 1), (head(7, 99, 1), 1), (head(8, 99, 9), 0)] {
            let lineage = known(head(7, 10, 2));
            assert!(!lineage.judge(lineage.mark(), 2, other), "{other:?}");
            assert_eq!(lineage.history(), histories, "{other:?}");
            assert!(lineage.judge(lineage.mark(), 2, other), "it is known from there on");
        }
    }

    #[test]
    fn what_a_reader_has_seen_counts_like_an_answer() {
        let lineage = known(head(7, 10, 2));
        assert!(!lineage.judge(lineage.mark().seen(Revision(12)), 2, head(7, 11, 2)));
    }

    #[test]
    fn an_answer_looked_at_late_is_no_lower_one() {
        let lineage = known(head(7, 10, 2));
        let (early, late) = (lineage.mark(), lineage.mark());
        assert!(lineage.judge(late, 1, head(7, 12, 3)));
        assert!(lineage.judge(early, 1, head(7, 11, 2)));
        assert_eq!(lineage.history(), 0);
    }

    #[test]
    fn of_two_who_notice_one_counts() {
        let lineage = known(head(7, 10, 2));
        let (one, other) = (lineage.mark(), lineage.mark());
        assert!(!lineage.judge(one, 2, head(7, 3, 2)));
        assert!(!lineage.judge(other, 2, head(7, 4, 2)));
        assert_eq!(lineage.history(), 1);
    }

    #[test]
    fn a_new_link_is_not_vouched_for_before_it_answered() {
        let lineage = Lineage::default();
        assert!(lineage.vouches_for(1), "there is nothing to be mistaken about yet");
        assert!(lineage.judge(lineage.mark(), 1, head(7, 1, 1)));
        assert!(lineage.vouches_for(1) && !lineage.vouches_for(2));
        assert!(lineage.judge(lineage.mark(), 2, head(7, 1, 1)));
        assert!(lineage.vouches_for(2));
    }
}
