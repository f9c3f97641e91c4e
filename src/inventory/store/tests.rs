//! The inventory against a model: whatever happens, it ends equal to the store's own list.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{Address, Coverage, Document, PermittedRanges, Reference, Token};
use crate::inventory::{Scope, scan_event};
use crate::provider::WatchEvent;

const KEYS: [&str; 9] = [
    "a/one",
    "a/two",
    "b/one",
    "b/three",
    "c/x",
    "connections/k1",
    "connections/k2",
    "key:odd/one",
    "key:odd/two",
];
const TEXTS: [&str; 6] = [
    r#"{"module":"log"}"#,
    r#"{"module":"kafka","connection":"k1"}"#,
    r#"{"chain":[{"module":"log","connection":"k1"},{"module":"log","connection":"k2"}]}"#,
    r#"{"module":"log","hmac":{"secret":"{$vault:a#b}"}}"#,
    "not json",
    "",
];

fn key(text: &str) -> ResourceKey {
    text.parse::<Address>().unwrap().0
}

/// The store that the events come from.
#[derive(Default)]
struct Store {
    revision: u64,
    entries: BTreeMap<ResourceKey, Entry>,
}

impl Store {
    fn put(&mut self, name: &str, text: &str) -> Change {
        self.revision += 1;
        let (revision, token) = (Revision(self.revision), Token::counter(self.revision));
        let lease = self.revision.is_multiple_of(3).then_some(LeaseId(7));
        let entry = Entry {
            key: key(name),
            document: Document::from(text),
            revision,
            created: None,
            version: Some(1),
            token,
            lease,
        };
        self.entries.insert(entry.key.clone(), entry.clone());
        Change { revision, kind: ChangeKind::Put { entry } }
    }

    fn delete(&mut self, name: &str) -> Option<Change> {
        self.entries.remove(&key(name))?;
        self.revision += 1;
        Some(Change { revision: Revision(self.revision), kind: ChangeKind::Deleted { key: key(name) } })
    }

    fn load(&self, resync: bool, page: usize) -> Vec<WatchEvent> {
        let at = Revision(self.revision);
        let entries: Vec<_> = self.entries.values().cloned().collect();
        let mut events =
            vec![WatchEvent::Load { store: StoreId::new("test"), at, resync, coverage: Coverage::Whole }];
        events.extend(entries.chunks(page).map(|page| WatchEvent::Page(page.to_vec())));
        events.push(WatchEvent::Loaded { at });
        events
    }
}

fn feed(inventory: &mut Inventory, event: WatchEvent) -> Delta {
    inventory.apply(scan_event(event, &crate::domain::SecretNames::default()), Duration::from_secs(1))
}

fn batch(change: Change) -> WatchEvent {
    WatchEvent::Batch { at: change.revision, changes: vec![change] }
}

/// Everything the inventory answers, against what the entries say.
fn assert_equal(inventory: &Inventory, store: &Store) {
    let scopes = [Scope::AllWebhooks, Scope::Connections, Scope::Foreign];
    let shown: Vec<Entry> = scopes
        .iter()
        .flat_map(|scope| inventory.slots(scope))
        .map(|slot| inventory.row(slot).unwrap().entry())
        .collect();
    let mut wanted: Vec<Entry> = store.entries.values().cloned().collect();
    wanted.sort_by_key(|entry| entry.key.clone());
    assert_eq!(shown, wanted);
    for (namespace, tally) in inventory.namespaces() {
        let mine = || wanted.iter().filter(|entry| entry.key.namespace() == Some(namespace));
        let bad = mine().filter(|entry| !entry.document.as_bytes().starts_with(b"{"));
        assert_eq!((tally.total, tally.invalid), (mine().count(), bad.count()), "{namespace:?}");
    }
    for scope in scopes {
        for (at, slot) in inventory.slots(&scope).enumerate() {
            let key = inventory.row(slot).unwrap().key();
            assert_eq!(inventory.position(&scope, &key), Ok(at));
            assert_eq!(inventory.slot_at(&scope, at), Some(slot));
        }
        assert_eq!(inventory.slot_at(&scope, inventory.counts(&scope).total), None);
    }
    let names_k1 =
        |entry: &&Entry| entry.key.namespace().is_some() && entry.document.text().unwrap().contains("k1");
    let mut dependents: Vec<_> =
        inventory.dependents("k1").iter().map(|slot| inventory.row(*slot).unwrap().key()).collect();
    dependents.sort();
    assert_eq!(dependents, wanted.iter().filter(names_k1).map(|entry| entry.key.clone()).collect::<Vec<_>>());
    let reference = Reference::Vault { path: "a".into(), field: "b".into() };
    let holders = wanted.iter().filter(|entry| entry.document.text().unwrap().contains("vault")).count();
    let refers = |slot: &&Slot| inventory.row(**slot).unwrap().sites().references().contains_key(&reference);
    assert_eq!(inventory.secret_referrers("a").iter().filter(refers).count(), holders);
}

proptest! {
    /// Puts and deletes that are seen, missed and made up for by a load, in any order.
    #[test]
    fn any_interleaving_ends_equal_to_the_list(
        steps in prop::collection::vec((0..4u8, 0..KEYS.len(), 0..TEXTS.len(), 1..4usize), 0..60)
    ) {
        let (mut store, mut inventory) = (Store::default(), Inventory::default());
        let (mut missed, mut loaded) = (true, false);
        for (step, name, text, page) in steps {
            match step {
                0 | 1 => {
                    let change = store.put(KEYS[name], TEXTS[text]);
                    if !missed { feed(&mut inventory, batch(change)); }
                }
                2 => {
                    let change = store.delete(KEYS[name]);
                    if let Some(change) = change.filter(|_| !missed) { feed(&mut inventory, batch(change)); }
                }
                // The link breaks, or comes back with a load.
                _ if !missed => missed = true,
                _ => {
                    for event in store.load(loaded, page) { feed(&mut inventory, event); }
                    (missed, loaded) = (false, true);
                    assert_equal(&inventory, &store);
                }
            }
        }
        for event in store.load(loaded, 2) { feed(&mut inventory, event); }
        assert_equal(&inventory, &store);
    }
}

#[test]
fn a_second_load_keeps_equal_rows_and_counts_the_difference() {
    let (mut store, mut inventory) = (Store::default(), Inventory::default());
    for name in ["a/one", "a/two", "b/one"] {
        store.put(name, TEXTS[0]);
    }
    for event in store.load(false, 10) {
        assert_eq!(feed(&mut inventory, event).resynced, None);
    }
    let kept = inventory.find(&key("a/one")).unwrap();
    assert_eq!(inventory.row(kept).unwrap().observed(), None, "a first load observes nothing");

    store.put("a/two", TEXTS[1]);
    store.delete("b/one");
    store.put("c/x", TEXTS[0]);
    let deltas: Vec<Delta> =
        store.load(true, 10).into_iter().map(|event| feed(&mut inventory, event)).collect();

    assert_eq!(deltas.last().unwrap().resynced, Some(3));
    assert_eq!(inventory.find(&key("a/one")), Some(kept));
    assert_eq!(inventory.row(kept).unwrap().observed(), None);
    assert!(inventory.get(&key("a/two")).unwrap().observed().is_some());
    assert_equal(&inventory, &store);
}

#[test]
fn a_batch_tells_what_it_did() {
    let (mut store, mut inventory) = (Store::default(), Inventory::default());
    for event in store.load(false, 1) {
        feed(&mut inventory, event);
    }
    let created = store.put("a/one", TEXTS[0]);
    let delta = feed(&mut inventory, batch(created));
    let slot = inventory.find(&key("a/one")).unwrap();
    assert_eq!(delta.changes, [(slot, DeltaKind::Created)]);
    let updated = store.put("a/one", TEXTS[4]);
    assert_eq!(feed(&mut inventory, batch(updated)).changes, [(slot, DeltaKind::Updated)]);
    let deleted = store.delete("a/one").unwrap();
    let delta = feed(&mut inventory, batch(deleted));
    assert_eq!(
        (delta.changes.as_slice(), delta.deleted.as_slice()),
        (&[(slot, DeltaKind::Deleted)][..], &[key("a/one")][..])
    );
    assert_eq!(inventory.namespaces().len(), 0);
}

/// A load of some rows, by a user who may read those that `sees` tells.
fn part(store: &mut Store, sees: fn(&ResourceKey) -> bool) -> Vec<WatchEvent> {
    let mut events = store.load(true, 10);
    for event in &mut events {
        match event {
            WatchEvent::Load { coverage, .. } => {
                *coverage = Coverage::Partial(PermittedRanges::new(vec!["part".into()], sees));
            }
            WatchEvent::Page(entries) => entries.retain(|entry| sees(&entry.key)),
            _ => {}
        }
    }
    events
}

#[test]
fn rows_out_of_sight_are_no_differences_and_rows_back_in_sight_no_news() {
    let (mut store, mut inventory) = (Store::default(), Inventory::default());
    for name in ["a/one", "a/two", "b/one", "b/two"] {
        store.put(name, TEXTS[0]);
    }
    for event in store.load(false, 10) {
        feed(&mut inventory, event);
    }
    store.delete("a/two");
    let in_a = |key: &ResourceKey| key.namespace().is_some_and(|namespace| namespace.as_str() == "a");
    let narrowed =
        part(&mut store, in_a).into_iter().map(|event| feed(&mut inventory, event)).last().unwrap();
    assert_eq!(narrowed.resynced, Some(1), "a/two alone is known to be gone");
    assert_eq!(narrowed.deleted.len(), 3);
    let known =
        |inventory: &Inventory| ["a/two", "b/one"].map(|name| inventory.coverage().covers(&key(name)));
    assert_eq!(known(&inventory), [true, false]);

    store.put("a/one", TEXTS[1]);
    let widened = store.load(true, 10).into_iter().map(|event| feed(&mut inventory, event)).last().unwrap();
    assert_eq!(widened.resynced, Some(1), "a/one alone is known to have changed");
    assert_eq!(known(&inventory), [true, true]);
    assert_eq!(inventory.get(&key("b/one")).unwrap().observed(), None, "nobody saw it change");
    assert!(inventory.get(&key("a/one")).unwrap().observed().is_some());
    assert_equal(&inventory, &store);
}

#[test]
fn a_change_tells_which_connections_came_into_use_or_went_out_of_it() {
    let mut inventory = Inventory::default();
    let text = |names: &[&str]| {
        let steps: Vec<_> = names.iter().map(|name| format!(r#"{{"connection": "{name}"}}"#)).collect();
        format!(r#"{{"chain": [{}]}}"#, steps.join(", "))
    };
    let mut revision = 0;
    let mut put = |address: &str, names: &[&str]| {
        revision += 1;
        let Address(key) = address.parse().unwrap();
        let entry = Entry {
            key,
            document: text(names).as_str().into(),
            revision: Revision(revision),
            created: None,
            version: None,
            token: Token::counter(revision),
            lease: None,
        };
        let change = Change { revision: Revision(revision), kind: ChangeKind::Put { entry } };
        let delta = feed(&mut inventory, WatchEvent::Batch { at: Revision(revision), changes: vec![change] });
        delta.usage.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(put("a/one", &["c", "d", "c"]), ["c", "d"]);
    assert_eq!(put("a/two", &["c"]), [] as [&str; 0], "it is in use already");
    assert_eq!(put("a/one", &["d"]), ["d", "d"], "left and taken again; c is still used");
    assert_eq!(put("a/two", &[]), ["c"]);
}
