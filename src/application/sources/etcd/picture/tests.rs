//! What a picture makes of a watch's events, and what it knows of the keys since.

use proptest::prelude::*;

use super::*;
use crate::domain::{Change, Document};

fn key(name: &str) -> ResourceKey {
    ResourceKey::foreign(name.as_bytes())
}

fn entry(name: &str, at: u64) -> Entry {
    let revision = Revision(at);
    let token = Token::counter(at);
    Entry {
        key: key(name),
        document: Document::from("x"),
        revision,
        created: None,
        version: None,
        token,
        lease: None,
    }
}

fn put(name: &str, at: u64) -> Change {
    Change { revision: Revision(at), kind: ChangeKind::Put { entry: entry(name, at) } }
}

fn deleted(name: &str, at: u64) -> Change {
    Change { revision: Revision(at), kind: ChangeKind::Deleted { key: key(name) } }
}

struct Fixture {
    picture: EtcdPicture,
}

impl Fixture {
    fn new() -> Self {
        Self { picture: EtcdPicture::new() }
    }

    fn apply(&mut self, event: WatchEvent) -> bool {
        self.picture.apply(event, |key| key.short_bytes() != b"other", Instant::now())
    }

    fn load(&mut self, store: &str, at: u64, entries: Vec<Entry>) -> bool {
        let (store, at) = (StoreId::new(store), Revision(at));
        self.apply(WatchEvent::Load { store, at, resync: false, coverage: Coverage::Whole });
        self.apply(WatchEvent::Page(entries));
        let changed = self.apply(WatchEvent::Loaded { at });
        changed | self.apply(WatchEvent::State(LinkState::Synced))
    }

    fn batch(&mut self, at: u64, changes: Vec<Change>) -> bool {
        self.apply(WatchEvent::Batch { at: Revision(at), changes })
    }

    fn stale(&mut self, retry_in: Duration) -> bool {
        self.apply(WatchEvent::State(LinkState::Stale { reason: "cut".into(), retry_in: Some(retry_in) }))
    }

    fn revision(&self) -> LayerRevision {
        self.picture.current("etcd").unwrap().unwrap()
    }

    fn since(&self, name: &str, revision: &LayerRevision) -> Result<Option<u64>, StaleWrite> {
        let judged = self.picture.unchanged_since(&key(name), revision);
        judged.map(|token| token.and_then(Token::as_counter))
    }
}

#[test]
fn only_changes_of_keys_that_count_change_the_revision() {
    let mut told = Fixture::new();
    assert!(told.picture.current("etcd").is_none());
    assert!(told.load("s", 5, vec![entry("a", 3), entry("other", 5)]));
    let loaded = told.revision();
    assert!(!told.batch(6, vec![put("other", 6)]));
    assert!(!told.apply(WatchEvent::Progress { at: Revision(9) }));
    assert_eq!((told.revision(), told.picture.at), (loaded.clone(), Revision(9)));
    assert!(told.batch(10, vec![put("a", 10)]));
    assert_ne!(told.revision(), loaded);
    let changed = told.revision();
    assert!(told.batch(11, vec![deleted("a", 11)]), "a deletion is a change");
    assert_ne!(told.revision(), changed);
}

#[test]
fn a_load_of_what_is_known_is_no_change_and_one_of_another_store_is() {
    let mut told = Fixture::new();
    told.load("s", 5, vec![entry("a", 3)]);
    let loaded = told.revision();
    assert!(!told.load("s", 9, vec![entry("a", 3), entry("other", 8)]));
    assert_eq!(told.revision(), loaded);
    assert!(told.load("t", 9, vec![entry("a", 3)]));
    assert_ne!(told.revision(), loaded);
    assert_eq!(told.since("a", &loaded), Err(StaleWrite::OtherStore));
}

#[test]
fn half_a_load_is_not_seen() {
    let mut told = Fixture::new();
    told.load("s", 5, vec![entry("a", 3), entry("b", 4)]);
    let (store, at) = (StoreId::new("s"), Revision(9));
    told.apply(WatchEvent::Load { store, at, resync: true, coverage: Coverage::Whole });
    told.apply(WatchEvent::Page(vec![entry("a", 8)]));
    assert!(told.picture.current("etcd").is_none(), "it waits for the rest");
    assert_eq!(told.picture.entries().len(), 2);
    told.apply(WatchEvent::Loaded { at });
    assert_eq!(told.picture.entries().keys().collect::<Vec<_>>(), [&key("a")]);
}

#[test]
fn a_store_out_of_reach_is_told_once_all_members_were_tried() {
    let mut told = Fixture::new();
    told.load("s", 5, vec![entry("a", 3)]);
    assert!(!told.stale(Duration::ZERO), "another member is tried at once");
    assert!(told.picture.current("etcd").unwrap().is_ok());
    assert!(told.stale(Duration::from_secs(1)));
    assert!(!told.stale(Duration::from_secs(2)), "it is known already");
    let error = told.picture.current("etcd").unwrap().unwrap_err();
    assert_eq!(error.to_string(), "etcd: cut; it is tried again by itself");
    assert!(told.apply(WatchEvent::State(LinkState::Synced)));
    assert!(told.picture.current("etcd").unwrap().is_ok());
}

#[test]
fn a_write_is_conditional_on_its_own_key_and_on_no_other() {
    let mut told = Fixture::new();
    told.load("s", 5, vec![entry("a", 3), entry("b", 4)]);
    let read = told.revision();
    assert_eq!((told.since("a", &read), told.since("new", &read)), (Ok(Some(3)), Ok(None)));
    told.batch(6, vec![put("b", 6)]);
    assert_eq!(told.since("a", &read), Ok(Some(3)));
    assert_eq!(told.since("b", &read), Err(StaleWrite::Changed));
    told.batch(7, vec![deleted("a", 7)]);
    assert_eq!(told.since("a", &read), Err(StaleWrite::Changed));
    assert_eq!(told.since("a", &told.revision()), Ok(None));
    told.batch(8, vec![put("a", 8)]);
    assert_eq!(told.since("a", &told.revision()), Ok(Some(8)));
    assert_eq!(told.since("a", &LayerRevision("nonsense".into())), Err(StaleWrite::OtherStore));
}

#[test]
fn the_revision_of_a_write_stands_for_no_change_that_was_not_read() {
    let mut told = Fixture::new();
    told.load("s", 5, vec![entry("a", 3), entry("b", 4)]);
    let read = told.revision();
    let after = |told: &Fixture, at| told.picture.after_write(&key("a"), &read, Revision(at));
    assert_eq!(after(&told, 7), None, "it has not arrived");
    told.batch(7, vec![put("a", 7)]);
    assert_eq!(after(&told, 7), Some(told.revision()));
    // What comes later is another revision, and what came before it was not read.
    told.batch(8, vec![put("b", 8)]);
    assert_eq!(after(&told, 7).unwrap(), LayerRevision("s@7".into()));
    told.batch(9, vec![put("a", 9)]);
    assert_eq!(after(&told, 9), None);
    told.batch(10, vec![deleted("b", 10)]);
    told.batch(11, vec![put("a", 11)]);
    assert_eq!(after(&told, 11), None, "a deletion was not read either");
}

#[test]
fn what_may_have_come_and_gone_unseen_is_no_absence() {
    let mut told = Fixture::new();
    told.load("s", 5, vec![entry("a", 3)]);
    let read = told.revision();
    told.load("s", 9, vec![entry("a", 7)]);
    assert_eq!(told.since("b", &read), Err(StaleWrite::Changed));
    assert_eq!(told.since("b", &told.revision()), Ok(None));
    let many = u64::try_from(MAX_DELETIONS).unwrap() + 1;
    for at in 10..=10 + many {
        told.batch(at, vec![deleted(&at.to_string(), at)]);
    }
    assert!(told.picture.deleted.len() <= MAX_DELETIONS);
    assert_eq!(told.since("10", &LayerRevision("s@9".into())), Err(StaleWrite::Changed), "it is forgotten");
}

/// What happens to the keys of a layer, one revision each.
#[derive(Debug, Clone)]
enum Step {
    Put(usize),
    Delete(usize),
    /// The same, while the watch is away: a load tells of it.
    PutUnseen(usize),
    DeleteUnseen(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..4, 0..NAMES.len()).prop_map(|(kind, name)| match kind {
        0 => Step::Put(name),
        1 => Step::Delete(name),
        2 => Step::PutUnseen(name),
        _ => Step::DeleteUnseen(name),
    });
    proptest::collection::vec(step, 0..24)
}

const NAMES: [&str; 3] = ["a", "b", "c"];

proptest! {
    #[test]
    fn a_condition_holds_only_for_what_is_as_it_was(steps in steps()) {
        let (mut told, mut stored) = (Fixture::new(), BTreeMap::<&str, u64>::new());
        told.load("s", 1, Vec::new());
        let mut known = vec![(told.revision(), stored.clone())];
        let mut unseen = false;
        for (at, step) in (2..).zip(&steps) {
            match *step {
                Step::Put(name) | Step::PutUnseen(name) => stored.insert(NAMES[name], at),
                Step::Delete(name) | Step::DeleteUnseen(name) => stored.remove(NAMES[name]),
            };
            match *step {
                Step::PutUnseen(_) | Step::DeleteUnseen(_) => {
                    unseen = true;
                    let entries = stored.iter().map(|(name, at)| entry(name, *at)).collect();
                    told.load("s", at, entries);
                }
                Step::Put(name) => _ = told.batch(at, vec![put(NAMES[name], at)]),
                Step::Delete(name) => _ = told.batch(at, vec![deleted(NAMES[name], at)]),
            }
            known.push((told.revision(), stored.clone()));
        }
        let now: BTreeMap<_, _> =
            told.picture.entries().iter().map(|(key, entry)| (key.clone(), entry.revision.0)).collect();
        prop_assert_eq!(now, stored.iter().map(|(name, at)| (key(name), *at)).collect::<BTreeMap<_, _>>());
        for (revision, then) in &known {
            for name in NAMES {
                let (was, is) = (then.get(name).copied(), stored.get(name).copied());
                match told.since(name, revision) {
                    Ok(token) => prop_assert!(token == is && was == is, "{name} since {revision:?}"),
                    // It may be more careful than it has to where changes were not seen, or of what was
                    // deleted.
                    Err(_) => prop_assert!(unseen || was != is || is.is_none(), "{name} since {revision:?}"),
                }
            }
        }
    }
}
