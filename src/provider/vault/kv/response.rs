//! Classifies error responses of the key-value engines.

use super::wire::{NotFoundBody, VersionMeta};
use super::{KvLocation, VaultSecrets};
use crate::domain::Mount;
use crate::provider::Error;
use crate::provider::vault::request::VaultResponse;

/// The error where no engine is mounted.
const NO_ROUTE: &str = "no handler for route";
/// The warning of KV 2 for a path that is none of its endpoints.
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
    /// None of these: perhaps the response of a proxy.
    Other,
}

impl NotFoundReason {
    pub(super) fn of(reply: &VaultResponse) -> Self {
        if reply.errors().iter().any(|said| said.contains(NO_ROUTE)) {
            return Self::NoMount;
        }
        // A patch of a missing secret has a response without body.
        if reply.body().is_empty() {
            return Self::Nothing;
        }
        let Ok(absent) = reply.parse::<NotFoundBody>() else { return Self::Other };
        if absent.warns(NO_ENDPOINT) {
            return Self::NoEndpoint;
        }
        match absent.into_version() {
            (Some(gone), _) => Self::Gone(gone),
            // The error page of a proxy has another form, and means nothing for a secret.
            (None, true) => Self::Nothing,
            (None, false) => Self::Other,
        }
    }
}

/// The cause of a 400 to a write.
pub(super) enum WriteRefusal {
    Conflict,
    ConditionRequired,
    Other,
}

impl WriteRefusal {
    pub(super) fn of(reply: &VaultResponse) -> Self {
        let said = reply.errors();
        let says = |words: &str| said.iter().any(|said| said.contains(words));
        if says(CAS_FAILED) {
            Self::Conflict
        } else if says(CAS_REQUIRED) {
            Self::ConditionRequired
        } else {
            Self::Other
        }
    }
}

pub(super) fn no_mount(mount: &Mount) -> String {
    format!("there is no secrets engine at {mount}/: check the mount, and VAULT_NAMESPACE")
}

/// The message where the engine's version is not the configured one.
pub(super) fn kv2_mismatch(mount: &Mount) -> String {
    format!("{mount}/ is a KV 2 engine, and VAULT_KV_VERSION is 1: set it to 2")
}

pub(super) fn kv1_mismatch(mount: &Mount) -> String {
    format!("{mount}/ is a KV 1 engine, and VAULT_KV_VERSION is 2: set it to 1")
}

impl VaultSecrets {
    /// The message for a response to a read with an unexpected status.
    pub(super) fn unexpected_status(&self, reply: &VaultResponse) -> String {
        format!("{} answers with status {}: see its log", self.session.name(), reply.status())
    }

    /// The error of a write that failed.
    pub(super) fn write_error(&self, at: KvLocation<'_>, reply: &VaultResponse, permission: String) -> Error {
        let refuses = |why: &str| {
            let reason = format!("{} refuses the write of {}: {why}", self.session.name(), at.secret_path);
            Error::invalid(reason)
        };
        match reply.status() {
            403 => Error::denied(permission),
            404 => match NotFoundReason::of(reply) {
                NotFoundReason::NoMount => Error::unavailable(no_mount(at.mount)),
                NotFoundReason::NoEndpoint => Error::unavailable(kv2_mismatch(at.mount)),
                _ => Error::unavailable(self.unexpected_status(reply)),
            },
            405 => Error::unsupported(
                format!("this write of {}", at.secret_path),
                format!("{} does not know it; it needs a newer one", self.session.name()),
            ),
            413 => refuses("it is larger than the server takes; write less, or have its limit raised"),
            400 => match WriteRefusal::of(reply) {
                WriteRefusal::ConditionRequired => {
                    refuses("it takes only writes that name the version they replace")
                }
                WriteRefusal::Conflict => Error::SecretConflict { path: at.secret_path.clone(), now: None },
                WriteRefusal::Other => refuses("it does not take these fields; see its log"),
            },
            _ => Error::unavailable(self.unexpected_status(reply)),
        }
    }
}
