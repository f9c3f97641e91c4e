//! What is known of secrets that documents here need: whether they are there, as the store told last.
//! Never a value.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::domain::{Presence, SecretPath};

/// The most secrets that something is remembered of.
pub const MAX_SEEN: usize = 20_000;

/// What the store of secrets has told of each.
#[derive(Debug, Default)]
pub struct Sight {
    seen: HashMap<SecretPath, Seen>,
    /// In the order in which they were told of first.
    order: VecDeque<SecretPath>,
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
        self.seen.get(path).map(|seen| &seen.presence)
    }

    /// As [`Sight::presence`], with when it came.
    pub fn seen(&self, path: &SecretPath) -> Option<&Seen> {
        self.seen.get(path)
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
            if self.seen.insert(path.clone(), seen).is_none() {
                self.order.push_back(path);
            }
        }
        while self.seen.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
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
}
