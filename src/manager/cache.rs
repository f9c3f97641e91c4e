//! Cache of merged documents.
//!
//! An entry is stored with the document it was made from, and is returned only for an equal document, so that
//! a change is never missed. All entries have the same time to live, so the oldest expires first and is
//! evicted first. Evicted entries are dropped at once and wiped with their last owner; expired ones are
//! dropped by a background task, even if the cache is not used.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::merged::{MergedDocument, SecretMode};
use crate::domain::{Document, ResourceKey, SecretPath};

/// The time to live, and so the longest delay until a changed secret is used.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(300);

/// The maximum number of entries.
pub(super) const KEPT: usize = 10_000;

/// The source of the current time; tests use their own.
pub(super) type MonotonicClock = Arc<dyn Fn() -> Instant + Send + Sync>;

type CacheKey = (ResourceKey, SecretMode);

pub(super) struct MergedCache {
    clock: MonotonicClock,
    ttl: Duration,
    entries: Arc<Mutex<CacheState>>,
}

#[derive(Default)]
struct CacheState {
    slots: HashMap<CacheKey, CacheEntry>,
    /// Oldest first.
    order: BTreeMap<u64, CacheKey>,
    next: u64,
    /// Incremented at each change of a secret.
    generation: CacheGeneration,
    sweeper: Option<Sweeper>,
}

/// The number of secret changes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CacheGeneration(u64);

struct CacheEntry {
    number: u64,
    until: Instant,
    document: Document,
    merged: Arc<MergedDocument>,
}

impl MergedCache {
    pub(super) fn new(clock: MonotonicClock) -> Self {
        Self { clock, ttl: KEPT_FOR, entries: Arc::default() }
    }

    /// The merged form of exactly this document.
    pub(super) fn get(
        &self,
        key: &ResourceKey,
        secrets: SecretMode,
        document: &Document,
    ) -> Option<Arc<MergedDocument>> {
        let now = (self.clock)();
        let key = (key.clone(), secrets);
        let mut kept = self.entries.lock();
        let slot = kept.slots.get(&key)?;
        if slot.until > now && slot.document == *document {
            return Some(Arc::clone(&slot.merged));
        }
        kept.remove(&key);
        None
    }

    /// The current generation: take it before reading secrets, and pass it to [`MergedCache::put`].
    pub(super) fn generation(&self) -> CacheGeneration {
        self.entries.lock().generation
    }

    /// Stores a merged document, unless a secret changed while it was being made.
    pub(super) fn put(
        &self,
        key: &ResourceKey,
        secrets: SecretMode,
        document: Document,
        merged: Arc<MergedDocument>,
        since: CacheGeneration,
    ) {
        let now = (self.clock)();
        let key = (key.clone(), secrets);
        let mut kept = self.entries.lock();
        kept.remove(&key);
        if kept.generation != since {
            return;
        }
        kept.make_room(now);
        kept.next += 1;
        let number = kept.next;
        kept.order.insert(number, key.clone());
        kept.slots.insert(key, CacheEntry { number, until: now + self.ttl, document, merged });
        if kept.sweeper.is_none() {
            kept.sweeper = Sweeper::start(&self.entries, &self.clock);
        }
    }

    /// Drops the entries of a key.
    pub(super) fn forget(&self, key: &ResourceKey) {
        let mut kept = self.entries.lock();
        for secrets in [SecretMode::Include, SecretMode::Exclude] {
            kept.remove(&(key.clone(), secrets));
        }
    }

    /// Drops everything, and invalidates merges in progress.
    pub(super) fn forget_all(&self) {
        let mut kept = self.entries.lock();
        kept.generation.0 += 1;
        kept.slots.clear();
        kept.order.clear();
    }

    /// Drops the entries that used a secret, and invalidates merges in progress.
    pub(super) fn forget_secret(&self, path: &SecretPath) {
        let mut kept = self.entries.lock();
        kept.generation.0 += 1;
        let made_with = |slot: &CacheEntry| slot.merged.sources().iter().any(|source| source.path == *path);
        let stale = kept.slots.iter().filter(|(_, slot)| made_with(slot)).map(|(key, _)| key.clone());
        for key in stale.collect::<Vec<_>>() {
            kept.remove(&key);
        }
    }
}

impl CacheState {
    fn remove(&mut self, key: &CacheKey) {
        if let Some(slot) = self.slots.remove(key) {
            self.order.remove(&slot.number);
        }
    }

    /// Drops expired entries, and the oldest if the cache is still full.
    fn make_room(&mut self, now: Instant) {
        self.drop_expired(now);
        while self.slots.len() >= KEPT
            && let Some((_, oldest)) = self.order.first_key_value()
        {
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
    }

    /// Drops expired entries; returns when the next one expires.
    fn drop_expired(&mut self, now: Instant) -> Option<Instant> {
        while let Some((_, oldest)) = self.order.first_key_value() {
            if let Some(slot) = self.slots.get(oldest)
                && slot.until > now
            {
                return Some(slot.until);
            }
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
        None
    }
}

/// The task that drops expired entries, so that secrets do not stay in memory longer than needed. It runs
/// while the cache has entries, and is aborted with the cache.
struct Sweeper(AbortHandle);

impl Sweeper {
    /// `None` outside a tokio runtime: then the next use drops expired entries.
    fn start(kept: &Arc<Mutex<CacheState>>, clock: &MonotonicClock) -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        let task = runtime.spawn(sweep(Arc::downgrade(kept), Arc::clone(clock)));
        Some(Self(task.abort_handle()))
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn sweep(kept: Weak<Mutex<CacheState>>, clock: MonotonicClock) {
    loop {
        let next = {
            let Some(kept) = kept.upgrade() else { return };
            let mut kept = kept.lock();
            let next = kept.drop_expired(clock());
            if next.is_none() {
                // The next entry starts another task.
                kept.sweeper = None;
            }
            next
        };
        let Some(next) = next else { return };
        sleep(next.saturating_duration_since(clock())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::merged::MergedSecret;
    use super::*;
    use crate::domain::{ConnectionName, KvPath, Mount};

    struct Fixture {
        cache: MergedCache,
        now: Arc<Mutex<Instant>>,
    }

    impl Fixture {
        fn new() -> Self {
            let now = Arc::new(Mutex::new(Instant::now()));
            let clock = Arc::clone(&now);
            Self { cache: MergedCache::new(Arc::new(move || *clock.lock())), now }
        }

        fn pass(&self, time: Duration) {
            *self.now.lock() += time;
        }

        fn put(&self, number: usize) -> Arc<MergedDocument> {
            let merged = Arc::new(MergedDocument::new(serde_json::json!({"n": number}).into()));
            let now = self.cache.generation();
            self.cache.put(&key(number), SecretMode::Include, "{}".into(), Arc::clone(&merged), now);
            merged
        }

        fn has(&self, number: usize) -> bool {
            self.cache.get(&key(number), SecretMode::Include, &"{}".into()).is_some()
        }

        fn len(&self) -> usize {
            let kept = self.cache.entries.lock();
            assert_eq!(kept.slots.len(), kept.order.len());
            kept.slots.len()
        }
    }

    fn key(number: usize) -> ResourceKey {
        ResourceKey::connection(ConnectionName::new(&format!("c{number}")).unwrap())
    }

    #[test]
    fn it_is_kept_for_its_time_and_dropped_after_it() {
        let fixture = Fixture::new();
        let one = Arc::downgrade(&fixture.put(1));
        fixture.pass(KEPT_FOR - Duration::from_secs(1));
        assert!(fixture.has(1));
        fixture.put(2);
        fixture.pass(Duration::from_secs(1));
        // Adding another entry drops it.
        fixture.put(3);
        assert!(one.upgrade().is_none());
        assert!(!fixture.has(1) && fixture.has(2) && fixture.has(3));
        fixture.pass(KEPT_FOR);
        assert!(!fixture.has(2));
        assert_eq!(fixture.len(), 1);
    }

    #[test]
    fn there_are_never_more_than_agreed_and_the_nearest_to_its_end_goes_first() {
        let fixture = Fixture::new();
        (0..KEPT).for_each(|number| drop(fixture.put(number)));
        // Made again, it is the newest.
        fixture.put(0);
        assert_eq!(fixture.len(), KEPT);
        fixture.put(KEPT);
        assert_eq!(fixture.len(), KEPT);
        assert!(fixture.has(0) && !fixture.has(1) && fixture.has(2) && fixture.has(KEPT));
    }

    #[test]
    fn another_document_or_a_change_makes_it_useless() {
        let fixture = Fixture::new();
        let one = Arc::downgrade(&fixture.put(1));
        assert!(fixture.cache.get(&key(1), SecretMode::Exclude, &"{}".into()).is_none());
        assert!(fixture.has(1));
        assert!(fixture.cache.get(&key(1), SecretMode::Include, &"{ }".into()).is_none());
        assert!(one.upgrade().is_none());
        fixture.put(2);
        fixture.cache.forget(&key(2));
        assert!(!fixture.has(2));
        assert_eq!(fixture.len(), 0);
    }

    fn made_with(cache: &MergedCache, number: usize, path: &str, since: CacheGeneration) {
        let mut merged = MergedDocument::new(serde_json::json!({}).into());
        merged.add_source(MergedSecret { path: secret(path), fields: Vec::new(), version: None });
        cache.put(&key(number), SecretMode::Include, "{}".into(), Arc::new(merged), since);
    }

    fn secret(path: &str) -> SecretPath {
        SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new(path).unwrap() }
    }

    #[test]
    fn a_changed_secret_takes_what_was_made_with_it_and_nothing_else() {
        let fixture = Fixture::new();
        let since = fixture.cache.generation();
        made_with(&fixture.cache, 1, "a", since);
        made_with(&fixture.cache, 2, "b", since);
        fixture.cache.forget_secret(&secret("a"));
        assert!(!fixture.has(1) && fixture.has(2));
        // A merge in progress during the change may hold the old value.
        made_with(&fixture.cache, 3, "a", since);
        assert!(!fixture.has(3));
        assert_eq!(fixture.len(), 1);
    }

    #[tokio::test]
    async fn what_is_over_goes_though_nobody_asks() {
        let mut cache = MergedCache::new(Arc::new(Instant::now));
        cache.ttl = Duration::from_millis(30);
        let put = |number: usize| {
            let merged = Arc::new(MergedDocument::new(serde_json::json!({}).into()));
            let kept = Arc::downgrade(&merged);
            cache.put(&key(number), SecretMode::Include, "{}".into(), merged, cache.generation());
            kept
        };
        let gone = async |kept: std::sync::Weak<MergedDocument>| {
            let deadline = Instant::now() + Duration::from_secs(20);
            while kept.upgrade().is_some() {
                assert!(Instant::now() < deadline, "it stayed");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        for kept in [put(1), put(2)] {
            gone(kept).await;
        }
        // The task starts again after it had ended.
        gone(put(3)).await;
        assert_eq!(cache.entries.lock().slots.len(), 0);
    }
}
