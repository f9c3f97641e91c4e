//! Shares one provider watch and one inventory among any number of subscribers.
//!
//! The task that reads the watch applies each event to the inventory and sends it to a bounded broadcast
//! channel without waiting for receivers. A subscriber that is new, or that lagged, starts with a load made
//! from the inventory under the lock that orders the events, so that no event is lost between the load and
//! the events after it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

use crate::domain::{Entry, KeyPrefix, LinkState, ResourceKey, Revision, SecretNames, StoreId};
use crate::inventory::{DeltaKind, Inventory, Scope, scan_event};
use crate::provider::{Error, PAGE_LIMIT, Result, Watch, WatchEvent, WatchHandle};

/// How many events a subscriber may lag before it gets a new load instead.
const BEHIND_MAX: usize = 256;

/// The shared watch; it ends when its last owner is dropped.
pub(super) struct WatchHub {
    shared: Arc<Mutex<WatchHubState>>,
    wake: WatchHandle,
    task: AbortHandle,
    /// Whether the inventory is ready now; its sender is gone once it never will be again.
    ready: watch::Receiver<bool>,
}

struct WatchHubState {
    picture: Inventory,
    link: LinkState,
    /// Whether the inventory has ever been complete.
    loaded: bool,
    /// `None` once the provider has ended its watch, or the hub was shut down.
    events: Option<broadcast::Sender<Arc<WatchEvent>>>,
    /// Whether subscribers end at once, whatever they have not read yet.
    is_shut_down: bool,
}

impl WatchHubState {
    /// Whether the inventory is complete, that is, not in the middle of a load.
    fn is_whole(&self) -> bool {
        self.picture.store().is_some() && !self.picture.is_loading()
    }

    /// Whether the inventory is loaded and no load is in progress; the link may be stale.
    fn is_ready(&self) -> bool {
        let is_loading = matches!(self.link, LinkState::Connecting { .. } | LinkState::Loading { .. });
        self.loaded && self.is_whole() && !is_loading && self.events.is_some()
    }

    /// Why the inventory is not available.
    fn not_ready(&self) -> Error {
        let (reason, retry_in) = match &self.link {
            _ if self.events.is_none() => ("the store was shut down".to_owned(), None),
            LinkState::Denied { permission, .. } => return Error::denied(permission.clone()),
            LinkState::Connecting { error: Some(reason), retry_in }
            | LinkState::Stale { reason, retry_in } => (reason.clone(), *retry_in),
            link => (format!("the store has not been read yet ({})", link.word()), None),
        };
        Error::Unavailable { reason, retry_in, source: None }
    }

    fn entries(&self, prefix: &KeyPrefix) -> VecDeque<Entry> {
        let scopes: &[Scope] = match prefix {
            KeyPrefix::All => &[Scope::AllWebhooks, Scope::Connections, Scope::Foreign],
            KeyPrefix::Namespace(namespace) | KeyPrefix::Ids { namespace, .. } => {
                &[Scope::Namespace(namespace.clone())]
            }
            KeyPrefix::Connections => &[Scope::Connections],
            KeyPrefix::Key(key) => return self.picture.get(key).map(|row| row.entry()).into_iter().collect(),
        };
        let slots = scopes.iter().flat_map(|scope| self.picture.slots(scope));
        let rows = slots.filter_map(|slot| self.picture.row(slot));
        rows.map(|row| row.entry()).filter(|entry| prefix.covers(&entry.key)).collect()
    }
}

impl WatchHub {
    /// Starts following a provider's watch; `changed` is called with the key of each updated or deleted
    /// document.
    pub(super) fn start(
        watch: Watch,
        names: SecretNames,
        written: Arc<LastWrite>,
        changed: impl Fn(&ResourceKey) + Send + 'static,
    ) -> Arc<Self> {
        let (events, _) = broadcast::channel(BEHIND_MAX);
        let link = LinkState::Connecting { error: None, retry_in: None };
        let shared = WatchHubState {
            picture: Inventory::default(),
            link,
            loaded: false,
            events: Some(events),
            is_shut_down: false,
        };
        let shared = Arc::new(Mutex::new(shared));
        let (told, ready) = watch::channel(false);
        let following = follow(Arc::clone(&shared), (watch.events, names), told, written, changed);
        let task = tokio::spawn(following).abort_handle();
        Arc::new(Self { shared, wake: watch.wake, task, ready })
    }

    /// The entry of a key; `None` if the inventory may differ from the store, has not reached `at`, or does
    /// not cover the key.
    pub(super) fn current(&self, key: &ResourceKey, at: Revision) -> Option<Option<Entry>> {
        let shared = self.shared.lock();
        let is_true = shared.is_whole()
            && shared.picture.coverage().covers(key)
            && shared.link.is_synced()
            && shared.events.is_some();
        (is_true && shared.picture.revision() >= at).then(|| shared.picture.get(key).map(|row| row.entry()))
    }

    /// The entry of a key, however stale; `None` if the inventory was never complete or has not reached `at`.
    pub(super) fn last_known(&self, key: &ResourceKey, at: Revision) -> Option<Option<Entry>> {
        let shared = self.shared.lock();
        let usable = shared.loaded && shared.events.is_some() && shared.picture.revision() >= at;
        usable.then(|| shared.picture.get(key).map(|row| row.entry()))
    }

    /// The state of the link; `None` once the provider has ended its watch.
    pub(super) fn link(&self) -> Option<LinkState> {
        let shared = self.shared.lock();
        shared.events.is_some().then(|| shared.link.clone())
    }

    /// Waits until the inventory is complete and no load is in progress.
    pub(super) async fn ready(&self, within: Duration) -> Result<()> {
        let mut ready = self.ready.clone();
        // Both a timeout and an ended watch show in the state below.
        let _ = tokio::time::timeout(within, ready.wait_for(|ready| *ready)).await;
        let shared = self.shared.lock();
        if shared.is_ready() { Ok(()) } else { Err(shared.not_ready()) }
    }

    /// Ends the watch and every subscription, and forgets what was loaded.
    pub(super) fn shut_down(&self) {
        self.task.abort();
        let mut shared = self.shared.lock();
        shared.is_shut_down = true;
        shared.events = None;
        shared.picture = Inventory::default();
    }

    pub(super) fn subscribe(self: Arc<Self>, prefix: KeyPrefix) -> Watch {
        let wake = self.wake.clone();
        let receiver = self.shared.lock().events.as_ref().map(broadcast::Sender::subscribe);
        let events = stream::iter(receiver).flat_map(move |receiver| {
            let subscriber = WatchSubscriber {
                hub: Arc::clone(&self),
                receiver,
                prefix: prefix.clone(),
                needs_load: true,
                loads: 0,
                ready: VecDeque::new(),
            };
            stream::unfold(subscriber, |mut subscriber| async move {
                subscriber.next().await.map(|event| (event, subscriber))
            })
        });
        Watch { events: events.boxed(), wake }
    }
}

impl Drop for WatchHub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The revision of our last write, in the store that the inventory was loaded from. The inventory is not used
/// until it has reached this revision.
#[derive(Default)]
pub(super) struct LastWrite(Mutex<LastWriteState>);

#[derive(Default)]
struct LastWriteState {
    /// `None` before the first load.
    store: Option<StoreId>,
    at: Revision,
}

impl LastWrite {
    pub(super) fn record(&self, at: Revision) {
        let mut last = self.0.lock();
        last.at = last.at.max(at);
    }

    /// Called when the inventory is loaded from a store. Revisions of another store do not count.
    pub(super) fn on_load(&self, store: &StoreId) {
        let mut last = self.0.lock();
        if last.store.as_ref().is_some_and(|known| known != store) {
            last.at = Revision::default();
        }
        last.store = Some(store.clone());
    }

    pub(super) fn at(&self) -> Revision {
        self.0.lock().at
    }
}

async fn follow(
    shared: Arc<Mutex<WatchHubState>>,
    (mut events, names): (BoxStream<'static, WatchEvent>, SecretNames),
    ready: watch::Sender<bool>,
    written: Arc<LastWrite>,
    changed: impl Fn(&ResourceKey),
) {
    let started = Instant::now();
    while let Some(event) = events.next().await {
        let feed = scan_event(event.clone(), &names);
        let mut shared = shared.lock();
        if shared.is_shut_down {
            return;
        }
        if let WatchEvent::State(link) = &event {
            shared.link = link.clone();
        }
        if let WatchEvent::Load { store, .. } = &event {
            written.on_load(store);
        }
        let delta = shared.picture.apply(feed, started.elapsed());
        delta.deleted.iter().for_each(&changed);
        let updated = delta.changes.iter().filter(|(_, kind)| *kind == DeltaKind::Updated);
        updated.filter_map(|(slot, _)| shared.picture.row(*slot)).for_each(|row| changed(&row.key()));
        shared.loaded |= shared.is_whole();
        ready.send_replace(shared.is_ready());
        if let Some(events) = &shared.events {
            // An error only means that there are no subscribers.
            let _ = events.send(Arc::new(event));
        }
    }
    shared.lock().events = None;
}

struct WatchSubscriber {
    hub: Arc<WatchHub>,
    receiver: broadcast::Receiver<Arc<WatchEvent>>,
    prefix: KeyPrefix,
    /// Whether a load must come before events can be used.
    needs_load: bool,
    loads: u32,
    /// Events to return before the receiver is polled again.
    ready: VecDeque<WatchEvent>,
}

impl WatchSubscriber {
    async fn next(&mut self) -> Option<WatchEvent> {
        self.next_event().await.filter(|_| !self.hub.shared.lock().is_shut_down)
    }

    async fn next_event(&mut self) -> Option<WatchEvent> {
        loop {
            if self.needs_load {
                self.start_load();
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            match self.receiver.recv().await {
                Ok(event) if !self.needs_load => return Some(narrow(&event, &self.prefix)),
                Ok(event) => {
                    if let WatchEvent::State(link) = &*event {
                        return Some(WatchEvent::State(link.clone()));
                    }
                }
                Err(RecvError::Lagged(_)) => self.needs_load = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Starts a load from the inventory, if the inventory is complete.
    fn start_load(&mut self) {
        let shared = self.hub.shared.lock();
        let (Some(store), Some(events), true) = (shared.picture.store(), &shared.events, shared.is_whole())
        else {
            return;
        };
        self.receiver = events.subscribe();
        let (at, coverage) = (shared.picture.revision(), shared.picture.coverage().clone());
        self.ready.push_back(WatchEvent::Load { store: store.clone(), at, resync: self.loads > 0, coverage });
        let mut entries = shared.entries(&self.prefix);
        while !entries.is_empty() {
            let page = entries.drain(..entries.len().min(PAGE_LIMIT)).collect();
            self.ready.push_back(WatchEvent::Page(page));
        }
        self.ready.push_back(WatchEvent::Loaded { at });
        self.ready.push_back(WatchEvent::State(shared.link.clone()));
        self.needs_load = false;
        self.loads += 1;
    }
}

/// Filters an event by a range.
fn narrow(event: &WatchEvent, prefix: &KeyPrefix) -> WatchEvent {
    match event {
        WatchEvent::Page(entries) => {
            WatchEvent::Page(entries.iter().filter(|entry| prefix.covers(&entry.key)).cloned().collect())
        }
        WatchEvent::Batch { at, changes } => {
            let changes: Vec<_> =
                changes.iter().filter(|change| prefix.covers(change.key())).cloned().collect();
            if changes.is_empty() {
                WatchEvent::Progress { at: *at }
            } else {
                WatchEvent::Batch { at: *at, changes }
            }
        }
        other => other.clone(),
    }
}
