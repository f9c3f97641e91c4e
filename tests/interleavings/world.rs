//! Runs interleavings in a world: a store, the hand of others, and the ways in which it fails.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use confdeck::domain::{Document, Entry, ResourceKey};
use confdeck::provider::{ConfigWriter, Expect, Lease, Op};
use futures::FutureExt;

use crate::script::{Step, TEXTS, Write, script};
use crate::support::observer::{Observer, listed};

/// How long a picture may take to become equal to the list once everything is well again.
const PATIENCE: Duration = Duration::from_secs(60);

/// One store with one watch on it.
#[async_trait(?Send)]
pub(crate) trait World {
    /// The keys that steps write; some of shapes that the receiver ignores where a store has them.
    fn keys(&self) -> &[ResourceKey];

    /// The provider under test.
    fn store(&self) -> Arc<dyn ConfigWriter>;

    /// Its one reader.
    fn observer(&mut self) -> &mut Observer;

    /// Lets happen what others do, or what fails; what this store cannot meet is no step.
    async fn happen(&mut self, step: &Step);

    /// Makes everything well again.
    async fn mend_all(&mut self);

    /// A list that cannot be wrong: past the gate.
    async fn truth(&self) -> Vec<Entry> {
        listed(&*self.store()).await
    }
}

/// How often something happened in all interleavings of a run.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) cases: AtomicU64,
    pub(crate) loads: AtomicU64,
    pub(crate) resyncs: AtomicU64,
}

/// Runs one interleaving to its end, and holds the picture to a fresh list.
async fn run(world: &mut impl World, steps: &[Step], tally: &Tally) {
    for step in steps {
        match step {
            Step::Read(events) => drop(world.observer().step_some(*events).await),
            Step::Ours(write) => ours(world, *write).await,
            step => world.happen(step).await,
        }
    }
    world.mend_all().await;
    let list = world.truth().await;
    let begun = Instant::now();
    let observer = world.observer();
    while !(observer.state.is_synced() && observer.holds(&list)) {
        if begun.elapsed() > PATIENCE {
            observer.assert_equals(&list);
            panic!("equal, and not SYNCED: {}", observer.told());
        }
        // As a person does who waits for it; without it, a second or two are slept away.
        if !observer.step_some(64).await {
            observer.retry_now();
        }
    }
    observer.assert_equals(&list);
    tally.cases.fetch_add(1, Ordering::Relaxed);
    tally.loads.fetch_add(u64::try_from(observer.loads).unwrap(), Ordering::Relaxed);
    tally.resyncs.fetch_add(u64::try_from(observer.resyncs.len()).unwrap(), Ordering::Relaxed);
}

/// A conditional write on what the picture shows, as the console makes it.
async fn ours(world: &mut impl World, write: Write) {
    let store = world.store();
    let (Write::Put(key, _) | Write::Delete(key)) = write;
    let key = world.keys()[key].clone();
    let token = world.observer().inventory.get(&key).map(|row| row.token());
    let op = match write {
        Write::Put(_, text) => {
            let expect = token.map_or(Expect::Absent, Expect::Token);
            Op::Put { key, document: Document::from(TEXTS[text]), expect, lease: Lease::Keep }
        }
        Write::Delete(_) => Op::Delete { key, expect: token.map_or(Expect::Anything, Expect::Token) },
    };
    // Refused, in conflict or lost on the way: the store says what became of it.
    drop(store.commit(vec![op]).await);
}

/// The numbers to run: one that was asked for, or as many as this kind of run takes.
pub(crate) fn seeds(usual: u64, long: u64) -> Vec<u64> {
    if let Ok(seed) = std::env::var("CONFDECK_SEED") {
        return vec![seed.parse().expect("CONFDECK_SEED is a number")];
    }
    (0..if std::env::var_os("CONFDECK_LONG").is_some() { long } else { usual }).collect()
}

/// Runs the interleaving of a number, and says which it was should it fail.
pub(crate) async fn witnessed(store: &str, seed: u64, world: &mut impl World, tally: &Tally) {
    let steps = script(seed, world.keys().len());
    let ended = AssertUnwindSafe(run(world, &steps, tally)).catch_unwind().await;
    if let Err(panic) = ended {
        println!("interleaving {seed} of {store}: CONFDECK_SEED={seed}");
        for (number, step) in steps.iter().enumerate() {
            println!("  {number:>2} {step:?}");
        }
        resume_unwind(panic);
    }
}
