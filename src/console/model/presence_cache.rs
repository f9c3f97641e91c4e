//! The presence of secrets that documents need, as last reported by the store. Never a value.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use crate::domain::{Presence, SecretContents, SecretPath};

/// The most secrets in the cache.
pub const MAX_SEEN: usize = 20_000;

/// How long a secret that is not watched is assumed to be unchanged.
const AS_IT_WAS: Duration = Duration::from_secs(30);

/// The last known presence of each secret.
#[derive(Debug, Default)]
pub struct PresenceCache {
    entries: HashMap<SecretPath, Presence>,
    /// In order of insertion.
    order: VecDeque<SecretPath>,
    /// Secrets that are not watched, or whose last known presence is outdated.
    staleness: HashMap<SecretPath, Staleness>,
    /// The last answer about each secret that said something about it, however long ago.
    verdicts: HashMap<SecretPath, LastVerdict>,
    /// Secrets newly found to exist, whose fields are to be compared with those that documents need.
    unchecked: HashSet<SecretPath>,
    /// Counts the changes of verdicts, and of the documents that need these secrets.
    version: u64,
}

/// What an answer says of a secret as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretVerdict {
    Present,
    /// It exists, but lacked a field that a document needs when the two were last compared.
    FieldMissing,
    Missing,
    /// Deleted or destroyed.
    Ended,
    Forbidden,
}

impl SecretVerdict {
    /// `None` if the store did not tell.
    fn of(presence: &Presence) -> Option<Self> {
        match presence {
            Presence::Present(_) => Some(Self::Present),
            Presence::Missing => Some(Self::Missing),
            Presence::Deleted { .. } | Presence::Destroyed { .. } => Some(Self::Ended),
            Presence::Forbidden { .. } => Some(Self::Forbidden),
            Presence::Unreachable { .. } | Presence::Unknown { .. } => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastVerdict {
    pub(crate) verdict: SecretVerdict,
    /// Until when it was confirmed; `None` while it is.
    pub(crate) until: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Staleness {
    /// Not watched since then.
    Since(Duration),
    /// The last known presence is too old to show.
    Expired,
    /// It was written since, so that nothing is known of it.
    Written,
}

impl PresenceCache {
    /// `None` if it is unknown.
    pub fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.entries.get(path).filter(|_| self.staleness.get(path) < Some(&Staleness::Expired))
    }

    /// What it was when it was last looked at, however long ago.
    pub fn last_presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.entries.get(path).filter(|_| self.staleness.get(path) < Some(&Staleness::Written))
    }

    /// Takes reports from the store. The oldest entries are dropped if there are too many.
    pub fn update(&mut self, told: impl IntoIterator<Item = (SecretPath, Presence)>, now: Duration) {
        for (path, presence) in told {
            if self.staleness.get(&path) >= Some(&Staleness::Expired) {
                self.staleness.remove(&path);
            }
            match SecretVerdict::of(&presence) {
                // Seen by chance, it may change unnoticed from now on.
                Some(verdict) => {
                    let until = self.staleness.get(&path).map(|_| now);
                    self.verdicts.insert(path.clone(), LastVerdict { verdict, until });
                    if verdict == SecretVerdict::Present {
                        self.unchecked.insert(path.clone());
                    }
                }
                None => self.leave(&path, now),
            }
            self.version += 1;
            if self.entries.insert(path.clone(), presence).is_none() {
                self.order.push_back(path);
            }
        }
        while self.entries.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
            self.staleness.remove(&oldest);
            self.verdicts.remove(&oldest);
        }
    }

    /// The last verdict on every secret that the store has told about.
    pub(crate) fn verdicts(&self) -> impl ExactSizeIterator<Item = (&SecretPath, &LastVerdict)> {
        self.verdicts.iter()
    }

    /// A document that needs fields of this secret has changed; `lacks` says whether one of those is missing.
    pub(crate) fn recheck(&mut self, path: &SecretPath, lacks: impl Fn(&SecretContents) -> bool) {
        if let (Some(last), Some(Presence::Present(contents))) =
            (self.verdicts.get_mut(path), self.entries.get(path))
            && last.verdict == SecretVerdict::Present
            && lacks(contents)
        {
            last.verdict = SecretVerdict::FieldMissing;
        }
    }

    /// Compares new answers, and secrets that lacked a field, with all documents; `lacks` says whether one of
    /// them needs a field that is missing.
    pub(crate) fn check(&mut self, lacks: impl Fn(&SecretPath, &SecretContents) -> bool) {
        let unchecked = std::mem::take(&mut self.unchecked);
        for (path, last) in &mut self.verdicts {
            let is_open = last.verdict == SecretVerdict::FieldMissing || unchecked.contains(path);
            if is_open && let Some(Presence::Present(contents)) = self.entries.get(path) {
                let is_lacking = lacks(path, contents);
                last.verdict = if is_lacking { SecretVerdict::FieldMissing } else { SecretVerdict::Present };
            }
        }
    }

    /// Documents have changed, and with them which secrets are needed.
    pub(crate) fn note_changed_documents(&mut self) {
        self.version += 1;
    }

    /// Changes when a verdict may have changed, or whether anything needs the secret.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Its verdict is not confirmed any more.
    fn leave(&mut self, path: &SecretPath, now: Duration) {
        if let Some(last) = self.verdicts.get_mut(path) {
            last.until.get_or_insert(now);
            self.version += 1;
        }
    }

    /// The secret was written: its presence is not shown until it is reported again.
    pub fn invalidate(&mut self, path: &SecretPath) {
        if self.entries.contains_key(path) {
            self.staleness.insert(path.clone(), Staleness::Written);
        }
        self.verdicts.remove(path);
        self.version += 1;
    }

    /// The secret is no longer watched and may change unnoticed.
    pub fn mark_hidden(&mut self, path: &SecretPath, now: Duration) {
        if self.entries.contains_key(path) {
            self.staleness.entry(path.clone()).or_insert(Staleness::Since(now));
        }
        self.leave(path, now);
    }

    /// The secret is watched again.
    pub fn mark_visible(&mut self, path: &SecretPath, now: Duration) {
        match self.staleness.get_mut(path) {
            Some(left @ Staleness::Since(_)) if *left <= Staleness::Since(now.saturating_sub(AS_IT_WAS)) => {
                *left = Staleness::Expired;
            }
            Some(Staleness::Since(_)) => {
                self.staleness.remove(path);
                if let Some(last) = self.verdicts.get_mut(path) {
                    last.until = None;
                    self.version += 1;
                }
            }
            Some(Staleness::Expired | Staleness::Written) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::{KvPath, Mount};

    const AT: Duration = Duration::ZERO;

    fn path(n: usize) -> SecretPath {
        SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new(&format!("p{n}")).unwrap() }
    }

    #[test]
    fn the_last_word_counts_and_the_oldest_is_forgotten() {
        let mut presence_cache = PresenceCache::default();
        presence_cache.update([(path(0), Presence::Missing)], AT);
        let forbidden = Presence::Forbidden { permission: "read".into() };
        presence_cache.update([(path(0), forbidden.clone())], AT);
        assert_eq!(presence_cache.presence(&path(0)), Some(&forbidden));
        presence_cache.update((1..=MAX_SEEN).map(|n| (path(n), Presence::Missing)), AT);
        assert_eq!(presence_cache.entries.len(), MAX_SEEN);
        assert_eq!(presence_cache.presence(&path(0)), None);
        assert_eq!(presence_cache.presence(&path(MAX_SEEN)), Some(&Presence::Missing));
    }

    #[test]
    fn all_documents_are_looked_at_for_new_answers_and_while_a_field_is_missing() {
        let mut presence_cache = PresenceCache::default();
        presence_cache.update([(path(0), Presence::Present(SecretContents::default()))], AT);
        // How often all of them are looked at, and the verdict after it.
        let check = |presence_cache: &mut PresenceCache, is_lacking: bool| {
            let count = Cell::new(0);
            presence_cache.check(|_, _| {
                count.set(count.get() + 1);
                is_lacking
            });
            (count.get(), presence_cache.verdicts[&path(0)].verdict)
        };
        assert_eq!(check(&mut presence_cache, false), (1, SecretVerdict::Present));
        presence_cache.recheck(&path(0), |_| false);
        assert_eq!(
            check(&mut presence_cache, true),
            (0, SecretVerdict::Present),
            "a change costs its document alone"
        );
        presence_cache.recheck(&path(0), |_| true);
        assert_eq!(check(&mut presence_cache, true), (1, SecretVerdict::FieldMissing));
        assert_eq!(
            check(&mut presence_cache, false),
            (1, SecretVerdict::Present),
            "no document needs it any more"
        );
        assert_eq!(
            check(&mut presence_cache, true),
            (0, SecretVerdict::Present),
            "so it is not looked for again"
        );
    }

    #[test]
    fn what_was_told_before_a_write_is_not_known_after_it() {
        let mut presence_cache = PresenceCache::default();
        presence_cache.update([(path(0), Presence::Missing)], AT);
        presence_cache.invalidate(&path(0));
        presence_cache.mark_visible(&path(0), Duration::from_secs(1));
        assert_eq!(presence_cache.presence(&path(0)), None);
        presence_cache.update([(path(0), Presence::Missing)], AT);
        assert_eq!(presence_cache.presence(&path(0)), Some(&Presence::Missing));
    }

    #[test]
    fn what_was_out_of_sight_for_long_is_not_known_any_more() {
        let s = Duration::from_secs;
        let mut presence_cache = PresenceCache::default();
        presence_cache.update((0..3).map(|n| (path(n), Presence::Missing)), AT);
        for n in [0, 1] {
            presence_cache.mark_hidden(&path(n), s(2));
        }
        presence_cache.mark_visible(&path(0), s(31));
        presence_cache.mark_visible(&path(1), s(32));
        presence_cache.mark_visible(&path(2), s(99));
        let known = [0, 1, 2].map(|n| presence_cache.presence(&path(n)).is_some());
        assert!(presence_cache.last_presence(&path(1)).is_some(), "the badge still counts it");
        assert_eq!(known, [true, false, true], "2 was in sight all the time");
        presence_cache.update([(path(1), Presence::Missing)], AT);
        assert_eq!(presence_cache.presence(&path(1)), Some(&Presence::Missing));
    }
}
