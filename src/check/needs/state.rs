//! The state of one need, and the mark that a list shows for all needs of a document.

use std::time::SystemTime;

use crate::domain::{FieldState, Presence, SecretVersion};

/// What is known about one need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeedState {
    Present {
        /// The newest version of the secret, where the store has versions.
        version: Option<SecretVersion>,
        /// When that version was written, by the server's clock.
        written: Option<SystemTime>,
    },
    /// It is an empty string, which the receiver uses as it is.
    Empty,
    /// It consists of bytes that are not text.
    NotText,
    /// The secret exists, but not this field of it.
    FieldMissing {
        /// The newest version of the secret, where the store has versions.
        version: Option<SecretVersion>,
    },
    /// The state of the whole secret, where it is not present; also used for a variable that is not set.
    Secret(Presence),
    /// The receiver refuses the reference, whatever its default.
    IllFormed,
    /// The receiver reads no Vault, so only a default could be used.
    NoVault,
    /// Only the receiver can see it.
    NotVisible,
    /// It has not been queried, or the answer is pending.
    NotAsked,
    /// There is a plaintext value where a reference could be.
    Plaintext,
}

impl NeedState {
    /// The state of one field of a secret; `None` means not queried yet.
    pub(in crate::check) fn of_field(presence: Option<&Presence>, field: &str) -> Self {
        match presence {
            None => Self::NotAsked,
            Some(Presence::Present(contents)) => match contents.field(field) {
                None => Self::FieldMissing { version: contents.version },
                found => Self::of_value(found, contents.version, contents.written),
            },
            Some(presence) => Self::Secret(presence.clone()),
        }
    }

    /// The state of something that is either set or not.
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

    /// Whether it is certain that the receiver finds no value: only this may ever block a write.
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

/// The mark that a list shows for all needs of a document, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedMark {
    /// Something is missing or unusable, and there is no default.
    Missing,
    /// This user may not see something.
    Forbidden,
    /// The store did not answer.
    Unreachable,
    /// Something is missing, but there is a default.
    Fallback,
    /// A plaintext value, or a plaintext default, where a secret belongs.
    Plaintext,
    /// Something cannot be known from here.
    Unknown,
    /// Not every answer has arrived.
    Asking,
    /// Everything needed exists.
    Present,
    Nothing,
}

impl NeedMark {
    /// All marks, worst first.
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
