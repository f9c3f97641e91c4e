//! In-memory secret store with the semantics of KV 2: the reference implementation of the secret traits,
//! and the demo's secret store.
//!
//! Besides the traits, it can write as another program would (`put_now`, `delete_now`), and deny or leave
//! unanswered the requests for single secrets (`forbid`, `make_unreachable`).

mod stored_secret;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::{Mutex, MutexGuard};

use async_trait::async_trait;

use crate::domain::{
    FieldName, Health, KvPath, MissingRights, Mount, Presence, SecretFolder, SecretMetadata, SecretPath,
    SecretRight, SecretStoreStatus, SecretText, SecretValue, SecretVersion,
};
use crate::provider::secret::{KvLocation, shut_down};
use crate::provider::{
    Error, Result, SecretAccess, SecretBackend, SecretCapabilities, SecretData, SecretListItem, SecretReader,
    SecretRevealer,
};
use stored_secret::StoredSecret;

pub const BACKEND: SecretBackend = SecretBackend { name: "secrets", remote: false, key_value: true };

type WallClock = dyn Fn() -> SystemTime + Send + Sync;

/// Secrets in memory; clones share them. Values are wiped on drop.
#[derive(Clone)]
pub struct MemorySecrets {
    shared: Arc<MemorySecretsInner>,
}

struct MemorySecretsInner {
    clock: Box<WallClock>,
    state: Mutex<MemorySecretsState>,
}

#[derive(Default)]
struct MemorySecretsState {
    secrets: BTreeMap<Mount, BTreeMap<KvPath, StoredSecret>>,
    faults: Faults,
    closed: bool,
}

/// Secrets that do not answer, and rights that are missing.
#[derive(Default)]
struct Faults {
    forbidden: BTreeSet<(SecretRight, SecretPath)>,
    unreachable: BTreeSet<SecretPath>,
}

impl Faults {
    fn missing(&self, right: SecretRight, place: KvLocation<'_>) -> Option<String> {
        self.forbidden.contains(&(right, place.secret_path.clone())).then(|| place.permission(right))
    }

    fn check_right(&self, right: SecretRight, place: KvLocation<'_>) -> Result<()> {
        if let Some(reason) = self.unreachable_reason(place) {
            return Err(Error::unavailable(reason));
        }
        self.missing(right, place).map_or(Ok(()), |permission| Err(Error::denied(permission)))
    }

    fn unreachable_reason(&self, place: KvLocation<'_>) -> Option<&'static str> {
        self.unreachable.contains(place.secret_path).then_some("the store of secrets does not answer for it")
    }
}

impl MemorySecretsState {
    fn secret(&self, place: KvLocation<'_>) -> Option<&StoredSecret> {
        self.secrets.get(place.mount)?.get(place.path)
    }

    fn secret_mut(&mut self, place: KvLocation<'_>) -> &mut StoredSecret {
        self.secrets.entry(place.mount.clone()).or_default().entry(place.path.clone()).or_default()
    }
}

impl Default for MemorySecrets {
    fn default() -> Self {
        Self::new()
    }
}

impl MemorySecrets {
    /// An empty store with the system clock.
    pub fn new() -> Self {
        Self::with_clock(SystemTime::now)
    }

    /// An empty store with a custom clock.
    pub fn with_clock(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        let inner = MemorySecretsInner { clock: Box::new(clock), state: Mutex::default() };
        Self { shared: Arc::new(inner) }
    }

    /// Reader, revealer and, if `writable`, writer of this store.
    pub fn access(&self, writable: bool) -> SecretAccess {
        SecretAccess::of_store(Arc::new(self.clone()), writable)
    }

    /// Writes a new version, as another program would; returns its number. Ignores a path that is not
    /// in a key-value engine.
    pub fn put_now<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &SecretPath,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> SecretVersion {
        let field = |(name, text): (N, V)| {
            let text = SecretText::new(text.as_ref().to_owned());
            (FieldName::new(name.as_ref()), SecretValue::text(&text))
        };
        let fields = fields.into_iter().map(field).collect();
        self.edit(path, |kept, now| kept.write(fields, now)).unwrap_or(SecretVersion(0))
    }

    /// Deletes the newest version, as another program would.
    pub fn delete_now(&self, path: &SecretPath) {
        self.edit(path, |kept, now| kept.delete(kept.current().as_slice(), now));
    }

    /// Makes one secret unreachable, as a lost namespace or a slow disk would.
    pub fn make_unreachable(&self, path: &SecretPath) {
        self.state().faults.unreachable.insert(path.clone());
    }

    /// Revokes one right on one secret.
    pub fn forbid(&self, right: SecretRight, path: &SecretPath) {
        self.state().faults.forbidden.insert((right, path.clone()));
    }

    fn edit<T>(
        &self,
        path: &SecretPath,
        change: impl FnOnce(&mut StoredSecret, SystemTime) -> T,
    ) -> Option<T> {
        let now = (self.shared.clock)();
        let place = KvLocation::of(path).ok()?;
        Some(change(self.state().secret_mut(place), now))
    }

    fn state(&self) -> MutexGuard<'_, MemorySecretsState> {
        self.shared.state.lock()
    }

    /// Fails once the store has been shut down.
    fn open_state(&self) -> Result<MutexGuard<'_, MemorySecretsState>> {
        Some(self.state()).filter(|state| !state.closed).ok_or_else(shut_down)
    }

    fn open<'a>(&self, path: &'a SecretPath) -> Result<(KvLocation<'a>, MutexGuard<'_, MemorySecretsState>)> {
        Ok((KvLocation::of(path)?, self.open_state()?))
    }
}

#[async_trait]
impl SecretReader for MemorySecrets {
    fn capabilities(&self) -> SecretCapabilities {
        SecretCapabilities { versions: true, patch: true, write: true }
    }

    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let (place, state) = self.open(path)?;
        if let Some(reason) = state.faults.unreachable_reason(place) {
            return Ok(Presence::Unreachable { reason: reason.into() });
        }
        if let Some(permission) = state.faults.missing(SecretRight::Presence, place) {
            return Ok(Presence::Forbidden { permission });
        }
        Ok(state.secret(place).map_or(Presence::Missing, StoredSecret::presence))
    }

    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>> {
        let state = self.open_state()?;
        let secrets = state.secrets.get(&folder.mount).into_iter().flatten().map(|(path, _)| path);
        Ok(names_in(folder, secrets))
    }

    async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>> {
        let (place, state) = self.open(path)?;
        state.faults.check_right(SecretRight::Versions, place)?;
        Ok(state.secret(place).map(StoredSecret::versions))
    }

    async fn missing_rights(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        let state = self.open_state()?;
        let lacking = |path: &SecretPath| {
            let place = KvLocation::of(path)?;
            let lacking = |right| Some((right, state.faults.missing(right, place)?));
            Ok(SecretRight::ALL.into_iter().filter_map(lacking).collect())
        };
        paths.iter().map(lacking).collect()
    }

    async fn health(&self) -> Health {
        let mut health = match self.open_state() {
            Ok(_) => Health::new(BACKEND.name),
            Err(error) => Health::unusable(BACKEND.name, error.to_string(), ""),
        };
        health.secret_store = Some(self.last_status());
        health
    }

    fn last_status(&self) -> SecretStoreStatus {
        if self.state().closed { SecretStoreStatus::Unreachable } else { SecretStoreStatus::Unsealed }
    }

    async fn shutdown(&self) {
        self.state().closed = true;
    }
}

/// The distinct names directly in a folder, sorted.
fn names_in<'a>(folder: &SecretFolder, secrets: impl Iterator<Item = &'a KvPath>) -> Vec<SecretListItem> {
    let prefix = folder.folder.as_ref().map(|folder| format!("{}/", folder.as_str())).unwrap_or_default();
    let mount = folder.mount.clone();
    let name = |path: &KvPath| {
        let rest = path.as_str().strip_prefix(prefix.as_str())?;
        let Some((below, _)) = rest.split_once('/') else {
            return Some(SecretListItem::Secret(SecretPath::Kv { mount: mount.clone(), path: path.clone() }));
        };
        let folder = KvPath::new(&format!("{prefix}{below}")).ok()?;
        Some(SecretListItem::Folder(SecretFolder { mount: mount.clone(), folder: Some(folder) }))
    };
    let mut names: Vec<_> = secrets.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

#[async_trait]
impl SecretRevealer for MemorySecrets {
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<SecretData>> {
        let (place, state) = self.open(path)?;
        state.faults.check_right(SecretRight::Reveal, place)?;
        let Some(kept) = state.secret(place) else { return Ok(None) };
        let version = version.or(kept.current());
        Ok(kept.fields(version).map(|fields| SecretData { fields: fields.copied(), version }))
    }
}

#[cfg(test)]
pub(crate) mod tests;
