//! The watch protocol: the events of a store, through a bounded channel.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::domain::{Change, ChangeKind, Coverage, Entry, LinkState, Revision, StoreId};

/// The most entries on one page. The allocator keeps up to twice what the largest page took, with the facts of its
/// documents, for each thread that has read pages: more entries cost megabytes, fewer cost time.
pub const PAGE_LIMIT: usize = 500;

/// How many events are buffered between a provider and its reader; a full channel slows the provider
/// down and loses nothing.
const CHANNEL_CAPACITY: usize = 64;

/// One event of a watch.
///
/// A load is a `Load`, any number of `Page`s and a `Loaded`; keys that are on no page are gone. Then come
/// `Batch`es in revision order, one per revision, each to be applied as a whole. A later load (`resync`)
/// replaces the contents by mark and sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent<E = Entry> {
    State(LinkState),
    /// A full load begins.
    Load {
        store: StoreId,
        /// The revision of every page.
        at: Revision,
        /// Whether there was a load before.
        resync: bool,
        /// What is visible, from this load to the next.
        coverage: Coverage,
    },
    /// A part of the load, at most [`PAGE_LIMIT`] entries, in key order.
    Page(Vec<E>),
    /// The load is complete.
    Loaded {
        at: Revision,
    },
    /// The changes of one revision.
    Batch {
        at: Revision,
        /// Each key at most once.
        changes: Vec<Change<E>>,
    },
    /// After a reconnect, the contents were compared with a fresh list. Where there are differences, a
    /// load follows.
    Compared {
        /// The revision of the list.
        at: Revision,
        differences: usize,
    },
    /// Nothing changed up to this revision.
    Progress {
        at: Revision,
    },
}

impl WatchEvent {
    /// The same event with each entry converted.
    pub fn map<E>(self, mut entry_of: impl FnMut(Entry) -> E) -> WatchEvent<E> {
        let change = |Change { revision, kind }: Change| match kind {
            ChangeKind::Put { entry } => {
                Change { revision, kind: ChangeKind::Put { entry: entry_of(entry) } }
            }
            ChangeKind::Deleted { key } => Change { revision, kind: ChangeKind::Deleted { key } },
        };
        match self {
            Self::State(state) => WatchEvent::State(state),
            Self::Load { store, at, resync, coverage } => WatchEvent::Load { store, at, resync, coverage },
            Self::Batch { at, changes } => {
                WatchEvent::Batch { at, changes: changes.into_iter().map(change).collect() }
            }
            Self::Page(entries) => WatchEvent::Page(entries.into_iter().map(entry_of).collect()),
            Self::Loaded { at } => WatchEvent::Loaded { at },
            Self::Compared { at, differences } => WatchEvent::Compared { at, differences },
            Self::Progress { at } => WatchEvent::Progress { at },
        }
    }
}

/// A running watch. Dropping it cancels it at the server and ends its tasks.
#[must_use = "a watch that is dropped ends at once: hold it for as long as it is needed"]
pub struct Watch {
    pub events: BoxStream<'static, WatchEvent>,
    pub wake: WatchHandle,
}

impl Watch {
    /// The next event; `None` once the store has been shut down.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        self.events.next().await
    }
}

/// Cuts the back-off of a watch short: the action behind `ctrl-r`.
#[derive(Debug, Clone, Default)]
pub struct WatchHandle(Arc<Notify>);

impl WatchHandle {
    /// Retries at once if the watch is backing off.
    pub fn retry_now(&self) {
        self.0.notify_waiters();
    }

    /// Resolves at the next [`WatchHandle::retry_now`]; a provider selects on it beside its sleep.
    pub async fn notified(&self) {
        self.0.notified().await;
    }
}

/// The provider's end of a watch.
#[derive(Debug, Clone)]
pub struct WatchSender(mpsc::Sender<WatchEvent>);

/// The [`Watch`] was dropped; the provider's task should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchClosed;

impl WatchSender {
    /// Sends one event, waiting while the channel is full.
    ///
    /// # Errors
    /// [`WatchClosed`] once the [`Watch`] has been dropped.
    pub async fn send(&self, event: WatchEvent) -> Result<(), WatchClosed> {
        self.0.send(event).await.map_err(|_| WatchClosed)
    }

    /// Resolves once the [`Watch`] has been dropped.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// A channel for a new watch.
pub fn watch_channel() -> (WatchSender, Watch) {
    let (sender, receiver) = mpsc::channel(CHANNEL_CAPACITY);
    let watch = Watch { events: ReceiverStream::new(receiver).boxed(), wake: WatchHandle::default() };
    (WatchSender(sender), watch)
}
