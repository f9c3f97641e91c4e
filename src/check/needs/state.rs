//! What is known of one need, and what a list says of all of a document's.

use std::time::SystemTime;

use crate::domain::{FieldState, Presence, SecretVersion};

/// What is known of one thing that a document needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeedState {
    Present {
        /// The newest version of the secret, where the store has versions.
        version: Option<SecretVersion>,
        /// When that was written, by the server's clock.
        written: Option<SystemTime>,
    },
    /// It is there and holds the empty text, which the receiver takes as it is.
    Empty,
    /// It is there and holds bytes that are no text.
    NotText,
    /// The secret is there, this field of it is not.
    FieldMissing {
        /// The newest version of the secret, where the store has versions.
        version: Option<SecretVersion>,
    },
    /// What the store says of the whole secret, where it is not present; of a variable that is not set
    /// too.
    Secret(Presence),
    /// The receiver refuses the reference, whatever its default.
    IllFormed,
    /// The receiver reads no Vault, so that only a default could stand in.
    NoVault,
    /// Only the receiver can see it.
    NotVisible,
    /// Nobody has asked yet, or the answer is under way.
    NotAsked,
    /// A value stands where a reference could.
    Plaintext,
}

impl NeedState {
    /// The state of one field of a secret; `None` is not asked yet.
    pub(super) fn of_field(presence: Option<&Presence>, field: &str) -> Self {
        match presence {
            None => Self::NotAsked,
            Some(Presence::Present(contents)) => match contents.field(field) {
                None => Self::FieldMissing { version: contents.version },
                found => Self::of_value(found, contents.version, contents.written),
            },
            Some(presence) => Self::Secret(presence.clone()),
        }
    }

    /// The state of something that is set or not.
    pub(super) fn of_value(
        state: Option<FieldState>,
        version: Option<SecretVersion>,
        written: Option<SystemTime>,
    ) -> Self {
        match state {
            None => Self::Secret(Presence::Missing),
            Some(FieldState::Present) => Self::Present { version, written },
            Some(FieldState::Empty) => Self::Empty,
            Some(FieldState::NotText) => Self::NotText,
        }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Present { .. } => FieldState::Present.word(),
            Self::Empty => FieldState::Empty.word(),
            Self::NotText => FieldState::NotText.word(),
            Self::FieldMissing { .. } => "field missing",
            Self::Secret(presence) => presence.word(),
            Self::IllFormed => "ill-formed",
            Self::NoVault => "the receiver reads no Vault",
            Self::NotVisible => "not visible from here",
            Self::NotAsked => "asking",
            Self::Plaintext => "plaintext",
        }
    }

    /// Whether it is known that the receiver finds no value: only this may ever block a write.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Secret(presence) => presence.is_gone(),
            _ => matches!(self, Self::FieldMissing { .. } | Self::NoVault),
        }
    }

    /// The newest version of the secret, as far as known.
    pub fn version(&self) -> Option<SecretVersion> {
        match self {
            Self::Present { version, .. } | Self::FieldMissing { version } => *version,
            Self::Secret(presence) => presence.version(),
            _ => None,
        }
    }
}

/// What a list says of all that a document needs, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedMark {
    /// Something is missing or unusable, and nothing stands in for it.
    Missing,
    /// This user may not see something.
    Forbidden,
    /// The store did not answer.
    Unreachable,
    /// Something is missing, and a default stands in for it.
    Fallback,
    /// A value, or a default, stands in plaintext where a secret belongs.
    Plaintext,
    /// Something cannot be known from here.
    Unknown,
    /// Not everything was answered yet.
    Asking,
    /// All that is needed is there.
    Present,
    Nothing,
}

impl NeedMark {
    /// All, the worst first.
    pub const ALL: [Self; 9] = [
        Self::Missing,
        Self::Forbidden,
        Self::Unreachable,
        Self::Fallback,
        Self::Plaintext,
        Self::Unknown,
        Self::Asking,
        Self::Present,
        Self::Nothing,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "some missing",
            Self::Forbidden => "forbidden",
            Self::Unreachable => "unreachable",
            Self::Fallback => "fallback in effect",
            Self::Plaintext => "plaintext",
            Self::Unknown => "not visible from here",
            Self::Asking => "asking",
            Self::Present => "all present",
            Self::Nothing => "nothing needed",
        }
    }
}
