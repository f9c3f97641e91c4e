//! Reads, and what the responses of the key-value engines mean.

use rustify::enums::RequestMethod;

use super::wire::{NotFoundBody, VersionMeta};
use super::{KvLocation, VaultSecrets};
use crate::domain::{Mount, Presence};
use crate::provider::vault::error::VaultError;
use crate::provider::vault::request::{VaultRequest, VaultResponse};
use crate::provider::vault::settings::KvVersion;
use crate::provider::{Error, Result};

/// The error where no engine is mounted.
const NO_ROUTE: &str = "no handler for route";
/// The warning of KV 2 for a path that is not one of its endpoints.
const NO_ENDPOINT: &str = "Invalid path for a versioned K/V secrets engine";
/// The error of KV 2 for a `cas` that is not the current version.
const CAS_FAILED: &str = "check-and-set parameter did not match";
/// The error of KV 2 for a write without `cas` where `cas_required` is set.
const CAS_REQUIRED: &str = "check-and-set parameter required";

/// The cause of a 404.
pub(super) enum NotFoundReason {
    /// There is no such secret, or no such path in an engine of another type.
    Nothing,
    /// The secret exists; the version is deleted or destroyed.
    Gone(VersionMeta),
    NoMount,
    /// The mount is a KV 2 engine that does not have this endpoint.
    NoEndpoint,
    /// None of these; for a patch, perhaps a missing secret.
    Other,
}

impl NotFoundReason {
    pub(super) fn of(reply: &VaultResponse) -> Self {
        if reply.says(NO_ROUTE) {
            return Self::NoMount;
        }
        let Ok(absent) = reply.parse::<NotFoundBody>() else { return Self::Other };
        if absent.warnings.iter().flatten().any(|warning| warning.contains(NO_ENDPOINT)) {
            return Self::NoEndpoint;
        }
        match absent.into_version() {
            (Some(gone), _) => Self::Gone(gone),
            (None, true) => Self::Nothing,
            (None, false) => Self::Other,
        }
    }
}

fn no_mount(mount: &Mount) -> Error {
    Error::NoMount { mount: mount.clone() }
}

/// The message where the engine's version is not the configured one.
pub(super) fn kv2_mismatch(mount: &Mount) -> String {
    format!("{mount}/ is a KV 2 engine, and VAULT_KV_VERSION is 1: set it to 2")
}

impl VaultSecrets {
    /// Sends a read, and returns what `parse` makes of its response, or else the state of that path. An error
    /// is about the server as a whole, or about the mount.
    pub(super) async fn read<T>(
        &self,
        mount: &Mount,
        call: &VaultRequest,
        parse: impl FnOnce(&VaultResponse) -> Option<T>,
    ) -> Result<std::result::Result<T, Presence>> {
        let lists = matches!(call.method, RequestMethod::LIST);
        let reply = match self.session.call(call).await {
            Ok(reply) => reply,
            Err(failure) if failure.standing().is_none() => {
                return Ok(Err(Presence::Unreachable { reason: failure.words(&self.session.name()) }));
            }
            Err(failure) => return Err(self.failed(failure)),
        };
        if reply.status == 404 && matches!(NotFoundReason::of(&reply), NotFoundReason::NoMount) {
            self.mounts.0.lock().remove(mount);
            return Err(no_mount(mount));
        }
        let found = if reply.status == 200 { parse(&reply) } else { None };
        Ok(match (reply.status, found) {
            (_, Some(found)) => Ok(found),
            // A KV 1 engine may have a secret at a path that is an endpoint of KV 2.
            (200, None) => {
                let misfit = self.mismatch(mount).await?;
                let reason = misfit.unwrap_or_else(|| VaultError::Malformed.words(&self.session.name()));
                Err(Presence::Unreachable { reason })
            }
            (403, _) if lists => Err(Presence::Forbidden { permission: format!("list on {}/", call.path) }),
            (403, _) => Err(Presence::Forbidden { permission: format!("read on {}", call.path) }),
            // The engine is looked up before a list; in KV 1, a 404 means that there is no secret.
            (404, _) if lists || self.version() == KvVersion::V1 => {
                // No version ends there: the engine may be KV 2 after all.
                Err(self.absent(
                    mount,
                    match NotFoundReason::of(&reply) {
                        NotFoundReason::Gone(_) => NotFoundReason::Other,
                        absence => absence,
                    },
                ))
            }
            (404, _) => Err(self.absent_in_kv_2(mount, NotFoundReason::of(&reply)).await?),
            _ => Err(Presence::Unreachable { reason: self.unexpected_status(&reply) }),
        })
    }

    /// What a 404 means, where the engine is the configured one.
    fn absent(&self, mount: &Mount, absence: NotFoundReason) -> Presence {
        let reason = match absence {
            NotFoundReason::Nothing => return Presence::Missing,
            NotFoundReason::Gone(meta) if meta.destroyed => {
                return Presence::Destroyed { version: meta.number() };
            }
            NotFoundReason::Gone(meta) => {
                return Presence::Deleted { version: meta.number(), at: meta.deleted() };
            }
            NotFoundReason::NoMount => no_mount(mount).to_string(),
            NotFoundReason::NoEndpoint => kv2_mismatch(mount),
            NotFoundReason::Other => self.not_vault(),
        };
        Presence::Unreachable { reason }
    }

    /// As `absent`, where the engine may not be KV 2, or may be an older version of it.
    async fn absent_in_kv_2(&self, mount: &Mount, absence: NotFoundReason) -> Result<Presence> {
        if matches!(absence, NotFoundReason::Nothing | NotFoundReason::NoEndpoint)
            && let Some(reason) = self.mismatch(mount).await?
        {
            return Ok(Presence::Unreachable { reason });
        }
        Ok(match absence {
            NotFoundReason::NoEndpoint => Presence::Unknown {
                reason: "this server is too old to tell the fields of a secret without reading it".into(),
            },
            NotFoundReason::Other => Presence::Unreachable { reason: self.not_vault() },
            absence => self.absent(mount, absence),
        })
    }

    fn not_vault(&self) -> String {
        VaultError::NotVault(404).words(&self.session.name())
    }

    /// The message for a response to a read with an unexpected status.
    pub(super) fn unexpected_status(&self, reply: &VaultResponse) -> String {
        format!("{} answers with status {}: see its log", self.session.name(), reply.status)
    }

    /// The error of a write that failed.
    pub(super) async fn write_error(
        &self,
        at: KvLocation<'_>,
        reply: &VaultResponse,
        permission: String,
    ) -> Error {
        let refuses = |why: &str| {
            let reason = format!("{} refuses the write of {}: {why}", self.session.name(), at.secret_path);
            Error::invalid(reason)
        };
        match reply.status {
            403 => Error::denied(permission),
            404 => match NotFoundReason::of(reply) {
                NotFoundReason::NoMount => no_mount(at.mount),
                NotFoundReason::NoEndpoint => Error::unavailable(kv2_mismatch(at.mount)),
                _ => Error::unavailable(self.unexpected_status(reply)),
            },
            405 => Error::unsupported(
                format!("this write of {}", at.secret_path),
                format!("{} does not know it; it needs a newer one", self.session.name()),
            ),
            413 => refuses("it is larger than the server takes; write less, or have its limit raised"),
            400 if reply.says(CAS_FAILED) => {
                Error::SecretConflict { path: at.secret_path.clone(), now: self.newest(at).await }
            }
            400 if reply.says(CAS_REQUIRED) => {
                refuses("it takes only writes that name the version they replace")
            }
            400 => refuses("it does not take these fields; see its log"),
            _ => Error::unavailable(self.unexpected_status(reply)),
        }
    }
}
