//! A layer in etcd: a key for each setting, one JSON document, or every key under a root, over the provider's
//! watch.
//!
//! The watch begins at the first load. From then on everything that a load answers is of one revision, and no
//! change is missed: the watch resumes after the revision that was read.

mod declared;
mod keys;
mod picture;
mod text;
mod variables;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

pub use variables::EtcdVariables;

use crate::application::{
    EtcdShape, LayerContents, LayerRevision, Load, SettingPath, SettingSpec, Source, SourceError,
    SourceFault, etcd_root,
};
use crate::provider::etcd::{EtcdProvider, EtcdSettings, EtcdSettingsError, KeyLayout, Prefix};
use crate::provider::{CALL_DEADLINE, ConfigReader, MISSING_RIGHT_REMEDY, Watch, WatchHandle};
use declared::OptionNames;
use keys::KeyTable;
use picture::EtcdPicture;

/// A load asks a store that cannot be reached anew unless it was tried just now.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A layer in etcd.
///
/// ```no_run
/// use std::collections::BTreeMap;
///
/// use confdeck::application::{EtcdShape, EtcdSource, Load, Source};
/// use confdeck::provider::etcd::{Endpoint, EtcdSettings, KeyLayout};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let etcd = EtcdSettings::new(Endpoint::parse("etcd.example", 2379)?, KeyLayout::Raw);
/// let layer = EtcdSource::new(etcd, "/APPS/Billing", EtcdShape::Tree, &BTreeMap::new())?;
/// if let Load::Contents(contents) = layer.load(None).await? {
///     contents.values.iter().for_each(|(path, value)| println!("{path} from {}", value.place));
/// }
/// # Ok(())
/// # }
/// ```
pub struct EtcdSource {
    /// `None` where `USE_LOCAL_CONFIG` says that etcd is not asked.
    layer: Option<EtcdLayer>,
}

struct EtcdLayer {
    provider: EtcdProvider,
    names: OptionNames,
    /// For messages.
    hosts: String,
    shared: Arc<SharedPicture>,
    watch: Mutex<Option<RunningWatch>>,
    /// The generation that the last load answered.
    seen: AtomicU64,
}

/// What the task that reads the watch shares with loads.
struct SharedPicture {
    table: KeyTable,
    picture: Mutex<EtcdPicture>,
    told: watch::Sender<WatchProgress>,
}

#[derive(Clone, Copy, Default)]
struct WatchProgress {
    /// Counts what may change the answer of a load.
    generation: u64,
    /// Wakes those who wait for the first answer, or for a revision.
    events: u64,
}

struct RunningWatch {
    wake: WatchHandle,
    task: AbortHandle,
}

impl Drop for RunningWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EtcdSource {
    /// A layer under a root of this etcd, whose prefix and layout are replaced by those that the shape needs.
    ///
    /// # Errors
    /// [`EtcdSettingsError`] for a root that cannot be one.
    pub fn new(
        etcd: EtcdSettings,
        root: &str,
        shape: EtcdShape,
        settings: &BTreeMap<SettingPath, SettingSpec>,
    ) -> Result<Self, EtcdSettingsError> {
        let table = KeyTable::new(&etcd_root(root, false), shape, settings);
        let hosts: Vec<_> = etcd.endpoints.iter().map(ToString::to_string).collect();
        let prefix = Prefix::new(table.prefix())?;
        let provider = EtcdProvider::new(EtcdSettings { prefix, layout: KeyLayout::Raw, ..etcd });
        let picture = Mutex::new(EtcdPicture::new());
        let shared = Arc::new(SharedPicture { table, picture, told: watch::Sender::default() });
        let layer = EtcdLayer {
            provider,
            names: &[],
            hosts: hosts.join(", "),
            shared,
            watch: Mutex::new(None),
            seen: AtomicU64::new(0),
        };
        Ok(Self { layer: Some(layer) })
    }

    /// A layer without settings, for which no etcd is asked.
    fn local_only() -> Self {
        Self { layer: None }
    }

    fn with_names(mut self, names: OptionNames) -> Self {
        self.layer.iter_mut().for_each(|layer| layer.names = names);
        self
    }
}

impl SharedPicture {
    async fn follow(self: Arc<Self>, mut watch: Watch) {
        while let Some(event) = watch.next().await {
            self.take_in(|picture, now| picture.apply(event, |key| self.table.counts(key), now));
        }
        self.take_in(|picture, now| {
            picture.end(now);
            true
        });
    }

    fn take_in(&self, apply: impl FnOnce(&mut EtcdPicture, Instant) -> bool) {
        let changed = apply(&mut self.picture.lock(), Instant::now());
        self.told.send_modify(|told| {
            told.generation += u64::from(changed);
            told.events += 1;
        });
    }

    /// The values of the layer, and their revision.
    fn answer(&self, known: Option<&LayerRevision>, place: &str) -> Option<Result<Load, SourceError>> {
        let picture = self.picture.lock();
        let revision = match picture.current(place)? {
            Ok(revision) => revision,
            Err(error) => return Some(Err(error)),
        };
        Some(self.check_rights(&picture).and_then(|()| {
            if known == Some(&revision) {
                return Ok(Load::Unchanged);
            }
            let values = self.table.values(picture.entries())?;
            Ok(Load::Contents(LayerContents { revision, values }))
        }))
    }

    /// What this user may not read is no absent value.
    fn check_rights(&self, picture: &EtcdPicture) -> Result<(), SourceError> {
        let coverage = picture.coverage();
        let Some(words) = coverage.words() else { return Ok(()) };
        let place = match self.table.shape() {
            EtcdShape::KeyMap => match self.table.needed().find(|key| !coverage.covers(key)) {
                Some(key) => self.table.name(&key),
                None => return Ok(()),
            },
            EtcdShape::Document | EtcdShape::Tree => self.table.prefix().to_owned(),
        };
        Err(SourceError {
            fault: SourceFault::Unavailable,
            place,
            reason: format!("permission denied: {words}"),
            remedy: MISSING_RIGHT_REMEDY.into(),
        })
    }
}

impl EtcdLayer {
    /// Begins to watch, once.
    fn watch(&self) -> WatchHandle {
        let mut running = self.watch.lock();
        let begin = || {
            let watch = self.provider.watch(self.shared.table.scope());
            let wake = watch.wake.clone();
            RunningWatch { wake, task: tokio::spawn(Arc::clone(&self.shared).follow(watch)).abort_handle() }
        };
        running.get_or_insert_with(begin).wake.clone()
    }

    fn place(&self) -> String {
        format!("{} in etcd at {}", self.shared.table.prefix(), self.hosts)
    }

    /// A message of the provider in terms of what the layer's etcd was named with.
    fn in_own_terms(&self, message: &str) -> String {
        let names = self.names.iter();
        names.fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours))
    }

    /// Waits until the store has answered, or cannot be reached.
    async fn settle(&self) -> Result<(), SourceError> {
        let wake = self.watch();
        let mut told = self.shared.told.subscribe();
        let place = self.place();
        let deadline = Instant::now() + CALL_DEADLINE;
        let failures = {
            let picture = self.shared.picture.lock();
            let tried_just_now = picture.failed_since().is_none_or(|since| since.elapsed() < RETRY_AFTER);
            (!tried_just_now).then_some(picture.failures)
        };
        if failures.is_some() {
            wake.retry_now();
        }
        loop {
            told.mark_unchanged();
            {
                let picture = self.shared.picture.lock();
                match picture.current(&place) {
                    Some(Ok(_)) => return Ok(()),
                    Some(Err(error)) if failures.is_none_or(|before| picture.failures > before) => {
                        return Err(SourceError { reason: self.in_own_terms(&error.reason), ..error });
                    }
                    _ => {}
                }
            }
            if timeout_at(deadline, told.changed()).await.is_err() {
                let state = self.shared.picture.lock().link().word().to_lowercase();
                return Err(SourceError {
                    fault: SourceFault::Unavailable,
                    place,
                    reason: format!("no answer within {} s (still {state})", CALL_DEADLINE.as_secs()),
                    remedy: "it goes on by itself; check the store and the way to it".into(),
                });
            }
        }
    }

    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let settled = self.settle().await;
        // What comes from here on is a change that this load may not have answered.
        self.seen.store(self.shared.told.borrow().generation, Ordering::Release);
        settled?;
        self.shared.answer(known, &self.place()).unwrap_or_else(|| Err(self.not_read_yet()))
    }

    fn not_read_yet(&self) -> SourceError {
        SourceError {
            fault: SourceFault::Unavailable,
            place: self.place(),
            reason: "it is being read anew".into(),
            remedy: "it goes on by itself".into(),
        }
    }

    async fn changed(&self) {
        self.watch();
        let mut told = self.shared.told.subscribe();
        let seen = self.seen.load(Ordering::Acquire);
        // The sender lives in `shared`, so this does not fail.
        let _ = told.wait_for(|told| told.generation != seen).await;
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (table, picture) = (&self.shared.table, self.shared.picture.lock());
        let shape = match table.shape() {
            EtcdShape::KeyMap => format!("{} declared keys under {}", table.declared_keys(), table.prefix()),
            EtcdShape::Document => format!("the JSON document {}", table.name(&table.document_key())),
            EtcdShape::Tree => format!("every key under {}", table.prefix()),
        };
        let mut facts = vec![("etcd", self.hosts.clone()), ("reads", shape)];
        facts.push((
            "watch",
            match picture.link().reason() {
                Some(reason) => format!("{}: {reason}", picture.link().word()),
                None => format!("{} at {}", picture.link().word(), picture.at),
            },
        ));
        facts.extend(picture.coverage().words().map(|words| ("rights", words)));
        facts
    }
}

#[async_trait]
impl Source for EtcdSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let Some(layer) = &self.layer else {
            let revision = LayerRevision("local".into());
            let empty = LayerContents { revision, values: BTreeMap::new() };
            return Ok(if known == Some(&empty.revision) { Load::Unchanged } else { Load::Contents(empty) });
        };
        layer.load(known).await
    }

    async fn changed(&self) {
        match &self.layer {
            Some(layer) => layer.changed().await,
            None => std::future::pending().await,
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match &self.layer {
            Some(layer) => layer.facts(),
            None => vec![("etcd", "not asked: USE_LOCAL_CONFIG is on".into())],
        }
    }
}
