//! What is known of secrets that documents here need: whether they are there, as the store told last.
//! Never a value.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::domain::{Presence, SecretPath};

/// The most secrets that something is remembered of.
pub const MAX_SEEN: usize = 20_000;

/// How long something out of sight is taken to be as it was.
const AS_IT_WAS: Duration = Duration::from_secs(30);

/// What the store of secrets has told of each.
#[derive(Debug, Default)]
pub struct Sight {
    seen: HashMap<SecretPath, Seen>,
    /// In the order in which they were told of first.
    order: VecDeque<SecretPath>,
    /// Those that nobody looks at, and those of which nothing has been told since.
    left: HashMap<SecretPath, Left>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// Out of sight since then.
    At(Duration),
    /// For too long: what is known is nothing to show.
    TooLong,
}

/// What was told of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether it is there.
    pub presence: Presence,
    /// When that came, as time since the start.
    pub at: Duration,
}

impl Sight {
    /// What is known of one; `None` while nobody has told.
    pub fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.seen(path).map(|seen| &seen.presence)
    }

    /// As [`Sight::presence`], with when it came.
    pub fn seen(&self, path: &SecretPath) -> Option<&Seen> {
        self.seen.get(path).filter(|_| self.left.get(path) != Some(&Left::TooLong))
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Takes in what the store told. What was told of longest ago is forgotten where there is too much.
    pub fn take(&mut self, told: impl IntoIterator<Item = (SecretPath, Presence)>, now: Duration) {
        for (path, presence) in told {
            let seen = Seen { presence, at: now };
            if self.left.get(&path) == Some(&Left::TooLong) {
                self.left.remove(&path);
            }
            if self.seen.insert(path.clone(), seen).is_none() {
                self.order.push_back(path);
            }
        }
        while self.seen.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
            self.left.remove(&oldest);
        }
    }

    /// It was written: what was told before is nothing to show until it is told anew.
    pub fn doubt(&mut self, path: &SecretPath) {
        if self.seen.contains_key(path) {
            self.left.insert(path.clone(), Left::TooLong);
        }
    }

    /// Nobody looks at it any more: from now on it may change unseen.
    pub fn leave(&mut self, path: &SecretPath, now: Duration) {
        if self.seen.contains_key(path) {
            self.left.entry(path.clone()).or_insert(Left::At(now));
        }
    }

    /// It is looked at again.
    pub fn enter(&mut self, path: &SecretPath, now: Duration) {
        match self.left.get_mut(path) {
            Some(left @ Left::At(_)) if *left <= Left::At(now.saturating_sub(AS_IT_WAS)) => {
                *left = Left::TooLong;
            }
            Some(Left::At(_)) => {
                self.left.remove(path);
            }
            Some(Left::TooLong) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{KvPath, Mount};

    fn path(n: usize) -> SecretPath {
        SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new(&format!("p{n}")).unwrap() }
    }

    #[test]
    fn the_last_word_counts_and_the_oldest_is_forgotten() {
        let mut sight = Sight::default();
        sight.take([(path(0), Presence::Missing)], Duration::from_secs(1));
        let forbidden = Presence::Forbidden { permission: "read".into() };
        sight.take([(path(0), forbidden.clone())], Duration::from_secs(2));
        let seen = sight.seen(&path(0)).unwrap();
        assert_eq!((&seen.presence, seen.at), (&forbidden, Duration::from_secs(2)));
        sight.take((1..=MAX_SEEN).map(|n| (path(n), Presence::Missing)), Duration::from_secs(3));
        assert_eq!(sight.len(), MAX_SEEN);
        assert_eq!(sight.presence(&path(0)), None);
        assert_eq!(sight.presence(&path(MAX_SEEN)), Some(&Presence::Missing));
    }

    #[test]
    fn what_was_told_before_a_write_is_not_known_after_it() {
        let mut sight = Sight::default();
        sight.take([(path(0), Presence::Missing)], Duration::from_secs(1));
        sight.doubt(&path(0));
        sight.enter(&path(0), Duration::from_secs(1));
        assert_eq!(sight.presence(&path(0)), None);
        sight.take([(path(0), Presence::Missing)], Duration::from_secs(2));
        assert_eq!(sight.presence(&path(0)), Some(&Presence::Missing));
    }

    #[test]
    fn what_was_out_of_sight_for_long_is_not_known_any_more() {
        let s = Duration::from_secs;
        let mut sight = Sight::default();
        sight.take((0..3).map(|n| (path(n), Presence::Missing)), s(1));
        for n in [0, 1] {
            sight.leave(&path(n), s(2));
        }
        sight.enter(&path(0), s(31));
        sight.enter(&path(1), s(32));
        sight.enter(&path(2), s(99));
        let known = [0, 1, 2].map(|n| sight.presence(&path(n)).is_some());
        assert_eq!(known, [true, false, true], "2 was in sight all the time");
        sight.take([(path(1), Presence::Missing)], s(33));
        assert_eq!(sight.presence(&path(1)), Some(&Presence::Missing));
    }
}
