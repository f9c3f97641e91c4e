//! A webhook made together with its own secrets, step by step, each on the condition of the one
//! before: the secret on the condition that there is none, a look whether it is there, the document.
//!
//! Two stores know no common transaction. The secret comes first, because a document without it might
//! let everybody in; a secret that no document refers to lets nobody in.

use thiserror::Error as Failure;

use super::UnifiedConfigManager;
use crate::domain::{Document, Presence, ResourceKey, SecretPath, SecretVersion};
use crate::provider::{Commit, Error, Lease, Result, SecretExpect, SecretFields};

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The document's commit.
    pub commit: Commit,
    /// Where its secrets are.
    pub path: SecretPath,
    /// Their version, where versions are kept.
    pub version: Option<SecretVersion>,
    /// Whether they were seen to be there before the document was written. False where this user may
    /// write them and not see them: then the store's own word for it is all there is.
    pub seen: bool,
}

/// Why a webhook was not made together with its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Failure)]
#[non_exhaustive]
pub enum NotCreated {
    /// Nothing was written.
    #[error("{0}")]
    Nothing(#[from] Error),
    /// The secret may or may not be written; the document is not.
    #[error(
        "{error}; the document {key} was not written. Look whether {path} is there: if it is, and yours, \
         write the document alone; if it is not, begin again"
    )]
    SecretUnknown {
        /// The document.
        key: ResourceKey,
        /// The secret.
        path: SecretPath,
        /// What cut the answer off.
        error: Error,
    },
    /// The secret was written, and then was not there as it was written; the document is not.
    #[error(
        "{path} was written{} and then {found}; the document {key} was not written. Look who else writes \
         that secret; once it is right, write the document alone", at(*version)
    )]
    SecretNotThere {
        /// The document.
        key: ResourceKey,
        /// The secret.
        path: SecretPath,
        /// The version that was written, where versions are kept.
        version: Option<SecretVersion>,
        /// What was found instead, in words.
        found: String,
    },
    /// The secret is written, the document is not, or nobody knows.
    #[error(
        "{path} was written{}, the document was not: {error}. Write the document alone, or delete that \
         version of the secret", at(*version)
    )]
    SecretAlone {
        /// The document.
        key: ResourceKey,
        /// The secret.
        path: SecretPath,
        /// The version that was written, where versions are kept.
        version: Option<SecretVersion>,
        /// Why the document is not written; [`Error::OutcomeUnknown`] where that is not known.
        error: Error,
    },
}

fn at(version: Option<SecretVersion>) -> String {
    version.map(|version| format!(" as {version}")).unwrap_or_default()
}

impl NotCreated {
    /// The secret that was written, or may be, without its document.
    pub fn left_behind(&self) -> Option<&SecretPath> {
        match self {
            Self::Nothing(_) => None,
            Self::SecretUnknown { path, .. }
            | Self::SecretNotThere { path, .. }
            | Self::SecretAlone { path, .. } => Some(path),
        }
    }
}

impl UnifiedConfigManager {
    /// Writes a webhook that does not exist yet together with its own secrets, which do not exist
    /// either: first the secrets, then, once they are seen to be there, the document.
    ///
    /// # Errors
    /// [`NotCreated::Nothing`] if nothing was written, such as where either exists, the context is
    /// read-only, or this receiver merges no own secrets; the others tell what was, and what to do.
    pub async fn create_with_secrets(
        &self,
        key: ResourceKey,
        document: Document,
        secrets: &SecretFields,
        lease: Lease,
    ) -> std::result::Result<Created, NotCreated> {
        let path = self.own_secrets(&key)?;
        self.writer()?;
        let secret_writer = self.secret_writer()?;
        if let Some(entry) = self.reader.get(&key).await? {
            return Err(Error::Conflict { key, now: Some(Box::new(entry)) }.into());
        }
        let version = match secret_writer.put(&path, secrets, SecretExpect::Absent).await {
            Ok(version) => version,
            Err(error @ Error::SecretUnknown { .. }) => {
                return Err(NotCreated::SecretUnknown { key, path, error });
            }
            Err(error) => return Err(error.into()),
        };
        let seen = match self.look(&path, version, secrets).await {
            Ok(seen) => seen,
            Err(found) => return Err(NotCreated::SecretNotThere { key, path, version, found }),
        };
        match self.create(key.clone(), document, lease).await {
            Ok(commit) => Ok(Created { commit, path, version, seen }),
            Err(error) => Err(NotCreated::SecretAlone { key, path, version, error }),
        }
    }

    fn own_secrets(&self, key: &ResourceKey) -> Result<SecretPath> {
        self.eyes().own_path(key).ok_or_else(|| Error::Unsupported {
            what: format!("writing secrets of {key}'s own"),
            remedy: "this receiver merges none; name them in the document by references".into(),
        })
    }

    /// Whether the secret was seen; what was found instead, in words.
    async fn look(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        secrets: &SecretFields,
    ) -> std::result::Result<bool, String> {
        match self.secrets().map_err(|error| error.to_string())?.reader.presence(path).await {
            Ok(Presence::Present(contents)) => {
                if contents.version.is_some() && version.is_some() && contents.version != version {
                    let now = contents.version.map(|version| version.to_string()).unwrap_or_default();
                    return Err(format!("was changed by someone else (now {now})"));
                }
                match secrets.iter().find(|(name, _)| contents.field(name.as_str()).is_none()) {
                    Some((name, _)) => Err(format!("its field {:?} was not there", name.as_str())),
                    None => Ok(true),
                }
            }
            Ok(Presence::Missing) => Err("was not there".into()),
            Ok(Presence::Deleted { .. }) => Err("was deleted".into()),
            Ok(Presence::Destroyed { .. }) => Err("was destroyed".into()),
            Ok(Presence::Unreachable { reason }) => Err(format!("could not be looked at: {reason}")),
            Ok(_) => Ok(false),
            Err(error) => Err(format!("could not be looked at: {error}")),
        }
    }
}
