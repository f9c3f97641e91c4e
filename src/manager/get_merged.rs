//! Documents as a receiver uses them: this process, which embeds the library, or another one.

use std::sync::Arc;

use super::UnifiedConfigManager;
use super::cache::MergedCache;
use super::merged::{MergedDocument, SecretMode};
use super::secret_merger::{CachedMerger, SecretMerger};
use crate::check::{OwnSecrets, SecretLookup};
use crate::config::{Origin, ReceiverView, SettingKey, Settings};
use crate::domain::ResourceKey;
use crate::provider::{Result, SecretAccess};

impl UnifiedConfigManager {
    /// Sets whether a webhook's own secrets are merged into its document.
    #[must_use]
    pub fn with_own_secrets(self, merged: bool) -> Self {
        let lookup = self.secret_lookup.clone();
        let own = if merged { lookup.stored.clone() } else { OwnSecrets::NotMerged };
        self.with_secret_lookup(SecretLookup { own, ..lookup })
    }

    /// One document as a receiver uses it: its references resolved, and a webhook's own secrets merged or
    /// left out.
    ///
    /// As in the receiver, an unset variable without a default is not an error: a text that consists of the
    /// reference alone becomes `Undefined variable NAME`; in a longer text the reference stays as written.
    ///
    /// The result is cached for 300 s, or until its document changes, a secret it uses is written through
    /// [`UnifiedConfigManager::secrets`], or [`UnifiedConfigManager::forget_secret`] is called. A secret
    /// changed by any other means is picked up when the entry expires. The document is wiped when its last
    /// owner drops it.
    ///
    /// Each secret is read once, see [`MergedDocument::sources`]. If a reference's secret cannot be read, its
    /// default is used as in the receiver, see [`MergedDocument::fallbacks`]. If own secrets cannot be read,
    /// that is an error, since without them the webhook might accept unauthenticated requests. If there is no
    /// engine at their mount, there are none, see [`MergedDocument::missing_mount`].
    ///
    /// The document comes from the live inventory once that has been loaded, **even while the link is
    /// stale**: a receiver keeps serving while its store is unreachable, and [`UnifiedConfigManager::link`]
    /// reports the state of the link. Without an inventory, that is, with no live subscriber of
    /// [`UnifiedConfigManager::watch`], it comes from the store.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything the receiver could not use, and for a reference or a secret that
    /// cannot be resolved, naming it but never a value; [`Error::Unsupported`] for a foreign key, and for
    /// secrets in a place that this version cannot read; [`Error::Denied`] and [`Error::Unavailable`] from
    /// the secret store; otherwise those of [`ConfigReader::get`].
    ///
    /// [`Error::Invalid`]: crate::provider::Error::Invalid
    /// [`Error::Unsupported`]: crate::provider::Error::Unsupported
    /// [`Error::Denied`]: crate::provider::Error::Denied
    /// [`Error::Unavailable`]: crate::provider::Error::Unavailable
    /// [`ConfigReader::get`]: crate::provider::ConfigReader::get
    pub async fn get_merged(
        &self,
        key: &ResourceKey,
        secrets: SecretMode,
    ) -> Result<Option<Arc<MergedDocument>>> {
        self.check_open()?;
        let entry = match self.hub().and_then(|hub| hub.last_known(key, self.last_write())) {
            Some(known) => known,
            None => self.reader.get(key).await?,
        };
        match entry {
            Some(entry) => {
                let merged = self.merger().merged(&entry, secrets).await?;
                // A merge that was under way hands out nothing after the end, and leaves nothing behind.
                self.check_open().inspect_err(|_| self.merger().cache.forget_all())?;
                Ok(Some(merged))
            }
            None => {
                self.merger.get().inspect(|merging| merging.cache.forget(key));
                Ok(None)
            }
        }
    }

    /// One document as another process uses it, a receiver that is described by `view`: read from the store,
    /// and not cached. What cannot be seen from here stays as written, see
    /// [`MergedDocument::unknown_variables`].
    ///
    /// # Errors
    /// Those of [`UnifiedConfigManager::get_merged`].
    pub async fn get_merged_as(
        &self,
        view: ReceiverView,
        key: &ResourceKey,
        secrets: SecretMode,
    ) -> Result<Option<MergedDocument>> {
        self.check_open()?;
        let ReceiverView { lookup, variables, .. } = view;
        let secret_names = self.secret_names.clone();
        let merger = SecretMerger { variables, access: self.secrets.clone(), lookup, secret_names };
        match self.reader.get(key).await? {
            Some(entry) => merger.merge(&entry, secrets).await.map(Some),
            None => Ok(None),
        }
    }

    /// The secret store as another process, a receiver that is described by `view`, has it: where variables
    /// hold secrets, they are its own.
    pub fn secrets_as(&self, view: &ReceiverView) -> SecretAccess {
        view.variables_access().unwrap_or_else(|| self.secrets())
    }

    pub(super) fn merger(&self) -> &CachedMerger {
        self.merger.get_or_init(|| CachedMerger {
            merger: SecretMerger {
                variables: Some(Arc::clone(&self.variables)),
                access: self.secrets.clone(),
                lookup: self.secret_lookup.clone(),
                secret_names: self.secret_names.clone(),
            },
            cache: MergedCache::new(Arc::clone(&self.clock)),
        })
    }
}

/// Where the receiver of a context looks for secrets. In programs that embed the library, own secrets are
/// merged unless the settings say otherwise.
pub(super) fn secret_lookup(settings: &Settings) -> SecretLookup {
    let said = settings.origin(SettingKey::ReceiverMerges).is_some_and(|origin| *origin != Origin::Default);
    let lookup = if settings.secrets.backend().key_value {
        settings.receiver.secret_lookup(&settings.secrets)
    } else {
        lookup_in_variables()
    };
    let own = if said && !settings.receiver.merges { OwnSecrets::NotMerged } else { lookup.stored.clone() };
    SecretLookup { own, ..lookup }
}

/// A receiver that reads its secrets from variables and uses no Vault.
pub(super) fn lookup_in_variables() -> SecretLookup {
    SecretLookup { references: None, own: OwnSecrets::Variables, ..SecretLookup::default() }
}
