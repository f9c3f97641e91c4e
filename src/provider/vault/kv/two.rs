//! What KV 2 tells. Only `reveal_two` goes to `data/`.

use std::time::SystemTime;

use super::answer::{Absence, denied, is_two};
use super::wire::{Data, Keys, Metadata, Read, Subkeys, VersionMeta};
use super::{At, Kv, unavailable};
use crate::domain::{KvPath, Presence, SecretFolder, SecretVersion, Versions};
use crate::provider::vault::call::Call;
use crate::provider::vault::failure::Failure;
use crate::provider::{Error, Result, Revealed, SecretName};

impl Kv {
    /// One request: `subkeys` tells the fields, the version and its time.
    pub(super) async fn presence_two(&self, at: At<'_>) -> Result<Presence> {
        // One level is all that is told of a secret, so names inside of values need not travel.
        let place = at.under("subkeys");
        let call = Call::get(place.as_str()).query("depth", "1");
        let reply = match self.session.call(&call).await {
            Ok(reply) => reply,
            Err(failure) => return self.one_path_or_all(failure),
        };
        Ok(match reply.status() {
            200 => match reply.parse::<Data<Subkeys>>() {
                Ok(subkeys) => Presence::Present(subkeys.data.contents()),
                Err(failure) => {
                    let misfit = self.misfit(at.mount).await?;
                    let reason = misfit.unwrap_or_else(|| failure.words(&self.session.name()));
                    Presence::Unreachable { reason }
                }
            },
            403 => Presence::Forbidden { permission: format!("read on {place}") },
            404 => return self.absent(at, Absence::of(&reply)).await,
            _ => Presence::Unreachable { reason: self.odd(&reply) },
        })
    }

    async fn absent(&self, at: At<'_>, absence: Absence) -> Result<Presence> {
        Ok(match absence {
            Absence::Gone(meta) => gone(&meta),
            Absence::NoMount => Presence::Unreachable { reason: self.unmounted(at.mount) },
            Absence::NoEndpoint => match self.misfit(at.mount).await? {
                Some(reason) => Presence::Unreachable { reason },
                None => Presence::Unknown {
                    reason: "this server is too old to tell the fields of a secret without reading it".into(),
                },
            },
            Absence::Nothing => match self.misfit(at.mount).await? {
                Some(reason) => Presence::Unreachable { reason },
                None => Presence::Missing,
            },
            Absence::Other => Presence::Unreachable {
                reason: format!("{}: check VAULT_ADDR, and a proxy before it", self.not_vault()),
            },
        })
    }

    /// What speaks of one answer is a state of that path; what speaks of the server is an error.
    pub(super) fn one_path_or_all(&self, failure: Failure) -> Result<Presence> {
        match failure {
            Failure::TooLarge | Failure::Garbled | Failure::Server(_) => {
                Ok(Presence::Unreachable { reason: failure.words(&self.session.name()) })
            }
            failure => Err(self.failed(failure)),
        }
    }

    pub(super) fn not_vault(&self) -> String {
        format!("the 404 of {} is not what a Vault says", self.session.name())
    }

    pub(super) async fn versions_two(&self, at: At<'_>) -> Result<Option<Versions>> {
        let place = at.under("metadata");
        let reply = self.send(&Call::get(place.as_str())).await?;
        match reply.status() {
            200 => match reply.parse::<Data<Metadata>>() {
                Ok(metadata) => Ok(Some(metadata.data.versions(SystemTime::now()))),
                Err(_) => Err(self.garbled(at).await?),
            },
            403 => Err(denied(format!("read on {place}"))),
            404 => self.nothing(at, Absence::of(&reply)).await,
            _ => Err(unavailable(self.odd(&reply))),
        }
    }

    /// What to say of an answer of another form: a KV 1 engine has secrets at any path.
    async fn garbled(&self, at: At<'_>) -> Result<Error> {
        let misfit = self.misfit(at.mount).await?;
        Ok(misfit.map_or_else(|| self.failed(Failure::Garbled), unavailable))
    }

    /// A read that met nothing: `None` if there is nothing, an error if that cannot be said.
    pub(super) async fn nothing<T>(&self, at: At<'_>, absence: Absence) -> Result<Option<T>> {
        match self.absent(at, absence).await? {
            Presence::Unreachable { reason } | Presence::Unknown { reason } => Err(unavailable(reason)),
            _ => Ok(None),
        }
    }

    /// The names in a folder, below an endpoint of KV 2, or directly where KV 1 has them.
    pub(super) async fn list_below(&self, folder: &SecretFolder, endpoint: Option<&str>) -> Result<Listed> {
        let mount = &folder.mount;
        // A KV 1 engine may well have secrets in a folder that is called as the endpoint.
        if let Some(reason) = self.misfit(mount).await? {
            return Ok(Listed::Untold(reason));
        }
        let parts = [Some(mount.as_str()), endpoint, folder.folder.as_ref().map(KvPath::as_str)];
        let place = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
        let reply = self.send(&Call::list(place.as_str())).await?;
        Ok(match reply.status() {
            200 => match reply.parse::<Data<Keys>>() {
                Ok(keys) => Listed::Names(keys.data.names(folder)),
                Err(failure) => return Err(self.failed(failure)),
            },
            403 => Listed::Forbidden(format!("list on {place}/")),
            404 => match Absence::of(&reply) {
                Absence::Nothing => Listed::Names(Vec::new()),
                Absence::NoMount => Listed::Untold(self.unmounted(mount)),
                Absence::NoEndpoint => Listed::Untold(is_two(mount)),
                _ => Listed::Untold(self.not_vault()),
            },
            _ => Listed::Untold(self.odd(&reply)),
        })
    }

    pub(super) async fn reveal_two(
        &self,
        at: At<'_>,
        version: Option<SecretVersion>,
    ) -> Result<Option<Revealed>> {
        let place = at.under("data");
        let mut call = Call::get(place.as_str());
        if let Some(version) = version {
            call = call.query("version", version.0.to_string());
        }
        let reply = self.send(&call).await?;
        match reply.status() {
            200 => {
                let read = reply.parse::<Data<Read<'_>>>().ok().and_then(|read| read.data.revealed());
                match read {
                    Some(revealed) => Ok(Some(revealed)),
                    None => Err(self.garbled(at).await?),
                }
            }
            403 => Err(denied(format!("read on {place}"))),
            404 => self.nothing(at, Absence::of(&reply)).await,
            _ => Err(unavailable(self.odd(&reply))),
        }
    }
}

/// What a server says of a folder.
pub(super) enum Listed {
    Names(Vec<SecretName>),
    /// The missing permission.
    Forbidden(String),
    /// Why not.
    Untold(String),
}

impl Listed {
    pub(super) fn names(self) -> Result<Vec<SecretName>> {
        match self {
            Self::Names(names) => Ok(names),
            Self::Forbidden(permission) => Err(denied(permission)),
            Self::Untold(reason) => Err(unavailable(reason)),
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
