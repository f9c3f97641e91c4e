//! One stored document with what the store says of it, and how it changed.

use super::{Document, LeaseId, ResourceKey, Revision, Token};

/// A document and what its store knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub key: ResourceKey,
    /// Its bytes.
    pub document: Document,
    /// The revision of its last change.
    pub revision: Revision,
    /// The revision that created it, where the store knows one.
    pub created: Option<Revision>,
    /// How many times it was written since it was created, where the store counts.
    pub version: Option<u64>,
    /// What a conditional write compares.
    pub token: Token,
    /// The lease it dies with.
    pub lease: Option<LeaseId>,
}

/// What happened to one key at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When, in the store's order.
    pub revision: Revision,
    /// What happened.
    pub kind: ChangeKind,
}

/// The kind of a change, with the entry that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// The key was written. Whether that created or updated it is what the picture knew before.
    Put {
        /// What is there now.
        entry: Entry,
    },
    /// The key is gone.
    Deleted {
        /// Which key.
        key: ResourceKey,
    },
}

impl Change {
    /// Which key changed.
    pub fn key(&self) -> &ResourceKey {
        match &self.kind {
            ChangeKind::Put { entry } => &entry.key,
            ChangeKind::Deleted { key } => key,
        }
    }
}
