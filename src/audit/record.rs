//! One record, and its words.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::domain::ResourceKey;
use crate::provider::{Error, Expect, Op};

/// The longest name that is kept of a key, in characters; a store may hold longer ones.
const NAME_MAX: usize = 1_024;

/// What was done to one key, or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When its outcome was known; RFC 3339, in UTC, with milliseconds.
    #[serde(rename = "time", with = "moment")]
    pub at: SystemTime,
    /// The name of the user whose process it was.
    pub user: String,
    /// That user's number.
    pub uid: u32,
    /// Who became that user by sudo, as sudo's variable says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The context's name.
    pub context: String,
    /// The store, as kind and address.
    pub store: String,
    /// What the operations of one commit, and what was found out about it later, have in common.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// What.
    pub action: Action,
    /// To which key, as an address; to which secret, as its path.
    pub key: String,
    /// The token it had, or was to have; of a secret the version, `v3`.
    pub before: Option<String>,
    /// The token, or the version, it has since.
    pub after: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// How many values were shown; of a stored secret, how many reached confdeck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Which fields of a secret, by name; of very many the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Why, in the user's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A document was to be written that did not exist.
    Create,
    /// A document was to be written.
    Write,
    /// A document was to be removed.
    Delete,
    /// Secret values of a document were shown.
    Reveal,
    /// Values of a stored secret were read.
    RevealSecret,
    /// A new version of a secret was to be written.
    WriteSecret,
    /// A version of a secret was to be deleted.
    DeleteSecret,
    /// That was to be taken back.
    UndeleteSecret,
    /// A version of a secret, or all of it, was to be destroyed for ever.
    DestroySecret,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// A condition of the commit failed; nothing was done.
    Conflict,
    /// What was to be removed is not there; nothing was done.
    NotFound,
    /// The store does not let this user; nothing was done.
    Denied,
    /// The store did not answer, and nothing was sent.
    Unavailable,
    /// It was sent, and no answer came.
    Unknown,
    /// It was never sent: it is not well-formed, not possible here, or the console is locked.
    Refused,
    /// Found out later: it was done.
    FoundDone,
    /// Found out later: it had not been done by then.
    FoundNotDone,
    /// Found out later: something else is stored by now.
    FoundOther,
    /// Found out later: a part of it was done.
    FoundPartly,
}

impl Action {
    /// The word for it, as in the file.
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
        }
    }

    /// Whether it is about a secret of its own, not about a document.
    pub fn is_of_secret(self) -> bool {
        match self {
            Self::Create | Self::Write | Self::Delete | Self::Reveal => false,
            Self::RevealSecret
            | Self::WriteSecret
            | Self::DeleteSecret
            | Self::UndeleteSecret
            | Self::DestroySecret => true,
        }
    }
}

impl Outcome {
    /// Words for people; the file has them with underscores.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Conflict => "conflict",
            Self::NotFound => "not found",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::FoundDone => "found done",
            Self::FoundNotDone => "found not done",
            Self::FoundOther => "found other",
            Self::FoundPartly => "found partly",
        }
    }

    /// What an error says about the write it ended.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::NotFound,
            Error::Conflict { .. } | Error::SecretConflict { .. } => Self::Conflict,
            Error::Denied { .. } => Self::Denied,
            Error::Unavailable { .. } => Self::Unavailable,
            Error::OutcomeUnknown { .. } | Error::SecretUnknown { .. } => Self::Unknown,
            Error::Invalid { .. } | Error::Unsupported { .. } => Self::Refused,
        }
    }
}

/// What an operation does, to which key, on the condition of which token.
pub(super) fn of(op: &Op) -> (Action, &ResourceKey, Option<String>) {
    let action = match op {
        Op::Put { expect: Expect::Absent, .. } => Action::Create,
        Op::Put { .. } => Action::Write,
        Op::Delete { .. } => Action::Delete,
    };
    let before = match op.expect() {
        Expect::Token(token) => Some(token.to_string()),
        Expect::Absent | Expect::Anything => None,
    };
    (action, op.key(), before)
}

/// A text that is no longer than a line of the file bears.
pub(super) fn bounded(text: &str) -> String {
    bounded_to(text, NAME_MAX)
}

/// The first `max` characters of a text.
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
