//! Key-value engines: presence, lists, versions, values and writes of secrets.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `v2` | KV 2: presence, versions, lists, reveals |
//! | `v2_write` | KV 2: put, patch, delete, undelete, destroy |
//! | `v1` | KV 1: presence, reveals, writes |
//! | `capabilities` | missing rights, queried for many secrets at once |
//! | `mounts` | the type and version of the engine at a mount, cached |
//! | `response` | sends reads, and classifies error responses |
//! | `wire` | request and response bodies; the only place that handles values |
//! | `number` | numbers that the server would round |
//!
//! Only a reveal reads anything below `{mount}/data/` (KV 2) or the secret itself (KV 1).

mod capabilities;
mod mounts;
mod number;
mod response;
mod v1;
mod v2;
mod v2_write;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::error::VaultError;
use super::request::{VaultRequest, VaultResponse};
use super::session::VaultSession;
use super::settings::{KvVersion, VaultSettings};
use super::{BACKEND, health};
use crate::domain::{
    Health, MissingRights, Presence, SecretFolder, SecretMetadata, SecretPath, SecretStoreStatus,
    SecretVersion,
};
use crate::provider::secret::{KvLocation, shut_down};
use crate::provider::{
    Error, Result, SecretAccess, SecretCapabilities, SecretChange, SecretData, SecretListItem, SecretReader,
    SecretRevealer, SecretWriter,
};
use mounts::MountCache;
use v2::found;

/// The secrets of a Vault or OpenBao server, in KV 2 or KV 1 by its settings. Created without I/O.
///
/// Values are read only by [`SecretRevealer`]; presence, versions and lists come from `subkeys` and
/// `metadata`, never from `data`.
///
/// KV 1 has no metadata: [`SecretReader::presence`] returns `Missing` for a name that its folder does
/// not list, and `Unknown` for all others, with the reason.
///
/// ```no_run
/// use confdeck::domain::{KvPath, Mount, SecretPath};
/// use confdeck::provider::SecretReader;
/// use confdeck::provider::vault::{VaultAddress, VaultLogin, VaultSecrets, VaultSettings, VaultToken};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let login = VaultLogin::Token(VaultToken::new(std::env::var("VAULT_TOKEN")?)?);
/// let settings = VaultSettings::new(VaultAddress::parse("https://vault.example:8200")?, login);
/// let path = SecretPath::Kv { mount: Mount::new("webhooks")?, path: KvPath::new("orders/secrets")? };
/// println!("{path} is {}", VaultSecrets::new(settings).presence(&path).await?.word());
/// # Ok(())
/// # }
/// ```
pub struct VaultSecrets {
    session: VaultSession,
    mounts: MountCache,
    closed: AtomicBool,
}

#[async_trait]
impl SecretReader for VaultSecrets {
    fn capabilities(&self) -> SecretCapabilities {
        let two = self.version() == KvVersion::V2;
        SecretCapabilities { versions: two, patch: two, write: true }
    }

    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let at = self.locate(path)?;
        let presence = match self.version() {
            KvVersion::V2 => self.presence_v2(at).await,
            KvVersion::V1 => self.presence_v1(at).await,
        };
        unreachable_without_mount(presence)
    }

    async fn version_presence(&self, path: &SecretPath, version: SecretVersion) -> Result<Presence> {
        let at = self.locate(path)?;
        match self.version() {
            KvVersion::V2 => unreachable_without_mount(self.version_presence_v2(at, version).await),
            KvVersion::V1 => Err(no_versions(format!("telling whether {version} of {path} is there"))),
        }
    }

    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>> {
        self.check_open()?;
        Ok(found(self.list_below(folder).await?)?.unwrap_or_default())
    }

    async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>> {
        let at = self.locate(path)?;
        match self.version() {
            KvVersion::V2 => self.versions_v2(at).await,
            KvVersion::V1 => Err(no_versions(format!("telling the versions of {path}"))),
        }
    }

    async fn missing_rights(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        self.check_open()?;
        self.lacking(paths).await
    }

    async fn health(&self) -> Health {
        match self.check_open() {
            Ok(()) => health::check(&self.session).await,
            Err(error) => Health::unusable(BACKEND.name, error.to_string(), ""),
        }
    }

    fn last_status(&self) -> SecretStoreStatus {
        if self.check_open().is_ok() { self.session.standing() } else { SecretStoreStatus::Unreachable }
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
        let at = self.locate(path)?;
        match (self.version(), version) {
            (KvVersion::V2, version) => self.reveal_v2(at, version).await,
            (KvVersion::V1, None) => self.reveal_v1(at).await,
            (KvVersion::V1, Some(version)) => Err(no_versions(format!("reading {version} of {path}"))),
        }
    }
}

#[async_trait]
impl SecretWriter for VaultSecrets {
    async fn apply(&self, path: &SecretPath, change: SecretChange<'_>) -> Result<Option<SecretVersion>> {
        let at = self.locate(path)?;
        match self.version() {
            KvVersion::V2 => self.change_v2(at, change).await,
            KvVersion::V1 => self.change_v1(at, change).await,
        }
    }
}

impl VaultSecrets {
    pub fn new(settings: VaultSettings) -> Self {
        Self {
            session: VaultSession::new(settings),
            mounts: MountCache::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// Reader, revealer and, if `writable`, writer, which share one session.
    pub fn access(self, writable: bool) -> SecretAccess {
        SecretAccess::of_store(Arc::new(self), writable)
    }

    fn version(&self) -> KvVersion {
        self.session.settings().kv
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) { Err(shut_down()) } else { Ok(()) }
    }

    fn locate<'a>(&self, path: &'a SecretPath) -> Result<KvLocation<'a>> {
        self.check_open()?;
        KvLocation::of(path)
    }

    /// Sends a read.
    async fn send(&self, call: &VaultRequest) -> Result<VaultResponse> {
        self.session.call(call).await.map_err(|failure| self.failed(failure))
    }

    /// Sends a write, if the engine is the configured one. Its outcome may be unknown.
    async fn send_write(&self, at: KvLocation<'_>, call: &VaultRequest) -> Result<VaultResponse> {
        if let Some(misfit) = self.mismatch(at.mount).await? {
            return Err(Error::unavailable(misfit));
        }
        self.session.call(call).await.map_err(|failure| {
            if !failure.may_be_done() {
                return self.failed(failure);
            }
            let reason = failure.words(&self.session.name());
            Error::SecretUnknown { path: at.secret_path.clone(), reason }
        })
    }

    fn failed(&self, failure: VaultError) -> Error {
        failure.into_provider_error(&self.session.name())
    }
}

/// A mount that is not there is about this secret, and no trouble of the others.
fn unreachable_without_mount(presence: Result<Presence>) -> Result<Presence> {
    match presence {
        Err(error @ Error::NoMount { .. }) => Ok(Presence::Unreachable { reason: error.to_string() }),
        presence => presence,
    }
}

fn no_versions(what: String) -> Error {
    Error::unsupported(what, "a KV 1 engine keeps none")
}
