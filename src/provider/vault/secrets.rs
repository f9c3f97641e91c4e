//! The secret traits over one server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::kv::Kv;
use super::session::VaultSession;
use super::settings::VaultSettings;
use super::{BACKEND, health};
use crate::domain::{
    Health, MissingRights, Presence, SecretFolder, SecretMetadata, SecretPath, SecretStoreStatus,
    SecretVersion,
};
use crate::provider::secret::shut_down;
use crate::provider::{
    Result, SecretAccess, SecretCapabilities, SecretData, SecretExpect, SecretFields, SecretListItem,
    SecretReader, SecretRevealer, SecretWriter,
};

/// The secrets of a Vault or an OpenBao, KV 2 or KV 1 by its settings. Created without I/O.
///
/// Values are read only by [`SecretRevealer`]; presence, versions and lists come from `subkeys` and
/// `metadata`, never from `data`.
///
/// KV 1 has no metadata: [`SecretReader::presence`] returns `Missing` for a name that its folder does
/// not list, and `Unknown` for all others, with the reason.
pub struct VaultSecrets {
    session: Arc<VaultSession>,
    kv: Kv,
    closed: AtomicBool,
}

impl VaultSecrets {
    pub fn new(settings: VaultSettings) -> Self {
        let session = Arc::new(VaultSession::new(settings));
        Self { kv: Kv::new(Arc::clone(&session)), session, closed: AtomicBool::new(false) }
    }

    fn open(&self) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) { Err(shut_down()) } else { Ok(()) }
    }

    /// Reader, revealer and, if `writable`, writer, which share one session.
    pub fn access(self, writable: bool) -> SecretAccess {
        SecretAccess::of_store(Arc::new(self), writable)
    }
}

#[async_trait]
impl SecretReader for VaultSecrets {
    fn capabilities(&self) -> SecretCapabilities {
        self.kv.capabilities()
    }

    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        self.open()?;
        self.kv.presence(path).await
    }

    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>> {
        self.open()?;
        self.kv.list(folder).await
    }

    async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>> {
        self.open()?;
        self.kv.versions(path).await
    }

    async fn missing_rights(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        self.open()?;
        self.kv.lacking(paths).await
    }

    async fn health(&self) -> Health {
        match self.open() {
            Ok(()) => health::check(&self.session).await,
            Err(error) => Health::unusable(BACKEND.name, error.to_string(), ""),
        }
    }

    fn last_status(&self) -> SecretStoreStatus {
        if self.open().is_ok() { self.session.standing() } else { SecretStoreStatus::Unreachable }
    }

    fn retry_now(&self) {
        self.session.retry_now();
    }

    async fn shutdown(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl SecretRevealer for VaultSecrets {
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<SecretData>> {
        self.open()?;
        self.kv.reveal(path, version).await
    }
}

#[async_trait]
impl SecretWriter for VaultSecrets {
    async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        self.open()?;
        self.kv.put(path, fields, expect).await
    }

    async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        self.open()?;
        self.kv.patch(path, fields, expect).await
    }

    async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.open()?;
        self.kv.delete(path, versions).await
    }

    async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.open()?;
        self.kv.undelete(path, versions).await
    }

    async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.open()?;
        self.kv.destroy(path, versions).await
    }

    async fn destroy_all(&self, path: &SecretPath) -> Result<()> {
        self.open()?;
        self.kv.destroy_all(path).await
    }
}
