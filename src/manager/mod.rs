//! [`UnifiedConfigManager`]: one store opened from settings, for commands and for programs that
//! embed the library.
//!
//! A read-only manager has no writer at all. The live inventory exists from the first
//! [`UnifiedConfigManager::watch`] until its last subscriber is dropped. The console keeps its own inventory,
//! fed by the provider's watch through [`UnifiedConfigManager::reader`].
//!
//! [`UnifiedConfigManager::get_merged`] returns a document as a receiver reads it: its references resolved
//! and its own secrets merged. The result is cached for a limited time and then wiped.

mod cache;
mod changes;
mod create;
mod delete;
mod get_merged;
mod hub;
mod invalidating_writer;
mod merged;
mod own_secrets;
mod secret_merger;
mod writes;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use self::cache::MonotonicClock;
pub use self::changes::Changes;
pub use self::create::{CreateWebhookError, CreatedWebhook};
pub use self::delete::{DeleteWebhookError, DeletedWebhook, SecretRemoval};
use self::get_merged::{lookup_in_variables, secret_lookup};
use self::hub::{LastWrite, WatchHub};
use self::invalidating_writer::InvalidatingWriter;
pub use self::merged::{MergedDocument, MergedSecret, SecretMode};
use self::secret_merger::CachedMerger;
use crate::check::SecretLookup;
use crate::config::{Overrides, SecretSource, SettingSources, Settings, SettingsError, Target};
use crate::domain::{Entry, Health, KeyPrefix, LinkState, ResourceKey, Revision, SecretNames, SecretPath};
use crate::provider::env::EnvVariables;
#[cfg(feature = "etcd")]
use crate::provider::etcd::EtcdProvider;
use crate::provider::file::FileProvider;
use crate::provider::{ConfigReader, ConfigWriter, Error, Page, Result, SecretAccess, SecretWriter, Watch};

static SHARED: Mutex<Option<Arc<UnifiedConfigManager>>> = Mutex::new(None);

/// An open store.
///
/// ```no_run
/// use std::time::Duration;
///
/// use confdeck::domain::{DocumentChange, KeyPrefix, ResourceKey};
/// use confdeck::manager::{SecretMode, UnifiedConfigManager};
/// use confdeck::provider::Lease;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     // CONFIG_BACKEND and its variables choose the store.
///     let manager = UnifiedConfigManager::from_env()?;
///
///     // While this is held, there is a live picture, and reads are answered from memory.
///     let mut changes = manager.changes(KeyPrefix::Namespace("default".parse()?));
///     manager.ready(Duration::from_secs(20)).await?;
///
///     let key = ResourceKey::webhook("default".parse()?, "orders".parse()?);
///     let document = r#"{"module": "log", "topic": "{$TOPIC:orders}"}"#;
///     manager.upsert(key.clone(), document.into(), Lease::Never).await?;
///     match changes.next().await {
///         Some(DocumentChange::Updated { previous, entry }) => {
///             println!("{} was {} and is {}", entry.key, previous.token, entry.token);
///         }
///         Some(DocumentChange::Deleted { previous }) => println!("{} is gone", previous.key),
///         Some(change) => println!("{} is there", change.key()),
///         None => println!("the store was shut down"),
///     }
///
///     // As a receiver uses it: references are resolved, the webhook's own secrets are merged in.
///     let merged = manager.get_merged(&key, SecretMode::Include).await?.ok_or("it is gone")?;
///     println!("its topic is {}", merged.json()["topic"]);
///
///     manager.shutdown().await;
///     Ok(())
/// }
/// ```
pub struct UnifiedConfigManager {
    reader: Arc<dyn ConfigReader>,
    writer: Option<Arc<dyn ConfigWriter>>,
    /// What made it read-only, for error messages.
    read_only: Option<String>,
    hub: Mutex<Weak<WatchHub>>,
    last_write: Arc<LastWrite>,
    secrets: SecretAccess,
    variables: Arc<EnvVariables>,
    secret_lookup: SecretLookup,
    secret_names: SecretNames,
    ended: AtomicBool,
    /// Reads secrets and caches merged documents. Created by the first merge, so that a program that never
    /// merges, such as the console, holds nothing that could read secrets.
    merger: Arc<OnceLock<CachedMerger>>,
    clock: MonotonicClock,
}

impl UnifiedConfigManager {
    /// Opens the store that the environment and the config file name. Does not connect.
    ///
    /// # Errors
    /// [`SettingsError`] naming the variable, or the line of the file, that is wrong or missing.
    pub fn from_env() -> std::result::Result<Self, SettingsError> {
        let settings = Settings::resolve(&SettingSources::gather(Overrides::default())?)?;
        match settings.secrets.problem() {
            Some(problem) => Err(problem),
            None => Ok(Self::from_settings(&settings)),
        }
    }

    /// The process-wide manager, created by [`UnifiedConfigManager::from_env`] on first use. Does not
    /// connect. An error in the settings is not cached: the next call tries again. After a shutdown the
    /// next call creates a new manager.
    ///
    /// # Errors
    /// Those of [`UnifiedConfigManager::from_env`].
    pub fn global() -> std::result::Result<Arc<Self>, SettingsError> {
        let mut shared = SHARED.lock();
        if let Some(manager) = shared.as_ref().filter(|manager| !manager.ended.load(Ordering::Acquire)) {
            return Ok(Arc::clone(manager));
        }
        let manager = Arc::new(Self::from_env()?);
        *shared = Some(Arc::clone(&manager));
        Ok(manager)
    }

    /// Opens the store that the settings name. Does not connect. A program that embeds the library is a
    /// receiver: own secrets are merged unless the settings, or [`UnifiedConfigManager::with_own_secrets`], say
    /// otherwise, and variables are those of this process.
    pub fn from_settings(settings: &Settings) -> Self {
        let read_only = settings.context.read_only.as_ref().map(ToString::to_string);
        let manager = match &settings.target {
            Target::Files(files) => {
                let names = settings.secret_names.clone();
                Self::open(FileProvider::new(files.clone()).with_secret_names(names), read_only)
            }
            #[cfg(feature = "etcd")]
            Target::Etcd(etcd) => Self::open(EtcdProvider::new((**etcd).clone()), read_only),
        };
        manager
            .with_secrets(settings.secrets.clone())
            .with_secret_lookup(secret_lookup(settings))
            .with_secret_names(settings.secret_names.clone())
    }

    /// Opens a provider; `read_only` names what forbids writing, if anything does. Secrets come from the
    /// environment variables, unless [`UnifiedConfigManager::with_secrets`] or
    /// [`UnifiedConfigManager::with_secret_access`] says otherwise.
    pub fn open<P: ConfigWriter + 'static>(provider: P, read_only: Option<String>) -> Self {
        Self::open_shared(Arc::new(provider), read_only)
    }

    /// As [`UnifiedConfigManager::open`], for a provider that others use too.
    pub fn open_shared(provider: Arc<dyn ConfigWriter>, read_only: Option<String>) -> Self {
        // Both are the same provider; a read-only manager gets no handle that can write.
        let writer = read_only.is_none().then(|| Arc::clone(&provider));
        let variables = Arc::new(EnvVariables::process());
        Self {
            reader: provider,
            writer,
            read_only,
            hub: Mutex::new(Weak::new()),
            last_write: Arc::default(),
            secrets: SecretSource::Env(Arc::clone(&variables)).access(false),
            variables,
            secret_lookup: lookup_in_variables(),
            secret_names: SecretNames::default(),
            ended: AtomicBool::new(false),
            merger: Arc::default(),
            clock: Arc::new(Instant::now),
        }
    }

    /// Sets the source of secrets and of the variables in references. Where the receiver looks in Vault is
    /// set by [`UnifiedConfigManager::with_secret_lookup`].
    #[must_use]
    pub fn with_secrets(mut self, secrets: SecretSource) -> Self {
        self.variables = secrets.variables();
        if !secrets.backend().key_value {
            self.secret_lookup = lookup_in_variables();
        }
        let access = secrets.access(self.read_only.is_none());
        self.with_secret_access(access)
    }

    /// Sets the secret store. In a read-only context its writer is dropped.
    #[must_use]
    pub fn with_secret_access(mut self, mut access: SecretAccess) -> Self {
        if self.read_only.is_some() {
            access.writer = None;
        }
        self.secrets = access;
        self.merger = Arc::default();
        self
    }

    /// Sets where the receiver looks for secrets. Without it, own secrets are looked up in environment
    /// variables, and references to Vault have no value.
    #[must_use]
    pub fn with_secret_lookup(mut self, lookup: SecretLookup) -> Self {
        self.secret_lookup = lookup;
        self.merger = Arc::default();
        self
    }

    /// Sets the names that are always secret, and those that are not by their sound. They decide what
    /// [`SecretMode::Exclude`] leaves as written; to mask a document, make a
    /// [`Masking`](crate::domain::Masking) of [`UnifiedConfigManager::secret_names`]. Without it, there are
    /// none.
    ///
    /// ```
    /// # use confdeck::domain::{Document, Masking, SecretNames};
    /// # use confdeck::manager::UnifiedConfigManager;
    /// # use confdeck::provider::memory::MemoryStore;
    /// # use confdeck::text::Masked;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let names = SecretNames::default().hide("internal_code")?.show("license")?;
    /// let manager = UnifiedConfigManager::open(MemoryStore::new(), None).with_secret_names(names);
    ///
    /// let key = "production/orders".parse::<confdeck::domain::Address>()?.0;
    /// let document = Document::from(r#"{"internal_code": "A-1", "license": "MIT"}"#);
    /// let masking = Masking::of(&key, manager.secret_names());
    /// let line = Masked::one_line(&masking, &document, 80);
    /// assert_eq!(line.as_str(), r#"{"internal_code": "••••••••", "license": "MIT"}"#);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_secret_names(mut self, names: SecretNames) -> Self {
        self.secret_names = names;
        self.merger = Arc::default();
        self
    }

    /// The names that the context adds to the heuristic for secrets.
    pub fn secret_names(&self) -> &SecretNames {
        &self.secret_names
    }

    /// Where the receiver looks for secrets.
    pub fn secret_lookup(&self) -> &SecretLookup {
        &self.secret_lookup
    }

    /// The secret store. Writing through it invalidates the merged documents that
    /// [`UnifiedConfigManager::get_merged`] has cached.
    pub fn secrets(&self) -> SecretAccess {
        let mut access = self.secrets.clone();
        let merging = || Arc::clone(&self.merger);
        let told =
            |writer| Arc::new(InvalidatingWriter { writer, merger: merging() }) as Arc<dyn SecretWriter>;
        access.writer = access.writer.take().map(told);
        access
    }

    /// The writer of the secret store.
    ///
    /// # Errors
    /// [`Error::Denied`] in a read-only context, naming what made it so; [`Error::Unsupported`] where
    /// nothing can be written.
    pub fn secret_writer(&self) -> Result<Arc<dyn SecretWriter>> {
        self.writer()?;
        self.secrets().writer.ok_or_else(|| {
            Error::unsupported(
                "writing secrets",
                "they are environment variables; set them where the receiver is started, and start it anew",
            )
        })
    }

    /// Drops cached documents that used a secret. Call it when the secret changed outside of this manager.
    pub fn forget_secret(&self, path: &SecretPath) {
        self.merger.get().inspect(|merging| merging.cache.forget_secret(path));
    }

    pub async fn secrets_health(&self) -> Health {
        self.secrets.reader.health().await
    }

    /// The store's reader. The console fills its inventory from the reader's `watch`.
    pub fn reader(&self) -> Arc<dyn ConfigReader> {
        Arc::clone(&self.reader)
    }

    /// The store's writer.
    ///
    /// # Errors
    /// [`Error::Denied`] in a read-only context, naming what made it so.
    pub fn writer(&self) -> Result<Arc<dyn ConfigWriter>> {
        self.writer.clone().ok_or_else(|| Error::Denied {
            permission: format!("writing, which is off by {}", self.read_only.as_deref().unwrap_or_default()),
            remedy: "take that back, or use another context",
        })
    }

    /// One document: from the live inventory if that is in sync with the store and includes every write made
    /// through this manager, else from the store.
    ///
    /// # Errors
    /// Those of [`ConfigReader::get`].
    pub async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        match self.hub().and_then(|hub| hub.current(key, self.last_write())) {
            Some(known) => Ok(known),
            None => self.reader.get(key).await,
        }
    }

    /// The state of the link to the store; `None` without subscribers, and after
    /// [`UnifiedConfigManager::shutdown`].
    pub fn link(&self) -> Option<LinkState> {
        self.hub()?.link()
    }

    /// Waits, for at most `within`, until the live inventory is complete: it has been loaded, and no load is
    /// in progress. It may be stale all the same, see [`UnifiedConfigManager::link`]. Keep the subscription
    /// returned by [`UnifiedConfigManager::watch`] alive during the call.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Denied`] with the last state of the link, after the timeout;
    /// [`Error::Unsupported`] without subscribers, since then nothing is loaded.
    pub async fn ready(&self, within: Duration) -> Result<()> {
        match self.hub() {
            Some(hub) => hub.ready(within).await,
            None => Err(Error::unsupported(
                "waiting for the picture",
                "nobody watches; call watch() and hold what it returns",
            )),
        }
    }

    /// All documents of a range at one revision, in pages.
    pub fn list(&self, prefix: KeyPrefix) -> futures::stream::BoxStream<'_, Result<Page>> {
        self.reader.list(prefix)
    }

    /// Subscribes to a range: a load, then every change. All subscribers share one watch of the provider and
    /// one inventory; a subscriber that lags gets a new load and does not delay the others.
    ///
    /// Must be called within a tokio runtime.
    pub fn watch(&self, prefix: KeyPrefix) -> Watch {
        let mut kept = self.hub.lock();
        let hub = kept.upgrade().unwrap_or_else(|| {
            let merging = Arc::clone(&self.merger);
            let written = Arc::clone(&self.last_write);
            let names = self.secret_names.clone();
            let hub = WatchHub::start(self.reader.watch(KeyPrefix::All), names, written, move |key| {
                merging.get().inspect(|merging| merging.cache.forget(key));
            });
            *kept = Arc::downgrade(&hub);
            hub
        });
        drop(kept);
        hub.subscribe(prefix)
    }

    pub async fn health(&self) -> Health {
        self.reader.health().await
    }

    /// Ends watches and connections, and wipes merged documents. When it returns, every watch has ended, also
    /// one that is still held, and nothing is served from memory: calls answer [`Error::Unavailable`].
    pub async fn shutdown(&self) {
        self.ended.store(true, Ordering::Release);
        self.hub().inspect(|hub| hub.shut_down());
        self.merger.get().inspect(|merging| merging.cache.forget_all());
        futures::join!(self.reader.shutdown(), self.secrets.reader.shutdown());
    }

    /// Fails once the manager has been shut down.
    fn check_open(&self) -> Result<()> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Error::unavailable("the store has been shut down; open it anew"));
        }
        Ok(())
    }

    fn hub(&self) -> Option<Arc<WatchHub>> {
        self.hub.lock().upgrade()
    }

    fn last_write(&self) -> Revision {
        self.last_write.at()
    }
}

#[cfg(test)]
mod tests;
