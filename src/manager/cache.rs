//! Merged documents, kept for a while.
//!
//! Each is kept with the bytes it was made from, and handed out only for the same bytes: what the
//! picture or the store says now decides, and no change can be missed. Time runs the same for all, so
//! the oldest is the nearest to its end and goes first when room is needed. What goes is dropped at
//! once, and wiped with its last owner; what is over goes by itself, whether or not anybody asks.

mod sweep;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::sweep::Sweeper;
use super::merged::{Merged, Secrets};
use crate::domain::{Document, ResourceKey, SecretPath};

/// How long a merged document is kept: a secret that was changed is in use after this time at the latest.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(300);

/// How many are kept.
pub(super) const KEPT: usize = 10_000;

/// What tells the time; tests bring their own.
pub(super) type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

type Key = (ResourceKey, Secrets);

pub(super) struct Cache {
    clock: Clock,
    keeps_for: Duration,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    slots: HashMap<Key, Slot>,
    /// From the oldest to the newest.
    order: BTreeMap<u64, Key>,
    next: u64,
    /// How often secrets were said to have changed.
    changes: Changes,
    sweeper: Option<Sweeper>,
}

/// A moment among the changes of secrets that were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Changes(u64);

struct Slot {
    number: u64,
    until: Instant,
    document: Document,
    merged: Arc<Merged>,
}

impl Cache {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, keeps_for: KEPT_FOR, kept: Arc::default() }
    }

    /// What was made of this very document.
    pub(super) fn get(
        &self,
        key: &ResourceKey,
        secrets: Secrets,
        document: &Document,
    ) -> Option<Arc<Merged>> {
        let now = (self.clock)();
        let key = (key.clone(), secrets);
        let mut kept = self.lock();
        let slot = kept.slots.get(&key)?;
        if slot.until > now && slot.document == *document {
            return Some(Arc::clone(&slot.merged));
        }
        kept.remove(&key);
        None
    }

    /// Where we are now: ask before secrets are read, and hand it to [`Cache::put`].
    pub(super) fn changes(&self) -> Changes {
        self.lock().changes
    }

    /// Keeps what was made of a document, unless a secret changed while it was made.
    pub(super) fn put(
        &self,
        key: &ResourceKey,
        secrets: Secrets,
        document: Document,
        merged: Arc<Merged>,
        since: Changes,
    ) {
        let now = (self.clock)();
        let key = (key.clone(), secrets);
        let mut kept = self.lock();
        kept.remove(&key);
        if kept.changes != since {
            return;
        }
        kept.make_room(now);
        kept.next += 1;
        let number = kept.next;
        kept.order.insert(number, key.clone());
        kept.slots.insert(key, Slot { number, until: now + self.keeps_for, document, merged });
        if kept.sweeper.is_none() {
            kept.sweeper = Sweeper::start(&self.kept, &self.clock);
        }
    }

    /// Drops what was made of a key's documents.
    pub(super) fn forget(&self, key: &ResourceKey) {
        let mut kept = self.lock();
        for secrets in [Secrets::Include, Secrets::Exclude] {
            kept.remove(&(key.clone(), secrets));
        }
    }

    /// Drops everything, also what is being made.
    pub(super) fn forget_all(&self) {
        let mut kept = self.lock();
        kept.changes.0 += 1;
        kept.slots.clear();
        kept.order.clear();
    }

    /// Drops what was made with a secret, also what is being made.
    pub(super) fn forget_secret(&self, path: &SecretPath) {
        let mut kept = self.lock();
        kept.changes.0 += 1;
        let made_with = |slot: &Slot| slot.merged.sources().iter().any(|source| source.path == *path);
        let stale = kept.slots.iter().filter(|(_, slot)| made_with(slot)).map(|(key, _)| key.clone());
        for key in stale.collect::<Vec<_>>() {
            kept.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    fn remove(&mut self, key: &Key) {
        if let Some(slot) = self.slots.remove(key) {
            self.order.remove(&slot.number);
        }
    }

    /// Drops what is over, and the oldest if that was not enough for one more.
    fn make_room(&mut self, now: Instant) {
        self.drop_over(now);
        while self.slots.len() >= KEPT
            && let Some((_, oldest)) = self.order.first_key_value()
        {
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
    }

    /// Drops what is over; answers when the next one will be.
    fn drop_over(&mut self, now: Instant) -> Option<Instant> {
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

#[cfg(test)]
mod tests {
    use super::super::merged::Source;
    use super::*;
    use crate::domain::{ConnectionName, KvPath, Mount};

    struct Fixture {
        cache: Cache,
        now: Arc<Mutex<Instant>>,
    }

    impl Fixture {
        fn new() -> Self {
            let now = Arc::new(Mutex::new(Instant::now()));
            let clock = Arc::clone(&now);
            Self { cache: Cache::new(Arc::new(move || *clock.lock().unwrap())), now }
        }

        fn pass(&self, time: Duration) {
            *self.now.lock().unwrap() += time;
        }

        fn put(&self, number: usize) -> Arc<Merged> {
            let merged = Arc::new(Merged::new(serde_json::json!({"n": number})));
            let now = self.cache.changes();
            self.cache.put(&key(number), Secrets::Include, "{}".into(), Arc::clone(&merged), now);
            merged
        }

        fn has(&self, number: usize) -> bool {
            self.cache.get(&key(number), Secrets::Include, &"{}".into()).is_some()
        }

        fn len(&self) -> usize {
            let kept = self.cache.lock();
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
        // Another one's arrival is enough to drop it.
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
        // Made anew, it is the youngest.
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
        assert!(fixture.cache.get(&key(1), Secrets::Exclude, &"{}".into()).is_none());
        assert!(fixture.has(1));
        assert!(fixture.cache.get(&key(1), Secrets::Include, &"{ }".into()).is_none());
        assert!(one.upgrade().is_none());
        fixture.put(2);
        fixture.cache.forget(&key(2));
        assert!(!fixture.has(2));
        assert_eq!(fixture.len(), 0);
    }

    fn made_with(cache: &Cache, number: usize, path: &str, since: Changes) {
        let mut merged = Merged::new(serde_json::json!({}));
        merged.made_of(Source { path: secret(path), fields: Vec::new(), version: None });
        cache.put(&key(number), Secrets::Include, "{}".into(), Arc::new(merged), since);
    }

    fn secret(path: &str) -> SecretPath {
        SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new(path).unwrap() }
    }

    #[test]
    fn a_changed_secret_takes_what_was_made_with_it_and_nothing_else() {
        let fixture = Fixture::new();
        let since = fixture.cache.changes();
        made_with(&fixture.cache, 1, "a", since);
        made_with(&fixture.cache, 2, "b", since);
        fixture.cache.forget_secret(&secret("a"));
        assert!(!fixture.has(1) && fixture.has(2));
        // What was being made while it changed may hold the old value.
        made_with(&fixture.cache, 3, "a", since);
        assert!(!fixture.has(3));
        assert_eq!(fixture.len(), 1);
    }

    #[tokio::test]
    async fn what_is_over_goes_though_nobody_asks() {
        let mut cache = Cache::new(Arc::new(Instant::now));
        cache.keeps_for = Duration::from_millis(30);
        let put = |number: usize| {
            let merged = Arc::new(Merged::new(serde_json::json!({})));
            let kept = Arc::downgrade(&merged);
            cache.put(&key(number), Secrets::Include, "{}".into(), merged, cache.changes());
            kept
        };
        let gone = async |kept: std::sync::Weak<Merged>| {
            let deadline = Instant::now() + Duration::from_secs(20);
            while kept.upgrade().is_some() {
                assert!(Instant::now() < deadline, "it stayed");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        for kept in [put(1), put(2)] {
            gone(kept).await;
        }
        // It begins anew after it had nothing to do.
        gone(put(3)).await;
        assert_eq!(cache.lock().slots.len(), 0);
    }
}
