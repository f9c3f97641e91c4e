//! Since when who leads, as far as this process saw: etcd itself keeps no such time.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::ask::Seen;

/// Who leads, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reign {
    pub(super) leader: u64,
    pub(super) term: u64,
    /// Who led before, if this process saw the change.
    pub(super) before: Option<u64>,
    /// When the change was seen; when this process first looked, if it saw none.
    pub(super) since: SystemTime,
    /// Whether it was seen more than once.
    pub(super) lasted: bool,
}

/// Remembers who leads from one check to the next.
#[derive(Default)]
pub(super) struct Leadership(Mutex<Option<Reign>>);

impl Leadership {
    /// Takes in what was seen, and says who leads. Of members that differ, the one with the highest
    /// term knows best; while none knows a leader, there is none to tell.
    pub(super) fn note(&self, seen: &Seen, now: SystemTime) -> Option<Reign> {
        let best = seen.reports().filter(|report| report.leader != 0).max_by_key(|report| report.term)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reign = match *known {
            Some(reign) if best.term < reign.term => return Some(reign),
            Some(reign) if reign.leader == best.leader => Reign { term: best.term, lasted: true, ..reign },
            before => Reign {
                leader: best.leader,
                term: best.term,
                before: before.map(|before| before.leader),
                since: now,
                lasted: false,
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
    fn a_change_of_leader_is_told_with_who_led_before_and_when() {
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let seen = |leader, term| {
            let said = super::super::ask::Report { leader, term, ..report(1) };
            answers([Ok(said)])
        };
        let leadership = Leadership::default();
        let tell = |leader, term, second| {
            let reign = leadership.note(&seen(leader, term), at(second));
            reign.map(|reign| (reign.leader, reign.before, reign.since, reign.lasted))
        };
        assert_eq!(tell(0, 1, 1), None);
        assert_eq!(tell(1, 1, 2), Some((1, None, at(2), false)));
        assert_eq!(tell(1, 1, 3), Some((1, None, at(2), true)));
        assert_eq!(tell(2, 2, 4), Some((2, Some(1), at(4), false)));
        assert_eq!(tell(1, 1, 5), Some((2, Some(1), at(4), false)), "an old word");
        assert_eq!(tell(0, 3, 6), None, "an election");
        assert_eq!(tell(2, 3, 7), Some((2, Some(1), at(4), true)), "it was elected again");
    }
}
