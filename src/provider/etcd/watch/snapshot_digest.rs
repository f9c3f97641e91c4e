//! A digest of the entries that a watch has sent, to compare them with a fresh list without keeping a
//! second copy. 16 bytes per key.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::{Entry, ResourceKey, Revision};
use crate::provider::etcd::error::Fault;
use crate::provider::etcd::link::MemberLink;
use crate::provider::etcd::load::{KeyScope, Pager};
use crate::provider::etcd::rights::ReadableRanges;

/// A key's hash. Two keys of one store collide with a chance below one in 10^7 even among a million
/// keys, and then a comparison costs an unnecessary load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u64);

pub(super) type KeyHashes = Vec<(Fingerprint, MetadataHash)>;

/// A hash of a key's revision, creation, version and lease. After a restore two writes may have the
/// same revision, but rarely the same in all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MetadataHash(u64);

fn hashes(entry: &Entry) -> (Fingerprint, MetadataHash) {
    let metadata = (entry.revision, entry.created, entry.version, entry.lease);
    (Fingerprint(hash(&entry.key)), MetadataHash(hash(metadata)))
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The metadata hash of each key's last change.
#[derive(Debug, Default)]
pub(super) struct SnapshotDigest {
    known: HashMap<Fingerprint, MetadataHash>,
    /// Keys that changed since the comparison began: it leaves them out.
    changed: Option<HashSet<Fingerprint>>,
}

impl SnapshotDigest {
    pub(super) fn put(&mut self, entry: &Entry) {
        let (key, metadata) = hashes(entry);
        self.touch(key);
        self.known.insert(key, metadata);
    }

    pub(super) fn delete(&mut self, key: &ResourceKey) {
        let key = Fingerprint(hash(key));
        self.touch(key);
        self.known.remove(&key);
    }

    fn touch(&mut self, key: Fingerprint) {
        if let Some(touched) = &mut self.changed {
            touched.insert(key);
        }
    }

    /// Begins a comparison with a list that will be read at the current revision.
    pub(super) fn begin_comparison(&mut self) {
        self.changed = Some(HashSet::new());
    }

    /// Ends the comparison: the number of keys that differ, without those that changed meanwhile.
    pub(super) fn differences(&mut self, fresh: &[(Fingerprint, MetadataHash)]) -> usize {
        let touched = self.changed.take().unwrap_or_default();
        let (mut both, mut other) = (0, 0);
        for (key, stamp) in fresh.iter().filter(|(key, _)| !touched.contains(key)) {
            let known = self.known.get(key);
            both += usize::from(known.is_some());
            other += usize::from(known != Some(stamp));
        }
        let ours = self.known.keys().filter(|key| !touched.contains(key)).count();
        // Keys that the list lacks.
        other + ours.saturating_sub(both)
    }
}

/// Reads the keys as of a revision, without values.
pub(super) async fn list_hashes(
    link: MemberLink,
    scope: KeyScope,
    readable: ReadableRanges,
    at: Revision,
) -> Result<(Revision, KeyHashes), Fault> {
    let mut pager = Pager::new(link, &readable.ranges, true, Some(at));
    let mut fresh = KeyHashes::new();
    while let Some(chunk) = pager.next().await? {
        fresh.extend(chunk.kvs.iter().filter_map(|kv| scope.entry(kv)).map(|entry| hashes(&entry)));
    }
    Ok((at, fresh))
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

    fn fresh(list: &[(&str, u64)]) -> Vec<(Fingerprint, MetadataHash)> {
        list.iter().map(|&(name, at)| hashes(&entry(name, at))).collect()
    }

    fn digest() -> SnapshotDigest {
        let mut digest = SnapshotDigest::default();
        digest.put(&entry("a", 1));
        digest.put(&entry("b", 2));
        digest.begin_comparison();
        digest
    }

    #[test]
    fn the_same_keys_at_the_same_revisions_agree() {
        assert_eq!(digest().differences(&fresh(&[("b", 2), ("a", 1)])), 0);
    }

    #[test]
    fn a_lost_put_delete_or_creation_is_counted() {
        assert_eq!(digest().differences(&fresh(&[("a", 1), ("b", 3)])), 1);
        assert_eq!(digest().differences(&fresh(&[("a", 1)])), 1);
        assert_eq!(digest().differences(&fresh(&[("a", 1), ("b", 2), ("c", 3)])), 1);
        assert_eq!(digest().differences(&fresh(&[("b", 4), ("c", 3)])), 3);
    }

    #[test]
    fn the_same_revision_of_another_history_is_found() {
        let stamp = hashes(&entry("a", 7));
        let others = [
            Entry { created: Some(Revision(2)), ..entry("a", 7) },
            Entry { version: Some(2), ..entry("a", 7) },
            Entry { lease: Some(LeaseId(9)), ..entry("a", 7) },
        ];
        assert!(others.iter().all(|other| hashes(other).1 != stamp.1));
    }

    #[test]
    fn what_changed_meanwhile_is_not_judged() {
        let mut digest = digest();
        digest.put(&entry("b", 9));
        digest.put(&entry("c", 8));
        digest.delete(&key("a"));
        assert_eq!(digest.differences(&fresh(&[("a", 1), ("b", 2)])), 0);
    }
}
