//! Folds the events of a watch into a picture, and holds the provider to the watch protocol on the way.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use confdeck::domain::{
    ChangeKind, Document, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId, Token,
};
use confdeck::provider::{ConfigReader, PAGE_LIMIT, Watch, WatchEvent};
use futures::{StreamExt, TryStreamExt};

/// How long a condition may take to come true before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a store holds, as far as a test compares it.
pub type Picture = BTreeMap<ResourceKey, (Document, Token)>;

/// A reader of one watch.
pub struct Follower {
    pub watch: Watch,
    pub entries: BTreeMap<ResourceKey, Entry>,
    pub store: Option<StoreId>,
    pub at: Revision,
    pub link: Option<LinkState>,
    /// Every link state in order.
    pub links: Vec<&'static str>,
    pub loads: usize,
    pub resyncs: usize,
    /// The keys of each batch in order.
    pub batches: Vec<Vec<ResourceKey>>,
    marked: Option<BTreeSet<ResourceKey>>,
}

impl Follower {
    pub fn new(watch: Watch) -> Self {
        Self {
            watch,
            entries: BTreeMap::new(),
            store: None,
            at: Revision::default(),
            link: None,
            links: Vec::new(),
            loads: 0,
            resyncs: 0,
            batches: Vec::new(),
            marked: None,
        }
    }

    /// A watch of the range, read until it is synced.
    pub async fn synced(store: &(impl ConfigReader + ?Sized), prefix: KeyPrefix) -> Self {
        let mut follower = Self::new(store.watch(prefix));
        follower.until("the watch is synced", Self::is_synced).await;
        follower
    }

    pub fn is_synced(&self) -> bool {
        self.marked.is_none() && self.loads > 0 && self.link == Some(LinkState::Synced)
    }

    pub fn picture(&self) -> Picture {
        assert!(self.marked.is_none(), "no picture in the middle of a load");
        self.entries.values().map(seen).collect()
    }

    /// Takes one event; `None` once the watch has ended.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        let event = self.watch.events.next().await?;
        self.fold(&event);
        Some(event)
    }

    /// Reads until the condition holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let reading = async {
            while !holds(self) {
                assert!(self.next().await.is_some(), "the watch ended before {what}");
            }
        };
        if tokio::time::timeout(PATIENCE, reading).await.is_err() {
            panic!("waited in vain until {what}; {self:?}");
        }
    }

    /// Reads until the picture is this one and the link says so.
    pub async fn until_picture(&mut self, expected: &Picture) {
        let equal = |follower: &Self| follower.is_synced() && follower.picture() == *expected;
        self.until("the picture equals the list", equal).await;
    }

    /// Reads until a key holds these bytes, or nothing for `None`.
    pub async fn until_holds(&mut self, key: &ResourceKey, bytes: Option<&[u8]>) {
        let what = format!("{key} is as written");
        let holds = |follower: &Self| {
            let now = follower.entries.get(key).map(|entry| entry.document.as_bytes());
            now == bytes && follower.marked.is_none() && follower.loads > 0
        };
        self.until(&what, holds).await;
    }

    fn fold(&mut self, event: &WatchEvent) {
        match event {
            WatchEvent::State(link) => {
                assert_ne!(self.link.as_ref(), Some(link), "a state is told once");
                self.links.push(link.word());
                self.link = Some(link.clone());
            }
            WatchEvent::Load { store, at, resync, .. } => {
                assert_eq!(*resync, self.loads > 0, "a resync is a load over a picture");
                self.marked = Some(BTreeSet::new());
                self.store = Some(store.clone());
                self.at = *at;
            }
            WatchEvent::Page(entries) => self.page(entries),
            WatchEvent::Loaded { at } => {
                assert_eq!(*at, self.at, "a load has one revision");
                let marked = self.marked.take().expect("Loaded follows Load");
                self.entries.retain(|key, _| marked.contains(key));
                self.resyncs += usize::from(self.loads > 0);
                self.loads += 1;
            }
            WatchEvent::Batch { at, changes } => {
                assert!(self.marked.is_none(), "no batch within a load");
                assert!(*at > self.at, "batches come in order: {at} after {}", self.at);
                assert!(!changes.is_empty(), "a batch holds changes");
                self.at = *at;
                let keys: Vec<_> = changes.iter().map(|change| change.key().clone()).collect();
                assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "each key once");
                self.batches.push(keys);
                for change in changes {
                    assert_eq!(change.revision, *at);
                    match &change.kind {
                        ChangeKind::Put { entry } => self.entries.insert(entry.key.clone(), entry.clone()),
                        ChangeKind::Deleted { key } => self.entries.remove(key),
                    };
                }
            }
            WatchEvent::Compared { .. } => {}
            WatchEvent::Progress { at } => {
                assert!(*at >= self.at, "progress never goes back");
                self.at = *at;
            }
        }
    }

    fn page(&mut self, entries: &[Entry]) {
        assert!(entries.len() <= PAGE_LIMIT, "a page holds at most {PAGE_LIMIT} entries");
        let marked = self.marked.as_mut().expect("Page follows Load");
        for entry in entries {
            assert!(entry.revision <= self.at, "a load holds nothing newer than itself");
            assert!(marked.insert(entry.key.clone()), "{} is loaded once", entry.key);
            self.entries.insert(entry.key.clone(), entry.clone());
        }
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> =
            self.entries.values().take(8).map(|entry| (entry.key.to_string(), entry.token)).collect();
        write!(
            f,
            "at {}, links {:?}, {:?}, loads {}, batches {}, {} entries: {keys:?}",
            self.at,
            self.links,
            self.link,
            self.loads,
            self.batches.len(),
            self.entries.len()
        )
    }
}

fn seen(entry: &Entry) -> (ResourceKey, (Document, Token)) {
    (entry.key.clone(), (entry.document.clone(), entry.token))
}

/// What a list finds, held to one revision.
pub async fn listed(store: &(impl ConfigReader + ?Sized), prefix: KeyPrefix) -> Picture {
    let pages: Vec<_> = store.list(prefix).try_collect().await.expect("a list");
    let first = pages.first().expect("a list of nothing is one empty page");
    let mut picture = Picture::new();
    for page in &pages {
        assert_eq!((&page.store, page.at), (&first.store, first.at), "a list is one revision of one store");
        assert!(page.entries.len() <= PAGE_LIMIT);
        for entry in &page.entries {
            assert!(entry.revision <= page.at);
            assert!(picture.insert(entry.key.clone(), seen(entry).1).is_none(), "each key once");
        }
    }
    picture
}
