//! Fault injection: outages, missing rights and mounts, delays, conflicting writes, lost responses.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{KvLocation, MemorySecrets};
use crate::domain::{Mount, SecretFolder, SecretPath, SecretRight};
use crate::provider::{Error, Result};

/// A simulated failure of the whole store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretsOutage {
    Sealed,
    Unreachable,
    /// All calls are denied, as with an expired token.
    Denied {
        permission: String,
    },
}

impl SecretsOutage {
    pub(super) fn error(&self) -> Error {
        match self {
            Self::Sealed => {
                Error::unavailable("the store of secrets is sealed; somebody who may must unseal it")
            }
            Self::Unreachable => Error::unavailable("the store of secrets does not answer"),
            Self::Denied { permission } => Error::denied(permission.clone()),
        }
    }
}

#[derive(Default)]
pub(super) struct FaultInjection {
    pub(super) outage: Option<SecretsOutage>,
    pub(super) delay: Duration,
    pub(super) rights_hidden: bool,
    forbidden: BTreeSet<(SecretRight, SecretPath)>,
    unlisted: BTreeSet<SecretFolder>,
    unmounted: BTreeSet<Mount>,
    unreachable: BTreeSet<SecretPath>,
    conflicts: BTreeSet<SecretPath>,
    lost_responses: BTreeSet<SecretPath>,
}

impl MemorySecrets {
    /// Fails every call until [`MemorySecrets::restore`].
    pub fn inject_outage(&self, outage: SecretsOutage) {
        self.state().faults.outage = Some(outage);
    }

    /// Ends an outage.
    pub fn restore(&self) {
        self.state().faults.outage = None;
    }

    /// Makes one secret unreachable, as a lost namespace or a slow disk would.
    pub fn make_unreachable(&self, path: &SecretPath) {
        self.state().faults.unreachable.insert(path.clone());
    }

    /// Revokes one right on one secret.
    pub fn forbid(&self, right: SecretRight, path: &SecretPath) {
        self.state().faults.forbidden.insert((right, path.clone()));
    }

    /// Restores a right that was revoked by [`MemorySecrets::forbid`].
    pub fn permit(&self, right: SecretRight, path: &SecretPath) {
        self.state().faults.forbidden.remove(&(right, path.clone()));
    }

    /// Revokes the right to list one folder.
    pub fn forbid_list(&self, folder: &SecretFolder) {
        self.state().faults.unlisted.insert(folder.clone());
    }

    /// Makes queries of rights fail with [`Error::Denied`].
    pub fn hide_rights(&self) {
        self.state().faults.rights_hidden = true;
    }

    /// Makes a mount unavailable; its secrets are retained.
    pub fn unmount(&self, mount: &Mount) {
        self.state().faults.unmounted.insert(mount.clone());
    }

    /// Delays every call by this much.
    pub fn delay_calls(&self, delay: Duration) {
        self.state().faults.delay = delay;
    }

    /// Makes another writer store the same fields again just before the next write of this secret.
    pub fn inject_conflict(&self, path: &SecretPath) {
        self.state().faults.conflicts.insert(path.clone());
    }

    /// Loses the response to the next write of this secret; the write takes effect.
    pub fn lose_response(&self, path: &SecretPath) {
        self.state().faults.lost_responses.insert(path.clone());
    }
}

impl FaultInjection {
    pub(super) fn missing(&self, right: SecretRight, place: KvLocation<'_>) -> Option<String> {
        self.forbidden.contains(&(right, place.secret_path.clone())).then(|| place.permission(right))
    }

    pub(super) fn check_right(&self, right: SecretRight, place: KvLocation<'_>) -> Result<()> {
        self.check_mount(place.mount)?;
        if let Some(reason) = self.unreachable_reason(place) {
            return Err(Error::unavailable(reason));
        }
        self.missing(right, place).map_or(Ok(()), |permission| Err(Error::denied(permission)))
    }

    pub(super) fn unlisted(&self, folder: &SecretFolder) -> Option<String> {
        let below = folder.folder.as_ref().map(|below| format!("{below}/")).unwrap_or_default();
        self.unlisted.contains(folder).then(|| format!("list on {}/metadata/{below}", folder.mount))
    }

    pub(super) fn no_mount(&self, mount: &Mount) -> Option<String> {
        self.unmounted
            .contains(mount)
            .then(|| format!("there is no secrets engine at {mount}/; check the mount in the settings"))
    }

    pub(super) fn unreachable_reason(&self, place: KvLocation<'_>) -> Option<String> {
        self.unreachable
            .contains(place.secret_path)
            .then(|| "the store of secrets does not answer for it".to_owned())
    }

    pub(super) fn check_mount(&self, mount: &Mount) -> Result<()> {
        match self.no_mount(mount) {
            Some(reason) => Err(Error::unavailable(reason)),
            None => Ok(()),
        }
    }

    pub(super) fn take_conflict(&mut self, place: KvLocation<'_>) -> bool {
        self.conflicts.remove(place.secret_path)
    }

    pub(super) fn deliver_response(&mut self, place: KvLocation<'_>) -> Result<()> {
        if !self.lost_responses.remove(place.secret_path) {
            return Ok(());
        }
        let reason = "the connection broke".to_owned();
        Err(Error::SecretUnknown { path: place.secret_path.clone(), reason })
    }
}
