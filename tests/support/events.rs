//! Reading a watch as a test does: folding events into a picture, waiting for conditions.

use std::collections::BTreeMap;
use std::time::Duration;

use confdeck::domain::{ChangeKind, Coverage, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId};
use confdeck::provider::{ConfigReader, PAGE_LIMIT, Watch, WatchEvent};
use futures::{StreamExt, TryStreamExt};

/// How long any condition may take before a test fails; generous, for a machine under load.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub type Picture = BTreeMap<ResourceKey, Entry>;

/// The plainest reader of a watch: a map, and what happened to it.
pub struct Reader {
    watch: Watch,
    pub picture: Picture,
    pub state: LinkState,
    pub store: Option<StoreId>,
    pub at: Revision,
    /// What the last load said it shows.
    pub coverage: Coverage,
    /// How many loads, and how many of them were a resync.
    pub loads: usize,
    pub resyncs: usize,
    /// The revision and size of every batch.
    pub batches: Vec<(Revision, usize)>,
    pub states: Vec<&'static str>,
    /// The rates that loads told.
    pub rates: Vec<u64>,
    /// How many signs of progress.
    pub progresses: usize,
    /// The revision and the number of differences of every comparison.
    pub compared: Vec<(Revision, usize)>,
    marked: Option<Picture>,
}

impl Reader {
    pub fn new(watch: Watch) -> Self {
        Self {
            watch,
            picture: Picture::new(),
            state: LinkState::Connecting { error: None, retry_in: None },
            store: None,
            at: Revision(0),
            coverage: Coverage::Whole,
            loads: 0,
            resyncs: 0,
            batches: Vec::new(),
            states: Vec::new(),
            rates: Vec::new(),
            progresses: 0,
            compared: Vec::new(),
            marked: None,
        }
    }

    /// Takes one event; `false` once the watch has ended.
    pub async fn step(&mut self) -> bool {
        let next = tokio::time::timeout(PATIENCE, self.watch.events.next()).await;
        let Some(event) = next.unwrap_or_else(|_| panic!("no event; {}", self.told())) else { return false };
        match event {
            WatchEvent::State(state) => {
                self.states.push(state.word());
                if let LinkState::Loading { bytes_per_second: Some(rate), .. } = &state {
                    self.rates.push(*rate);
                }
                self.state = state;
            }
            WatchEvent::Load { store, at, resync, coverage } => {
                self.coverage = coverage;
                self.loads += 1;
                self.resyncs += usize::from(resync);
                self.store = Some(store);
                self.at = at;
                self.marked = Some(Picture::new());
            }
            WatchEvent::Page(entries) => {
                assert!(entries.len() <= PAGE_LIMIT, "a page of {}", entries.len());
                let fresh = self.marked.as_mut().expect("a page outside of a load");
                fresh.extend(entries.into_iter().map(|entry| (entry.key.clone(), entry)));
            }
            WatchEvent::Loaded { at } => {
                assert_eq!(at, self.at);
                self.picture = self.marked.take().expect("the end of no load");
            }
            WatchEvent::Batch { at, changes } => {
                assert!(self.marked.is_none(), "a batch inside of a load");
                self.batches.push((at, changes.len()));
                self.at = self.at.max(at);
                for change in changes {
                    assert_eq!(change.revision, at);
                    match change.kind {
                        ChangeKind::Put { entry } => drop(self.picture.insert(entry.key.clone(), entry)),
                        ChangeKind::Deleted { key } => drop(self.picture.remove(&key)),
                    }
                }
            }
            WatchEvent::Compared { at, differences } => self.compared.push((at, differences)),
            WatchEvent::Progress { at } => {
                self.progresses += 1;
                self.at = self.at.max(at);
            }
        }
        true
    }

    /// Takes events until the condition holds.
    pub async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let wait = async {
            while !condition(self) {
                assert!(self.step().await, "the watch ended before {what}");
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("no {what}; {}", self.told());
        }
    }

    pub async fn until_state(&mut self, word: &str) {
        self.until(word, |reader| reader.state.word() == word).await;
    }

    pub async fn until_synced(&mut self) {
        self.until_state("SYNCED").await;
    }

    /// How many entries of a load have come.
    pub fn loading(&self) -> usize {
        match self.state {
            LinkState::Loading { entries, .. } => entries,
            _ => 0,
        }
    }

    /// Acts as a person who presses the retry key.
    pub fn retry_now(&self) {
        self.watch.wake.retry_now();
    }

    fn told(&self) -> String {
        format!("{} entries at {}, {:?}, {:?}", self.picture.len(), self.at, self.states, self.state)
    }
}

/// Everything a fresh list gives.
pub async fn listed(provider: &dyn ConfigReader, prefix: KeyPrefix) -> Picture {
    let pages: Vec<_> = provider.list(prefix).try_collect().await.unwrap();
    let revisions: Vec<_> = pages.iter().map(|page| page.at).collect();
    assert!(revisions.windows(2).all(|pair| pair[0] == pair[1]), "a list at {revisions:?}");
    pages.into_iter().flat_map(|page| page.entries).map(|entry| (entry.key.clone(), entry)).collect()
}
