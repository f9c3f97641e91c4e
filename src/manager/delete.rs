//! Deletes a webhook together with its own secrets: the document first, then the secrets.
//!
//! There is no transaction across the two stores. The document goes first, because a webhook without its
//! secret might accept unauthenticated requests, whereas a secret without a document is harmless.

use futures::TryStreamExt;
use thiserror::Error as Failure;

use super::UnifiedConfigManager;
use crate::domain::{
    Entry, KeyPrefix, Masking, Presence, Reference, ResourceKey, SecretPath, SecretVersion, VersionState,
};
use crate::inventory::Facts;
use crate::provider::{Commit, Error, Result, SecretWriter};

/// How a webhook's own secrets are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretRemoval {
    /// All versions are deleted, and can be undeleted. Until they are destroyed, the webhook cannot be
    /// created with secrets again. For stores that keep versions.
    Delete,
    /// All versions and the metadata are removed permanently.
    Destroy,
}

/// The result of [`UnifiedConfigManager::delete_with_secrets`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedWebhook {
    pub commit: Commit,
    pub path: SecretPath,
    /// Whether there were secrets to remove.
    pub had_secrets: bool,
    /// The versions that were deleted; empty if all were destroyed.
    pub versions: Vec<SecretVersion>,
    /// Whether the secrets were seen to be gone. False if this user may not read their presence: then only
    /// the store's answer says so.
    pub verified: bool,
}

/// Why a webhook was not deleted together with its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Failure)]
#[non_exhaustive]
pub enum DeleteWebhookError {
    /// The secrets are as they were, and so is the document, unless this is [`Error::OutcomeUnknown`].
    #[error("{0}")]
    Nothing(#[from] Error),
    /// The document was deleted; the secrets were not, or that is unknown.
    #[error(
        "{key} was deleted, its secrets at {path} were not: {error}. Look what is there, and delete it alone"
    )]
    SecretsLeft {
        key: ResourceKey,
        path: SecretPath,
        commit: Commit,
        /// Why; [`Error::SecretUnknown`] if it is not known.
        #[source]
        error: Error,
    },
}

/// What there is to remove.
struct RemovableSecrets {
    exist: bool,
    versions: Vec<SecretVersion>,
}

impl UnifiedConfigManager {
    /// Deletes the webhook that was read as `base`, and its own secrets.
    ///
    /// # Errors
    /// [`DeleteWebhookError::Nothing`] if nothing was deleted, for example because the document changed
    /// since, the context is read-only, another document uses the same secrets, or this receiver merges none.
    /// [`DeleteWebhookError::SecretsLeft`] if only the document was.
    pub async fn delete_with_secrets(
        &self,
        base: &Entry,
        removal: SecretRemoval,
    ) -> std::result::Result<DeletedWebhook, DeleteWebhookError> {
        let key = &base.key;
        let path = self.secret_lookup.own_path(key).ok_or_else(|| {
            Error::unsupported(
                format!("deleting secrets of {key}'s own"),
                "this receiver merges none; delete the document alone",
            )
        })?;
        self.writer()?;
        let secret_writer = self.secret_writer()?;
        if let Some(other) = self.other_user(key, &path).await? {
            return Err(Error::unsupported(
                format!("deleting {path} with {key}"),
                format!("{other} uses it too; delete the document alone"),
            )
            .into());
        }
        let removable = self.removable(&path, removal).await?;
        let commit = self.delete(base).await?;
        let mut deleted = DeletedWebhook {
            commit,
            path,
            had_secrets: removable.exist,
            versions: removable.versions,
            verified: true,
        };
        if removable.exist {
            let removed = self.remove_secrets(&*secret_writer, &deleted, removal).await;
            deleted.verified = removed.map_err(|error| DeleteWebhookError::SecretsLeft {
                key: key.clone(),
                path: deleted.path.clone(),
                commit: deleted.commit.clone(),
                error,
            })?;
        }
        Ok(deleted)
    }

    /// The first other document that uses this secret, as its own or by a reference.
    async fn other_user(&self, key: &ResourceKey, path: &SecretPath) -> Result<Option<ResourceKey>> {
        let mut pages = self.reader.list(KeyPrefix::All);
        while let Some(page) = pages.try_next().await? {
            let mut others = page.entries.into_iter().filter(|entry| entry.key != *key);
            if let Some(other) = others.find(|entry| self.uses(entry, path)) {
                return Ok(Some(other.key));
            }
        }
        Ok(None)
    }

    fn uses(&self, entry: &Entry, path: &SecretPath) -> bool {
        let lookup = &self.secret_lookup;
        let facts = Facts::scan(&Masking::of(&entry.key, &self.secret_names), &entry.document);
        lookup.own_path(&entry.key).as_ref() == Some(path)
            || facts.sites().references().keys().any(|reference| match reference {
                Reference::Vault { path: named, .. } => lookup.reference_path(named).as_ref() == Some(path),
                Reference::Env { .. } => false,
            })
    }

    /// Looked at before anything is deleted, so that what cannot be removed is refused with nothing done.
    async fn removable(&self, path: &SecretPath, removal: SecretRemoval) -> Result<RemovableSecrets> {
        let reader = &self.secrets.reader;
        if !reader.capabilities().versions {
            if removal == SecretRemoval::Delete {
                return Err(Error::unsupported(
                    format!("deleting {path} so that it can be undeleted"),
                    "this store keeps no versions; destroy it, or delete the document alone",
                ));
            }
            let exist = reader.presence(path).await? != Presence::Missing;
            return Ok(RemovableSecrets { exist, versions: Vec::new() });
        }
        let metadata = reader.versions(path).await?;
        let exist = metadata.is_some();
        let versions = metadata.into_iter().flat_map(|metadata| metadata.list);
        let versions =
            versions.filter(|it| it.state == VersionState::Available).map(|it| it.version).collect();
        Ok(match removal {
            SecretRemoval::Delete => RemovableSecrets { exist, versions },
            SecretRemoval::Destroy => RemovableSecrets { exist, versions: Vec::new() },
        })
    }

    /// Whether the secrets were seen to be gone.
    async fn remove_secrets(
        &self,
        writer: &dyn SecretWriter,
        deleted: &DeletedWebhook,
        removal: SecretRemoval,
    ) -> Result<bool> {
        let DeletedWebhook { path, versions, .. } = deleted;
        match removal {
            SecretRemoval::Destroy => writer.destroy_all(path).await?,
            SecretRemoval::Delete if versions.is_empty() => {}
            SecretRemoval::Delete => writer.delete(path, versions).await?,
        }
        match self.secrets.reader.presence(path).await {
            Ok(Presence::Present(contents)) => {
                let now = contents.version.map(|version| format!(" (now {version})")).unwrap_or_default();
                Err(Error::unavailable(format!("it is there all the same{now}: someone else has written it")))
            }
            Ok(Presence::Missing | Presence::Deleted { .. } | Presence::Destroyed { .. }) => Ok(true),
            _ => Ok(false),
        }
    }
}
