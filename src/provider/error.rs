//! Errors of a store, by what the caller can do about them.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::domain::{Entry, Mount, ResourceKey, SecretPath, SecretVersion};

/// The remedy for a missing right.
pub const MISSING_RIGHT_REMEDY: &str = "ask for that right, or use another user";

pub type Result<T> = std::result::Result<T, Error>;

/// Why a store did not do what was asked. Every message says what happened, to what, and what to do
/// next; none contains a document's bytes or a client library's own text beyond its status words.
///
/// Later versions may add variants, and members to them.
///
/// ```
/// use confdeck::domain::ResourceKey;
/// use confdeck::manager::UnifiedConfigManager;
/// use confdeck::provider::memory::MemoryStore;
/// use confdeck::provider::{Error, Lease};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = UnifiedConfigManager::open(MemoryStore::new(), None);
/// let key = ResourceKey::webhook("production".parse()?, "orders".parse()?);
/// manager.create(key.clone(), "{}".into(), Lease::Never).await?;
/// match manager.create(key, "{}".into(), Lease::Never).await {
///     Ok(commit) => println!("written as {}", commit.at),
///     // What is there is the base of a change.
///     Err(Error::Exists { now, .. }) => drop(manager.update(&now, r#"{"n": 1}"#.into()).await?),
///     Err(Error::OutcomeUnknown { key, .. }) => println!("{key} may be written: read it again"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A delete of a key that does not exist.
    #[error("{key} does not exist; nothing was changed")]
    NotFound { key: ResourceKey },
    /// A condition failed; nothing was written.
    #[error("{}", conflict(key, now.as_deref()))]
    Conflict {
        /// The key whose condition failed.
        key: ResourceKey,
        /// What is there now; `None` if it is gone.
        now: Option<Box<Entry>>,
    },
    /// What was to be created exists; nothing was written.
    #[error("{key} exists already (now {}); nothing was written. Read it, and update it if it should change", now.token)]
    Exists {
        key: ResourceKey,
        /// What is there.
        now: Box<Entry>,
    },
    /// The store refuses this user.
    #[error("permission denied: {permission}; {remedy}")]
    Denied {
        /// The missing permission, exactly.
        permission: String,
        remedy: &'static str,
    },
    /// The store does not answer, or its answer is unusable; nothing was changed.
    #[error("{reason}{}", retry(*retry_in))]
    Unavailable {
        /// What is not available, and why.
        reason: String,
        /// When the provider retries by itself.
        retry_in: Option<Duration>,
        /// What the system said, where it said something.
        source: Option<IoCause>,
    },
    /// The secret store has no engine there, so that no secret can be there either.
    #[error("there is no secrets engine at {mount}/: check the mount, and VAULT_NAMESPACE")]
    NoMount { mount: Mount },
    /// The request was sent but no answer came: it may or may not have been applied.
    #[error(
        "no answer to the write of {key} ({reason}): it may or may not be stored; read it again before you repeat it"
    )]
    OutcomeUnknown {
        /// The first key of the commit.
        key: ResourceKey,
        reason: String,
    },
    /// A secret is not at the version that a write expected; nothing was written.
    #[error("{}", secret_conflict(path, *now))]
    SecretConflict {
        path: SecretPath,
        /// Its newest version now, where that is known.
        now: Option<SecretVersion>,
    },
    /// A delete, undelete or destroy of what does not exist; nothing was changed.
    #[error("{} does not exist; nothing was changed", version_of(path, *version))]
    NoSuchSecret {
        path: SecretPath,
        /// `None` for the secret as a whole.
        version: Option<SecretVersion>,
    },
    /// The store accepted a change of a secret, and what is there afterwards may not be seen.
    #[error("sent, unverified: {reason}; ask someone who may look, before you rely on it")]
    SecretUnverified { path: SecretPath, reason: String },
    /// The store accepted a change of a secret, and something else is there afterwards.
    #[error(
        "{reason}: someone else has changed it since, or the store did nothing; look at its versions and decide"
    )]
    SecretNotDone { path: SecretPath, reason: String },
    /// As [`Error::Exists`], for a secret.
    #[error("{path} exists already{}; nothing was written. Look at its versions and decide", at(*now))]
    SecretExists {
        path: SecretPath,
        /// Its newest version, where that is known.
        now: Option<SecretVersion>,
    },
    /// As [`Error::OutcomeUnknown`], for the write of a secret.
    #[error(
        "no answer to the write of {path} ({reason}): it may or may not be stored; look at its version before you repeat it"
    )]
    SecretUnknown { path: SecretPath, reason: String },
    /// The request is malformed or too large.
    #[error("{reason}")]
    Invalid {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// This store does not support the request.
    #[error("{what} is not possible here: {remedy}")]
    Unsupported {
        what: String,
        /// Why, and what to do instead.
        remedy: String,
    },
}

/// What the system said, as the source of an [`enum@Error`]: its kind and nothing else, because the texts of
/// libraries may hold more than an error may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct IoCause(io::ErrorKind);

impl IoCause {
    pub fn kind(self) -> io::ErrorKind {
        self.0
    }
}

impl Error {
    /// Unavailable, and not retried by the provider itself.
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into(), retry_in: None, source: None }
    }

    /// As [`Error::unavailable`], because of what the system said.
    pub(crate) fn unavailable_by(reason: impl Into<String>, cause: io::ErrorKind) -> Self {
        Self::Unavailable { reason: reason.into(), retry_in: None, source: Some(IoCause(cause)) }
    }

    /// The same for a write that was to create: a conflict means that it exists, not that it was changed.
    #[must_use]
    pub(crate) fn of_creation(self) -> Self {
        match self {
            Self::Conflict { key, now: Some(now) } => Self::Exists { key, now },
            Self::SecretConflict { path, now } => Self::SecretExists { path, now },
            other => other,
        }
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    pub(crate) fn unsupported(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into(), remedy: remedy.into() }
    }

    /// A right that this user lacks.
    pub(crate) fn denied(permission: impl Into<String>) -> Self {
        Self::Denied { permission: permission.into(), remedy: MISSING_RIGHT_REMEDY }
    }
}

fn conflict(key: &ResourceKey, now: Option<&Entry>) -> String {
    match now {
        Some(entry) => {
            format!(
                "{key} was changed by someone else (now {}); nothing was written. Read it again and decide",
                entry.token
            )
        }
        None => format!(
            "{key} was deleted by someone else; nothing was written. Create it anew if it should exist"
        ),
    }
}

fn secret_conflict(path: &SecretPath, now: Option<SecretVersion>) -> String {
    let now = at(now);
    format!("{path} was changed by someone else{now}; nothing was written. Look at its versions and decide")
}

fn version_of(path: &SecretPath, version: Option<SecretVersion>) -> String {
    version.map_or_else(|| path.to_string(), |version| format!("{version} of {path}"))
}

fn at(now: Option<SecretVersion>) -> String {
    now.map(|version| format!(" (now {version})")).unwrap_or_default()
}

fn retry(retry_in: Option<Duration>) -> String {
    retry_in.map(|wait| format!("; tried again in {} s", wait.as_secs().max(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_the_system_said_is_the_source_and_holds_no_text() {
        let error = Error::unavailable_by("cannot read a.json", io::ErrorKind::StorageFull);
        let source = error.source().and_then(|source| source.downcast_ref::<IoCause>()).copied();
        assert_eq!(source.map(IoCause::kind), Some(io::ErrorKind::StorageFull));
        assert!(Error::unavailable("cannot read a.json").source().is_none());
    }
}
