//! What rules are given: a document with what is known about its receiver and its surroundings, or the text of
//! a draft.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::time::SystemTime;

use super::ReceiverProfile;
use super::rules::MAX_DIAGNOSTICS;
use super::schema::{Violation, violations};
use crate::domain::json::{Node, parse};
use crate::domain::{DocumentKind, FieldName, Namespace, Presence, ResourceKey, SecretPath};
use crate::inventory::Facts;

/// What is checked, and by which rules.
#[derive(Clone, Copy)]
pub enum Subject<'a, 'd> {
    /// A row of a list: only by the rules that read facts.
    Row(&'a DocumentInput<'d>),
    /// A document: by those, and by the rules that read all of it.
    Document(&'a DocumentInput<'d>),
    /// The store that documents are in, by what is known without any of them.
    Store(&'a StoreInput<'a>),
    /// A secret that is about to be written, by the names of its fields.
    Secret(&'a SecretFieldsInput<'a>),
    Draft(DraftInput<'a>),
}

/// The store that documents are in, as confdeck reaches it.
#[derive(Clone, Copy)]
pub struct StoreInput<'a> {
    pub receiver: &'a ReceiverProfile,
    /// Whether it is reached by TLS.
    pub tls: bool,
    /// Whether it asks for a user and a password.
    pub login: bool,
}

/// A secret that is about to be written; no value of it.
#[derive(Clone, Copy)]
pub struct SecretFieldsInput<'a> {
    pub receiver: &'a ReceiverProfile,
    /// The fields that are written.
    pub fields: &'a [FieldName],
    /// The webhook whose own secrets these are, if the receiver merges them, with its document where that is known.
    pub own: Option<(&'a ResourceKey, Option<&'a Facts>)>,
    /// The fields that documents refer to; `None` while not all documents are known.
    pub read: Option<&'a BTreeSet<FieldName>>,
}

/// A text that is about to become a document.
#[derive(Clone, Copy)]
pub struct DraftInput<'a> {
    pub text: &'a str,
    /// How many secrets were replaced by placeholders in it; `None` for a text that comes from outside.
    pub concealed: Option<usize>,
    /// Whether a byte order mark is stored before it.
    pub byte_order_mark: bool,
}

/// A document, parsed once for all rules.
pub struct DocumentInput<'a> {
    pub key: &'a ResourceKey,
    pub facts: &'a Facts,
    pub receiver: &'a ReceiverProfile,
    pub around: &'a dyn DocumentContext,
    text: OnceCell<&'a str>,
    root: OnceCell<Option<Node>>,
    violations: OnceCell<Vec<Violation>>,
}

impl<'a> DocumentInput<'a> {
    pub fn new(
        key: &'a ResourceKey,
        facts: &'a Facts,
        receiver: &'a ReceiverProfile,
        around: &'a dyn DocumentContext,
    ) -> Self {
        let (text, root, violations) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { key, facts, receiver, around, text, root, violations }
    }

    /// The text; empty for one that is not UTF-8.
    pub fn text(&self) -> &'a str {
        // The document checks its bytes each time.
        self.text.get_or_init(|| self.facts.document.text().unwrap_or_default())
    }

    /// Whether the receiver uses it at all.
    pub(super) fn is_usable(&self) -> bool {
        !self.key.is_foreign() && self.facts.error.is_none()
    }

    /// The object that the document is; `None` for one that the receiver cannot use.
    pub fn root(&self) -> Option<&Node> {
        let parsed = || if self.facts.error.is_none() { parse(self.text()).ok() } else { None };
        self.root.get_or_init(parsed).as_ref()
    }

    pub(super) fn kind(&self) -> DocumentKind {
        DocumentKind::of(self.key)
    }

    /// Where it does not fit its schema.
    pub(super) fn violations(&self) -> &[Violation] {
        let found = |root| violations(self.kind(), self.text(), root, MAX_DIAGNOSTICS);
        self.violations.get_or_init(|| self.root().map(found).unwrap_or_default())
    }
}

/// What is known about a connection that a document names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectionState<'a> {
    /// Nothing: not loaded, or not visible from here.
    #[default]
    Unknown,
    /// It does not exist.
    Missing,
    /// It exists, with this type where it names one.
    Exists(Option<&'a str>),
}

/// What is known about a document's surroundings; by default nothing. An answer is positive knowledge: what is
/// still loading, forbidden or unreachable is not known.
pub trait DocumentContext {
    /// A connection, by its name.
    fn connection(&self, _name: &str) -> ConnectionState<'_> {
        ConnectionState::Unknown
    }

    /// What a secret store said about a path, if it was asked.
    fn presence(&self, _path: &SecretPath) -> Option<&Presence> {
        None
    }

    /// Whether this document was certainly stored before a moment.
    fn is_older_than(&self, _moment: SystemTime) -> bool {
        false
    }

    /// Whether one of its own secrets is known to authenticate its callers.
    fn has_own_auth(&self) -> bool {
        false
    }

    /// Whether another id reads one of its variables.
    fn has_variable_conflict(&self) -> bool {
        false
    }

    /// Another namespace that has a webhook of the same id.
    fn same_id_in(&self) -> Option<&Namespace> {
        None
    }

    /// Whether no webhook names this connection.
    fn is_unused(&self) -> bool {
        false
    }

    /// Whether another connection is of this type.
    fn has_other_of_type(&self, _kind: &str) -> Option<bool> {
        None
    }
}

impl DocumentContext for () {}
