//! The store's watch on its way to the loop: documents are scanned here, away from what draws.

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::journal;
use crate::domain::{ChangeKind, Entry, KeyPrefix, Revision};
use crate::inventory::{Feed, ScannedChange, prepare};
use crate::provider::{ConfigReader, Watch, WatchEvent, WatchHandle};

/// How many scanned events wait for the loop; beyond that the provider waits.
const FEEDS: usize = 16;

/// Documents of more bytes than this, taken together, are scanned on a thread that may take its time.
const SCANNED_IN_PLACE: usize = 32 * 1024;

/// An open watch. Dropping it cancels the watch and ends its task.
#[derive(Debug)]
pub(super) struct Feeder {
    feeds: mpsc::Receiver<Feed>,
    /// What came after a batch and is none.
    kept: Option<Feed>,
    wake: WatchHandle,
}

impl Feeder {
    /// Opens a watch of everything.
    pub(super) fn open(reader: &dyn ConfigReader) -> Self {
        let Watch { events, wake } = reader.watch(KeyPrefix::All);
        let (sender, feeds) = mpsc::channel(FEEDS);
        tokio::spawn(scan_all(events, sender));
        Self { feeds, kept: None, wake }
    }

    /// The next event; never, once the store was shut down. Cancelling loses nothing.
    ///
    /// Batches that wait come as one: in a storm every change is a batch of its own, and a list that
    /// is filtered or sorted costs as much to follow for one change as for many.
    pub(super) async fn next(&mut self) -> Feed {
        let next = match self.kept.take() {
            Some(feed) => Some(feed),
            None => self.feeds.recv().await,
        };
        match next {
            Some(Feed::Batch { at, changes }) => self.joined(at, changes),
            Some(feed) => feed,
            None => std::future::pending().await,
        }
    }

    fn joined(&mut self, mut at: Revision, mut changes: Vec<ScannedChange>) -> Feed {
        for _ in 0..FEEDS {
            match self.feeds.try_recv() {
                Ok(Feed::Batch { at: later, changes: more }) => {
                    at = later;
                    changes.extend(more);
                }
                other => {
                    self.kept = other.ok();
                    break;
                }
            }
        }
        Feed::Batch { at, changes }
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
        journal::heard(&feed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LinkState, ResourceKey};

    #[tokio::test]
    async fn batches_that_wait_come_as_one_and_everything_in_its_order() {
        let (sender, feeds) = mpsc::channel(FEEDS);
        let mut feeder = Feeder { feeds, kept: None, wake: crate::provider::watch_channel().1.wake };
        let batch = |at: u64| {
            let changes = vec![ScannedChange::Deleted(ResourceKey::foreign(at.to_string().into_bytes()))];
            Feed::Batch { at: Revision(at), changes }
        };
        let synced = || Feed::State(LinkState::Synced);
        for feed in [batch(1), batch(2), synced(), batch(3)] {
            sender.try_send(feed).unwrap();
        }
        let (Feed::Batch { changes: mut both, .. }, Feed::Batch { changes: second, .. }) =
            (batch(1), batch(2))
        else {
            panic!("batches");
        };
        both.extend(second);
        assert_eq!(feeder.next().await, Feed::Batch { at: Revision(2), changes: both });
        assert_eq!(feeder.next().await, synced());
        assert_eq!(feeder.next().await, batch(3));
    }
}
