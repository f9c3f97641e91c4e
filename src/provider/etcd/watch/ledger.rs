//! What the reader of a watch was told, as fingerprints: enough to compare it with a fresh list
//! without holding a second picture. 16 bytes a key.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::{ResourceKey, Revision};

/// A key's fingerprint. Two keys of one store share one with a chance below one in 10^7 even among
/// a million keys, and then a comparison costs a load that was not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) fn of(key: &ResourceKey) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The fingerprints of a picture with the revision of each key's last change.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    known: HashMap<Fingerprint, Revision>,
    /// Keys that changed since the comparison under way began: it cannot judge them.
    touched: Option<HashSet<Fingerprint>>,
}

impl Ledger {
    pub(super) fn put(&mut self, key: &ResourceKey, at: Revision) {
        let key = Fingerprint::of(key);
        self.touch(key);
        self.known.insert(key, at);
    }

    pub(super) fn delete(&mut self, key: &ResourceKey) {
        let key = Fingerprint::of(key);
        self.touch(key);
        self.known.remove(&key);
    }

    fn touch(&mut self, key: Fingerprint) {
        if let Some(touched) = &mut self.touched {
            touched.insert(key);
        }
    }

    /// Begins a comparison with a list that is about to be read at the present revision.
    pub(super) fn begin_comparison(&mut self) {
        self.touched = Some(HashSet::new());
    }

    /// Ends the comparison: in how many of the keys that did not change meanwhile the list differs.
    pub(super) fn differences(&mut self, fresh: &[(Fingerprint, Revision)]) -> usize {
        let touched = self.touched.take().unwrap_or_default();
        let (mut both, mut other) = (0, 0);
        for (key, at) in fresh.iter().filter(|(key, _)| !touched.contains(key)) {
            let known = self.known.get(key);
            both += usize::from(known.is_some());
            other += usize::from(known != Some(at));
        }
        let ours = self.known.keys().filter(|key| !touched.contains(key)).count();
        // What the list lacks is what we hold beyond it.
        other + ours.saturating_sub(both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ResourceKey {
        ResourceKey::foreign(name.as_bytes())
    }

    fn fresh(list: &[(&str, u64)]) -> Vec<(Fingerprint, Revision)> {
        list.iter().map(|&(name, at)| (Fingerprint::of(&key(name)), Revision(at))).collect()
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.put(&key("a"), Revision(1));
        ledger.put(&key("b"), Revision(2));
        ledger.begin_comparison();
        ledger
    }

    #[test]
    fn the_same_keys_at_the_same_revisions_agree() {
        assert_eq!(ledger().differences(&fresh(&[("b", 2), ("a", 1)])), 0);
    }

    #[test]
    fn a_lost_put_delete_or_creation_is_counted() {
        assert_eq!(ledger().differences(&fresh(&[("a", 1), ("b", 3)])), 1);
        assert_eq!(ledger().differences(&fresh(&[("a", 1)])), 1);
        assert_eq!(ledger().differences(&fresh(&[("a", 1), ("b", 2), ("c", 3)])), 1);
        assert_eq!(ledger().differences(&fresh(&[("b", 4), ("c", 3)])), 3);
    }

    #[test]
    fn what_changed_meanwhile_is_not_judged() {
        let mut ledger = ledger();
        ledger.put(&key("b"), Revision(9));
        ledger.put(&key("c"), Revision(8));
        ledger.delete(&key("a"));
        assert_eq!(ledger.differences(&fresh(&[("a", 1), ("b", 2)])), 0);
    }
}
