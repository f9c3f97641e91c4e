//! The watch protocol: what a provider says about a store as time goes on, through a bounded channel.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::domain::{Change, Coverage, Entry, LinkState, Revision, StoreId};

/// The most entries that one page holds.
pub const PAGE_LIMIT: usize = 2_000;

/// How many events wait between a provider and its reader; a full channel slows the provider's
/// reading down and loses nothing.
const CHANNEL: usize = 64;

/// One event of a watch.
///
/// A load is `Load`, any number of `Page`s, `Loaded`; what the pages did not name is gone. Then
/// `Batch`es in revision order, each one revision applied as one. A later load (`resync`) replaces
/// the picture by marking and sweeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent {
    /// The link's state changed.
    State(LinkState),
    /// A full load begins.
    Load {
        /// The store it comes from.
        store: StoreId,
        /// The revision of every page.
        at: Revision,
        /// Whether a picture was there before.
        resync: bool,
        /// What the picture can show, from this load to the next.
        coverage: Coverage,
    },
    /// A part of the load, at most [`PAGE_LIMIT`] entries, in key order.
    Page(Vec<Entry>),
    /// The load is complete.
    Loaded {
        /// Its revision.
        at: Revision,
    },
    /// The changes of one revision.
    Batch {
        /// That revision.
        at: Revision,
        /// Each key at most once.
        changes: Vec<Change>,
    },
    /// Nothing changed up to this revision.
    Progress {
        /// The revision.
        at: Revision,
    },
}

/// A running watch. Dropping it cancels it at the server and ends its tasks.
pub struct Watch {
    /// What happens, in order.
    pub events: BoxStream<'static, WatchEvent>,
    /// Wakes a reconnect that is waiting.
    pub wake: WatchHandle,
}

/// Cuts the back-off of a watch short; the action behind `ctrl-r`, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct WatchHandle(Arc<Notify>);

impl WatchHandle {
    /// Tries again at once if the watch is waiting to.
    pub fn retry_now(&self) {
        self.0.notify_waiters();
    }

    /// Resolves at the next [`WatchHandle::retry_now`]; what a provider selects on beside its sleep.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}

/// The provider's end of a watch.
#[derive(Debug, Clone)]
pub struct WatchSender(mpsc::Sender<WatchEvent>);

/// The reader is gone; the provider's task should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl WatchSender {
    /// Hands one event over, waiting while the reader is behind.
    ///
    /// # Errors
    /// [`Closed`] once the [`Watch`] has been dropped.
    pub async fn send(&self, event: WatchEvent) -> Result<(), Closed> {
        self.0.send(event).await.map_err(|_| Closed)
    }

    /// Resolves once the [`Watch`] has been dropped.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// A channel for a new watch.
pub fn watch_channel() -> (WatchSender, Watch) {
    let (sender, receiver) = mpsc::channel(CHANNEL);
    let watch = Watch { events: ReceiverStream::new(receiver).boxed(), wake: WatchHandle::default() };
    (WatchSender(sender), watch)
}
