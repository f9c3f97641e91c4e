//! Errors of commands, and the exit codes they map to.

use std::io;
use std::process::ExitCode;

use thiserror::Error;

use crate::config::SettingsError;
use crate::private_file::io_reason;
use crate::provider::Error as StoreError;

pub(super) type Result<T> = std::result::Result<T, CliError>;

/// A process exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// Success; also after a closed pipe, whose reader does not want the rest.
    pub const DONE: Self = Self(0);
    /// Any failure without a code of its own.
    pub const FAILED: Self = Self(1);
    /// A usage error, or no terminal where one is needed.
    pub const USAGE: Self = Self(2);
    /// A condition did not hold; nothing was changed.
    pub const CONFLICT: Self = Self(3);
    pub const NOT_FOUND: Self = Self(4);
    /// Refused by the store or by a read-only context.
    pub const DENIED: Self = Self(5);
    /// The store does not answer, or takes no writes; nothing was changed.
    pub const UNAVAILABLE: Self = Self(6);
    /// A write was sent and the store gave no answer, or what came of it may not be seen; it was not found done,
    /// and may be yet.
    pub const OUTCOME_UNKNOWN: Self = Self(7);
    /// The input cannot be stored, here or anywhere.
    pub const INVALID: Self = Self(8);
    /// `secrets presence --fail-on-missing`: a needed secret is known to be missing. One that could not be
    /// looked at is [`Self::UNAVAILABLE`] or [`Self::DENIED`].
    pub const MISSING: Self = Self(9);
    /// `health`: it is usable, but something is wrong.
    pub const DEGRADED: Self = Self(1);
    /// `health`: it is not usable.
    pub const UNUSABLE: Self = Self(2);

    /// An error that ends a command with this exit code.
    pub(super) fn because(self, reason: impl Into<String>) -> CliError {
        CliError::Because(self, reason.into())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// Why a command ended early.
#[derive(Debug, Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Any other reason, as text for people.
    #[error("{1}")]
    Because(Exit, String),
    /// The reader of our output closed the pipe.
    #[error("")]
    ClosedPipe,
}

impl CliError {
    /// For a write that creates, a conflict means that the key existed already, not that it was changed.
    pub(super) fn or_exists(self, creates: bool) -> Self {
        match self {
            Self::Store(StoreError::Conflict { key, now: Some(entry) }) if creates => {
                let token = entry.token;
                Exit::CONFLICT.because(format!(
                    "{key} exists already (now {token}); nothing was written. \
                     --expect-revision {token} replaces it"
                ))
            }
            Self::Store(StoreError::SecretConflict { path, now }) if creates => {
                let now = now.map(|now| format!(" (now {now})")).unwrap_or_default();
                Exit::CONFLICT.because(format!(
                    "{path} exists already{now}; nothing was written. --expect-version replaces it"
                ))
            }
            error => error,
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Store(error) => match error {
                StoreError::NotFound { .. } | StoreError::NoSuchSecret { .. } => Exit::NOT_FOUND,
                StoreError::Conflict { .. }
                | StoreError::Exists { .. }
                | StoreError::SecretConflict { .. }
                | StoreError::SecretExists { .. } => Exit::CONFLICT,
                StoreError::Denied { .. } => Exit::DENIED,
                StoreError::Unavailable { .. } | StoreError::NoMount { .. } => Exit::UNAVAILABLE,
                StoreError::OutcomeUnknown { .. }
                | StoreError::SecretUnknown { .. }
                | StoreError::SecretUnverified { .. } => Exit::OUTCOME_UNKNOWN,
                StoreError::SecretNotDone { .. } => Exit::FAILED,
                StoreError::Invalid { .. } | StoreError::Unsupported { .. } => Exit::INVALID,
            },
            Self::Settings(_) => Exit::USAGE,
            Self::Because(exit, _) => *exit,
            Self::ClosedPipe => Exit::DONE,
        }
    }
}

/// Only writing the output uses `?` on I/O errors; all other I/O errors name their file.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Exit::FAILED.because(format!("cannot write the output: {}", io_reason(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Mount, Namespace, ResourceKey, SecretPath, WebhookId};

    #[test]
    fn every_kind_of_store_error_has_its_code() {
        let key = ResourceKey::webhook(Namespace::default(), WebhookId::new("x").unwrap());
        let path = SecretPath::Variables(WebhookId::new("x").unwrap());
        let reason = || "why".to_owned();
        for (error, code) in [
            (StoreError::Conflict { key: key.clone(), now: None }, 3),
            (StoreError::NotFound { key: key.clone() }, 4),
            (StoreError::Denied { permission: reason(), remedy: "ask" }, 5),
            (StoreError::unavailable(reason()), 6),
            (StoreError::NoMount { mount: Mount::new("m").unwrap() }, 6),
            (StoreError::OutcomeUnknown { key, reason: reason() }, 7),
            (StoreError::SecretConflict { path: path.clone(), now: None }, 3),
            (StoreError::NoSuchSecret { path: path.clone(), version: None }, 4),
            (StoreError::SecretNotDone { path: path.clone(), reason: reason() }, 1),
            (StoreError::SecretUnverified { path: path.clone(), reason: reason() }, 7),
            (StoreError::SecretUnknown { path, reason: reason() }, 7),
            (StoreError::Invalid { reason: reason() }, 8),
            (StoreError::Unsupported { what: reason(), remedy: reason() }, 8),
        ] {
            assert_eq!(CliError::Store(error).exit(), Exit(code));
        }
    }
}
