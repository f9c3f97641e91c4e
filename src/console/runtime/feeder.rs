//! The store's watch on its way to the loop: documents are scanned here, away from what draws.

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::domain::{ChangeKind, Entry, KeyPrefix};
use crate::inventory::{Feed, prepare};
use crate::provider::{ConfigReader, Watch, WatchEvent, WatchHandle};

/// How many scanned events wait for the loop; beyond that the provider waits.
const FEEDS: usize = 16;

/// Documents of more bytes than this, taken together, are scanned on a thread that may take its time.
const SCANNED_IN_PLACE: usize = 32 * 1024;

/// An open watch. Dropping it cancels the watch and ends its task.
#[derive(Debug)]
pub(super) struct Feeder {
    feeds: mpsc::Receiver<Feed>,
    wake: WatchHandle,
}

impl Feeder {
    /// Opens a watch of everything.
    pub(super) fn open(reader: &dyn ConfigReader) -> Self {
        let Watch { events, wake } = reader.watch(KeyPrefix::All);
        let (sender, feeds) = mpsc::channel(FEEDS);
        tokio::spawn(scan_all(events, sender));
        Self { feeds, wake }
    }

    /// The next event; never, once the store was shut down. Cancelling loses nothing.
    pub(super) async fn next(&mut self) -> Feed {
        match self.feeds.recv().await {
            Some(feed) => feed,
            None => std::future::pending().await,
        }
    }

    /// Cuts the back-off short.
    pub(super) fn retry_now(&self) {
        self.wake.retry_now();
    }
}

async fn scan_all(mut events: impl futures::Stream<Item = WatchEvent> + Unpin, feeds: mpsc::Sender<Feed>) {
    loop {
        let event = tokio::select! {
            () = feeds.closed() => return,
            event = events.next() => event,
        };
        let Some(event) = event else { return };
        let Some(feed) = scan(event).await else { return };
        if feeds.send(feed).await.is_err() {
            return;
        }
    }
}

async fn scan(event: WatchEvent) -> Option<Feed> {
    if weight(&event) <= SCANNED_IN_PLACE {
        return Some(prepare(event));
    }
    spawn_blocking(move || prepare(event)).await.ok()
}

fn weight(event: &WatchEvent) -> usize {
    let bytes = |entry: &Entry| entry.document.as_bytes().len();
    match event {
        WatchEvent::Page(entries) => entries.iter().map(bytes).sum(),
        WatchEvent::Batch { changes, .. } => changes
            .iter()
            .map(|change| match &change.kind {
                ChangeKind::Put { entry } => bytes(entry),
                ChangeKind::Deleted { .. } => 0,
            })
            .sum(),
        _ => 0,
    }
}
