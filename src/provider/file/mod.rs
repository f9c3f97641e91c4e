//! A pair of JSON files as a store: `webhooks.json` and `connections.json`, one object each, whose
//! members are the documents (domain.md section 1.1).
//!
//! - There is one namespace, `default`, and there are no leases.
//! - A member's name that is empty or holds `/` is a foreign key, `webhooks/NAME` or
//!   `connections/NAME`: it can be viewed and deleted.
//! - A document is the bytes of a member's value, so white space around it is not kept. Its token
//!   is their digest: an edit that changes another document is no conflict.
//! - The revision is counted by this process and means nothing outside it.

mod commit;
mod health;
mod notice;
mod reading;
mod save;
mod shared;
mod splice;

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
/// crash between the two leaves one of them.
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

    /// Runs file work off the async threads, within the deadline of a call.
    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Shared) -> Result<T> + Send + 'static,
    {
        self.shared.feed.open()?;
        let shared = Arc::clone(&self.shared);
        match timeout(CALL_DEADLINE, spawn_blocking(move || work(&shared))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Error::Unavailable {
                reason: "the file system does not answer; check the mount".into(),
                retry_in: None,
            }),
        }
    }
}

/// What a range holds now, with what kept a part of it from being read.
fn pages(shared: &Shared, prefix: &KeyPrefix) -> Vec<Result<Page>> {
    shared.reload(false);
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
            shared.reload(false);
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
        health::check(Arc::clone(&self.shared), Arc::clone(&self.judged)).await
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
        let shared = Arc::clone(&self.shared);
        let first = operations.first().map(|op| op.key().clone());
        let run = spawn_blocking(move || {
            commit::check(&operations)?;
            commit::run(&shared, &operations)
        });
        match (timeout(commit::deadline(self.shared.debounce), run).await, first) {
            (Ok(Ok(answer)), _) => answer,
            (_, Some(key)) => Err(Error::OutcomeUnknown {
                key,
                reason: "the file system does not answer; check the mount".into(),
            }),
            (_, None) => Err(Error::Invalid { reason: "the commit is empty".into() }),
        }
    }
}
