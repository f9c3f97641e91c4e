//! Over the memory store: cut off, its history forgotten, replaced by a backup.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use confdeck::domain::{Address, Document, KeyPrefix, LinkState, ResourceKey};
use confdeck::provider::memory::{MemoryStore, RestoreMode};
use confdeck::provider::{ConfigReader, ConfigWriter, Expect, Lease};

use crate::script::{BROKEN, Step, TEXTS, Write};
use crate::support::observer::Observer;
use crate::world::{Tally, World, seeds, witnessed};

const KEYS: [&str; 7] =
    ["a/one", "a/two", "b/three", "connections/main", "connections/backup", "key:odd/one", "key:odd/two"];

struct Memory {
    store: MemoryStore,
    observer: Observer,
    keys: Vec<ResourceKey>,
    /// How it comes back from the cut that it is in.
    back: RestoreMode,
}

impl Memory {
    fn begin() -> Self {
        let store = MemoryStore::new();
        let observer = Observer::new(store.watch(KeyPrefix::All));
        let keys = KEYS.map(|key| key.parse::<Address>().unwrap().0).to_vec();
        Self { store, observer, keys, back: RestoreMode::Resume }
    }

    fn write(&self, write: Write) {
        match write {
            Write::Put(key, text) => self.store.put_raw(self.keys[key].clone(), Document::from(TEXTS[text])),
            Write::Delete(key) => drop(self.store.remove_raw(&self.keys[key])),
        }
    }
}

#[async_trait(?Send)]
impl World for Memory {
    fn keys(&self) -> &[ResourceKey] {
        &self.keys
    }

    fn store(&self) -> Arc<dyn ConfigWriter> {
        Arc::new(self.store.clone())
    }

    fn observer(&mut self) -> &mut Observer {
        &mut self.observer
    }

    async fn happen(&mut self, step: &Step) {
        match step {
            Step::Outside(write) => self.write(*write),
            Step::Together(writes) => writes.iter().for_each(|write| self.write(*write)),
            Step::Break(key, broken) => {
                self.store.put_raw(self.keys[*key].clone(), Document::from(BROKEN[*broken]));
            }
            Step::Lease(key, _) | Step::Expire(key) => {
                let (key, document) = (self.keys[*key].clone(), Document::from(TEXTS[0]));
                let lease = Lease::For(Duration::from_millis(3));
                drop(self.store.set(key, document, Expect::Anything, lease).await);
            }
            Step::Cut => self.store.inject_outage(LinkState::Stale { reason: "cut".into(), retry_in: None }),
            Step::Mend { .. } => {
                self.store.restore(self.back);
                self.back = RestoreMode::Resume;
            }
            Step::Compact { .. } => self.back = RestoreMode::Resync,
            Step::Restart => self.store.restore(RestoreMode::Replaced),
            Step::Revoke(_) => tokio::time::sleep(Duration::from_millis(3)).await,
            Step::Ours(_) | Step::Read(_) => {}
        }
    }

    async fn mend_all(&mut self) {
        self.store.restore(self.back);
        // No lease is left that could end between the list and the look at it.
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_ends_equal_to_a_fresh_list() {
    let tally = Tally::default();
    for seed in seeds(300, 5_000) {
        witnessed("memory", seed, &mut Memory::begin(), &tally).await;
    }
    assert!(tally.cases.load(Ordering::Relaxed) > 0);
}
