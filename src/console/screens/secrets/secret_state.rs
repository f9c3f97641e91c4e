//! What is known of a secret, and its state across all the documents that depend on it.

use std::borrow::Cow;
use std::time::SystemTime;

use super::index::{SecretCount, SecretEntry, SecretSubject};
use crate::check::SecretLookup;
use crate::console::model::PresenceCache;
use crate::domain::{FieldState, Presence, SecretPath, SecretVersion};

/// The information that the Secrets tab has on each secret: how the receiver resolves it, and its presence.
#[derive(Clone, Copy)]
pub struct SecretsView<'m> {
    pub lookup: &'m SecretLookup,
    pub presence_cache: &'m PresenceCache,
    /// Whether what was seen long ago counts too: for a tally, but not for a row that is looked at.
    pub aged: bool,
}

impl<'m> SecretsView<'m> {
    /// The presence of a secret; `Ok(None)` while it is not known yet.
    ///
    /// # Errors
    /// [`NotVisible`] if it cannot be read from here.
    pub fn look(self, path: &SecretPath) -> Result<Option<Cow<'m, Presence>>, NotVisible> {
        match path {
            SecretPath::Variables(id) => {
                self.lookup.own_variables(id).map(|presence| Some(Cow::Owned(presence))).ok_or(NotVisible)
            }
            SecretPath::Kv { .. } if !self.lookup.can_read_kv => Err(NotVisible),
            SecretPath::Kv { .. } if self.aged => {
                Ok(self.presence_cache.last_presence(path).map(Cow::Borrowed))
            }
            SecretPath::Kv { .. } => Ok(self.presence_cache.presence(path).map(Cow::Borrowed)),
        }
    }
}

/// Only the receiver can read the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotVisible;

/// The state of a secret, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretState {
    /// It does not exist.
    Missing,
    /// It exists, but lacks this many fields that documents need.
    FieldMissing(usize),
    /// Its newest version was destroyed permanently.
    Destroyed,
    /// Its newest version was deleted; it can be undeleted.
    Deleted,
    /// A field that documents refer to is not UTF-8.
    NotText,
    /// A field that documents refer to is empty.
    Empty,
    /// Something is missing, but every document that refers to it has a default.
    Fallback,
    /// This user has no permission to read it.
    Forbidden,
    /// The store did not answer.
    Unreachable,
    /// It cannot be determined without reading it.
    Unknown,
    /// The receiver does not use Vault.
    NoVault,
    /// Its presence was requested and is not known yet.
    Asking,
    /// Only the receiver can read it.
    NotVisible,
    /// No document refers to it.
    Unreferenced,
    /// A webhook's own secret that does not exist: the webhook may need none.
    None,
    /// It exists, with everything that documents refer to.
    Present,
}

impl SecretState {
    pub fn of(entry: &SecretEntry, view: SecretsView<'_>) -> Self {
        if entry.dependents.is_empty() {
            return Self::Unreferenced;
        }
        match &entry.subject {
            SecretSubject::Unread(_) => Self::NoVault,
            SecretSubject::Variable(name) => match view.lookup.variable(name) {
                None => Self::NotVisible,
                Some(state) => Self::of_value(state, entry.whole),
            },
            SecretSubject::Path(path) => match view.look(path) {
                Err(NotVisible) => Self::NotVisible,
                Ok(None) => Self::Asking,
                Ok(Some(presence)) => Self::of_presence(entry, &presence),
            },
        }
    }

    fn of_presence(entry: &SecretEntry, presence: &Presence) -> Self {
        match presence {
            Presence::Present(contents) => {
                let states =
                    entry.fields.iter().map(|(field, count)| (contents.field(field.as_str()), *count));
                let states: Vec<Self> = states.map(|(state, count)| Self::of_value(state, count)).collect();
                match states.iter().filter(|state| **state == Self::Missing).count() {
                    0 => states.into_iter().min().unwrap_or(Self::Present),
                    missing => Self::FieldMissing(missing),
                }
            }
            Presence::Missing if entry.fields.is_empty() => Self::None,
            Presence::Missing => Self::Missing.or_fallback(entry),
            Presence::Deleted { .. } => Self::Deleted.or_fallback(entry),
            Presence::Destroyed { .. } => Self::Destroyed.or_fallback(entry),
            Presence::Forbidden { .. } => Self::Forbidden,
            Presence::Unreachable { .. } => Self::Unreachable,
            Presence::Unknown { .. } => Self::Unknown,
        }
    }

    fn of_value(state: Option<FieldState>, count: SecretCount) -> Self {
        match state {
            None if count.is_needed() => Self::Missing,
            None => Self::Fallback,
            Some(FieldState::Present) => Self::Present,
            Some(FieldState::Empty) => Self::Empty,
            Some(FieldState::NotText) => Self::NotText,
        }
    }

    /// The state itself, or `Fallback` if every reference has a default.
    fn or_fallback(self, entry: &SecretEntry) -> Self {
        let covered = entry.own.all == 0 && !entry.fields.values().any(|count| count.is_needed());
        if covered { Self::Fallback } else { self }
    }

    /// Whether a document is known to lack something it needs.
    pub fn is_bad(self) -> bool {
        self <= Self::NotText
    }
}

/// The newest version of a secret and when it was written, by the server's clock, as far as known.
pub fn newest_version(presence: &Presence) -> (Option<SecretVersion>, Option<SystemTime>) {
    let written = if let Presence::Present(contents) = presence { contents.written } else { None };
    (presence.version(), written)
}
