//! Key-value engines: presence, lists, versions, values and writes of secrets.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `v2` | KV 2: presence, versions, lists, reveals |
//! | `v2_write` | KV 2: put, patch, delete, undelete, destroy |
//! | `v1` | KV 1: presence, reveals, put |
//! | `capabilities` | missing rights, queried for many secrets at once |
//! | `mounts` | the type and version of the engine at a mount, cached |
//! | `response` | classifies error responses |
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

use super::error::VaultError;
use super::request::{VaultRequest, VaultResponse};
use super::session::VaultSession;
use super::settings::KvVersion;
use crate::domain::{Presence, SecretFolder, SecretMetadata, SecretPath, SecretVersion};
use crate::provider::secret::{KvLocation, no_versions_named};
use crate::provider::{
    Error, Result, SecretCapabilities, SecretData, SecretExpect, SecretFields, SecretListItem,
};
use mounts::MountCache;
use v2_write::VersionAction;

/// The key-value engines of one server.
pub(super) struct Kv {
    session: Arc<VaultSession>,
    mounts: MountCache,
}

impl Kv {
    pub(super) fn new(session: Arc<VaultSession>) -> Self {
        Self { session, mounts: MountCache::default() }
    }

    fn version(&self) -> KvVersion {
        self.session.settings().kv
    }

    pub(super) fn capabilities(&self) -> SecretCapabilities {
        let two = self.version() == KvVersion::V2;
        SecretCapabilities { versions: two, patch: two, write: true }
    }

    pub(super) async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let at = KvLocation::of(path)?;
        match self.version() {
            KvVersion::V2 => self.presence_v2(at).await,
            KvVersion::V1 => self.presence_v1(at).await,
        }
    }

    pub(super) async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>> {
        match self.version() {
            KvVersion::V2 => self.list_below(folder, Some("metadata")).await?.names(),
            KvVersion::V1 => self.list_below(folder, None).await?.names(),
        }
    }

    pub(super) async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>> {
        let at = KvLocation::of(path)?;
        match self.version() {
            KvVersion::V2 => self.versions_v2(at).await,
            KvVersion::V1 => Err(no_versions(format!("telling the versions of {path}"))),
        }
    }

    pub(super) async fn reveal(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretData>> {
        let at = KvLocation::of(path)?;
        match (self.version(), version) {
            (KvVersion::V2, version) => self.reveal_v2(at, version).await,
            (KvVersion::V1, None) => self.reveal_v1(at).await,
            (KvVersion::V1, Some(version)) => Err(no_versions(format!("reading {version} of {path}"))),
        }
    }

    pub(super) async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let at = KvLocation::of(path)?;
        match self.version() {
            KvVersion::V2 => self.put_v2(at, fields, expect).await.map(Some),
            KvVersion::V1 => self.put_v1(at, fields, expect).await.map(|()| None),
        }
    }

    pub(super) async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let at = KvLocation::of(path)?;
        match self.version() {
            KvVersion::V2 => self.patch_v2(at, fields, expect).await.map(Some),
            KvVersion::V1 => Err(Error::unsupported(
                format!("changing single fields of {path}"),
                "a KV 1 engine only replaces a secret as a whole: read it and write all of its fields",
            )),
        }
    }

    pub(super) async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.change_versions(path, versions, VersionAction::Delete).await
    }

    pub(super) async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.change_versions(path, versions, VersionAction::Undelete).await
    }

    pub(super) async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.change_versions(path, versions, VersionAction::Destroy).await
    }

    async fn change_versions(
        &self,
        path: &SecretPath,
        versions: &[SecretVersion],
        mark: VersionAction,
    ) -> Result<()> {
        let at = KvLocation::of(path)?;
        if self.version() == KvVersion::V1 {
            let remedy = "a KV 1 engine keeps no versions, and what is deleted there is gone: \
                          destroy the secret as a whole, if that is meant";
            return Err(Error::unsupported(format!("{} a version of {path}", mark.words()), remedy));
        }
        if versions.is_empty() {
            return Err(no_versions_named(path));
        }
        self.change_versions_v2(at, versions, mark).await
    }

    pub(super) async fn destroy_all(&self, path: &SecretPath) -> Result<()> {
        let at = KvLocation::of(path)?;
        let place = match self.version() {
            KvVersion::V2 => at.endpoint_path("metadata"),
            KvVersion::V1 => at.secret_path.to_string(),
        };
        self.remove(at, place).await
    }

    async fn remove(&self, at: KvLocation<'_>, place: String) -> Result<()> {
        self.check_engine(at.mount).await?;
        let permission = format!("delete on {place}");
        let reply = self.send_write(at, &VaultRequest::delete(place)).await?;
        if reply.is_done() { Ok(()) } else { Err(self.write_error(at, &reply, permission)) }
    }

    /// Sends a read.
    async fn send(&self, call: &VaultRequest) -> Result<VaultResponse> {
        self.session.call(call).await.map_err(|failure| self.failed(failure))
    }

    /// Sends a write, whose outcome may be unknown.
    async fn send_write(&self, at: KvLocation<'_>, call: &VaultRequest) -> Result<VaultResponse> {
        self.session.call(call).await.map_err(|failure| self.failed_write(at, failure))
    }

    fn failed(&self, failure: VaultError) -> Error {
        failure.into_provider_error(&self.session.name())
    }

    fn failed_write(&self, at: KvLocation<'_>, failure: VaultError) -> Error {
        if failure.may_be_done() {
            let reason = failure.words(&self.session.name());
            return Error::SecretUnknown { path: at.secret_path.clone(), reason };
        }
        self.failed(failure)
    }
}

fn no_versions(what: String) -> Error {
    Error::unsupported(what, "a KV 1 engine keeps none")
}
