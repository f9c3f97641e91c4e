use std::time::Duration;

use futures::StreamExt;

use super::*;
use crate::domain::{
    Change, ChangeKind, Coverage, Document, DocumentChange, LinkState, Namespace, PermittedRanges,
    SecretNames, StoreId, WebhookId,
};
use crate::provider::memory::MemoryStore;
use crate::provider::{Lease, WatchEvent, watch_channel};

const PATIENCE: Duration = Duration::from_secs(20);

fn key(namespace: &str, id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap())
}

fn manager(store: &MemoryStore) -> UnifiedConfigManager {
    UnifiedConfigManager::open(store.clone(), None)
}

/// The documents a subscriber has seen.
struct Follower {
    watch: Watch,
    keys: std::collections::BTreeMap<String, Document>,
    loads: usize,
    resyncs: usize,
}

impl Follower {
    fn new(watch: Watch) -> Self {
        Self { watch, keys: Default::default(), loads: 0, resyncs: 0 }
    }

    async fn until(&mut self, done: impl Fn(&Self, &WatchEvent) -> bool) {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.watch.events.next()).await.unwrap().unwrap();
            self.apply(&event);
            if done(self, &event) {
                return;
            }
        }
    }

    async fn synced(&mut self) {
        self.until(|_, event| *event == WatchEvent::State(LinkState::Synced)).await;
    }

    fn apply(&mut self, event: &WatchEvent) {
        match event {
            WatchEvent::Load { resync, .. } => {
                self.keys.clear();
                self.loads += 1;
                self.resyncs += usize::from(*resync);
            }
            WatchEvent::Page(entries) => entries.iter().for_each(|entry| self.put(entry)),
            WatchEvent::Batch { changes, .. } => changes.iter().for_each(|change| self.change(change)),
            _ => {}
        }
    }

    fn put(&mut self, entry: &Entry) {
        self.keys.insert(entry.key.to_string(), entry.document.clone());
    }

    fn change(&mut self, change: &Change) {
        match &change.kind {
            ChangeKind::Put { entry } => self.put(entry),
            ChangeKind::Deleted { key } => drop(self.keys.remove(&key.to_string())),
        }
    }
}

#[tokio::test]
async fn subscribers_share_one_watch_and_each_sees_its_range() {
    let store = MemoryStore::seeded([(key("a", "one"), "{}".into()), (key("b", "two"), "{}".into())]);
    let manager = manager(&store);
    let mut all = Follower::new(manager.watch(KeyPrefix::All));
    all.synced().await;
    let mut only_a = Follower::new(manager.watch(KeyPrefix::Namespace(Namespace::new("a").unwrap())));
    only_a.synced().await;
    assert_eq!(only_a.keys.keys().collect::<Vec<_>>(), ["a/one"]);

    store.put_raw(key("b", "three"), "{}".into());
    store.put_raw(key("a", "four"), "{}".into());
    all.until(|seen, _| seen.keys.len() == 4).await;
    only_a.until(|seen, _| seen.keys.len() == 2).await;
    assert_eq!((all.loads, only_a.loads, only_a.resyncs), (1, 1, 0));
}

#[tokio::test]
async fn a_subscriber_that_falls_behind_is_loaded_anew_and_delays_nobody() {
    let store = MemoryStore::new();
    let manager = manager(&store);
    let mut slow = Follower::new(manager.watch(KeyPrefix::All));
    slow.synced().await;
    let mut quick = Follower::new(manager.watch(KeyPrefix::All));
    quick.synced().await;
    // The quick one follows each write before the next, so that no two are batched.
    for number in 0..600 {
        store.put_raw(key("a", "x"), format!("{{\"n\":{number}}}").into());
        let wanted = Document::from(format!("{{\"n\":{number}}}"));
        quick.until(|seen, _| seen.keys.get("a/x") == Some(&wanted)).await;
    }
    assert_eq!(quick.loads, 1);
    slow.until(|seen, _| seen.keys == quick.keys).await;
    assert_eq!((slow.loads, slow.resyncs), (2, 1));
    store.remove_raw(&key("a", "x"));
    slow.until(|seen, _| seen.keys.is_empty()).await;
}

#[tokio::test]
async fn get_answers_from_the_picture_while_that_is_true_and_else_from_the_store() {
    let store = MemoryStore::seeded([(key("a", "one"), "{}".into())]);
    let manager = manager(&store);
    assert!(manager.get(&key("a", "one")).await.unwrap().is_some());
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    assert!(manager.get(&key("a", "one")).await.unwrap().is_some());
    assert!(manager.get(&key("a", "two")).await.unwrap().is_none());
    store.inject_outage(LinkState::Stale { reason: "gone".into(), retry_in: None });
    follower.until(|_, event| matches!(event, WatchEvent::State(LinkState::Stale { .. }))).await;
    assert!(matches!(manager.get(&key("a", "one")).await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn writes_are_conditional_on_what_was_read() {
    let manager = manager(&MemoryStore::new());
    let here = key("a", "one");
    manager.create(here.clone(), "{}".into(), Lease::Keep).await.unwrap();
    let base = manager.get(&here).await.unwrap().unwrap();
    assert!(matches!(
        manager.create(here.clone(), "{}".into(), Lease::Keep).await,
        Err(Error::Exists { .. })
    ));
    manager.update(&base, r#"{"n":1}"#.into()).await.unwrap();
    assert!(matches!(manager.update(&base, "{}".into()).await, Err(Error::Conflict { .. })));
    assert!(matches!(manager.delete(&base).await, Err(Error::Conflict { .. })));
    let now = manager.get(&here).await.unwrap().unwrap();
    manager.delete(&now).await.unwrap();
    assert!(manager.get(&here).await.unwrap().is_none());
}

#[tokio::test]
async fn a_read_only_manager_has_no_writer_and_says_who_forbade_it() {
    let manager = UnifiedConfigManager::open(MemoryStore::new(), Some("--read-only".into()));
    let denied = manager.create(key("a", "one"), "{}".into(), Lease::Keep).await.unwrap_err();
    assert!(denied.to_string().contains("--read-only"), "{denied}");
}

#[tokio::test]
async fn subscriptions_end_with_the_store_and_the_watch_with_its_subscribers() {
    let store = MemoryStore::new();
    let manager = manager(&store);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    assert!(manager.hub.lock().upgrade().is_some());
    manager.shutdown().await;
    while tokio::time::timeout(PATIENCE, follower.watch.events.next()).await.unwrap().is_some() {}
    drop(follower);
    assert!(manager.hub.lock().upgrade().is_none());
}

#[tokio::test]
async fn what_was_just_written_is_what_is_read() {
    let store = MemoryStore::new();
    let manager = manager(&store);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    // Nothing is awaited in between, so the watch cannot have reported it.
    manager.create(key("a", "x"), Document::from("{}"), Lease::Never).await.unwrap();
    let base = manager.get(&key("a", "x")).await.unwrap().expect("it was written");
    manager.update(&base, Document::from("[]")).await.unwrap();
    let base = manager.get(&key("a", "x")).await.unwrap().unwrap();
    manager.delete(&base).await.unwrap();
    assert_eq!(manager.get(&key("a", "x")).await.unwrap(), None);
}

#[tokio::test]
async fn a_write_to_a_store_that_was_replaced_is_not_waited_for() {
    let store = MemoryStore::new();
    let manager = manager(&store);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    manager.create(key("a", "x"), "{}".into(), Lease::Never).await.unwrap();
    let base = manager.get(&key("a", "x")).await.unwrap().unwrap();
    manager.update(&base, "[]".into()).await.unwrap();
    follower.until(|seen, _| seen.keys.get("a/x").is_some_and(|document| *document == "[]".into())).await;

    // The backup's revisions start at 1, and will not reach that of our write soon.
    store.restore(crate::provider::memory::RestoreMode::Replaced);
    follower.until(|seen, event| seen.loads == 2 && matches!(event, WatchEvent::Loaded { .. })).await;
    let hub = manager.hub().unwrap();
    assert!(hub.last_known(&key("a", "x"), manager.last_write()).is_some());
}

#[tokio::test]
async fn nothing_is_served_once_shutdown_returns_however_many_watches_are_held() {
    let store = MemoryStore::seeded([(key("a", "one"), "{}".into())]);
    let manager = manager(&store);
    let (mut unread, mut changes) = (manager.watch(KeyPrefix::All), manager.changes(KeyPrefix::All));
    manager.ready(PATIENCE).await.unwrap();
    assert!(manager.get_merged(&key("a", "one"), SecretMode::Include).await.unwrap().is_some());
    manager.shutdown().await;
    let merged = manager.get_merged(&key("a", "one"), SecretMode::Include).await;
    assert!(matches!(merged.err(), Some(Error::Unavailable { .. })));
    assert!(matches!(manager.get(&key("a", "one")).await, Err(Error::Unavailable { .. })));
    assert!(matches!(
        manager.ready(PATIENCE).await,
        Err(Error::Unavailable { .. } | Error::Unsupported { .. })
    ));
    assert_eq!(manager.link(), None);
    // Not even what had been loaded and not been read.
    assert_eq!((unread.next().await, changes.next().await), (None, None));
    assert!(manager.watch(KeyPrefix::All).next().await.is_none());
}

#[tokio::test]
async fn ready_waits_while_a_load_is_in_progress() {
    const MOMENT: Duration = Duration::from_millis(50);
    let (sender, watch) = watch_channel();
    let hub = WatchHub::start(watch, SecretNames::default(), Arc::default(), |_| ());
    let loading = WatchEvent::State(LinkState::Loading { entries: 0, bytes_per_second: None });
    let load = |resync| WatchEvent::Load {
        store: StoreId::new("test"),
        at: Revision(1),
        resync,
        coverage: Coverage::Whole,
    };
    let loaded = || WatchEvent::Loaded { at: Revision(1) };
    let told = async |events: Vec<WatchEvent>| {
        for event in events {
            sender.send(event).await.unwrap();
        }
    };
    told(vec![loading.clone(), load(false), loaded()]).await;
    let early = hub.ready(MOMENT).await.unwrap_err();
    assert!(early.to_string().contains("LOADING"), "{early}");
    told(vec![WatchEvent::State(LinkState::Synced)]).await;
    hub.ready(PATIENCE).await.unwrap();
    // A receiver goes on serving while its store is away.
    let stale = LinkState::Stale { reason: "gone".into(), retry_in: None };
    told(vec![WatchEvent::State(stale.clone())]).await;
    while hub.link() != Some(stale.clone()) {
        tokio::task::yield_now().await;
    }
    hub.ready(MOMENT).await.unwrap();
    // A second load is waited for like the first.
    told(vec![loading, load(true)]).await;
    while hub.link() == Some(stale.clone()) {
        tokio::task::yield_now().await;
    }
    assert!(hub.ready(MOMENT).await.is_err());
    told(vec![loaded(), WatchEvent::State(LinkState::Synced)]).await;
    hub.ready(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_create_of_what_exists_says_that_it_exists() {
    let manager = manager(&MemoryStore::new());
    let here = key("a", "one");
    manager.create(here.clone(), "{}".into(), Lease::Keep).await.unwrap();
    let again = manager.create(here.clone(), "{}".into(), Lease::Keep).await.unwrap_err();
    assert!(again.to_string().starts_with("a/one exists already (now 1)"), "{again}");
    assert!(!again.to_string().contains("someone else"), "{again}");
    let Error::Exists { key, now } = again else { panic!("{again}") };
    assert_eq!((key, now.document), (here, "{}".into()));
}

#[tokio::test]
async fn changes_after_a_gap_are_the_differences_with_what_was_there_before() {
    let store = MemoryStore::seeded([(key("a", "stays"), "{}".into()), (key("a", "goes"), "{}".into())]);
    let manager = manager(&store);
    let mut changes = manager.changes(KeyPrefix::All);
    let mut next = async || {
        let change = tokio::time::timeout(PATIENCE, changes.next()).await.unwrap().unwrap();
        let text = |entry: &Entry| format!("{} {}", entry.key, entry.document.text().unwrap());
        match change {
            DocumentChange::Loaded { entry } => format!("loaded {}", text(&entry)),
            DocumentChange::Created { entry } => format!("created {}", text(&entry)),
            DocumentChange::Updated { previous, entry } => {
                format!("updated {} to {}", text(&previous), text(&entry))
            }
            DocumentChange::Deleted { previous } => format!("deleted {}", text(&previous)),
        }
    };
    assert_eq!([next().await, next().await], ["loaded a/goes {}", "loaded a/stays {}"]);
    store.put_raw(key("a", "new"), "{}".into());
    assert_eq!(next().await, "created a/new {}");
    store.inject_outage(LinkState::Stale { reason: "gone".into(), retry_in: None });
    store.put_raw(key("a", "new"), r#"{"n":1}"#.into());
    store.remove_raw(&key("a", "goes"));
    store.put_raw(key("a", "newer"), "{}".into());
    store.restore(crate::provider::memory::RestoreMode::Resync);
    let told = [next().await, next().await, next().await];
    assert_eq!(told, [r#"updated a/new {} to a/new {"n":1}"#, "created a/newer {}", "deleted a/goes {}"]);
}

#[tokio::test]
async fn what_was_out_of_sight_is_loaded_and_not_created() {
    let store = MemoryStore::seeded(["one", "two"].map(|id| (key("a", id), "{}".into())));
    let reader = manager(&store);
    let one = reader.get(&key("a", "one")).await.unwrap().unwrap();
    let two = reader.get(&key("a", "two")).await.unwrap().unwrap();
    let load =
        |coverage| WatchEvent::Load { store: StoreId::new("test"), at: Revision(1), resync: true, coverage };
    let loaded = || WatchEvent::Loaded { at: Revision(1) };
    let only_one = || Coverage::Partial(PermittedRanges::new(Vec::new(), |key| key.to_string() == "a/one"));
    let mut tracker = super::changes::ChangeTracker::default();
    let mut told = |event| {
        let changes = tracker.changes(event);
        changes
            .iter()
            .map(|change| format!("{change:?}").split(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(load(only_one())), [""; 0]);
    assert_eq!(told(WatchEvent::Page(vec![one.clone()])), ["Loaded"]);
    assert_eq!(told(loaded()), [""; 0]);
    // The user may see more: nobody has created the other one now.
    told(load(Coverage::Whole));
    assert_eq!(told(WatchEvent::Page(vec![one.clone(), two])), ["Loaded"]);
    assert_eq!(told(loaded()), [""; 0]);
    // And less again: nobody has deleted it.
    told(load(only_one()));
    assert_eq!(told(WatchEvent::Page(vec![one.clone()])), [""; 0]);
    assert_eq!(told(loaded()), [""; 0]);
}

mod merged;
mod secrets;
