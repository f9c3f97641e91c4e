//! Tracks leader changes; etcd itself records no time of an election.

use std::time::SystemTime;

use parking_lot::Mutex;

use super::member_status::ClusterStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeaderTerm {
    pub(super) leader: u64,
    pub(super) term: u64,
    /// The leader before the last election, if this process observed that; the same one, if it was elected
    /// again.
    pub(super) previous: Option<u64>,
    /// When the election was observed; the time of the first check, if none was.
    pub(super) since: SystemTime,
    /// Whether more than one check saw it.
    pub(super) confirmed: bool,
}

/// Remembers the leader from one check to the next.
#[derive(Default)]
pub(super) struct LeaderTracker(Mutex<Option<LeaderTerm>>);

impl LeaderTracker {
    /// Records a check and returns the leader. Of members that differ, the one with the highest term
    /// counts; `None` while none knows a leader.
    pub(super) fn record(&self, seen: &ClusterStatus, now: SystemTime) -> Option<LeaderTerm> {
        let best = seen.reports().filter(|report| report.leader != 0).max_by_key(|report| report.term)?;
        let mut known = self.0.lock();
        let reign = match *known {
            Some(reign) if best.term < reign.term => return Some(reign),
            // A higher term is an election, whoever won it: a member that was restarted, too, has to be
            // elected.
            Some(reign) if reign.leader == best.leader && reign.term == best.term => {
                LeaderTerm { confirmed: true, ..reign }
            }
            before => LeaderTerm {
                leader: best.leader,
                term: best.term,
                previous: before.map(|before| before.leader),
                since: now,
                confirmed: false,
            },
        };
        *known = Some(reign);
        Some(reign)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::findings::sample::{answers, report};
    use super::*;

    #[test]
    fn an_election_is_told_with_who_led_before_and_when() {
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let seen = |leader, term| {
            let said = super::super::member_status::MemberStatus { leader, term, ..report(1) };
            answers([Ok(said)])
        };
        let leadership = LeaderTracker::default();
        let tell = |leader, term, second| {
            let reign = leadership.record(&seen(leader, term), at(second));
            reign.map(|reign| (reign.leader, reign.previous, reign.since, reign.confirmed))
        };
        assert_eq!(tell(0, 1, 1), None);
        assert_eq!(tell(1, 1, 2), Some((1, None, at(2), false)));
        assert_eq!(tell(1, 1, 3), Some((1, None, at(2), true)));
        assert_eq!(tell(2, 2, 4), Some((2, Some(1), at(4), false)));
        assert_eq!(tell(1, 1, 5), Some((2, Some(1), at(4), false)), "an old word");
        assert_eq!(tell(0, 3, 6), None, "an election");
        assert_eq!(tell(2, 3, 7), Some((2, Some(2), at(7), false)), "it was elected again");
    }
}
