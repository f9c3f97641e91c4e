//! The format of an audit record.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::provider::Error;

/// The longest key that is recorded, in characters; a store may have longer ones.
const NAME_MAX: usize = 1_024;

/// One operation on one key, done or attempted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When the outcome was known; RFC 3339, in UTC, with milliseconds.
    #[serde(rename = "time", with = "moment")]
    pub at: SystemTime,
    pub user: String,
    pub uid: u32,
    /// The value of `SUDO_USER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    pub host: String,
    pub pid: u32,
    pub context: String,
    /// Kind and address.
    pub store: String,
    /// Identifies the operations of one commit, and later findings about its outcome.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
    pub action: AuditAction,
    /// The address of a document, or the path of a secret or a setting.
    pub key: String,
    /// The token before, or the expected one; for a secret the version, such as `v3`.
    pub before: Option<String>,
    /// The token or version after.
    pub after: Option<String>,
    pub outcome: AuditOutcome,
    /// The number of values shown; of a stored secret, the number confdeck received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// The names of a secret's fields; truncated to the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The reason the user gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// Write a document that must not exist.
    Create,
    /// Write a document.
    Write,
    /// Delete a document.
    Delete,
    /// Show secret values of a document.
    Reveal,
    /// Read values of a stored secret.
    RevealSecret,
    /// Write a new version of a secret.
    WriteSecret,
    /// Delete a version of a secret.
    DeleteSecret,
    /// Undelete a version of a secret.
    UndeleteSecret,
    /// Destroy a version of a secret, or the whole secret, permanently.
    DestroySecret,
    /// Write the value of a setting into a layer.
    WriteSetting,
    /// Remove the value of a setting from a layer.
    RemoveSetting,
    /// Show the value of a setting that is a secret.
    RevealSetting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    Done,
    /// A condition failed; nothing was done.
    Conflict,
    /// The key to delete does not exist; nothing was done.
    NotFound,
    /// The user lacks permission; nothing was done.
    Denied,
    /// The store is not reachable; nothing was sent.
    Unavailable,
    /// It was sent, and no answer was received.
    Unknown,
    /// It was sent and accepted; what is there afterwards may not be seen.
    Unverified,
    /// It was so already; nothing was sent.
    Unchanged,
    /// It was not sent, because it is invalid or unsupported here, or because the console is locked.
    Refused,
    /// Determined later: it was done.
    FoundDone,
    /// Determined later: it had not been done by then.
    FoundNotDone,
    /// Determined later: something else was stored by then.
    FoundOther,
    /// Determined later: part of it was done.
    FoundPartly,
}

impl AuditAction {
    /// The name as written to the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Reveal => "reveal",
            Self::RevealSecret => "reveal_secret",
            Self::WriteSecret => "write_secret",
            Self::DeleteSecret => "delete_secret",
            Self::UndeleteSecret => "undelete_secret",
            Self::DestroySecret => "destroy_secret",
            Self::WriteSetting => "write_setting",
            Self::RemoveSetting => "remove_setting",
            Self::RevealSetting => "reveal_setting",
        }
    }

    /// Whether it concerns a stored secret rather than a document.
    pub fn is_of_secret(self) -> bool {
        matches!(
            self,
            Self::RevealSecret
                | Self::WriteSecret
                | Self::DeleteSecret
                | Self::UndeleteSecret
                | Self::DestroySecret
        )
    }

    /// Whether it concerns a setting of an application.
    pub fn is_of_setting(self) -> bool {
        matches!(self, Self::WriteSetting | Self::RemoveSetting | Self::RevealSetting)
    }
}

impl AuditOutcome {
    /// Text for people; the file uses underscores instead of spaces.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Conflict => "conflict",
            Self::NotFound => "not found",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Unverified => "sent, unverified",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::FoundDone => "found done",
            Self::FoundNotDone => "found not done",
            Self::FoundOther => "found other",
            Self::FoundPartly => "found partly",
        }
    }

    /// The outcome of a write that ended with this error.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::NotFound { .. } | Error::NoSuchSecret { .. } => Self::NotFound,
            Error::Conflict { .. }
            | Error::Exists { .. }
            | Error::SecretConflict { .. }
            | Error::SecretExists { .. } => Self::Conflict,
            Error::Denied { .. } => Self::Denied,
            Error::Unavailable { .. } | Error::NoMount { .. } => Self::Unavailable,
            Error::OutcomeUnknown { .. } | Error::SecretUnknown { .. } => Self::Unknown,
            Error::SecretUnverified { .. } => Self::Unverified,
            Error::SecretNotDone { .. } => Self::FoundNotDone,
            Error::Invalid { .. } | Error::Unsupported { .. } => Self::Refused,
        }
    }
}

/// A key or a path as records have it: truncated to 1,024 characters, with the beginning of its digest, so that
/// two long names are still two.
pub fn recorded_name(name: &str) -> String {
    let mut kept = bounded(name);
    if kept != name {
        let digest = Sha256::digest(name.as_bytes());
        kept.extend(digest.iter().take(6).map(|byte| format!("{byte:02x}")));
    }
    kept
}

/// Truncates a text to [`NAME_MAX`].
pub(super) fn bounded(text: &str) -> String {
    bounded_to(text, NAME_MAX)
}

/// Truncates a text to `max` characters plus an ellipsis.
pub(super) fn bounded_to(text: &str, max: usize) -> String {
    let mut kept: String = text.chars().take(max).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

mod moment {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::{moment, utc_millis};

    pub(super) fn serialize<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&utc_millis(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment(&text).ok_or_else(|| serde::de::Error::custom("not a moment of RFC 3339"))
    }
}
