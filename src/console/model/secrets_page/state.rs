//! What is known of a secret as a whole, for all the documents that depend on it.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::domain::{FieldState, Presence, ResourceKey, SecretPath, SecretVersion};

use super::index::{Count, Entry};
use super::subject::Subject;

/// What the receiver sees, and what has been found out about it.
pub trait Outlook {
    /// The secret of a vault reference; `None` where the receiver looks in no store for it.
    fn reference(&self, path: &str) -> Option<SecretPath>;

    /// The secret document of a webhook's own; `None` where the receiver merges none.
    fn own(&self, key: &ResourceKey) -> Option<SecretPath>;

    /// What is known of a secret; `Err` where it can be seen from nowhere here, `Ok(None)` while
    /// nobody has told yet.
    fn presence(&self, path: &SecretPath) -> Result<Option<Cow<'_, Presence>>, NotVisible>;

    /// What is known of a variable of the receiver; `Ok(None)` is not set.
    fn variable(&self, name: &str) -> Result<Option<FieldState>, NotVisible>;
}

/// Only the receiver can see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotVisible;

/// The state of a secret, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is none.
    Missing,
    /// It is there, and so many fields that documents need are not.
    FieldMissing(usize),
    /// Its newest version was destroyed for ever.
    Destroyed,
    /// Its newest version was deleted; it can be undeleted.
    Deleted,
    /// A field that documents refer to holds bytes that are no text.
    NotText,
    /// A field that documents refer to is there and empty.
    Empty,
    /// Something is missing, and every document that refers to it has a default.
    Fallback,
    /// This user may not see it.
    Forbidden,
    /// The store did not tell.
    Unreachable,
    /// It cannot be known without reading it.
    Unknown,
    /// The receiver reads no Vault.
    NoVault,
    /// Nobody has told yet.
    Asking,
    /// Only the receiver can see it.
    NotVisible,
    /// No document was seen to refer to it.
    Loose,
    /// A place for a webhook's own secrets, with none in it: such a webhook may need none.
    None,
    /// It is there, with all that documents refer to.
    Present,
}

impl State {
    /// What is known of one secret.
    pub fn of(entry: &Entry, outlook: &dyn Outlook) -> Self {
        if entry.holders.is_empty() {
            return Self::Loose;
        }
        match &entry.subject {
            Subject::Unread(_) => Self::NoVault,
            Subject::Variable(name) => match outlook.variable(name) {
                Err(NotVisible) => Self::NotVisible,
                Ok(state) => Self::of_value(state, entry.whole),
            },
            Subject::Path(path) => match outlook.presence(path) {
                Err(NotVisible) => Self::NotVisible,
                Ok(None) => Self::Asking,
                Ok(Some(presence)) => Self::of_presence(entry, &presence),
            },
        }
    }

    fn of_presence(entry: &Entry, presence: &Presence) -> Self {
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
            Presence::Missing => Self::Missing.unless_covered(entry),
            Presence::Deleted { .. } => Self::Deleted.unless_covered(entry),
            Presence::Destroyed { .. } => Self::Destroyed.unless_covered(entry),
            Presence::Forbidden { .. } => Self::Forbidden,
            Presence::Unreachable { .. } => Self::Unreachable,
            Presence::Unknown { .. } => Self::Unknown,
        }
    }

    fn of_value(state: Option<FieldState>, count: Count) -> Self {
        match state {
            None if count.is_needed() => Self::Missing,
            None => Self::Fallback,
            Some(FieldState::Present) => Self::Present,
            Some(FieldState::Empty) => Self::Empty,
            Some(FieldState::NotText) => Self::NotText,
        }
    }

    /// The same, or the defaults that stand in everywhere.
    fn unless_covered(self, entry: &Entry) -> Self {
        let covered = entry.own == 0 && !entry.fields.values().any(|count| count.is_needed());
        if covered { Self::Fallback } else { self }
    }

    /// Whether it is known that a document does not find what it needs.
    pub fn is_bad(self) -> bool {
        self <= Self::NotText
    }

    /// Its place among all states; what is worse comes first.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::FieldMissing(_) => 1,
            Self::Destroyed => 2,
            Self::Deleted => 3,
            Self::NotText => 4,
            Self::Empty => 5,
            Self::Fallback => 6,
            Self::Forbidden => 7,
            Self::Unreachable => 8,
            Self::Unknown => 9,
            Self::NoVault => 10,
            Self::Asking => 11,
            Self::NotVisible => 12,
            Self::Loose => 13,
            Self::None => 14,
            Self::Present => 15,
        }
    }
}

/// The newest version of a secret and when it was written, by the server's clock, as far as known.
pub fn newest(presence: &Presence) -> (Option<SecretVersion>, Option<SystemTime>) {
    match presence {
        Presence::Present(contents) => (contents.version, contents.written),
        Presence::Deleted { version, .. } | Presence::Destroyed { version } => (Some(*version), None),
        _ => (None, None),
    }
}
