//! One row of the inventory: at most 96 bytes and one shared byte slice.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{
    ConnectionName, Document, Entry, LeaseId, Namespace, OwnFields, ResourceKey, Revision, Token, WebhookId,
};

use super::facts::sites_of;
use super::{AuthKinds, DocumentError, Facts, Inventory, ValueSites};

/// The index of a row; stable while its key exists, and reused afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub(super) u32);

impl Slot {
    pub const FIRST: Self = Self(0);

    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// An interned name.
pub(super) type Symbol = Option<NonZeroU32>;

pub(super) struct Row {
    pub(super) name: RowName,
    pub(super) document: Document,
    pub(super) revision: Revision,
    /// 0 if the store does not know it.
    pub(super) created: u64,
    pub(super) token: Token,
    /// Milliseconds since the program started; 0 where no change was observed.
    pub(super) observed: u64,
    pub(super) module: Symbol,
    pub(super) connection: Symbol,
    /// 0 if the store does not count.
    pub(super) version: u32,
    pub(super) auth: AuthKinds,
    pub(super) own: OwnFields,
    /// The load that saw it last, for mark and sweep.
    pub(super) generation: u8,
}

/// A key in row form; the namespace is shared by all rows of its group.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum RowName {
    /// The symbol of the namespace, and the id.
    Webhook(Symbol, WebhookId),
    Connection(ConnectionName),
    Foreign(Arc<[u8]>),
}

#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    pub(super) row: &'a Row,
    pub(super) slot: Slot,
    pub(super) inventory: &'a Inventory,
}

impl<'a> RowRef<'a> {
    pub fn slot(self) -> Slot {
        self.slot
    }

    pub fn key(self) -> ResourceKey {
        match &self.row.name {
            RowName::Webhook(_, id) => {
                ResourceKey::webhook(self.namespace().cloned().unwrap_or_default(), id.clone())
            }
            RowName::Connection(name) => ResourceKey::connection(name.clone()),
            RowName::Foreign(raw) => ResourceKey::foreign(Arc::clone(raw)),
        }
    }

    /// The namespace of a webhook.
    pub fn namespace(self) -> Option<&'a Namespace> {
        match &self.row.name {
            RowName::Webhook(symbol, _) => {
                let name = self.inventory.names.name(*symbol)?;
                self.inventory.webhooks.get_key_value(name).map(|(namespace, _)| namespace)
            }
            _ => None,
        }
    }

    /// The last part of the key as stored: id, name or raw bytes.
    pub fn short(self) -> &'a [u8] {
        self.row.name.short()
    }

    /// A webhook's module or a connection's type.
    pub fn module(self) -> Option<&'a str> {
        self.inventory.names.name(self.row.module)
    }

    /// The connection a webhook names.
    pub fn connection(self) -> Option<&'a str> {
        self.inventory.names.name(self.row.connection)
    }

    /// The connections that a webhook names, its own first, then those of its chain's steps.
    pub fn connection_names(self) -> impl Iterator<Item = &'a str> {
        let names = &self.inventory.names;
        self.connections().iter().filter_map(|name| names.name(*name))
    }

    /// How a webhook authenticates its callers.
    pub fn auth(self) -> AuthKinds {
        self.row.auth
    }

    /// Which of its own secrets a webhook leaves open.
    pub fn own(self) -> OwnFields {
        self.row.own
    }

    pub fn document(self) -> &'a Document {
        &self.row.document
    }

    pub fn revision(self) -> Revision {
        self.row.revision
    }

    /// The token that a conditional write compares.
    pub fn token(self) -> Token {
        self.row.token
    }

    /// The revision that created it, where known.
    pub fn created(self) -> Option<Revision> {
        (self.row.created > 0).then_some(Revision(self.row.created))
    }

    /// How often it was written, where known.
    pub fn version(self) -> Option<u64> {
        (self.row.version > 0).then_some(self.row.version.into())
    }

    /// The lease it is attached to.
    pub fn lease(self) -> Option<LeaseId> {
        self.inventory.leases.get(&self.slot).copied()
    }

    /// Why its value is not a document.
    pub fn error(self) -> Option<&'a DocumentError> {
        self.inventory.errors.get(&self.slot)
    }

    /// Whether the receiver cannot use it: not text, not JSON, or not an object. The receiver ignores a
    /// foreign key's value, so that is never invalid.
    pub fn is_invalid(self) -> bool {
        self.error().is_some() && !matches!(self.row.name, RowName::Foreign(_))
    }

    /// Where it refers to something, or contains a plaintext secret.
    pub fn sites(self) -> ValueSites<'a> {
        sites_of(&self.row.document, self.inventory.sites.get(self.slot))
    }

    /// The facts of its document, without scanning it again.
    pub fn facts(self) -> Facts {
        Facts {
            document: self.row.document.clone(),
            error: self.error().cloned(),
            module: self.module().map(Into::into),
            connections: self.connection_names().map(Into::into).collect(),
            auth: self.row.auth,
            own: self.row.own,
            sites: self.inventory.sites.get(self.slot).into(),
        }
    }

    /// All connections that it names; a single `None` if it names none.
    pub(super) fn connections(self) -> &'a [Symbol] {
        let several = self.inventory.connections_of.get(&self.slot);
        several.map_or(std::slice::from_ref(&self.row.connection), |several| several)
    }

    /// When a change was observed, as time since the program started.
    pub fn observed(self) -> Option<Duration> {
        (self.row.observed > 0).then(|| Duration::from_millis(self.row.observed))
    }

    /// The whole entry, as the base of a write.
    pub fn entry(self) -> Entry {
        Entry {
            key: self.key(),
            document: self.row.document.clone(),
            revision: self.row.revision,
            created: self.created(),
            version: self.version(),
            token: self.row.token,
            lease: self.lease(),
        }
    }
}

impl RowName {
    pub(super) fn short(&self) -> &[u8] {
        match self {
            Self::Webhook(_, id) => id.as_str().as_bytes(),
            Self::Connection(name) => name.as_str().as_bytes(),
            Self::Foreign(raw) => raw,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_row_keeps_its_budget() {
        assert!(size_of::<Option<super::Row>>() <= 96, "{}", size_of::<Option<super::Row>>());
    }
}
