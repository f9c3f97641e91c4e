//! Secrets in this process, kept as KV 2 keeps them: the reference implementation of the traits of
//! secrets, and the demo's store of them.
//!
//! Beside the traits it has the hands of others (`put_now`, `delete_now`, …), the stages of an
//! evening that goes wrong (`cut`, `forbid`, `unmount`, `slow`, `come_first`, `lose_answer`), and it
//! counts what it was asked.

mod counts;
mod kept;
mod stage;
mod writing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

pub use counts::SecretCalls;
pub use stage::Outage;

use crate::domain::{
    FieldName, Health, KvPath, Lacking, Mount, Presence, SecretFolder, SecretPath, SecretRight,
    SecretStanding, SecretText, SecretValue, SecretVersion, Versions,
};
use crate::provider::secret::unsupported;
use crate::provider::{
    ASK_FOR_IT, Error, Result, Revealed, SecretAccess, SecretCapabilities, SecretName, SecretReader,
    SecretRevealer,
};
use counts::{Call, Counts};
use kept::Kept;
use stage::Stage;

/// As on its badge.
const BACKEND: &str = "secrets";

type Clock = dyn Fn() -> SystemTime + Send + Sync;

/// Secrets in this process; clones share them. What is kept is wiped when dropped.
#[derive(Clone)]
pub struct MemorySecrets {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Box<Clock>,
    state: Mutex<State>,
    counts: Counts,
}

#[derive(Default)]
struct State {
    kept: BTreeMap<Mount, BTreeMap<KvPath, Kept>>,
    stage: Stage,
    closed: bool,
}

impl State {
    fn secret(&self, place: Place<'_>) -> Option<&Kept> {
        self.kept.get(place.mount)?.get(place.path)
    }

    fn secret_mut(&mut self, place: Place<'_>) -> &mut Kept {
        self.kept.entry(place.mount.clone()).or_default().entry(place.path.clone()).or_default()
    }
}

/// A [`SecretPath`] that this kind of store has.
#[derive(Clone, Copy)]
struct Place<'a> {
    mount: &'a Mount,
    path: &'a KvPath,
    whole: &'a SecretPath,
}

impl<'a> Place<'a> {
    fn of(whole: &'a SecretPath) -> Result<Self> {
        match whole {
            SecretPath::Kv { mount, path } => Ok(Self { mount, path, whole }),
            SecretPath::Variables(_) => {
                let what = format!("looking for {whole}");
                Err(unsupported(what, "this context keeps its secrets in a key-value engine"))
            }
        }
    }
}

impl Default for MemorySecrets {
    fn default() -> Self {
        Self::new()
    }
}

impl MemorySecrets {
    /// No secrets, by the clock of this machine.
    pub fn new() -> Self {
        Self::with_clock(SystemTime::now)
    }

    /// No secrets; what is written later is dated by this clock.
    pub fn with_clock(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        let state = Mutex::default();
        Self { shared: Arc::new(Shared { clock: Box::new(clock), state, counts: Counts::default() }) }
    }

    /// What a user of this store is given.
    pub fn access(&self, writable: bool) -> SecretAccess {
        let store = Arc::new(self.clone());
        let writer = writable.then(|| Arc::clone(&store) as Arc<dyn crate::provider::SecretWriter>);
        let revealer = Arc::clone(&store) as Arc<dyn SecretRevealer>;
        SecretAccess::new(store, writer, move || Arc::clone(&revealer))
    }

    /// What it was asked so far.
    pub fn calls(&self) -> SecretCalls {
        self.shared.counts.now()
    }

    /// Writes all fields of a new version, as another program would; answers its number. A path of
    /// another kind of store is left alone.
    pub fn put_now<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &SecretPath,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> SecretVersion {
        let value = |text: &str| SecretValue::text(&SecretText::new(text.to_owned()));
        let fields = fields.into_iter().map(|(name, text)| {
            let name = FieldName::new(name.as_ref());
            (name, value(text.as_ref()))
        });
        let fields = fields.collect();
        self.edit(path, |kept, now| kept.write(fields, now)).unwrap_or(SecretVersion(0))
    }

    /// Deletes the newest version, as another program would.
    pub fn delete_now(&self, path: &SecretPath) {
        self.edit(path, |kept, now| kept.delete(&kept.newest(), now));
    }

    /// Destroys the value of the newest version, as another program would.
    pub fn destroy_now(&self, path: &SecretPath) {
        self.edit(path, |kept, now| kept.destroy(&kept.newest(), now));
    }

    /// Removes a secret with all its versions, as another program would.
    pub fn remove_now(&self, path: &SecretPath) {
        if let Ok(place) = Place::of(path) {
            self.state().kept.get_mut(place.mount).and_then(|mount| mount.remove(place.path));
        }
    }

    /// Writes the metadata of a secret, as another program would: texts beside it, how many versions
    /// are kept (`None`: 10, as by default), and whether every writer must ask for check-and-set.
    pub fn metadata_now<'a>(
        &self,
        path: &SecretPath,
        custom: impl IntoIterator<Item = (&'a str, &'a str)>,
        max: Option<u64>,
        cas_required: bool,
    ) {
        let custom = custom.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        self.edit(path, |kept, now| kept.describe(custom, max, cas_required, now));
    }

    fn edit<T>(&self, path: &SecretPath, change: impl FnOnce(&mut Kept, SystemTime) -> T) -> Option<T> {
        let now = (self.shared.clock)();
        let place = Place::of(path).ok()?;
        Some(change(self.state().secret_mut(place), now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, waits as long as is staged, and refuses it while the store is cut off.
    async fn enter(&self, call: Call) -> Result<counts::Underway<'_>> {
        let underway = self.shared.counts.begin(call);
        let delay = self.state().stage.delay;
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        self.ready()?;
        Ok(underway)
    }

    fn ready(&self) -> Result<()> {
        let state = self.state();
        if state.closed {
            let reason = "the store of secrets was shut down; open it anew".to_owned();
            return Err(Error::Unavailable { reason, retry_in: None });
        }
        state.stage.outage.as_ref().map_or(Ok(()), |outage| Err(outage.error()))
    }
}

fn denied(permission: String) -> Error {
    Error::Denied { permission, remedy: ASK_FOR_IT }
}

#[async_trait]
impl SecretReader for MemorySecrets {
    fn capabilities(&self) -> SecretCapabilities {
        SecretCapabilities { presence: true, versions: true, patch: true, list: true, write: true }
    }

    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let place = Place::of(path)?;
        let _underway = self.enter(Call::Presence).await?;
        let state = self.state();
        if let Some(reason) = state.stage.no_mount(place.mount).or_else(|| state.stage.silent(place)) {
            return Ok(Presence::Unreachable { reason });
        }
        if let Some(permission) = state.stage.missing(SecretRight::Presence, place) {
            return Ok(Presence::Forbidden { permission });
        }
        Ok(state.secret(place).map_or(Presence::Missing, Kept::presence))
    }

    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretName>> {
        let _underway = self.enter(Call::List).await?;
        let state = self.state();
        state.stage.mounted(&folder.mount)?;
        if let Some(permission) = state.stage.unlisted(folder) {
            return Err(denied(permission));
        }
        let secrets = state.kept.get(&folder.mount).into_iter().flatten().map(|(path, _)| path);
        Ok(listed(folder, secrets))
    }

    async fn versions(&self, path: &SecretPath) -> Result<Option<Versions>> {
        let place = Place::of(path)?;
        let _underway = self.enter(Call::Versions).await?;
        let state = self.state();
        state.stage.may(SecretRight::Versions, place)?;
        Ok(state.secret(place).map(Kept::versions))
    }

    async fn lacking(&self, paths: &[SecretPath]) -> Result<Vec<Lacking>> {
        let _underway = self.enter(Call::Lacking).await?;
        let state = self.state();
        if state.stage.rights_hidden {
            return Err(denied("update on sys/capabilities-self".into()));
        }
        let lacking = |path: &SecretPath| {
            let place = Place::of(path)?;
            let lacking = |right| Some((right, state.stage.missing(right, place)?));
            Ok(SecretRight::ALL.into_iter().filter_map(lacking).collect())
        };
        paths.iter().map(lacking).collect()
    }

    async fn health(&self) -> Health {
        let state = self.ready();
        let mut health = match state {
            Ok(()) => Health::new(BACKEND),
            Err(error) => Health::unusable(BACKEND, error.to_string(), ""),
        };
        health.standing = Some(self.standing());
        health
    }

    fn standing(&self) -> SecretStanding {
        let state = self.state();
        match &state.stage.outage {
            _ if state.closed => SecretStanding::Unreachable,
            None => SecretStanding::Unsealed,
            Some(Outage::Sealed) => SecretStanding::Sealed,
            Some(Outage::Unreachable) => SecretStanding::Unreachable,
            Some(Outage::Denied { .. }) => SecretStanding::TokenEnded,
        }
    }

    async fn shutdown(&self) {
        self.state().closed = true;
    }
}

/// The names that stand directly in a folder, each once, of secrets in the order of their paths.
fn listed<'a>(folder: &SecretFolder, secrets: impl Iterator<Item = &'a KvPath>) -> Vec<SecretName> {
    let prefix = folder.folder.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default();
    let mount = folder.mount.clone();
    let name = |path: &KvPath| {
        let rest = path.as_str().strip_prefix(prefix.as_str())?;
        let Some((below, _)) = rest.split_once('/') else {
            return Some(SecretName::Secret(SecretPath::Kv { mount: mount.clone(), path: path.clone() }));
        };
        let folder = KvPath::new(&format!("{prefix}{below}")).ok()?;
        Some(SecretName::Folder(SecretFolder { mount: mount.clone(), folder: Some(folder) }))
    };
    let mut names: Vec<_> = secrets.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

#[async_trait]
impl SecretRevealer for MemorySecrets {
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<Revealed>> {
        let place = Place::of(path)?;
        let _underway = self.enter(Call::Reveal).await?;
        let state = self.state();
        state.stage.may(SecretRight::Reveal, place)?;
        let Some(kept) = state.secret(place) else { return Ok(None) };
        let version = version.or(kept.current());
        Ok(kept.fields(version).map(|fields| Revealed { fields: fields.copied(), version }))
    }
}

#[cfg(test)]
mod tests;
