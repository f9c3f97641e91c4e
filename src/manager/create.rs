//! Creates a webhook together with its own secrets, in three steps: write the secret if there is none,
//! verify that it is there, write the document.
//!
//! There is no transaction across the two stores. The secret comes first, because a webhook without it might
//! accept unauthenticated requests, whereas a secret without a document is harmless.

use thiserror::Error as Failure;

use super::UnifiedConfigManager;
use crate::domain::{Document, Presence, ResourceKey, SecretPath, SecretVersion};
use crate::provider::{Commit, Error, Lease, SecretExpect, SecretFields, check_json};

/// The result of [`UnifiedConfigManager::create_with_secrets`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreatedWebhook {
    pub commit: Commit,
    pub path: SecretPath,
    /// The version of the secret, if the store has versions.
    pub version: Option<SecretVersion>,
    /// Whether the secret was seen before the document was written. False if this user may write secrets but
    /// not read their presence: then only the store's answer to the write confirms it.
    pub verified: bool,
}

/// Why a webhook was not created together with its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Failure)]
#[non_exhaustive]
pub enum CreateWebhookError {
    /// Nothing was written.
    #[error("{0}")]
    Nothing(#[from] Error),
    /// The secret may or may not have been written; the document was not.
    #[error(
        "{error}; the document {key} was not written. Look whether {path} is there: if it is, and yours, \
         write the document alone; if it is not, begin again"
    )]
    SecretUnknown {
        key: ResourceKey,
        path: SecretPath,
        /// Why the outcome is unknown.
        #[source]
        error: Error,
    },
    /// The secret was written, and then was missing or different; the document was not written.
    #[error(
        "{path} was written{} and then {found}; the document {key} was not written. Look who else writes \
         that secret; once it is right, write the document alone", at(*version)
    )]
    SecretNotThere {
        key: ResourceKey,
        path: SecretPath,
        /// The version that was written, if the store has versions.
        version: Option<SecretVersion>,
        /// What was found instead, as text for people.
        found: String,
    },
    /// The secret was written; the document was not, or that is unknown.
    #[error(
        "{path} was written{}, the document was not: {error}. Write the document alone, or delete that \
         version of the secret", at(*version)
    )]
    DocumentNotWritten {
        key: ResourceKey,
        path: SecretPath,
        /// The version that was written, if the store has versions.
        version: Option<SecretVersion>,
        /// Why the document was not written; [`Error::OutcomeUnknown`] if that is not known.
        #[source]
        error: Error,
    },
}

fn at(version: Option<SecretVersion>) -> String {
    version.map(|version| format!(" as {version}")).unwrap_or_default()
}

impl UnifiedConfigManager {
    /// Creates a webhook and its own secrets. Neither may exist. The secrets are written first; the document
    /// follows once they are verified.
    ///
    /// ```no_run
    /// use confdeck::domain::{ResourceKey, SecretField, SecretText};
    /// use confdeck::manager::{SecretMode, SecretRemoval, UnifiedConfigManager};
    /// use confdeck::provider::{Lease, SecretFields};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     // SECRETS_BACKEND=vault, VAULT_ADDR and VAULT_TOKEN say where secrets are.
    ///     let manager = UnifiedConfigManager::from_env()?;
    ///     let key = ResourceKey::webhook("default".parse()?, "payments".parse()?);
    ///
    ///     // The secret is written and verified before the document, so that the webhook is never open.
    ///     let token = SecretText::new(std::env::var("NEW_TOKEN")?);
    ///     let secrets: SecretFields = [(SecretField::BEARER_TOKEN, token)].into_iter().collect();
    ///     let document = r#"{"module": "log"}"#.into();
    ///     let created = manager.create_with_secrets(key.clone(), document, &secrets, Lease::Never).await?;
    ///     println!("{key} was created, its secrets are at {}", created.path);
    ///
    ///     let merged = manager.get_merged(&key, SecretMode::Include).await?.ok_or("it is gone")?;
    ///     assert!(merged.json()["authorization"].is_string());
    ///
    ///     let base = manager.get(&key).await?.ok_or("it was deleted meanwhile")?;
    ///     let deleted = manager.delete_with_secrets(&base, SecretRemoval::Destroy).await?;
    ///     println!("{key} and {} were deleted", deleted.path);
    ///     manager.shutdown().await;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`CreateWebhookError::Nothing`] if nothing was written, for example because either exists, the context
    /// is read-only, or this receiver merges no own secrets. The other variants say what was written and how
    /// to continue.
    pub async fn create_with_secrets(
        &self,
        key: ResourceKey,
        document: Document,
        secrets: &SecretFields,
        lease: Lease,
    ) -> Result<CreatedWebhook, CreateWebhookError> {
        let path = self.secret_lookup.own_path(&key).ok_or_else(|| {
            Error::unsupported(
                format!("writing secrets of {key}'s own"),
                "this receiver merges none; name them in the document by references",
            )
        })?;
        self.writer()?;
        check_json(&key, &document)?;
        let secret_writer = self.secret_writer()?;
        if let Some(entry) = self.reader.get(&key).await? {
            return Err(Error::Exists { key, now: Box::new(entry) }.into());
        }
        let version = match secret_writer.put(&path, secrets, SecretExpect::Absent).await {
            Ok(version) => version,
            Err(error @ Error::SecretUnknown { .. }) => {
                return Err(CreateWebhookError::SecretUnknown { key, path, error });
            }
            Err(error) => return Err(error.of_creation().into()),
        };
        let verified = match self.verify_secret(&path, version, secrets).await {
            Ok(verified) => verified,
            Err(found) => return Err(CreateWebhookError::SecretNotThere { key, path, version, found }),
        };
        match self.create(key.clone(), document, lease).await {
            Ok(commit) => Ok(CreatedWebhook { commit, path, version, verified }),
            Err(error) => Err(CreateWebhookError::DocumentNotWritten { key, path, version, error }),
        }
    }

    /// Whether the secret could be verified; the error describes what was found instead, as text for people.
    pub(crate) async fn verify_secret(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        secrets: &SecretFields,
    ) -> Result<bool, String> {
        match self.secrets().reader.presence(path).await {
            Ok(Presence::Present(contents)) => {
                if contents.version.is_some() && version.is_some() && contents.version != version {
                    let now = contents.version.map(|version| version.to_string()).unwrap_or_default();
                    return Err(format!("was changed by someone else (now {now})"));
                }
                match secrets.iter().find(|(name, _)| contents.field(name.as_str()).is_none()) {
                    Some((name, _)) => Err(format!("its field \"{name}\" was not there")),
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
