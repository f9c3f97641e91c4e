//! The store's watch: scans documents in a task, off the event loop, and passes them on as feeds.

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::event_log;
use crate::domain::{Change, ChangeKind, Entry, KeyPrefix, Revision, SecretNames};
use crate::inventory::{InventoryEvent, ScannedEntry, scan_event};
use crate::provider::{ConfigReader, Watch, WatchEvent, WatchHandle};

/// Queue length of scanned events; when it is full the provider waits.
const FEEDS: usize = 16;

/// Events with more bytes of documents than this are scanned with `spawn_blocking`.
const SCANNED_IN_PLACE: usize = 32 * 1024;

/// An open watch. Dropping it cancels the watch and its task.
#[derive(Debug)]
pub(super) struct WatchFeed {
    feeds: mpsc::Receiver<InventoryEvent>,
    /// A feed that was received after a batch and could not be joined to it.
    pending: Option<InventoryEvent>,
    wake: WatchHandle,
}

impl WatchFeed {
    /// Opens a watch of everything.
    pub(super) fn open(reader: &dyn ConfigReader, names: &SecretNames) -> Self {
        let Watch { events, wake } = reader.watch(KeyPrefix::All);
        let (sender, feeds) = mpsc::channel(FEEDS);
        tokio::spawn(scan_all(events, sender, names.clone()));
        Self { feeds, pending: None, wake }
    }

    /// The next feed; pending forever once the store has been shut down. Cancel-safe.
    ///
    /// Queued batches are joined into one: during a burst every change is a batch of its own, and updating a
    /// filtered or sorted list costs as much for one change as for many.
    pub(super) async fn next(&mut self) -> InventoryEvent {
        let next = match self.pending.take() {
            Some(feed) => Some(feed),
            None => self.feeds.recv().await,
        };
        match next {
            Some(InventoryEvent::Batch { at, changes }) => self.joined(at, changes),
            Some(feed) => feed,
            None => std::future::pending().await,
        }
    }

    fn joined(&mut self, mut at: Revision, mut changes: Vec<Change<ScannedEntry>>) -> InventoryEvent {
        for _ in 0..FEEDS {
            match self.feeds.try_recv() {
                Ok(InventoryEvent::Batch { at: later, changes: more }) => {
                    at = later;
                    changes.extend(more);
                }
                other => {
                    self.pending = other.ok();
                    break;
                }
            }
        }
        InventoryEvent::Batch { at, changes }
    }

    /// Ends the back-off.
    pub(super) fn retry_now(&self) {
        self.wake.retry_now();
    }
}

async fn scan_all(
    mut events: impl futures::Stream<Item = WatchEvent> + Unpin,
    feeds: mpsc::Sender<InventoryEvent>,
    names: SecretNames,
) {
    loop {
        let event = tokio::select! {
            () = feeds.closed() => return,
            event = events.next() => event,
        };
        let Some(event) = event else { return };
        let Some(feed) = scan(event, &names).await else { return };
        event_log::log_feed(&feed);
        if feeds.send(feed).await.is_err() {
            return;
        }
    }
}

async fn scan(event: WatchEvent, names: &SecretNames) -> Option<InventoryEvent> {
    if weight(&event) <= SCANNED_IN_PLACE {
        return Some(scan_event(event, names));
    }
    let names = names.clone();
    spawn_blocking(move || scan_event(event, &names)).await.ok()
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
        let mut feeder = WatchFeed { feeds, pending: None, wake: crate::provider::watch_channel().1.wake };
        let batch = |at: u64| {
            let kind = ChangeKind::Deleted { key: ResourceKey::foreign(at.to_string().into_bytes()) };
            let at = Revision(at);
            InventoryEvent::Batch { at, changes: vec![Change { revision: at, kind }] }
        };
        let synced = || InventoryEvent::State(LinkState::Synced);
        for feed in [batch(1), batch(2), synced(), batch(3)] {
            sender.try_send(feed).unwrap();
        }
        let (InventoryEvent::Batch { changes: mut both, .. }, InventoryEvent::Batch { changes: second, .. }) =
            (batch(1), batch(2))
        else {
            panic!("batches");
        };
        both.extend(second);
        assert_eq!(feeder.next().await, InventoryEvent::Batch { at: Revision(2), changes: both });
        assert_eq!(feeder.next().await, synced());
        assert_eq!(feeder.next().await, batch(3));
    }
}
