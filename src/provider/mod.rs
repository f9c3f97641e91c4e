//! The traits of configuration and secret stores, and one module per backend.
//!
//! | provider | store | watches by |
//! | --- | --- | --- |
//! | [`memory`] | this process; the reference implementation and the demo's store | a broadcast |
//! | [`mod@file`] | `webhooks.json` and `connections.json` | notification, and polling where that does not work |
//! | [`etcd`] | an etcd cluster | etcd's own watch, resumable within its history |
//!
//! Secrets come from [`mod@env`] or [`vault`], through traits of their own.
//!
//! A constructor does no I/O: connecting is the first thing a watch or a call does.

mod backend;
mod commit_status;
mod deadline;
pub mod env;
mod error;
#[cfg(feature = "etcd")]
pub mod etcd;
mod feed;
pub mod file;
#[cfg(any(feature = "applications", feature = "vault"))]
pub(crate) mod http_client;
pub mod memory;
pub(crate) mod misconfigured;
mod ops;
mod secret;
#[cfg(any(feature = "applications", feature = "etcd", feature = "vault"))]
pub(crate) mod tls;
#[cfg(feature = "vault")]
pub mod vault;
mod version_change;
mod watch;

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;

pub use backend::{Backend, SecretBackend};
pub(crate) use backend::{ETCD, VAULT};
pub use commit_status::{CommitStatus, is_as_requested, resolve_outcome};
pub use deadline::{CALL_DEADLINE, GRACE, HEALTH_DEADLINE, secret_store_answer, within};
pub use error::{Error, IoCause, MISSING_RIGHT_REMEDY, Result};
pub(crate) use ops::check_json;
pub use secret::{
    SecretAccess, SecretCapabilities, SecretChange, SecretData, SecretExpect, SecretFields, SecretListItem,
    SecretReader, SecretRevealer, SecretWriter,
};
#[cfg(any(feature = "applications", feature = "etcd", feature = "vault"))]
pub use tls::ensure_crypto_provider;
pub use version_change::{VersionChange, change_versions};
pub use watch::{PAGE_LIMIT, Watch, WatchClosed, WatchEvent, WatchHandle, WatchSender, watch_channel};

use crate::domain::{
    Coverage, Document, Entry, Health, KeyPrefix, LeaseId, ResourceKey, Revision, StoreId, Token, TokenKind,
};

/// What a store can do; callers check before they offer an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Webhooks live in namespaces other than `default`.
    pub namespaces: bool,
    /// Connections are stored here.
    pub connections: bool,
    /// Keys can be bound to a lease.
    pub leases: bool,
    /// Keys of shapes that the receiver ignores can exist.
    pub foreign: bool,
    /// Keys of such shapes may be written: they are an application's, and no receiver's.
    pub foreign_puts: bool,
    /// The most operations that one commit applies atomically.
    pub atomic_max: usize,
    /// The largest document that can be written, in bytes.
    pub max_document: usize,
    pub tokens: TokenKind,
}

impl Capabilities {
    /// The largest total size of the documents of one commit, in bytes: they share the limit of one document.
    pub fn max_commit(&self) -> usize {
        self.max_document
    }
}

/// One page of a consistent list.
#[derive(Debug, Clone)]
pub struct Page {
    pub store: StoreId,
    /// The revision, the same for all pages of a list.
    pub at: Revision,
    /// Which keys the list can show, the same for all its pages.
    pub coverage: Coverage,
    /// In key order.
    pub entries: Vec<Entry>,
}

impl Page {
    /// Cuts a list, or a part of it, into pages. There is at least one, so that even an empty list has a
    /// store and a revision.
    pub(crate) fn split(self) -> Vec<Self> {
        let mut rest = self.entries.into_iter();
        let mut pages = Vec::new();
        while pages.is_empty() || rest.len() > 0 {
            let entries = rest.by_ref().take(PAGE_LIMIT).collect();
            pages.push(Self {
                store: self.store.clone(),
                coverage: self.coverage.clone(),
                at: self.at,
                entries,
            });
        }
        pages
    }
}

/// One page of a list without values.
#[derive(Debug, Clone)]
pub struct KeyPage {
    /// Which keys the list can show, the same for all its pages.
    pub coverage: Coverage,
    /// In key order.
    pub keys: Vec<ResourceKey>,
}

impl From<Page> for KeyPage {
    fn from(page: Page) -> Self {
        let keys = page.entries.into_iter().map(|entry| entry.key).collect();
        Self { coverage: page.coverage, keys }
    }
}

/// One operation of a commit.
#[derive(Debug, Clone)]
pub enum Op {
    Put {
        key: ResourceKey,
        /// Stored byte for byte.
        document: Document,
        expect: Expect,
        /// The key's lease after the write.
        lease: Lease,
    },
    Delete {
        key: ResourceKey,
        expect: Expect,
    },
}

impl Op {
    pub fn key(&self) -> &ResourceKey {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }

    pub fn expect(&self) -> Expect {
        match self {
            Self::Put { expect, .. } | Self::Delete { expect, .. } => *expect,
        }
    }
}

/// The precondition of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The key does not exist.
    Absent,
    /// The key exists and has not been written since this token was read.
    Token(Token),
    /// No condition. Only subcommands build it, where the user named the write on the command line.
    Anything,
}

/// The lease of a written key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// The key's present lease; none for a key that does not exist.
    Keep,
    /// No lease.
    Never,
    /// A new lease of this length.
    For(Duration),
    /// This existing lease, which must not have expired: that of another key, as in a rename.
    Of(LeaseId),
}

/// What a commit did, one outcome for each operation in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The revision that the commit made.
    pub at: Revision,
    pub outcomes: Vec<Outcome>,
}

/// What a commit did to one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The token it had, if it existed.
    pub before: Option<Token>,
    /// The token it has, if it exists.
    pub after: Option<Token>,
}

/// Reads from one store.
#[async_trait]
pub trait ConfigReader: Send + Sync {
    fn capabilities(&self) -> Capabilities;

    /// One document, or `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Denied`].
    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>>;

    /// All documents of a range at one revision, in pages of at most [`PAGE_LIMIT`] entries.
    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>>;

    /// The keys of a range, without values where the store can leave them out.
    fn list_keys(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<KeyPage>> {
        self.list(prefix).map(|page| page.map(KeyPage::from)).boxed()
    }

    /// Why an empty range is not merely one without documents; `None` if it is, or if that is not known. Its
    /// place may not exist yet, which a user who named another one by mistake has to be told.
    async fn absence(&self, _prefix: &KeyPrefix) -> Option<String> {
        None
    }

    /// Watches a range: a full load, then every change. Reconnects by itself; ends only when the store
    /// is shut down.
    fn watch(&self, prefix: KeyPrefix) -> Watch;

    /// The remaining time of a lease; `None` if it has expired or the store has none.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Denied`].
    async fn lease_left(&self, _lease: LeaseId) -> Result<Option<Duration>> {
        Ok(None)
    }

    /// The health of the backend; never an error: an unreachable backend is a finding.
    async fn health(&self) -> Health;

    /// Ends watches and connections; later calls answer [`Error::Unavailable`].
    async fn shutdown(&self);
}

/// Writes to one store. Code without a writer cannot write: the type system enforces read-only access.
#[async_trait]
pub trait ConfigWriter: ConfigReader {
    /// Applies the operations atomically, up to [`Capabilities::atomic_max`] of them, each key once.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the current entry where a condition fails (nothing is written),
    /// [`Error::NotFound`] for a delete of a missing key, [`Error::Unsupported`] and
    /// [`Error::Invalid`] for what the store cannot hold, [`Error::OutcomeUnknown`] when the
    /// request was sent but the store itself gave no answer.
    async fn commit(&self, ops: Vec<Op>) -> Result<Commit>;

    /// How long [`ConfigWriter::commit`] of these operations may take before it answers.
    fn commit_deadline(&self, _ops: &[Op]) -> Duration {
        CALL_DEADLINE
    }

    /// Writes one document.
    ///
    /// # Errors
    /// Those of [`ConfigWriter::commit`].
    async fn set(
        &self,
        key: ResourceKey,
        document: Document,
        expect: Expect,
        lease: Lease,
    ) -> Result<Commit> {
        self.commit(vec![Op::Put { key, document, expect, lease }]).await
    }

    /// Removes one document.
    ///
    /// # Errors
    /// Those of [`ConfigWriter::commit`].
    async fn delete(&self, key: ResourceKey, expect: Expect) -> Result<Commit> {
        self.commit(vec![Op::Delete { key, expect }]).await
    }
}
