//! A stored document with its metadata, and its changes.

use super::{Document, LeaseId, ResourceKey, Revision, Token};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: ResourceKey,
    pub document: Document,
    pub revision: Revision,
    /// The revision that created it, where the store knows one.
    pub created: Option<Revision>,
    /// Writes since creation, where the store counts them.
    pub version: Option<u64>,
    /// What a conditional write compares.
    pub token: Token,
    /// The lease it is attached to.
    pub lease: Option<LeaseId>,
}

/// What happened to one key at one revision; `E` is an [`Entry`], or one with more data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<E = Entry> {
    pub revision: Revision,
    pub kind: ChangeKind<E>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind<E = Entry> {
    /// The key was written. Whether that created or updated it depends on the state before.
    Put {
        entry: E,
    },
    Deleted {
        key: ResourceKey,
    },
}

/// What happened to one document, beside what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentChange {
    /// It was there when the changes began, or when this user was first allowed to see it.
    Loaded {
        entry: Entry,
    },
    Created {
        entry: Entry,
    },
    Updated {
        /// What it replaced.
        previous: Entry,
        entry: Entry,
    },
    Deleted {
        /// What is gone.
        previous: Entry,
    },
}

impl DocumentChange {
    pub fn key(&self) -> &ResourceKey {
        match self {
            Self::Loaded { entry } | Self::Created { entry } | Self::Updated { entry, .. } => &entry.key,
            Self::Deleted { previous } => &previous.key,
        }
    }
}

impl Change {
    pub fn key(&self) -> &ResourceKey {
        match &self.kind {
            ChangeKind::Put { entry } => &entry.key,
            ChangeKind::Deleted { key } => key,
        }
    }
}
