//! Reads of KV 2. Only `reveal_v2` uses `data/`.

use std::time::SystemTime;

use super::wire::{KeyList, KvMetadata, KvSecret, Subkeys};
use super::{KvLocation, VaultSecrets};
use crate::domain::{KvPath, Presence, SecretFolder, SecretMetadata, SecretVersion};
use crate::provider::vault::request::VaultRequest;
use crate::provider::vault::settings::KvVersion;
use crate::provider::version_change::presence_in_metadata;
use crate::provider::{Error, Result, SecretData, SecretListItem};

impl VaultSecrets {
    /// One request: `subkeys` has the fields, the version and its time.
    pub(super) async fn presence_v2(&self, at: KvLocation<'_>) -> Result<Presence> {
        // Only the top-level fields are shown, so nested names need not be sent.
        let call = VaultRequest::get(at.endpoint_path("subkeys")).query("depth", "1");
        let read = self.read(at.mount, &call, |reply| reply.data().ok().map(Subkeys::contents)).await?;
        Ok(read.map_or_else(|instead| instead, Presence::Present))
    }

    /// As [`Self::presence_v2`], of one version, as the server sees it; from the metadata where this user may not
    /// ask for its fields.
    pub(super) async fn version_presence_v2(
        &self,
        at: KvLocation<'_>,
        version: SecretVersion,
    ) -> Result<Presence> {
        let call = VaultRequest::get(at.endpoint_path("subkeys"))
            .query("depth", "1")
            .query("version", version.0.to_string());
        let read = self.read(at.mount, &call, |reply| reply.data().ok().map(Subkeys::contents)).await?;
        match read {
            Ok(contents) => Ok(Presence::Present(contents)),
            Err(Presence::Forbidden { .. } | Presence::Unknown { .. }) => {
                presence_in_metadata(self.versions_v2(at).await, version)
            }
            Err(other) => Ok(other),
        }
    }

    pub(super) async fn versions_v2(&self, at: KvLocation<'_>) -> Result<Option<SecretMetadata>> {
        let call = VaultRequest::get(at.endpoint_path("metadata"));
        let versions = |metadata: KvMetadata| metadata.versions(SystemTime::now());
        found(self.read(at.mount, &call, |reply| reply.data().ok().map(versions)).await?)
    }

    pub(super) async fn reveal_v2(
        &self,
        at: KvLocation<'_>,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretData>> {
        let mut call = VaultRequest::get(at.endpoint_path("data"));
        if let Some(version) = version {
            call = call.query("version", version.0.to_string());
        }
        found(self.read(at.mount, &call, |reply| reply.data().ok().and_then(KvSecret::revealed)).await?)
    }

    /// The names in a folder: below an endpoint in KV 2, and without one in KV 1.
    pub(super) async fn list_below(
        &self,
        folder: &SecretFolder,
    ) -> Result<std::result::Result<Vec<SecretListItem>, Presence>> {
        let mount = &folder.mount;
        // A KV 1 engine may have a folder with the name of the endpoint.
        if let Some(reason) = self.mismatch(mount).await? {
            return Ok(Err(Presence::Unreachable { reason }));
        }
        let endpoint = (self.version() == KvVersion::V2).then_some("metadata");
        let parts = [Some(mount.as_str()), endpoint, folder.folder.as_ref().map(KvPath::as_str)];
        let call = VaultRequest::list(parts.into_iter().flatten().collect::<Vec<_>>().join("/"));
        self.read(mount, &call, |reply| Some(reply.data::<KeyList>().ok()?.names(folder))).await
    }
}

/// What was read; `None` if it is not there, an error if that is not certain.
pub(super) fn found<T>(read: std::result::Result<T, Presence>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(Presence::Forbidden { permission }) => Err(Error::denied(permission)),
        Err(Presence::Unreachable { reason } | Presence::Unknown { reason }) => {
            Err(Error::unavailable(reason))
        }
        Err(_) => Ok(None),
    }
}
