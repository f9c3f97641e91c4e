//! A store of secrets that fails as it is told to, and counts its calls: for tests of those who use one.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;

use super::super::{BACKEND, MemorySecrets};
use crate::domain::{
    Health, MissingRights, Mount, Presence, SecretFolder, SecretMetadata, SecretPath, SecretRight,
    SecretStoreStatus, SecretVersion,
};
use crate::provider::{
    Error, Result, SecretAccess, SecretCapabilities, SecretChange, SecretData, SecretFields, SecretListItem,
    SecretReader, SecretRevealer, SecretWriter,
};

/// A failure of the whole store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretsOutage {
    Sealed,
    Unreachable,
    /// All calls are denied, as with an expired token.
    Denied {
        permission: String,
    },
}

/// The number of calls by kind, failed ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SecretCallCounts {
    pub(crate) presence: usize,
    pub(crate) reveal: usize,
    pub(crate) list: usize,
    /// The highest number of concurrent calls.
    pub(crate) most_in_flight: usize,
}

#[derive(Default)]
struct InjectedFaults {
    outage: Option<SecretsOutage>,
    delay: Duration,
    rights_hidden: bool,
    unlisted: BTreeSet<SecretFolder>,
    unmounted: BTreeSet<Mount>,
    conflicts: BTreeSet<SecretPath>,
    lost_responses: BTreeSet<SecretPath>,
}

/// Clones share the store, the faults and the counts.
#[derive(Clone, Default)]
pub(crate) struct FaultySecrets {
    store: MemorySecrets,
    faults: Arc<Mutex<InjectedFaults>>,
    counts: Arc<Mutex<SecretCallCounts>>,
    in_flight: Arc<AtomicUsize>,
}

/// A call in flight, until dropped: also when its future is.
struct InFlightGuard<'a>(&'a AtomicUsize);

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Deref for FaultySecrets {
    type Target = MemorySecrets;

    fn deref(&self) -> &MemorySecrets {
        &self.store
    }
}

impl FaultySecrets {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn access(&self, writable: bool) -> SecretAccess {
        SecretAccess::of_store(Arc::new(self.clone()), writable)
    }

    /// The number of calls so far.
    pub(crate) fn calls(&self) -> SecretCallCounts {
        *self.counts.lock()
    }

    /// Fails every call until [`FaultySecrets::restore`].
    pub(crate) fn inject_outage(&self, outage: SecretsOutage) {
        self.faults.lock().outage = Some(outage);
    }

    pub(crate) fn restore(&self) {
        self.faults.lock().outage = None;
    }

    /// Restores a right that was revoked by [`MemorySecrets::forbid`].
    pub(crate) fn permit(&self, right: SecretRight, path: &SecretPath) {
        self.store.state().faults.forbidden.remove(&(right, path.clone()));
    }

    /// Revokes the right to list one folder.
    #[cfg(feature = "console")]
    pub(crate) fn forbid_list(&self, folder: &SecretFolder) {
        self.faults.lock().unlisted.insert(folder.clone());
    }

    /// Makes queries of rights fail with [`Error::Denied`].
    pub(crate) fn hide_rights(&self) {
        self.faults.lock().rights_hidden = true;
    }

    /// Makes a mount unavailable; its secrets are retained.
    pub(crate) fn unmount(&self, mount: &Mount) {
        self.faults.lock().unmounted.insert(mount.clone());
    }

    /// Delays every call by this much.
    pub(crate) fn delay_calls(&self, delay: Duration) {
        self.faults.lock().delay = delay;
    }

    /// Makes another writer store the same fields again just before the next write of this secret.
    pub(crate) fn inject_conflict(&self, path: &SecretPath) {
        self.faults.lock().conflicts.insert(path.clone());
    }

    /// Loses the response to the next write of this secret; the write takes effect.
    pub(crate) fn lose_response(&self, path: &SecretPath) {
        self.faults.lock().lost_responses.insert(path.clone());
    }

    /// Counts a call, delays it, and fails it during an outage.
    async fn enter(&self, count: impl FnOnce(&mut SecretCallCounts)) -> Result<InFlightGuard<'_>> {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let underway = InFlightGuard(&self.in_flight);
        {
            let mut counts = self.counts.lock();
            count(&mut counts);
            counts.most_in_flight = counts.most_in_flight.max(now);
        }
        let delay = self.faults.lock().delay;
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        drop(self.store.open_state()?);
        match &self.faults.lock().outage {
            None => Ok(underway),
            Some(SecretsOutage::Sealed) => {
                Err(Error::unavailable("the store of secrets is sealed; somebody who may must unseal it"))
            }
            Some(SecretsOutage::Unreachable) => {
                Err(Error::unavailable("the store of secrets does not answer"))
            }
            Some(SecretsOutage::Denied { permission }) => Err(Error::denied(permission.clone())),
        }
    }

    fn unmounted(&self, mount: &Mount) -> Option<String> {
        let unmounted = self.faults.lock().unmounted.contains(mount);
        unmounted.then(|| format!("there is no secrets engine at {mount}/; check the mount in the settings"))
    }

    fn check_mount(&self, path: &SecretPath) -> Result<()> {
        let SecretPath::Kv { mount, .. } = path else { return Ok(()) };
        self.unmounted(mount).map_or(Ok(()), |reason| Err(Error::unavailable(reason)))
    }

    async fn begin_write(&self, path: &SecretPath) -> Result<InFlightGuard<'_>> {
        let underway = self.enter(|_| {}).await?;
        self.check_mount(path)?;
        if self.faults.lock().conflicts.remove(path) {
            self.store.edit(path, |kept, now| {
                let same = kept.fields(kept.current()).map(SecretFields::copied).unwrap_or_default();
                kept.write(same, now)
            });
        }
        Ok(underway)
    }

    fn end_write<T>(&self, path: &SecretPath, answer: Result<T>) -> Result<T> {
        if answer.is_ok() && self.faults.lock().lost_responses.remove(path) {
            return Err(Error::SecretUnknown { path: path.clone(), reason: "the connection broke".into() });
        }
        answer
    }
}

#[async_trait]
impl SecretReader for FaultySecrets {
    fn capabilities(&self) -> SecretCapabilities {
        self.store.capabilities()
    }

    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let _underway = self.enter(|counts| counts.presence += 1).await?;
        match path {
            SecretPath::Kv { mount, .. } if let Some(reason) = self.unmounted(mount) => {
                Ok(Presence::Unreachable { reason })
            }
            _ => self.store.presence(path).await,
        }
    }

    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>> {
        let _underway = self.enter(|counts| counts.list += 1).await?;
        if let Some(reason) = self.unmounted(&folder.mount) {
            return Err(Error::unavailable(reason));
        }
        if self.faults.lock().unlisted.contains(folder) {
            let below = folder.folder.as_ref().map(|below| format!("{below}/")).unwrap_or_default();
            return Err(Error::denied(format!("list on {}/metadata/{below}", folder.mount)));
        }
        self.store.list(folder).await
    }

    async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>> {
        let _underway = self.enter(|_| {}).await?;
        self.check_mount(path)?;
        self.store.versions(path).await
    }

    async fn missing_rights(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        let _underway = self.enter(|_| {}).await?;
        if self.faults.lock().rights_hidden {
            return Err(Error::denied("update on sys/capabilities-self"));
        }
        self.store.missing_rights(paths).await
    }

    async fn health(&self) -> Health {
        let mut health = self.store.health().await;
        if let Some(outage) = &self.faults.lock().outage {
            health = Health::unusable(BACKEND.name, format!("{outage:?}"), "");
        }
        health.secret_store = Some(self.last_status());
        health
    }

    fn last_status(&self) -> SecretStoreStatus {
        match &self.faults.lock().outage {
            None => self.store.last_status(),
            Some(SecretsOutage::Sealed) => SecretStoreStatus::Sealed,
            Some(SecretsOutage::Unreachable) => SecretStoreStatus::Unreachable,
            Some(SecretsOutage::Denied { .. }) => SecretStoreStatus::TokenEnded,
        }
    }

    async fn shutdown(&self) {
        self.store.shutdown().await;
    }
}

#[async_trait]
impl SecretRevealer for FaultySecrets {
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<SecretData>> {
        let _underway = self.enter(|counts| counts.reveal += 1).await?;
        self.check_mount(path)?;
        self.store.reveal(path, version).await
    }
}

#[async_trait]
impl SecretWriter for FaultySecrets {
    async fn apply(&self, path: &SecretPath, change: SecretChange<'_>) -> Result<Option<SecretVersion>> {
        let _underway = self.begin_write(path).await?;
        self.end_write(path, self.store.apply(path, change).await)
    }
}
