//! [`UnifiedConfigManager`]: one store opened from settings, for commands and for programs that
//! embed the library.
//!
//! It holds the reader always and the writer only where writing is allowed: read-only is a type.
//! The live picture exists from the first [`UnifiedConfigManager::watch`] until its last
//! subscriber is gone; the console keeps its own and takes the provider's watch through
//! [`UnifiedConfigManager::reader`] instead.
//!
//! [`UnifiedConfigManager::get_merged`] is what a receiver reads: a document with its references
//! resolved and its own secrets in it, kept for a while and wiped afterwards.

mod cache;
mod create;
mod hub;
mod merged;
mod merging;
mod own;
mod shared;
mod told;
mod written;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use self::cache::Clock;
pub use self::create::{Created, NotCreated};
use self::hub::Hub;
pub use self::merged::{Merged, Secrets, Source};
use self::merging::{Merging, Places};
use self::told::Told;
use self::written::Written;
use crate::check::{Eyes, OwnSecrets};
use crate::domain::{Document, Entry, Health, KeyPrefix, LinkState, ResourceKey, Revision, SecretPath};
use crate::provider::env::{EnvSecrets, EnvVariables};
use crate::provider::etcd::EtcdProvider;
use crate::provider::file::FileProvider;
use crate::provider::{
    Commit, ConfigReader, ConfigWriter, Error, Expect, Lease, Page, Result, SecretAccess, SecretWriter, Watch,
};
use crate::settings::{Overrides, SecretSource, Settings, SettingsError, Sources, Target};

/// One store, opened.
pub struct UnifiedConfigManager {
    reader: Arc<dyn ConfigReader>,
    writer: Option<Arc<dyn ConfigWriter>>,
    /// Why there is no writer, for the refusal.
    read_only: Option<String>,
    hub: Mutex<Weak<Hub>>,
    written: Arc<Written>,
    /// The store of secrets, or why this version cannot open it.
    secrets: Result<SecretAccess>,
    variables: Arc<EnvVariables>,
    eyes: Eyes,
    ended: AtomicBool,
    /// What reads secrets and keeps merged documents; made by the first merge, so that who never
    /// merges, such as the console, holds nothing that could.
    merging: Arc<OnceLock<Merging>>,
    clock: Clock,
}

impl UnifiedConfigManager {
    /// Opens what the process's environment and the config file name. Does not connect.
    ///
    /// # Errors
    /// [`SettingsError`] naming the variable, or the line of the file, that is wrong or missing; also
    /// for `SECRETS_BACKEND=vault`, which this version cannot read.
    pub fn from_env() -> std::result::Result<Self, SettingsError> {
        let sources = Sources::gather(Overrides::default())?;
        let settings = Settings::resolve(&sources)?;
        settings.secrets.check()?;
        Ok(Self::from_settings(&settings))
    }

    /// Opens what the settings name. Does not connect. Secrets that this version cannot read are
    /// refused when one is needed.
    pub fn from_settings(settings: &Settings) -> Self {
        let read_only = settings.context.read_only.as_ref().map(ToString::to_string);
        let manager = match &settings.target {
            Target::Files(files) => Self::open(FileProvider::new(files.clone()), read_only),
            Target::Etcd(etcd) => Self::open(EtcdProvider::new((**etcd).clone()), read_only),
        };
        manager.with_secrets(settings.secrets.clone())
    }

    /// Opens a provider; `read_only` tells who forbade writing, if anybody did. Secrets come from the
    /// process's variables, unless [`UnifiedConfigManager::with_secrets`] or
    /// [`UnifiedConfigManager::with_secret_access`] says otherwise.
    pub fn open<P: ConfigWriter + 'static>(provider: P, read_only: Option<String>) -> Self {
        let provider = Arc::new(provider);
        // The same provider behind both, but without read access to the field nobody can write.
        let writer = read_only.is_none().then(|| Arc::clone(&provider) as Arc<dyn ConfigWriter>);
        let variables = Arc::new(EnvVariables::process());
        Self {
            reader: provider,
            writer,
            read_only,
            hub: Mutex::new(Weak::new()),
            written: Arc::default(),
            secrets: Ok(env_access(&variables)),
            variables,
            eyes: eyes_on_variables(),
            ended: AtomicBool::new(false),
            merging: Arc::default(),
            clock: Arc::new(Instant::now),
        }
    }

    /// Takes secrets, and the variables of references, from elsewhere.
    #[must_use]
    pub fn with_secrets(mut self, secrets: SecretSource) -> Self {
        match secrets {
            SecretSource::Env(variables) => {
                let access = env_access(&variables);
                self.variables = variables;
                self.eyes = eyes_on_variables();
                self.with_secret_access(access)
            }
            SecretSource::Vault(origin) => {
                self.merging = Arc::default();
                self.secrets = Err(Error::Unsupported {
                    what: format!("reading secrets from Vault, as {origin} asks,"),
                    remedy: SecretSource::NO_VAULT.into(),
                });
                self
            }
        }
    }

    /// Takes secrets from this store. In a read-only context its writer is left out.
    #[must_use]
    pub fn with_secret_access(mut self, mut access: SecretAccess) -> Self {
        if self.read_only.is_some() {
            access.writer = None;
        }
        self.secrets = Ok(access);
        self.merging = Arc::default();
        self
    }

    /// Looks for secrets where this receiver does. Without it, own secrets are looked for in variables,
    /// and references to Vault have no value.
    #[must_use]
    pub fn with_eyes(mut self, eyes: Eyes) -> Self {
        self.eyes = eyes;
        self.merging = Arc::default();
        self
    }

    /// Where the receiver looks for secrets.
    pub fn eyes(&self) -> &Eyes {
        &self.eyes
    }

    /// The store of secrets. Its writer, where there is one, makes [`UnifiedConfigManager::get_merged`]
    /// forget what it writes.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a store that this version cannot open.
    pub fn secrets(&self) -> Result<SecretAccess> {
        let mut access = self.secrets.clone()?;
        let merging = || Arc::clone(&self.merging);
        let told = |writer| Arc::new(Told { writer, merging: merging() }) as Arc<dyn SecretWriter>;
        access.writer = access.writer.take().map(told);
        Ok(access)
    }

    /// The writing half of the store of secrets.
    ///
    /// # Errors
    /// [`Error::Denied`] in a read-only context, naming what made it so; [`Error::Unsupported`] where
    /// nothing can be written, or the store cannot be opened.
    pub fn secret_writer(&self) -> Result<Arc<dyn SecretWriter>> {
        self.may_write()?;
        self.secrets()?.writer.ok_or_else(|| Error::Unsupported {
            what: "writing secrets".into(),
            remedy:
                "they are environment variables; set them where the receiver is started, and start it anew"
                    .into(),
        })
    }

    /// Tells that a secret has changed, as seen by its version: what was merged with it is made anew.
    pub fn forget_secret(&self, path: &SecretPath) {
        self.merging.get().inspect(|merging| merging.forget_secret(path));
    }

    /// What the store of secrets says about itself.
    pub async fn secrets_health(&self) -> Health {
        match &self.secrets {
            Ok(access) => access.reader.health().await,
            Err(error) => Health::unusable("secrets", error.to_string(), ""),
        }
    }

    /// The store's reading half; its `watch` is what the console drives its picture from.
    pub fn reader(&self) -> Arc<dyn ConfigReader> {
        Arc::clone(&self.reader)
    }

    /// The store's writing half.
    ///
    /// # Errors
    /// [`Error::Denied`] in a read-only context, naming what made it so.
    pub fn writer(&self) -> Result<Arc<dyn ConfigWriter>> {
        self.may_write()?;
        self.writer.clone().ok_or_else(|| off_by(""))
    }

    fn may_write(&self) -> Result<()> {
        self.read_only.as_deref().map_or(Ok(()), |origin| Err(off_by(origin)))
    }

    /// One document: from the live picture while that equals the store and knows of every write made
    /// through this manager, else from the store.
    ///
    /// # Errors
    /// Those of [`ConfigReader::get`].
    pub async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        match self.hub().and_then(|hub| hub.known(key, self.written())) {
            Some(known) => Ok(known),
            None => self.reader.get(key).await,
        }
    }

    /// One document as a receiver uses it: its references resolved, and a webhook's own secrets
    /// merged in, or left out.
    ///
    /// A variable that is not set and has no default is no error, here as in the receiver: a text
    /// that is nothing but the reference becomes `Undefined variable NAME`, and one with more in it
    /// keeps the reference as it is.
    ///
    /// It is made once and kept for 300 s, or until its document changes, a secret of it is written
    /// through [`UnifiedConfigManager::secrets`], or [`UnifiedConfigManager::forget_secret`] is told: a
    /// secret that changed otherwise is in use after that time. The last owner who drops it wipes it.
    ///
    /// Each secret is read once for it, see [`Merged::sources`]. Where a reference's secret cannot be
    /// read, its default stands in as in the receiver, see [`Merged::fallbacks`]; where own secrets
    /// cannot be read there is no merged document, since without them it might let everybody in.
    ///
    /// It comes from the live picture once that has been loaded, **even while the link is stale**: a
    /// receiver goes on serving while its store is away, and [`UnifiedConfigManager::link`] tells how
    /// true that is. Without a picture (nobody holds what [`UnifiedConfigManager::watch`] returned) it
    /// comes from the store.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what the receiver could not use, and for a reference or a secret that
    /// cannot be resolved, naming it and never a value; [`Error::Unsupported`] for a foreign key, and
    /// for secrets in a place that this version cannot read; [`Error::Denied`] and
    /// [`Error::Unavailable`] of the store of secrets; else those of [`ConfigReader::get`].
    pub async fn get_merged(&self, key: &ResourceKey, secrets: Secrets) -> Result<Option<Arc<Merged>>> {
        let entry = match self.hub().and_then(|hub| hub.last_known(key, self.written())) {
            Some(known) => known,
            None => self.reader.get(key).await?,
        };
        match entry {
            Some(entry) => self.merging()?.merged(&entry, secrets).await.map(Some),
            None => {
                self.merging.get().inspect(|merging| merging.forget(key));
                Ok(None)
            }
        }
    }

    fn merging(&self) -> Result<&Merging> {
        if let Some(merging) = self.merging.get() {
            return Ok(merging);
        }
        let access = self.secrets.clone()?;
        let places = Places { variables: Arc::clone(&self.variables), access, eyes: self.eyes.clone() };
        Ok(self.merging.get_or_init(|| Merging::new(places, Arc::clone(&self.clock))))
    }

    /// The state of the link to the store; `None` while nobody watches, and after
    /// [`UnifiedConfigManager::shutdown`].
    pub fn link(&self) -> Option<LinkState> {
        self.hub()?.link()
    }

    /// Waits, for at most `within`, until the live picture has been loaded once. Call it while you
    /// hold what [`UnifiedConfigManager::watch`] returned.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Denied`] with what the link said last, when the time is over;
    /// [`Error::Unsupported`] while nobody watches, since then nothing loads.
    pub async fn ready(&self, within: Duration) -> Result<()> {
        match self.hub() {
            Some(hub) => hub.ready(within).await,
            None => Err(Error::Unsupported {
                what: "waiting for the picture".into(),
                remedy: "nobody watches; call watch() and hold what it returns".into(),
            }),
        }
    }

    /// All documents of a range at one revision, in pages.
    pub fn list(&self, prefix: KeyPrefix) -> futures::stream::BoxStream<'_, Result<Page>> {
        self.reader.list(prefix)
    }

    /// Writes a document that does not exist yet.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it does; else those of [`ConfigWriter::commit`].
    pub async fn create(&self, key: ResourceKey, document: Document, lease: Lease) -> Result<Commit> {
        self.note(self.writer()?.set(key, document, Expect::Absent, lease).await)
    }

    /// Replaces the document that was read as `base`, and keeps its lease.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed since; else those of [`ConfigWriter::commit`].
    pub async fn update(&self, base: &Entry, document: Document) -> Result<Commit> {
        let expect = Expect::Token(base.token);
        self.note(self.writer()?.set(base.key.clone(), document, expect, Lease::Keep).await)
    }

    /// Removes the document that was read as `base`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed since; else those of [`ConfigWriter::commit`].
    pub async fn delete(&self, base: &Entry) -> Result<Commit> {
        self.note(self.writer()?.delete(base.key.clone(), Expect::Token(base.token)).await)
    }

    /// Remembers a write that the live picture may not know of yet.
    fn note(&self, written: Result<Commit>) -> Result<Commit> {
        if let Ok(commit) = &written {
            self.written.note(commit.at);
        }
        written
    }

    /// Subscribes to a range: a load, then every change. All subscribers share one watch of the
    /// provider and one picture; one that falls behind gets a new load and delays nobody.
    ///
    /// Call it within a tokio runtime.
    pub fn watch(&self, prefix: KeyPrefix) -> Watch {
        let mut kept = self.lock();
        let hub = kept.upgrade().unwrap_or_else(|| {
            let merging = Arc::clone(&self.merging);
            let written = Arc::clone(&self.written);
            let hub = Hub::start(self.reader.watch(KeyPrefix::All), written, move |key| {
                merging.get().inspect(|merging| merging.forget(key));
            });
            *kept = Arc::downgrade(&hub);
            hub
        });
        drop(kept);
        hub.subscribe(prefix)
    }

    /// What the backend says about itself.
    pub async fn health(&self) -> Health {
        self.reader.health().await
    }

    /// Ends watches and connections, and wipes what was merged.
    pub async fn shutdown(&self) {
        self.ended.store(true, Ordering::Release);
        self.merging.get().inspect(|merging| merging.forget_all());
        match &self.secrets {
            Ok(access) => drop(futures::join!(self.reader.shutdown(), access.reader.shutdown())),
            Err(_) => self.reader.shutdown().await,
        }
    }

    /// Whether it was shut down.
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn hub(&self) -> Option<Arc<Hub>> {
        self.lock().upgrade()
    }

    fn written(&self) -> Revision {
        self.written.at()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Weak<Hub>> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn off_by(origin: &str) -> Error {
    Error::Denied {
        permission: format!("writing, which is off by {origin}"),
        remedy: "take that back, or use another context",
    }
}

/// Variables as a store of secrets; it has no writer.
fn env_access(variables: &Arc<EnvVariables>) -> SecretAccess {
    let secrets = EnvSecrets::new(Arc::clone(variables));
    let revealer = secrets.clone();
    SecretAccess::new(Arc::new(secrets), None, move || Arc::new(revealer.clone()))
}

/// A receiver that keeps secrets in variables and reads no Vault.
fn eyes_on_variables() -> Eyes {
    Eyes { references: None, own: OwnSecrets::Variables, ..Eyes::default() }
}

#[cfg(test)]
mod tests;
