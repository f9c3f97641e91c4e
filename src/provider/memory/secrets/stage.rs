//! What can be staged: outages, missing rights and mounts, delays, writers who come first, answers
//! that are lost.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{MemorySecrets, Place, denied};
use crate::domain::{Mount, SecretFolder, SecretPath, SecretRight};
use crate::provider::{Error, Result};

/// Why a whole store does not serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outage {
    /// It runs, and is sealed.
    Sealed,
    /// It does not answer.
    Unreachable,
    /// It refuses this user altogether, as when a token has ended.
    Denied {
        /// The missing permission.
        permission: String,
    },
}

impl Outage {
    pub(super) fn error(&self) -> Error {
        let unavailable = |reason: &str| Error::Unavailable { reason: reason.into(), retry_in: None };
        match self {
            Self::Sealed => unavailable("the store of secrets is sealed; somebody who may must unseal it"),
            Self::Unreachable => unavailable("the store of secrets does not answer"),
            Self::Denied { permission } => denied(permission.clone()),
        }
    }
}

#[derive(Default)]
pub(super) struct Stage {
    pub(super) outage: Option<Outage>,
    pub(super) delay: Duration,
    pub(super) rights_hidden: bool,
    forbidden: BTreeSet<(SecretRight, SecretPath)>,
    unlisted: BTreeSet<SecretFolder>,
    unmounted: BTreeSet<Mount>,
    silent: BTreeSet<SecretPath>,
    rivals: BTreeSet<SecretPath>,
    unanswered: BTreeSet<SecretPath>,
}

impl MemorySecrets {
    /// Stages an outage: every call answers so until [`MemorySecrets::restore`].
    pub fn cut(&self, outage: Outage) {
        self.state().stage.outage = Some(outage);
    }

    /// Ends an outage.
    pub fn restore(&self) {
        self.state().stage.outage = None;
    }

    /// Keeps one secret out of reach, as a lost namespace or a slow disk would.
    pub fn silence(&self, path: &SecretPath) {
        self.state().stage.silent.insert(path.clone());
    }

    /// Takes one right on one secret away.
    pub fn forbid(&self, right: SecretRight, path: &SecretPath) {
        self.state().stage.forbidden.insert((right, path.clone()));
    }

    /// Gives it back.
    pub fn permit(&self, right: SecretRight, path: &SecretPath) {
        self.state().stage.forbidden.remove(&(right, path.clone()));
    }

    /// Takes the right to list one folder away.
    pub fn forbid_list(&self, folder: &SecretFolder) {
        self.state().stage.unlisted.insert(folder.clone());
    }

    /// From now on nobody may ask for rights: [`Error::Denied`] answers who does.
    pub fn hide_rights(&self) {
        self.state().stage.rights_hidden = true;
    }

    /// From now on there is no such mount; what is in it is kept.
    pub fn unmount(&self, mount: &Mount) {
        self.state().stage.unmounted.insert(mount.clone());
    }

    /// From now on every call takes at least so long.
    pub fn slow(&self, delay: Duration) {
        self.state().stage.delay = delay;
    }

    /// The next write of this secret comes second: another writer stores the same fields once more
    /// just before it.
    pub fn come_first(&self, path: &SecretPath) {
        self.state().stage.rivals.insert(path.clone());
    }

    /// The next write of this secret is stored, and its answer is lost.
    pub fn lose_answer(&self, path: &SecretPath) {
        self.state().stage.unanswered.insert(path.clone());
    }
}

impl Stage {
    /// The missing permission; `None` if nothing is missing.
    pub(super) fn missing(&self, right: SecretRight, place: Place<'_>) -> Option<String> {
        self.forbidden.contains(&(right, place.whole.clone())).then(|| permission(right, place))
    }

    pub(super) fn may(&self, right: SecretRight, place: Place<'_>) -> Result<()> {
        self.mounted(place.mount)?;
        if let Some(reason) = self.silent(place) {
            return Err(Error::Unavailable { reason, retry_in: None });
        }
        self.missing(right, place).map_or(Ok(()), |permission| Err(denied(permission)))
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

    pub(super) fn silent(&self, place: Place<'_>) -> Option<String> {
        self.silent.contains(place.whole).then(|| "the store of secrets does not answer for it".to_owned())
    }

    pub(super) fn mounted(&self, mount: &Mount) -> Result<()> {
        match self.no_mount(mount) {
            Some(reason) => Err(Error::Unavailable { reason, retry_in: None }),
            None => Ok(()),
        }
    }

    pub(super) fn take_rival(&mut self, place: Place<'_>) -> bool {
        self.rivals.remove(place.whole)
    }

    pub(super) fn answered(&mut self, place: Place<'_>) -> Result<()> {
        if !self.unanswered.remove(place.whole) {
            return Ok(());
        }
        let reason = "the connection broke".to_owned();
        Err(Error::SecretUnknown { path: place.whole.clone(), reason })
    }
}

/// As KV 2 names it.
fn permission(right: SecretRight, place: Place<'_>) -> String {
    let (capability, endpoint) = right.in_kv_2();
    format!("{capability} on {}/{endpoint}/{}", place.mount, place.path)
}
