//! What an answer means for the one path that was asked for.

use super::wire::{Absent, VersionMeta};
use super::{At, Kv, unavailable};
use crate::domain::Mount;
use crate::provider::vault::call::Reply;
use crate::provider::{ASK_FOR_IT, Error};

/// How a server begins where no engine stands at a mount.
const NO_ROUTE: &str = "no handler for route";
/// How KV 2 answers a path that is none of its endpoints.
const NO_ENDPOINT: &str = "Invalid path for a versioned K/V secrets engine";
/// How it answers where the version is not the expected one.
const CAS_FAILED: &str = "check-and-set parameter did not match";
/// How it answers a write without a condition where one is asked for.
const CAS_REQUIRED: &str = "check-and-set parameter required";

/// Why an answer is 404.
pub(super) enum Absence {
    /// There is no secret there, says whatever engine it is.
    Nothing,
    /// There is one, and this version of it cannot be had.
    Gone(VersionMeta),
    /// No engine is mounted there.
    NoMount,
    /// A KV 2 engine is, and it does not know this endpoint.
    NoEndpoint,
    /// None of these: another program's answer, perhaps.
    Other,
}

impl Absence {
    pub(super) fn of(reply: &Reply) -> Self {
        if reply.errors().iter().any(|said| said.contains(NO_ROUTE)) {
            return Self::NoMount;
        }
        // A patch of nothing is answered without a body.
        if reply.body().is_empty() {
            return Self::Nothing;
        }
        let Ok(absent) = reply.parse::<Absent>() else { return Self::Other };
        if absent.warns(NO_ENDPOINT) {
            return Self::NoEndpoint;
        }
        match absent.into_version() {
            (Some(gone), _) => Self::Gone(gone),
            // The page of a proxy is no such thing, and says nothing about a secret.
            (None, true) => Self::Nothing,
            (None, false) => Self::Other,
        }
    }
}

/// Why a write was refused with 400.
pub(super) enum Refusal {
    Conflict,
    ConditionRequired,
    Other,
}

impl Refusal {
    pub(super) fn of(reply: &Reply) -> Self {
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

pub(super) fn denied(permission: String) -> Error {
    Error::Denied { permission, remedy: ASK_FOR_IT }
}

pub(super) fn no_mount(mount: &Mount) -> String {
    format!("there is no secrets engine at {mount}/: check the mount, and VAULT_NAMESPACE")
}

/// What is said where an engine is known not to be the one that the settings name.
pub(super) fn is_two(mount: &Mount) -> String {
    format!("{mount}/ is a KV 2 engine, and VAULT_KV_VERSION is 1: set it to 2")
}

pub(super) fn is_one(mount: &Mount) -> String {
    format!("{mount}/ is a KV 1 engine, and VAULT_KV_VERSION is 2: set it to 1")
}

impl Kv {
    /// An answer to a read that is neither the thing nor its absence.
    pub(super) fn odd(&self, reply: &Reply) -> String {
        format!("{} answers with status {}: see its log", self.session.name(), reply.status())
    }

    /// The error of a write that was not done.
    pub(super) fn refused(&self, at: At<'_>, reply: &Reply, permission: String) -> Error {
        let refuses = |why: &str| {
            let reason = format!("{} refuses the write of {}: {why}", self.session.name(), at.whole);
            Error::Invalid { reason }
        };
        match reply.status() {
            403 => denied(permission),
            404 => match Absence::of(reply) {
                Absence::NoMount => unavailable(no_mount(at.mount)),
                Absence::NoEndpoint => unavailable(is_two(at.mount)),
                _ => unavailable(self.odd(reply)),
            },
            405 => Error::Unsupported {
                what: format!("this write of {}", at.whole),
                remedy: format!("{} does not know it; it needs a newer one", self.session.name()),
            },
            413 => refuses("it is larger than the server takes; write less, or have its limit raised"),
            400 => match Refusal::of(reply) {
                Refusal::ConditionRequired => {
                    refuses("it takes only writes that name the version they replace")
                }
                Refusal::Conflict => Error::SecretConflict { path: at.whole.clone(), now: None },
                Refusal::Other => refuses("it does not take these fields; see its log"),
            },
            _ => unavailable(self.odd(reply)),
        }
    }
}
