//! Reads of KV 2. Only `reveal_v2` uses `data/`.

use std::time::SystemTime;

use super::response::{NotFoundReason, kv2_mismatch};
use super::wire::{DataEnvelope, KeyList, KvMetadata, KvSecret, Subkeys, VersionMeta};
use super::{KvLocation, VaultSecrets};
use crate::domain::{KvPath, Presence, SecretFolder, SecretMetadata, SecretVersion};
use crate::provider::vault::error::VaultError;
use crate::provider::vault::request::VaultRequest;
use crate::provider::{Error, Result, SecretData, SecretListItem};

impl VaultSecrets {
    /// One request: `subkeys` has the fields, the version and its time.
    pub(super) async fn presence_v2(&self, at: KvLocation<'_>) -> Result<Presence> {
        // Only the top-level fields are shown, so nested names need not be sent.
        let place = at.endpoint_path("subkeys");
        let call = VaultRequest::get(place.as_str()).query("depth", "1");
        let reply = match self.session.call(&call).await {
            Ok(reply) => reply,
            Err(failure) => return self.presence_or_error(failure),
        };
        Ok(match reply.status() {
            200 => match reply.parse::<DataEnvelope<Subkeys>>() {
                Ok(subkeys) => Presence::Present(subkeys.data.contents()),
                Err(failure) => {
                    let misfit = self.mismatch(at.mount).await?;
                    let reason = misfit.unwrap_or_else(|| failure.words(&self.session.name()));
                    Presence::Unreachable { reason }
                }
            },
            403 => Presence::Forbidden { permission: format!("read on {place}") },
            404 => return self.absent(at, NotFoundReason::of(&reply)).await,
            _ => Presence::Unreachable { reason: self.unexpected_status(&reply) },
        })
    }

    async fn absent(&self, at: KvLocation<'_>, absence: NotFoundReason) -> Result<Presence> {
        Ok(match absence {
            NotFoundReason::Gone(meta) => gone(&meta),
            NotFoundReason::NoMount => Presence::Unreachable { reason: self.forget_mount(at.mount) },
            NotFoundReason::NoEndpoint => match self.mismatch(at.mount).await? {
                Some(reason) => Presence::Unreachable { reason },
                None => Presence::Unknown {
                    reason: "this server is too old to tell the fields of a secret without reading it".into(),
                },
            },
            NotFoundReason::Nothing => match self.mismatch(at.mount).await? {
                Some(reason) => Presence::Unreachable { reason },
                None => Presence::Missing,
            },
            NotFoundReason::Other => Presence::Unreachable {
                reason: format!("{}: check VAULT_ADDR, and a proxy before it", self.not_vault()),
            },
        })
    }

    /// An error of a single response is a state of that path; one of the server is an error.
    pub(super) fn presence_or_error(&self, failure: VaultError) -> Result<Presence> {
        match failure {
            VaultError::TooLarge | VaultError::Malformed | VaultError::Server(_) => {
                Ok(Presence::Unreachable { reason: failure.words(&self.session.name()) })
            }
            failure => Err(self.failed(failure)),
        }
    }

    pub(super) fn not_vault(&self) -> String {
        format!("the 404 of {} is not what a Vault says", self.session.name())
    }

    pub(super) async fn versions_v2(&self, at: KvLocation<'_>) -> Result<Option<SecretMetadata>> {
        let place = at.endpoint_path("metadata");
        let reply = self.send(&VaultRequest::get(place.as_str())).await?;
        match reply.status() {
            200 => match reply.parse::<DataEnvelope<KvMetadata>>() {
                Ok(metadata) => Ok(Some(metadata.data.versions(SystemTime::now()))),
                Err(_) => Err(self.malformed(at).await?),
            },
            403 => Err(Error::denied(format!("read on {place}"))),
            404 => self.nothing(at, NotFoundReason::of(&reply)).await,
            _ => Err(Error::unavailable(self.unexpected_status(&reply))),
        }
    }

    /// The error for a malformed response: a KV 1 engine may have a secret at that path.
    async fn malformed(&self, at: KvLocation<'_>) -> Result<Error> {
        let misfit = self.mismatch(at.mount).await?;
        Ok(misfit.map_or_else(|| self.failed(VaultError::Malformed), Error::unavailable))
    }

    /// The result of a read with a 404: `None` if the secret is missing, an error if that is not certain.
    pub(super) async fn nothing<T>(&self, at: KvLocation<'_>, absence: NotFoundReason) -> Result<Option<T>> {
        match self.absent(at, absence).await? {
            Presence::Unreachable { reason } | Presence::Unknown { reason } => {
                Err(Error::unavailable(reason))
            }
            _ => Ok(None),
        }
    }

    /// The names in a folder, below an endpoint of KV 2, or without one for KV 1.
    pub(super) async fn list_below(
        &self,
        folder: &SecretFolder,
        endpoint: Option<&str>,
    ) -> Result<KvListing> {
        let mount = &folder.mount;
        // A KV 1 engine may have a folder with the name of the endpoint.
        if let Some(reason) = self.mismatch(mount).await? {
            return Ok(KvListing::Unavailable(reason));
        }
        let parts = [Some(mount.as_str()), endpoint, folder.folder.as_ref().map(KvPath::as_str)];
        let place = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
        let reply = self.send(&VaultRequest::list(place.as_str())).await?;
        Ok(match reply.status() {
            200 => match reply.parse::<DataEnvelope<KeyList>>() {
                Ok(keys) => KvListing::Names(keys.data.names(folder)),
                Err(failure) => return Err(self.failed(failure)),
            },
            403 => KvListing::Forbidden(format!("list on {place}/")),
            404 => match NotFoundReason::of(&reply) {
                NotFoundReason::Nothing => KvListing::Names(Vec::new()),
                NotFoundReason::NoMount => KvListing::Unavailable(self.forget_mount(mount)),
                NotFoundReason::NoEndpoint => KvListing::Unavailable(kv2_mismatch(mount)),
                _ => KvListing::Unavailable(self.not_vault()),
            },
            _ => KvListing::Unavailable(self.unexpected_status(&reply)),
        })
    }

    pub(super) async fn reveal_v2(
        &self,
        at: KvLocation<'_>,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretData>> {
        let place = at.endpoint_path("data");
        let mut call = VaultRequest::get(place.as_str());
        if let Some(version) = version {
            call = call.query("version", version.0.to_string());
        }
        let reply = self.send(&call).await?;
        match reply.status() {
            200 => {
                let read =
                    reply.parse::<DataEnvelope<KvSecret<'_>>>().ok().and_then(|read| read.data.revealed());
                match read {
                    Some(revealed) => Ok(Some(revealed)),
                    None => Err(self.malformed(at).await?),
                }
            }
            403 => Err(Error::denied(format!("read on {place}"))),
            404 => self.nothing(at, NotFoundReason::of(&reply)).await,
            _ => Err(Error::unavailable(self.unexpected_status(&reply))),
        }
    }
}

/// The result of listing a folder.
pub(super) enum KvListing {
    Names(Vec<SecretListItem>),
    Forbidden(String),
    Unavailable(String),
}

impl KvListing {
    pub(super) fn names(self) -> Result<Vec<SecretListItem>> {
        match self {
            Self::Names(names) => Ok(names),
            Self::Forbidden(permission) => Err(Error::denied(permission)),
            Self::Unavailable(reason) => Err(Error::unavailable(reason)),
        }
    }
}

fn gone(meta: &VersionMeta) -> Presence {
    if meta.destroyed {
        Presence::Destroyed { version: meta.number() }
    } else {
        Presence::Deleted { version: meta.number(), at: meta.deleted() }
    }
}
