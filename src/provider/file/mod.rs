//! Config store over a pair of JSON files: `webhooks.json` and `connections.json`, one object each, whose
//! members are the documents (domain.md section 1.1).
//!
//! - There is one namespace, `default`, and there are no leases.
//! - A member whose name is empty or contains `/` is a foreign key, `webhooks/NAME` or
//!   `connections/NAME`: it can be viewed and deleted.
//! - Symbolic links are followed and preserved: their target is replaced by a file with the same owner,
//!   group, mode, ACL and user xattrs. Where this user may not set one of them, the save fails. Other
//!   hard links of the file keep the old text.
//! - Changes are detected by notification, and also by polling every 2 s, because changes made by other
//!   machines on a network file system send none; every 500 ms where notification is not available.
//! - A file of more than 256 MiB is not read.
//! - A document is the bytes of a member's value, so white space around it is lost. Its token is their
//!   digest, so an edit that changes another document is not a conflict.
//! - The revision is a counter of this process and means nothing outside it.

mod commit;
mod contents;
mod filesystem;
mod fs_watcher;
mod health;
mod io_clock;
mod io_threads;
mod lock;
mod metadata;
#[cfg(feature = "applications")]
mod rewrite;
mod splice;
mod state;
mod temp_file;
mod tracker;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tokio::time::timeout;

pub(crate) use self::contents::FileKind;
#[cfg(feature = "applications")]
pub(crate) use self::filesystem::{StatStamp, read_within};
#[cfg(feature = "applications")]
pub(crate) use self::fs_watcher::{FsWatcher, GATHER, WatchMode};
#[cfg(feature = "applications")]
pub(crate) use self::io_threads::IoThreads;
#[cfg(feature = "applications")]
pub(crate) use self::rewrite::{REWRITE_DEADLINE, check_rewritable, rewrite};
use self::state::FileState;
#[cfg(feature = "applications")]
pub(crate) use self::tracker::{HESITATION, settled};
use super::{
    Backend, CALL_DEADLINE, Capabilities, Commit, ConfigReader, ConfigWriter, Error, Op, Page, Result, Watch,
    ops, watch_channel,
};
use crate::domain::{Entry, Health, KeyPrefix, ResourceKey, SecretNames, TokenKind};

pub const BACKEND: Backend = Backend {
    name: "files",
    setting: "file",
    remote: false,
    takes_up: "takes it live after its debounce, where it watches its files; else at its next start",
    looks_up: "looks references up when it loads its files: it goes on with the old value until a file is written again",
};

/// The receiver's debounce, 3 s by default (domain.md section 8), with a margin.
const RECEIVER_DEBOUNCE: Duration = Duration::from_millis(3_500);

/// The message for a file system that does not respond, such as a hung network mount.
pub(crate) const SILENT: &str = "the file system does not answer; check the mount";

/// How long the file system may take to answer before a save begins.
const PROBE: Duration = Duration::from_secs(2);

/// The paths of the two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSettings {
    /// A JSON object: webhook id to webhook.
    pub webhooks: PathBuf,
    /// A JSON object: connection name to connection.
    pub connections: PathBuf,
}

/// A pair of JSON files as a store; clones share it.
///
/// A commit within one file is one rename: all or nothing, however many operations. A commit over
/// both files checks every condition against both first, then saves connections and, after the
/// receiver's debounce, webhooks; if the second save fails, the first is rolled back. A crash
/// between the two leaves both files valid but only one of them saved: connections that no webhook
/// names yet, or webhooks that name a deleted connection.
///
/// A commit that has started is finished even if its future is dropped.
///
/// ```
/// use confdeck::domain::{KeyPrefix, ResourceKey};
/// use confdeck::provider::file::{FileProvider, FileSettings};
/// use confdeck::provider::{ConfigReader, ConfigWriter, Expect, Lease};
/// use futures::TryStreamExt;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let webhooks = folder.path().join("webhooks.json");
/// let connections = folder.path().join("connections.json");
/// let files = FileProvider::new(FileSettings { webhooks: webhooks.clone(), connections });
///
/// let key = ResourceKey::webhook("default".parse()?, "orders".parse()?);
/// files.set(key.clone(), r#"{"module": "log"}"#.into(), Expect::Absent, Lease::Keep).await?;
/// assert!(std::fs::read_to_string(&webhooks)?.contains("orders"));
///
/// // The ids that begin so, in pages of one revision.
/// let begin = KeyPrefix::Ids { namespace: "default".parse()?, start: "ord".into() };
/// let pages: Vec<_> = files.list(begin).try_collect().await?;
/// assert_eq!(pages[0].entries[0].key, key);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileProvider {
    shared: Arc<FileState>,
    inspections: Arc<health::InspectionCache>,
}

impl FileProvider {
    /// A store over these files; they need not exist. Does no I/O.
    pub fn new(settings: FileSettings) -> Self {
        Self::with_debounce(settings, RECEIVER_DEBOUNCE)
    }

    /// The same for a receiver whose `CONFIG_RELOAD_DEBOUNCE_SECONDS` is not 3: `debounce` is how
    /// long this provider waits after its save of one file before it saves the other. Give it a margin.
    pub fn with_debounce(settings: FileSettings, debounce: Duration) -> Self {
        let FileSettings { webhooks, connections } = settings;
        Self {
            shared: Arc::new(FileState::new(webhooks, connections, debounce)),
            inspections: Arc::default(),
        }
    }

    /// Sets the names that the context adds to the heuristic, for the search for plaintext in
    /// [`ConfigReader::health`].
    #[must_use]
    pub fn with_secret_names(self, names: SecretNames) -> Self {
        Self { inspections: Arc::new(health::InspectionCache::new(names)), ..self }
    }

    /// How changes are detected, for display: by notification, or by polling alone.
    pub fn watch_description(&self) -> String {
        self.shared.watch_mode.lock().to_string()
    }

    /// Runs file I/O on a blocking thread, within the deadline of a call.
    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&FileState) -> Result<T> + Send + 'static,
    {
        self.shared.feed.check_open()?;
        self.within(CALL_DEADLINE, work).await.unwrap_or_else(|| Err(Error::unavailable(SILENT)))
    }

    /// The same within another deadline; `None` if the file system did not respond in time.
    async fn within<T, F>(&self, limit: Duration, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce(&FileState) -> T + Send + 'static,
    {
        timeout(limit, Arc::clone(&self.shared).blocking(work)).await.ok()?
    }
}

#[async_trait]
impl ConfigReader for FileProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            namespaces: false,
            connections: true,
            leases: false,
            foreign: true,
            foreign_puts: false,
            atomic_max: usize::MAX,
            max_document: usize::MAX,
            tokens: TokenKind::Digest,
        }
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        let key = key.clone();
        self.read(move |shared| {
            let Some((which, _)) = FileKind::locate(&key) else { return Ok(None) };
            shared.refresh();
            shared.check_readable(which)?;
            Ok(shared.feed.read(|picture| picture.entries().get(&key).cloned()))
        })
        .await
    }

    /// A file that cannot be read ends the list with its error, after the last good entries.
    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        let read = self.read(move |shared| {
            shared.refresh();
            let pages = shared.feed.pages(&prefix).into_iter().map(Ok);
            Ok(pages.chain(shared.read_error(&prefix).map(Err)).collect::<Vec<_>>())
        });
        stream::once(read).map_ok(stream::iter).try_flatten().boxed()
    }

    async fn absence(&self, prefix: &KeyPrefix) -> Option<String> {
        let prefix = prefix.clone();
        let missing = self.read(move |shared| {
            let kinds = [FileKind::Webhooks, FileKind::Connections].into_iter();
            let paths = kinds.filter(|kind| kind.in_range(&prefix)).map(|kind| shared.path(kind));
            let missing = paths.filter(|path| path.try_exists().is_ok_and(|exists| !exists));
            Ok(missing.map(|path| path.display().to_string()).collect::<Vec<_>>())
        });
        let missing = missing.await.ok().filter(|missing| !missing.is_empty())?.join(" and ");
        Some(format!("there is no file {missing}; the first put makes it"))
    }

    fn watch(&self, prefix: KeyPrefix) -> Watch {
        let (out, watch) = watch_channel();
        let shared = Arc::clone(&self.shared);
        let wake = watch.wake.clone();
        tokio::spawn(async move {
            // Either the reader is gone or the store is shut down; both end the watch.
            tokio::select! {
                _ = shared.feed.follow(&prefix, &out) => {}
                () = watch::watch_files(Arc::clone(&shared), wake) => {}
            }
        });
        watch
    }

    async fn health(&self) -> Health {
        health::check(self).await
    }

    async fn shutdown(&self) {
        self.shared.feed.close();
    }
}

#[async_trait]
impl ConfigWriter for FileProvider {
    async fn commit(&self, operations: Vec<Op>) -> Result<Commit> {
        self.shared.feed.check_open()?;
        ops::check_commit(&operations, &self.capabilities())?;
        let key = operations.first().map(|op| op.key().clone());
        // A save may take long for good reasons; a file system that does not answer is none of them.
        if self.within(PROBE, FileState::probe).await.is_none() {
            return Err(Error::unavailable(format!("{SILENT}; nothing was written")));
        }
        let deadline = self.commit_deadline(&operations);
        let work = move |shared: &FileState| commit::run(shared, &operations);
        match (self.within(deadline, work).await, key) {
            (Some(answer), _) => answer,
            (None, Some(key)) => Err(Error::OutcomeUnknown { key, reason: SILENT.into() }),
            (None, None) => Err(Error::invalid("the commit is empty")),
        }
    }

    /// A save may wait for another process's save, and for the receiver's debounce.
    fn commit_deadline(&self, _: &[Op]) -> Duration {
        commit::deadline(self.shared.debounce)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::provider::WatchEvent;

    #[tokio::test]
    async fn a_file_system_that_hangs_takes_a_few_threads_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let settings = FileSettings { webhooks: place("w.json"), connections: place("c.json") };
        let provider = FileProvider::new(settings);
        let (release, hang) = mpsc::channel::<()>();
        let hang = Arc::new(std::sync::Mutex::new(hang));
        let moment = Duration::from_millis(20);
        let mut hands = 0;
        while provider.shared.threads.available() > 0 {
            let hang = Arc::clone(&hang);
            let hung = provider.within(moment, move |_| hang.lock().unwrap().recv().is_ok()).await;
            assert!(hung.is_none());
            hands += 1;
        }
        assert_eq!(hands, 8);
        assert!(provider.within(moment, |_| ()).await.is_none(), "refused without a thread");
        drop(release);
        assert!(
            provider.within(CALL_DEADLINE, |_| ()).await.is_some(),
            "and as before when it answers again"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_view_of_files_that_do_not_answer_is_stale_until_they_do() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let settings = FileSettings { webhooks: place("w.json"), connections: place("c.json") };
        let provider = FileProvider::new(settings);
        let mut watch = provider.watch(KeyPrefix::All);
        let mut until = async |word: &str| loop {
            match watch.events.next().await.unwrap() {
                WatchEvent::State(state) if state.word() == word => return state,
                _ => {}
            }
        };
        until("SYNCED").await;
        let (shared, (release, hang)) = (Arc::clone(&provider.shared), mpsc::channel::<()>());
        let hung = std::thread::spawn(move || {
            let (_files, _reading) = (shared.files.lock(), shared.io.begin());
            let _ = hang.recv();
        });
        assert_eq!(until("STALE").await.reason(), Some(SILENT));
        drop(release);
        hung.join().unwrap();
        until("SYNCED").await;
    }
}
