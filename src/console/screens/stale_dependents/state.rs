//! Documents that are stale since a secret was changed here: the receiver resolves references when it loads a
//! document, so it uses the old value until the documents that refer to it are rewritten.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use crate::domain::{FieldName, ResourceKey, SecretPath, SecretVersion};

/// How long the receiver may cache what it read from Vault (`VAULT_CACHE_TTL_SECONDS`).
pub const RECEIVER_CACHE: Duration = Duration::from_secs(300);

/// The most changed secrets remembered.
const MAX_CHANGED: usize = 100;

/// The most documents listed of each kind.
pub const MAX_DEPENDENTS: usize = 1_000;

/// The documents that depend on a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretDependents {
    /// The documents that must be rewritten so that the receiver resolves the secret again, at most
    /// [`MAX_DEPENDENTS`].
    pub documents: Vec<ResourceKey>,
    pub total: usize,
    /// Webhooks that use one of these connections, each paired with its connection; they need no rewrite
    /// themselves. At most [`MAX_DEPENDENTS`].
    pub via_connection: Vec<(ResourceKey, ResourceKey)>,
    pub via_connection_total: usize,
}

impl SecretDependents {
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(crate) fn add(&mut self, key: ResourceKey, except: &BTreeSet<ResourceKey>) {
        if except.contains(&key) {
            return;
        }
        self.total += 1;
        if self.documents.len() < MAX_DEPENDENTS {
            self.documents.push(key);
        }
    }
}

/// The secrets changed in this session, and the documents rewritten since.
#[derive(Debug, Default)]
pub struct StaleDependents {
    pub(crate) changed: VecDeque<ChangedSecret>,
    /// Set while the page covers the body.
    pub page: Option<Box<StaleDependentsPage>>,
}

/// A secret that was changed in this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedSecret {
    pub path: SecretPath,
    pub description: String,
    /// Its version after the change.
    pub version: Option<SecretVersion>,
    /// When the change was acknowledged.
    pub when: SystemTime,
    /// The changed fields; `None`: possibly all.
    pub fields: Option<BTreeSet<FieldName>>,
    /// The documents rewritten here since the change, and when.
    rewritten: BTreeMap<ResourceKey, SystemTime>,
}

/// The page of documents to rewrite.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaleDependentsPage {
    /// One for each changed secret.
    pub parts: Vec<StaleDependentsPart>,
    pub scroll: usize,
}

/// The stale dependents of one changed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleDependentsPart {
    pub change: ChangedSecret,
    /// The dependents that were not rewritten.
    pub dependents: SecretDependents,
}

impl ChangedSecret {
    /// A change after which no document has been rewritten yet.
    pub fn new(
        path: SecretPath,
        description: String,
        (version, when): (Option<SecretVersion>, SystemTime),
        fields: Option<BTreeSet<FieldName>>,
    ) -> Self {
        Self { path, description, version, when, fields, rewritten: BTreeMap::new() }
    }

    /// When the old value has certainly expired from the receiver's cache.
    pub fn cache_expiry(&self) -> SystemTime {
        self.when + RECEIVER_CACHE
    }

    /// The documents that need no further rewrite. After the cache expiry, a document rewritten before it no
    /// longer counts, because it may have received the old value from the cache.
    pub(crate) fn rewritten_documents(&self, now: SystemTime) -> BTreeSet<ResourceKey> {
        let certain = self.cache_expiry();
        let settled = self.rewritten.iter().filter(|(_, at)| now < certain || **at >= certain);
        settled.map(|(key, _)| key.clone()).collect()
    }
}

impl StaleDependentsPage {
    /// The documents to rewrite, each once.
    pub fn documents(&self) -> BTreeSet<&ResourceKey> {
        self.parts.iter().flat_map(|part| &part.dependents.documents).collect()
    }

    /// Their number, including those not listed.
    pub fn total(&self) -> usize {
        let unnamed: usize =
            self.parts.iter().map(|part| part.dependents.total - part.dependents.documents.len()).sum();
        self.documents().len() + unnamed
    }
}

impl StaleDependents {
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    /// Records a change. An earlier change of the same secret is merged into it.
    pub fn record(&mut self, mut changed: ChangedSecret) {
        if let Some(at) = self.changed.iter().position(|known| known.path == changed.path)
            && let Some(known) = self.changed.remove(at)
        {
            changed.fields = known.fields.zip(changed.fields).map(|(before, now)| &before | &now);
        }
        self.changed.push_front(changed);
        self.changed.truncate(MAX_CHANGED);
    }

    /// Records that documents were rewritten.
    pub fn record_rewrites<'k>(&mut self, keys: impl IntoIterator<Item = &'k ResourceKey>, now: SystemTime) {
        for key in keys {
            for changed in &mut self.changed {
                changed.rewritten.insert(key.clone(), now);
            }
        }
    }
}
