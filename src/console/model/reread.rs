//! What follows a secret that was changed here: the receiver looks a reference up when it loads a
//! document, so it goes on with the old value until the documents that refer to it are written again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use super::{Holders, Model};
use crate::domain::{FieldName, Presence, ResourceKey, SecretPath, SecretVersion};

/// How long the receiver may keep what it has read of Vault (`VAULT_CACHE_TTL_SECONDS`).
pub const RECEIVER_CACHE: Duration = Duration::from_secs(300);

/// The most changed secrets that are remembered.
const MAX_CHANGED: usize = 100;

/// The secrets that were changed in this session, and what of that the receiver has not been made to
/// read.
#[derive(Debug, Default)]
pub struct Rereads {
    changed: VecDeque<Changed>,
    /// The list, while it covers the body.
    pub page: Option<Box<RereadPage>>,
}

/// A secret that was changed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub path: SecretPath,
    /// What was done, in words.
    pub what: String,
    /// Its version since.
    pub version: Option<SecretVersion>,
    /// When that was acknowledged.
    pub when: SystemTime,
    /// Which fields are others now; `None`: all of them may be.
    pub fields: Option<BTreeSet<FieldName>>,
    /// The documents that were written again since, from here, and when.
    put: BTreeMap<ResourceKey, SystemTime>,
}

/// What is left to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RereadPage {
    /// For each changed secret.
    pub parts: Vec<RereadPart>,
    /// First line shown.
    pub scroll: usize,
}

/// What is left to be read again for one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RereadPart {
    /// The change.
    pub changed: Changed,
    /// Who depends on it, and has not been written again.
    pub left: Holders,
}

impl Changed {
    /// A change that nobody has been made to read yet.
    pub fn new(
        path: SecretPath,
        what: String,
        (version, when): (Option<SecretVersion>, SystemTime),
        fields: Option<BTreeSet<FieldName>>,
    ) -> Self {
        Self { path, what, version, when, fields, put: BTreeMap::new() }
    }

    /// From when on nothing of the old value is in the receiver's cache, whatever it read before.
    pub fn certain_from(&self) -> SystemTime {
        self.when + RECEIVER_CACHE
    }

    /// The documents that need not be written again, as far as can be told by now: once it is certain, one
    /// that was written before that may have got the old value once more.
    fn settled(&self, now: SystemTime) -> BTreeSet<ResourceKey> {
        let certain = self.certain_from();
        let settled = self.put.iter().filter(|(_, at)| now < certain || **at >= certain);
        settled.map(|(key, _)| key.clone()).collect()
    }
}

impl RereadPage {
    /// The documents that are to be written again, each once.
    pub fn documents(&self) -> BTreeSet<&ResourceKey> {
        self.parts.iter().flat_map(|part| &part.left.documents).collect()
    }

    /// How many, with those that are not named.
    pub fn total(&self) -> usize {
        let unnamed: usize = self.parts.iter().map(|part| part.left.total - part.left.documents.len()).sum();
        self.documents().len() + unnamed
    }
}

impl Rereads {
    /// Whether no secret was changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    /// Takes a change in. What was changed before of the same secret is part of it.
    pub fn take(&mut self, mut changed: Changed) {
        if let Some(at) = self.changed.iter().position(|known| known.path == changed.path)
            && let Some(known) = self.changed.remove(at)
        {
            changed.fields = known.fields.zip(changed.fields).map(|(before, now)| &before | &now);
        }
        self.changed.push_front(changed);
        self.changed.truncate(MAX_CHANGED);
    }

    /// These were written again.
    pub fn put<'k>(&mut self, keys: impl IntoIterator<Item = &'k ResourceKey>, now: SystemTime) {
        for key in keys {
            self.changed.iter_mut().for_each(|changed| {
                changed.put.insert(key.clone(), now);
            });
        }
    }
}

impl Model {
    /// What is left to be read again, by the documents as they are now.
    pub fn rereads(&self) -> RereadPage {
        let parts = self.hands.rereads.changed.iter().filter_map(|changed| {
            let left =
                self.holders_but(&changed.path, changed.fields.as_ref(), &changed.settled(self.now.wall));
            (!left.is_empty()).then(|| RereadPart { changed: changed.clone(), left })
        });
        RereadPage { parts: parts.collect(), scroll: 0 }
    }

    /// From when on nothing of the old values is in the receiver's cache; `None` if that is so by now.
    pub fn rereads_are_certain_from(&self) -> Option<SystemTime> {
        let latest = self.hands.rereads.changed.iter().map(Changed::certain_from).max()?;
        (latest > self.now.wall).then_some(latest)
    }

    /// Whether the store told last that a secret is not there, so that what refers to it cannot be loaded.
    pub fn is_known_to_lack(&self, path: &SecretPath) -> bool {
        let gone = |presence: &Presence| {
            matches!(presence, Presence::Missing | Presence::Deleted { .. } | Presence::Destroyed { .. })
        };
        self.sight.presence(path).is_some_and(gone)
    }
}
