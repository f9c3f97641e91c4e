//! One provider watch and one picture, shared by any number of subscribers.
//!
//! The task that reads the watch applies each event to the picture and hands it to a bounded
//! broadcast without waiting for anybody. A subscriber that is new, or was overtaken, begins with a
//! load made from the picture, taken under the same lock that orders the events, so nothing falls
//! between the load and the events after it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

use super::written::Written;
use crate::domain::{Entry, KeyPrefix, LinkState, ResourceKey, Revision};
use crate::inventory::{DeltaKind, Inventory, Scope, prepare};
use crate::provider::{ASK_FOR_IT, Error, PAGE_LIMIT, Result, Watch, WatchEvent, WatchHandle};

/// How many events a subscriber may be behind before it gets a new load instead.
const BEHIND_MAX: usize = 256;

/// The shared watch; ends with its last owner.
pub(super) struct Hub {
    shared: Arc<Mutex<Shared>>,
    wake: WatchHandle,
    task: AbortHandle,
    /// Tells when the picture has been loaded for the first time, or never will be.
    settled: watch::Receiver<bool>,
}

struct Shared {
    picture: Inventory,
    link: LinkState,
    /// Whether the picture has been whole once.
    loaded: bool,
    /// `None` once the provider has ended its watch.
    events: Option<broadcast::Sender<Arc<WatchEvent>>>,
}

impl Shared {
    /// Whether the picture is one of a whole store, not the half of a load.
    fn is_whole(&self) -> bool {
        self.picture.store().is_some() && !self.picture.is_loading()
    }

    /// Why there is no picture.
    fn not_ready(&self) -> Error {
        let (reason, retry_in) = match &self.link {
            _ if self.events.is_none() => ("the store was shut down".to_owned(), None),
            LinkState::Denied { permission, .. } => {
                return Error::Denied { permission: permission.clone(), remedy: ASK_FOR_IT };
            }
            LinkState::Connecting { error: Some(reason), retry_in }
            | LinkState::Stale { reason, retry_in } => (reason.clone(), *retry_in),
            link => (format!("the store has not been read yet ({})", link.word()), None),
        };
        Error::Unavailable { reason, retry_in }
    }

    fn entries(&self, prefix: &KeyPrefix) -> VecDeque<Entry> {
        let scopes: &[Scope] = match prefix {
            KeyPrefix::All => &[Scope::AllWebhooks, Scope::Connections, Scope::Foreign],
            KeyPrefix::Namespace(namespace) => &[Scope::Namespace(namespace.clone())],
            KeyPrefix::Connections => &[Scope::Connections],
        };
        let slots = scopes.iter().flat_map(|scope| self.picture.slots(scope));
        slots.filter_map(|slot| self.picture.row(slot)).map(|row| row.entry()).collect()
    }
}

impl Hub {
    /// Starts to follow a provider's watch; `changed` is told each key whose document is another now,
    /// or gone.
    pub(super) fn start(
        watch: Watch,
        written: Arc<Written>,
        changed: impl Fn(&ResourceKey) + Send + 'static,
    ) -> Arc<Self> {
        let (events, _) = broadcast::channel(BEHIND_MAX);
        let link = LinkState::Connecting { error: None, retry_in: None };
        let shared = Shared { picture: Inventory::default(), link, loaded: false, events: Some(events) };
        let shared = Arc::new(Mutex::new(shared));
        let (settle, settled) = watch::channel(false);
        let following = follow(Arc::clone(&shared), watch.events, settle, written, changed);
        let task = tokio::spawn(following).abort_handle();
        Arc::new(Self { shared, wake: watch.wake, task, settled })
    }

    /// What the picture knows of a key; `None` while it may differ from the store, has not come to
    /// `at`, or cannot show the key.
    pub(super) fn known(&self, key: &ResourceKey, at: Revision) -> Option<Option<Entry>> {
        let shared = lock(&self.shared);
        let is_true = shared.is_whole()
            && shared.picture.coverage().sees(key)
            && shared.link.is_true()
            && shared.events.is_some();
        (is_true && shared.picture.revision() >= at).then(|| shared.picture.get(key).map(|row| row.entry()))
    }

    /// What the picture says of a key, however old it is; `None` while it has never been whole, or has
    /// not come to `at`.
    pub(super) fn last_known(&self, key: &ResourceKey, at: Revision) -> Option<Option<Entry>> {
        let shared = lock(&self.shared);
        let usable = shared.loaded && shared.events.is_some() && shared.picture.revision() >= at;
        usable.then(|| shared.picture.get(key).map(|row| row.entry()))
    }

    /// The state of the link; `None` once the provider has ended its watch.
    pub(super) fn link(&self) -> Option<LinkState> {
        let shared = lock(&self.shared);
        shared.events.is_some().then(|| shared.link.clone())
    }

    /// Waits until the picture has been whole once.
    pub(super) async fn ready(&self, within: Duration) -> Result<()> {
        let mut settled = self.settled.clone();
        // Both a deadline and an ended watch are seen in what is there then.
        let _ = tokio::time::timeout(within, settled.wait_for(|settled| *settled)).await;
        let shared = lock(&self.shared);
        if shared.loaded && shared.events.is_some() { Ok(()) } else { Err(shared.not_ready()) }
    }

    pub(super) fn subscribe(self: Arc<Self>, prefix: KeyPrefix) -> Watch {
        let wake = self.wake.clone();
        let receiver = lock(&self.shared).events.as_ref().map(broadcast::Sender::subscribe);
        let events = stream::iter(receiver).flat_map(move |receiver| {
            let subscriber = Subscriber {
                hub: Arc::clone(&self),
                receiver,
                prefix: prefix.clone(),
                behind: true,
                loads: 0,
                ready: VecDeque::new(),
                backlog: VecDeque::new(),
            };
            stream::unfold(subscriber, |mut subscriber| async move {
                subscriber.next().await.map(|event| (event, subscriber))
            })
        });
        Watch { events: events.boxed(), wake }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn follow(
    shared: Arc<Mutex<Shared>>,
    mut events: BoxStream<'static, WatchEvent>,
    settle: watch::Sender<bool>,
    written: Arc<Written>,
    changed: impl Fn(&ResourceKey),
) {
    let started = Instant::now();
    while let Some(event) = events.next().await {
        let feed = prepare(event.clone());
        let mut shared = lock(&shared);
        if let WatchEvent::State(link) = &event {
            shared.link = link.clone();
        }
        if let WatchEvent::Load { store, .. } = &event {
            written.loading(store);
        }
        let delta = shared.picture.apply(feed, started.elapsed());
        delta.deleted.iter().for_each(&changed);
        let updated = delta.changes.iter().filter(|(_, kind)| *kind == DeltaKind::Updated);
        updated.filter_map(|(slot, _)| shared.picture.row(*slot)).for_each(|row| changed(&row.key()));
        if !shared.loaded && shared.is_whole() {
            shared.loaded = true;
            settle.send_replace(true);
        }
        if let Some(events) = &shared.events {
            // An error only means that nobody listens just now.
            let _ = events.send(Arc::new(event));
        }
    }
    lock(&shared).events = None;
    settle.send_replace(true);
}

struct Subscriber {
    hub: Arc<Hub>,
    receiver: broadcast::Receiver<Arc<WatchEvent>>,
    prefix: KeyPrefix,
    /// Whether it needs a load before events mean anything to it.
    behind: bool,
    loads: u32,
    /// Events to hand out before the receiver is asked again.
    ready: VecDeque<WatchEvent>,
    /// What is left of the load, handed out by the page.
    backlog: VecDeque<Entry>,
}

impl Subscriber {
    async fn next(&mut self) -> Option<WatchEvent> {
        loop {
            if self.behind {
                self.join();
            }
            if let Some(event) = self.pop() {
                return Some(event);
            }
            match self.receiver.recv().await {
                Ok(event) if !self.behind => return Some(narrow(&event, &self.prefix)),
                Ok(event) => {
                    if let WatchEvent::State(link) = &*event {
                        return Some(WatchEvent::State(link.clone()));
                    }
                }
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Begins anew from the picture, if that is whole.
    fn join(&mut self) {
        let shared = lock(&self.hub.shared);
        let (Some(store), Some(events), true) = (shared.picture.store(), &shared.events, shared.is_whole())
        else {
            return;
        };
        self.receiver = events.subscribe();
        let (at, coverage) = (shared.picture.revision(), shared.picture.coverage().clone());
        self.ready.push_back(WatchEvent::Load { store: store.clone(), at, resync: self.loads > 0, coverage });
        self.backlog = shared.entries(&self.prefix);
        self.ready.push_back(WatchEvent::Loaded { at });
        self.ready.push_back(WatchEvent::State(shared.link.clone()));
        self.behind = false;
        self.loads += 1;
    }

    fn pop(&mut self) -> Option<WatchEvent> {
        let loaded_is_next = matches!(self.ready.front(), Some(WatchEvent::Loaded { .. }));
        if loaded_is_next && !self.backlog.is_empty() {
            let page = self.backlog.drain(..self.backlog.len().min(PAGE_LIMIT)).collect();
            return Some(WatchEvent::Page(page));
        }
        self.ready.pop_front()
    }
}

/// The part of an event that concerns a range.
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
