//! What the reader of a watch was told, as fingerprints: enough to compare it with a fresh list
//! without holding a second picture. 16 bytes a key.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use etcd_client::KeyValue;

use crate::domain::{Entry, ResourceKey};
use crate::provider::etcd::load::signed;

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

/// What the store says of a key beside its bytes: revision, creation, version, lease. A history that
/// was begun anew may give two writes the same revision, but rarely all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64);

impl Stamp {
    pub(super) fn of(kv: &KeyValue) -> Self {
        Self::new([kv.mod_revision(), kv.create_revision(), kv.version(), kv.lease()])
    }

    pub(super) fn of_entry(entry: &Entry) -> Self {
        let created = entry.created.unwrap_or_default();
        let version = entry.version.and_then(|version| i64::try_from(version).ok()).unwrap_or_default();
        let lease = entry.lease.map_or(0, |lease| lease.0);
        Self::new([signed(entry.revision), signed(created), version, lease])
    }

    fn new(said: [i64; 4]) -> Self {
        let mut hasher = DefaultHasher::new();
        said.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The fingerprints of a picture with the stamp of each key's last change.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    known: HashMap<Fingerprint, Stamp>,
    /// Keys that changed since the comparison under way began: it cannot judge them.
    touched: Option<HashSet<Fingerprint>>,
}

impl Ledger {
    pub(super) fn put(&mut self, entry: &Entry) {
        let key = Fingerprint::of(&entry.key);
        self.touch(key);
        self.known.insert(key, Stamp::of_entry(entry));
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

    /// Ends the comparison: whether the list agrees in every key that did not change meanwhile.
    pub(super) fn agrees_with(&mut self, fresh: &[(Fingerprint, Stamp)]) -> bool {
        let touched = self.touched.take().unwrap_or_default();
        let mut agreed = 0;
        for (key, stamp) in fresh.iter().filter(|(key, _)| !touched.contains(key)) {
            if self.known.get(key) != Some(stamp) {
                return false;
            }
            agreed += 1;
        }
        self.known.keys().filter(|key| !touched.contains(key)).count() == agreed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LeaseId, Revision, Token};

    fn key(name: &str) -> ResourceKey {
        ResourceKey::foreign(name.as_bytes())
    }

    fn entry(name: &str, at: u64) -> Entry {
        Entry {
            key: key(name),
            document: "{}".into(),
            revision: Revision(at),
            created: Some(Revision(1)),
            version: Some(1),
            token: Token::counter(at),
            lease: None,
        }
    }

    fn fresh(list: &[(&str, u64)]) -> Vec<(Fingerprint, Stamp)> {
        list.iter()
            .map(|&(name, at)| (Fingerprint::of(&key(name)), Stamp::of_entry(&entry(name, at))))
            .collect()
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.put(&entry("a", 1));
        ledger.put(&entry("b", 2));
        ledger.begin_comparison();
        ledger
    }

    #[test]
    fn the_same_keys_at_the_same_revisions_agree() {
        assert!(ledger().agrees_with(&fresh(&[("b", 2), ("a", 1)])));
    }

    #[test]
    fn a_lost_put_delete_or_creation_is_found() {
        assert!(!ledger().agrees_with(&fresh(&[("a", 1), ("b", 3)])));
        assert!(!ledger().agrees_with(&fresh(&[("a", 1)])));
        assert!(!ledger().agrees_with(&fresh(&[("a", 1), ("b", 2), ("c", 3)])));
    }

    #[test]
    fn the_same_revision_of_another_history_is_found() {
        let stamp = Stamp::of_entry(&entry("a", 7));
        let others = [
            Entry { created: Some(Revision(2)), ..entry("a", 7) },
            Entry { version: Some(2), ..entry("a", 7) },
            Entry { lease: Some(LeaseId(9)), ..entry("a", 7) },
        ];
        assert!(others.iter().all(|other| Stamp::of_entry(other) != stamp));
    }

    #[test]
    fn what_changed_meanwhile_is_not_judged() {
        let mut ledger = ledger();
        ledger.put(&entry("b", 9));
        ledger.put(&entry("c", 8));
        ledger.delete(&key("a"));
        assert!(ledger.agrees_with(&fresh(&[("a", 1), ("b", 2)])));
    }
}
