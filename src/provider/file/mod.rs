//! A pair of JSON files as a store: `webhooks.json` and `connections.json`, one object each, whose
//! members are the documents (domain.md section 1.1).
//!
//! - There is one namespace, `default`, and there are no leases.
//! - A member's name that is empty or holds `/` is a foreign key, `webhooks/NAME` or
//!   `connections/NAME`: it can be viewed and deleted.
//! - Links are followed and kept: the file at their end is replaced, by one with the same owner,
//!   group, mode, access list and user attributes. Where this user may not keep one of them, the
//!   save is refused. A second name of the file (a hard link) keeps the old text.
//! - Changes are noticed by notification, and by looking every 2 s, because what other machines
//!   write to a network file system arrives without one; every half second where no notification
//!   is to be had.
//! - A file is read up to 256 MiB.
//! - A document is the bytes of a member's value, so white space around it is not kept. Its token
//!   is their digest: an edit that changes another document is no conflict.
//! - The revision is counted by this process and means nothing outside it.

mod commit;
mod health;
mod likeness;
mod lock;
mod notice;
mod reading;
mod shared;
mod slot;
mod splice;
mod system;
mod temporary;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use self::reading::Which;
use self::shared::Shared;
use super::{
    CALL_DEADLINE, Capabilities, Commit, ConfigReader, ConfigWriter, Error, Op, Page, Result, Watch,
    WatchEvent, ops, watch_channel,
};
use crate::domain::{Entry, Health, KeyPrefix, LinkState, ResourceKey, TokenKind};

/// The receiver's debounce, 3 s by default (domain.md section 8), with a margin.
const RECEIVER_DEBOUNCE: Duration = Duration::from_millis(3_500);

/// What a file system that does not answer is told as.
const SILENT: &str = "the file system does not answer; check the mount";

/// The file system did not answer in time.
struct Silent;

/// Which files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSettings {
    /// The file of the webhooks, id to webhook.
    pub webhooks: PathBuf,
    /// The file of the connections, name to connection.
    pub connections: PathBuf,
}

/// A pair of JSON files as a store; clones share it.
///
/// A commit within one file is one rename: all or nothing, however many operations. A commit over
/// both files holds every condition against both first, then saves connections and, after the
/// receiver's debounce, webhooks; where the second save fails, the first is taken back. Only a
/// crash between the two leaves one of them, and both files whole: connections that no webhook names
/// yet, or webhooks that name a connection that is gone.
///
/// A commit that has begun is finished even if its future is dropped.
#[derive(Debug, Clone)]
pub struct FileProvider {
    shared: Arc<Shared>,
    judged: Arc<health::Judged>,
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
        Self { shared: Arc::new(Shared::new(webhooks, connections, debounce)), judged: Arc::default() }
    }

    /// How changes are noticed now, in words for people: by notification, or by looking alone.
    pub fn noticing(&self) -> String {
        self.shared.attention().to_string()
    }

    /// Runs file work off the async threads, within the deadline of a call.
    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Shared) -> Result<T> + Send + 'static,
    {
        self.shared.feed.open()?;
        self.within(CALL_DEADLINE, work)
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable { reason: SILENT.into(), retry_in: None }))
    }

    /// Runs file work off the async threads. Work that hangs keeps its hand, so that it cannot take
    /// every thread there is.
    async fn within<T, F>(&self, limit: Duration, work: F) -> std::result::Result<T, Silent>
    where
        T: Send + 'static,
        F: FnOnce(&Shared) -> T + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let run = async {
            let hand = Arc::clone(&shared.hands).acquire_owned().await.map_err(|_| Silent)?;
            let run = spawn_blocking(move || {
                let _hand = hand;
                work(&shared)
            });
            run.await.map_err(|_| Silent)
        };
        timeout(limit, run).await.unwrap_or(Err(Silent))
    }
}

/// What a range holds now, with what kept a part of it from being read.
fn pages(shared: &Shared, prefix: &KeyPrefix) -> Vec<Result<Page>> {
    shared.refresh();
    let pages = shared.feed.pages(prefix).into_iter().map(Ok);
    pages.chain(shared.trouble(prefix).map(Err)).collect()
}

#[async_trait]
impl ConfigReader for FileProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            namespaces: false,
            connections: true,
            leases: false,
            foreign: true,
            atomic_max: usize::MAX,
            max_document: usize::MAX,
            tokens: TokenKind::Digest,
        }
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        let key = key.clone();
        self.read(move |shared| {
            let Some((which, _)) = Which::place(&key) else { return Ok(None) };
            shared.refresh();
            shared.trouble_of(which)?;
            Ok(shared.feed.look(|picture| picture.entries().get(&key).cloned()))
        })
        .await
    }

    /// A file that cannot be read ends the list with its error, after the last good entries.
    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        let read = async move { self.read(move |shared| Ok(pages(shared, &prefix))).await };
        stream::once(read).map_ok(stream::iter).try_flatten().boxed()
    }

    fn watch(&self, prefix: KeyPrefix) -> Watch {
        let (out, watch) = watch_channel();
        let shared = Arc::clone(&self.shared);
        let wake = watch.wake.clone();
        tokio::spawn(async move {
            let connecting = LinkState::Connecting { error: None, retry_in: None };
            let told = async {
                out.send(WatchEvent::State(connecting)).await?;
                let first = Arc::clone(&shared);
                // The worker only fails when the runtime is going down, and this task with it.
                let _ = spawn_blocking(move || first.reload(false)).await;
                shared.feed.follow(&prefix, &out).await
            };
            // Either the reader is gone or the store is shut down; both end the watch.
            tokio::select! {
                _ = told => {}
                () = notice::observe(Arc::clone(&shared), wake) => {}
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
        self.shared.feed.open()?;
        ops::check(&operations, &self.capabilities())?;
        let key = operations.first().map(|op| op.key().clone());
        let work = move |shared: &Shared| {
            commit::check(&operations)?;
            commit::run(shared, &operations)
        };
        match (self.within(self.commit_deadline(), work).await, key) {
            (Ok(answer), _) => answer,
            (Err(Silent), Some(key)) => Err(Error::OutcomeUnknown { key, reason: SILENT.into() }),
            (Err(Silent), None) => Err(Error::Invalid { reason: "the commit is empty".into() }),
        }
    }

    /// A save may wait for another's, and for the receiver.
    fn commit_deadline(&self) -> Duration {
        commit::deadline(self.shared.debounce)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

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
        while provider.shared.hands.available_permits() > 0 {
            let hang = Arc::clone(&hang);
            let hung = provider.within(moment, move |_| hang.lock().unwrap().recv().is_ok()).await;
            assert!(hung.is_err());
            hands += 1;
        }
        assert_eq!(hands, 8);
        assert!(provider.within(moment, |_| ()).await.is_err(), "refused without a thread");
        drop(release);
        assert!(provider.within(CALL_DEADLINE, |_| ()).await.is_ok(), "and as before when it answers again");
    }
}
