//! A secret store whose settings cannot be used: it answers everything with the reason.

use async_trait::async_trait;

use super::{
    Error, Result, SecretCapabilities, SecretChange, SecretData, SecretListItem, SecretReader,
    SecretRevealer, SecretWriter,
};
use crate::domain::{
    Health, MissingRights, Presence, SecretFolder, SecretMetadata, SecretPath, SecretStoreStatus,
    SecretVersion,
};

/// Stands in for the store that the settings choose, so that the documents can be worked with.
pub(crate) struct MisconfiguredSecrets {
    /// The name of the chosen backend.
    pub(crate) backend: &'static str,
    /// What is missing, for its badge.
    pub(crate) status: SecretStoreStatus,
    /// Which setting is wrong, and what would be right; holds no secret.
    pub(crate) problem: String,
}

impl MisconfiguredSecrets {
    fn refused<T>(&self) -> Result<T> {
        Err(Error::invalid(&*self.problem))
    }
}

#[async_trait]
impl SecretReader for MisconfiguredSecrets {
    fn capabilities(&self) -> SecretCapabilities {
        SecretCapabilities { versions: false, patch: false, write: false }
    }

    async fn presence(&self, _: &SecretPath) -> Result<Presence> {
        self.refused()
    }

    async fn list(&self, _: &SecretFolder) -> Result<Vec<SecretListItem>> {
        self.refused()
    }

    async fn versions(&self, _: &SecretPath) -> Result<Option<SecretMetadata>> {
        self.refused()
    }

    async fn missing_rights(&self, _: &[SecretPath]) -> Result<Vec<MissingRights>> {
        self.refused()
    }

    async fn health(&self) -> Health {
        let mut health = Health::unusable(self.backend, &*self.problem, "");
        health.secret_store = Some(self.last_status());
        health
    }

    fn last_status(&self) -> SecretStoreStatus {
        self.status
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl SecretRevealer for MisconfiguredSecrets {
    async fn reveal(&self, _: &SecretPath, _: Option<SecretVersion>) -> Result<Option<SecretData>> {
        self.refused()
    }
}

#[async_trait]
impl SecretWriter for MisconfiguredSecrets {
    async fn apply(&self, _: &SecretPath, _: SecretChange<'_>) -> Result<Option<SecretVersion>> {
        self.refused()
    }
}
