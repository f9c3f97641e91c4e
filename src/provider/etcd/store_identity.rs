//! Detects that a cluster's data was replaced, for example by a restored backup.
//!
//! The cluster id alone is not enough: a backup restored with the old token and addresses, or an old
//! data directory put back, has the same id but another history. A linearizable read that answers with a
//! lower revision or raft term than an earlier one reveals it; both only grow during a cluster's
//! lifetime, whichever member answers. From then on the cluster counts as another store, so that tokens
//! and drafts of the old history are not applied to the new one.

use super::link::Head;
use parking_lot::Mutex;

/// What a provider knows of its store's history, shared by its watches and writes.
#[derive(Debug, Default)]
pub(super) struct StoreIdentity(Mutex<IdentityState>);

#[derive(Debug, Default)]
struct IdentityState {
    now: IdentityBaseline,
    /// The link over which the store was last verified.
    verified_link: Option<usize>,
}

/// What was known when a request was sent: its answer cannot be older, however late it is processed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct IdentityBaseline {
    /// The head, if one has answered yet.
    pub(super) known: Option<Head>,
    /// How many times the history behind one cluster id was replaced while this process ran.
    pub(super) history: u64,
}

impl IdentityBaseline {
    fn continues_in(&self, head: Head) -> bool {
        self.known.is_none_or(|known| {
            // A member that was restored from a snapshot alone reports term 0 until an election.
            let term_goes_on = head.term == 0 || known.term <= head.term;
            known.cluster == head.cluster && known.revision <= head.revision && term_goes_on
        })
    }
}

impl StoreIdentity {
    /// What is known of the store. Take it before sending the request.
    pub(super) fn baseline(&self) -> IdentityBaseline {
        self.0.lock().now
    }

    /// Records the answer to a linearizable read over a link, sent after the baseline was taken.
    /// Returns whether it continues the known history. If not, the store has another id from here on.
    pub(super) fn observe(&self, mark: IdentityBaseline, link: usize, head: Head) -> bool {
        let continues = mark.continues_in(head);
        let mut state = self.0.lock();
        if state.now.history != mark.history {
            // Another caller noticed first; which history this answer belongs to is not known.
            return continues;
        }
        match &mut state.now.known {
            Some(known) if continues && known.cluster == head.cluster => {
                known.revision = known.revision.max(head.revision);
                known.term = known.term.max(head.term);
            }
            known => {
                let same_id = known.is_some_and(|known| known.cluster == head.cluster);
                *known = Some(head);
                state.now.history += u64::from(same_id);
            }
        }
        state.verified_link = Some(link);
        continues
    }

    /// Whether writing over this link is safe: its store was compared with the known one, or none is
    /// known yet.
    pub(super) fn is_verified(&self, link: usize) -> bool {
        let state = self.0.lock();
        state.now.known.is_none() || state.verified_link == Some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Revision;

    fn head(cluster: u64, revision: u64, term: u64) -> Head {
        Head { cluster, revision: Revision(revision), term }
    }

    fn known(at: Head) -> StoreIdentity {
        let lineage = StoreIdentity::default();
        assert!(lineage.observe(lineage.baseline(), 1, at));
        lineage
    }

    #[test]
    fn what_goes_on_is_the_same_store() {
        let lineage = known(head(7, 10, 2));
        for next in [head(7, 10, 2), head(7, 11, 2), head(7, 11, 5), head(7, 11, 0)] {
            assert!(lineage.observe(lineage.baseline(), 2, next));
        }
        assert_eq!(lineage.baseline().history, 0);
    }

    #[test]
    fn a_lower_revision_or_term_or_another_id_is_another_store() {
        for (other, histories) in [(head(7, 9, 2), 1), (head(7, 99, 1), 1), (head(8, 99, 9), 0)] {
            let lineage = known(head(7, 10, 2));
            assert!(!lineage.observe(lineage.baseline(), 2, other), "{other:?}");
            assert_eq!(lineage.baseline().history, histories, "{other:?}");
            assert!(lineage.observe(lineage.baseline(), 2, other), "it is known from there on");
        }
    }

    #[test]
    fn what_a_reader_has_seen_counts_like_an_answer() {
        let lineage = known(head(7, 10, 2));
        let seen = IdentityBaseline { known: Some(head(7, 12, 2)), ..lineage.baseline() };
        assert!(!lineage.observe(seen, 2, head(7, 11, 2)));
    }

    #[test]
    fn an_answer_looked_at_late_is_no_lower_one() {
        let lineage = known(head(7, 10, 2));
        let (early, late) = (lineage.baseline(), lineage.baseline());
        assert!(lineage.observe(late, 1, head(7, 12, 3)));
        assert!(lineage.observe(early, 1, head(7, 11, 2)));
        assert_eq!(lineage.baseline().history, 0);
    }

    #[test]
    fn of_two_who_notice_one_counts() {
        let lineage = known(head(7, 10, 2));
        let (one, other) = (lineage.baseline(), lineage.baseline());
        assert!(!lineage.observe(one, 2, head(7, 3, 2)));
        assert!(!lineage.observe(other, 2, head(7, 4, 2)));
        assert_eq!(lineage.baseline().history, 1);
    }

    #[test]
    fn a_new_link_is_not_vouched_for_before_it_answered() {
        let lineage = StoreIdentity::default();
        assert!(lineage.is_verified(1), "there is nothing to be mistaken about yet");
        assert!(lineage.observe(lineage.baseline(), 1, head(7, 1, 1)));
        assert!(lineage.is_verified(1) && !lineage.is_verified(2));
        assert!(lineage.observe(lineage.baseline(), 2, head(7, 1, 1)));
        assert!(lineage.is_verified(2));
    }
}
