//! A watch as the console reads it: through `prepare` into an inventory; and what that inventory must
//! be equal to.

use std::time::Duration;

use confdeck::domain::{
    Coverage, Entry, LinkState, Namespace, Reference, ResourceKey, Revision, SecretNames, StoreId,
};
use confdeck::inventory::{AuthKinds, Inventory, RowCounts, Scope, scan_event};
use confdeck::provider::{ConfigReader, Watch, WatchEvent};
use futures::{StreamExt, TryStreamExt};

use super::events::PATIENCE;

/// Names that the documents of a test may mention, for the indexes over them.
pub const CONNECTIONS: [&str; 3] = ["main", "backup", "none"];

/// One watch and the picture it makes.
pub struct Observer {
    watch: Watch,
    pub inventory: Inventory,
    pub state: LinkState,
    /// Every link state in order.
    pub states: Vec<&'static str>,
    pub loads: usize,
    /// How many documents differed, for every load that replaced a picture.
    pub resyncs: Vec<usize>,
    pub progresses: usize,
    events: u64,
}

impl Observer {
    pub fn new(watch: Watch) -> Self {
        Self {
            watch,
            inventory: Inventory::default(),
            state: LinkState::Connecting { error: None, retry_in: None },
            states: Vec::new(),
            loads: 0,
            resyncs: Vec::new(),
            progresses: 0,
            events: 0,
        }
    }

    /// Takes one event; `false` once the watch has ended.
    pub async fn step(&mut self) -> bool {
        let next = tokio::time::timeout(PATIENCE, self.watch.events.next()).await;
        let Some(event) = next.unwrap_or_else(|_| panic!("no event; {}", self.told())) else { return false };
        match &event {
            WatchEvent::State(state) => {
                self.states.push(state.word());
                self.state = state.clone();
            }
            WatchEvent::Load { .. } => self.loads += 1,
            WatchEvent::Progress { .. } => self.progresses += 1,
            _ => {}
        }
        self.events += 1;
        let delta = self
            .inventory
            .apply(scan_event(event, &SecretNames::default()), Duration::from_millis(self.events));
        self.resyncs.extend(delta.resynced);
        true
    }

    /// Takes what is there, up to so many events; `false` if there was less for a moment.
    pub async fn step_some(&mut self, events: usize) -> bool {
        for _ in 0..events {
            if tokio::time::timeout(Duration::from_millis(2), self.step()).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Whether the picture equals a fresh list, keys, bytes, tokens, leases and all.
    pub fn holds(&self, list: &[Entry]) -> bool {
        let mut list = list.to_vec();
        list.sort_by_key(|entry| entry.key.clone());
        !self.inventory.is_loading() && entries(&self.inventory) == list
    }

    /// Takes events until the condition holds.
    #[track_caller]
    pub fn until<'a>(
        &'a mut self,
        what: &'a str,
        condition: impl Fn(&Self) -> bool + 'a,
    ) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let wait = async {
                while !condition(self) {
                    assert!(self.step().await, "{caller}: the watch ended before {what}");
                }
            };
            if tokio::time::timeout(PATIENCE, wait).await.is_err() {
                panic!("{caller}: no {what}; {}", self.told());
            }
        }
    }

    pub async fn until_state(&mut self, word: &str) {
        self.until(word, |observer| observer.state.word() == word).await;
    }

    /// Until the picture is whole and the link says so.
    pub async fn until_synced(&mut self) {
        let synced = |observer: &Self| {
            observer.state.is_synced() && observer.loads > 0 && !observer.inventory.is_loading()
        };
        self.until("SYNCED", synced).await;
    }

    /// Acts as a person who presses the retry key.
    pub fn retry_now(&self) {
        self.watch.wake.retry_now();
    }

    pub fn revision(&self) -> Revision {
        self.inventory.revision()
    }

    pub fn store(&self) -> StoreId {
        self.inventory.store().cloned().expect("a store, once loaded")
    }

    pub fn keys(&self) -> Vec<ResourceKey> {
        entries(&self.inventory).into_iter().map(|entry| entry.key).collect()
    }

    pub fn told(&self) -> String {
        let keys = entries(&self.inventory).len();
        format!("{keys} entries at {}, {:?}, {:?}", self.revision(), self.states, self.state)
    }

    /// Holds the picture to a fresh list: keys, bytes, tokens, leases, and every index and fact to
    /// those of an inventory that was built from that list alone.
    #[track_caller]
    pub fn assert_equals(&self, list: &[Entry]) {
        let mut scratch = Inventory::default();
        let at = self.revision();
        let load = [
            WatchEvent::Load { store: self.store(), at, resync: false, coverage: Coverage::Whole },
            WatchEvent::Page(list.to_vec()),
            WatchEvent::Loaded { at },
        ];
        for event in load {
            scratch.apply(scan_event(event, &SecretNames::default()), Duration::ZERO);
        }
        assert_eq!(entries(&self.inventory), entries(&scratch), "{}", self.told());
        assert_eq!(Summary::of(&self.inventory), Summary::of(&scratch), "{}", self.told());
    }
}

/// Everything a fresh list gives.
pub async fn listed(store: &(impl ConfigReader + ?Sized)) -> Vec<Entry> {
    let pages: Vec<_> = store.list(confdeck::domain::KeyPrefix::All).try_collect().await.unwrap();
    pages.into_iter().flat_map(|page| page.entries).collect()
}

const SCOPES: [Scope; 3] = [Scope::AllWebhooks, Scope::Connections, Scope::Foreign];

fn entries(inventory: &Inventory) -> Vec<Entry> {
    let slots = SCOPES.iter().flat_map(|scope| inventory.slots(scope));
    let mut entries: Vec<_> = slots.map(|slot| inventory.row(slot).expect("a slot in use").entry()).collect();
    entries.sort_by_key(|entry| entry.key.clone());
    entries
}

/// What one row says of its document: module, connection, authentication, trouble.
type Fact = (ResourceKey, Option<String>, Option<String>, AuthKinds, bool);

/// What an inventory answers beside its entries.
#[derive(Debug, PartialEq, Eq)]
struct Summary {
    namespaces: Vec<(Namespace, RowCounts)>,
    tallies: Vec<RowCounts>,
    facts: Vec<Fact>,
    dependents: Vec<Vec<ResourceKey>>,
    referrers: Vec<ResourceKey>,
}

impl Summary {
    fn of(inventory: &Inventory) -> Self {
        let row = |slot| inventory.row(slot).expect("a slot in use");
        let sorted = |mut keys: Vec<ResourceKey>| {
            keys.sort();
            keys
        };
        let mut facts = Vec::new();
        for scope in &SCOPES {
            for (at, slot) in inventory.slots(scope).enumerate() {
                let row = row(slot);
                let key = row.key();
                assert_eq!(inventory.find(&key), Some(slot), "{key} is found where it is");
                assert_eq!(inventory.position(scope, &key), Ok(at), "{key} stands where it is");
                let words = |name: Option<&str>| name.map(str::to_owned);
                facts.push((key, words(row.module()), words(row.connection()), row.auth(), row.is_invalid()));
            }
        }
        let dependents =
            |name: &&str| sorted(inventory.dependents(name).iter().map(|slot| row(*slot).key()).collect());
        let reference = Reference::Vault { path: "a".into(), field: "b".into() };
        Self {
            namespaces: inventory.namespaces().map(|(name, tally)| (name.clone(), tally)).collect(),
            tallies: SCOPES.iter().map(|scope| inventory.counts(scope)).collect(),
            facts,
            dependents: CONNECTIONS.iter().map(dependents).collect(),
            referrers: sorted(
                inventory
                    .secret_referrers("a")
                    .iter()
                    .map(|slot| row(*slot))
                    .filter(|row| row.sites().references().contains_key(&reference))
                    .map(|row| row.key())
                    .collect(),
            ),
        }
    }
}
