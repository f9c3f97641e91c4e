//! The rows over real inventories: who depends on what, through every kind of change, in slices.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::check::{OwnPathTemplate, OwnSecrets, ReceiverEnv, SecretLookup};
use crate::console::model::PresenceCache;
use crate::console::request::RequestId;
use crate::console::widgets::Movement;
use crate::domain::{
    Address, Change, ChangeKind, FieldName, FieldState, KvPath, Mount, Presence, Revision, SecretContents,
    SecretFolder, SecretNames, SecretPath, Token,
};
use crate::inventory::{Inventory, InventoryEvent, ScannedEntry};
use crate::provider::{Error, SecretListItem};

#[derive(Default)]
struct KnownSecrets {
    lookup: SecretLookup,
    presence_cache: PresenceCache,
}

impl KnownSecrets {
    fn new() -> Self {
        let own =
            OwnSecrets::Kv { mount: Mount::new("webhooks").unwrap(), template: OwnPathTemplate::default() };
        let env = ReceiverEnv::Known(BTreeMap::from([("SET".into(), FieldState::Present)]));
        let lookup = SecretLookup { own, env, can_read_kv: true, ..SecretLookup::default() };
        Self { lookup, ..Self::default() }
    }

    fn view(&self) -> SecretsView<'_> {
        SecretsView { lookup: &self.lookup, presence_cache: &self.presence_cache, aged: false }
    }
}

fn kv(mount: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new(mount).unwrap(), path: KvPath::new(path).unwrap() }
}

fn put(address: &str, text: &str) -> Change<ScannedEntry> {
    let Address(key) = address.parse().unwrap();
    let (revision, token) = (Revision(1), Token::counter(1));
    let document = text.into();
    let entry =
        crate::domain::Entry { key, document, revision, created: None, version: None, token, lease: None };
    Change { revision, kind: ChangeKind::Put { entry: ScannedEntry::new(entry, &SecretNames::default()) } }
}

fn apply(inventory: &mut Inventory, changes: Vec<Change<ScannedEntry>>) -> crate::inventory::Delta {
    inventory.apply(InventoryEvent::Batch { at: Revision(1), changes }, Duration::ZERO)
}

/// The rows with who depends on them.
fn shown(page: &SecretsPage) -> Vec<(String, usize)> {
    page.rows.from(0).map(|entry| (entry.text.to_string(), entry.dependents.len())).collect()
}

/// Selects a row by keys.
fn select(page: &mut SecretsPage, at: isize) {
    page.step(Movement::First);
    page.step(Movement::Lines(at));
}

fn page(inventory: &Inventory, view: SecretsView<'_>) -> SecretsPage {
    let mut page = SecretsPage::default();
    page.resize(10);
    page.open();
    while page.rows.is_partial() {
        page.work(inventory, view);
    }
    page
}

fn small() -> Inventory {
    let mut inventory = Inventory::default();
    let changes = vec![
        put("connections/c", r#"{"pass": "{$vault:app/rabbit#pass:guest}"}"#),
        put("p/one", r#"{"hmac": {"secret": "{$vault:app/github#hmac}"}, "a": "{$SET} {$UNSET}"}"#),
        put("p/two", r#"{"jwt": {"secret": "{$vault:app/github#jwt}"}, "b": "{$UNSET:x}"}"#),
    ];
    apply(&mut inventory, changes);
    inventory
}

#[test]
fn every_secret_is_listed_with_who_depends_on_it() {
    let page = page(&small(), KnownSecrets::new().view());
    let wanted = [
        ("secret/app/github", 2),
        ("secret/app/rabbit", 1),
        ("webhooks/p/one/secrets", 1),
        ("webhooks/p/two/secrets", 1),
        ("$SET", 1),
        ("$UNSET", 2),
    ];
    assert_eq!(shown(&page), wanted.map(|(text, count)| (text.to_owned(), count)));
    assert_eq!(page.rows.broken.len(), 1, "one document has no default for $UNSET");
}

#[test]
fn states_are_judged_by_what_documents_refer_to() {
    let (inventory, mut known) = (small(), KnownSecrets::new());
    let mut page = self::page(&inventory, known.view());
    let github = kv("secret", "app/github");
    let contents = SecretContents {
        fields: vec![(FieldName::new("hmac"), FieldState::Present)],
        ..SecretContents::default()
    };
    let told = [
        (github.clone(), Presence::Present(contents)),
        (kv("secret", "app/rabbit"), Presence::Missing),
        (kv("webhooks", "p/one/secrets"), Presence::Missing),
    ];
    known.presence_cache.update(told.clone(), Duration::ZERO);
    page.rows.refresh_states(told.into_iter().map(|(path, _)| path), known.view());
    let rows = &page.rows;
    let states: Vec<_> = rows.from(0).map(|entry| SecretState::of(entry, known.view())).collect();
    use SecretState as S;
    assert_eq!(states, [S::FieldMissing(1), S::Fallback, S::None, S::Asking, S::Present, S::Missing]);
    assert_eq!(page.rows.broken.len(), 2);

    select(&mut page, 0);
    page.next_sort(known.view());
    assert_eq!(shown(&page).first().unwrap().0, "$UNSET");
    assert_eq!(shown(&page).get(1).unwrap().0, "secret/app/github");
    // The row that was selected stayed it.
    let fields = page.fields(known.presence_cache.presence(&github));
    let fields: Vec<_> = fields.iter().map(|(name, row)| (name.as_str(), row.state, row.count.all)).collect();
    assert_eq!(fields, [("hmac", Some(FieldState::Present), 1), ("jwt", None, 1)]);
}

#[test]
fn the_selection_stays_on_its_row_and_keeps_its_line() {
    let (mut inventory, known) = (small(), KnownSecrets::new());
    let mut page = self::page(&inventory, known.view());
    page.resize(2);
    select(&mut page, 2);
    let selected = page.list.selected.clone();
    assert_eq!((page.list.cursor, page.list.offset), (2, 1));
    page.apply_delta(&apply(&mut inventory, vec![put("p/three", r#"{"a": "{$vault:aaa#b}"}"#)]));
    page.work(&inventory, known.view());
    assert_eq!((page.list.selected.clone(), page.list.cursor, page.list.offset), (selected, 3, 2));
    let Address(gone) = "p/one".parse().unwrap();
    page.apply_delta(&apply(
        &mut inventory,
        vec![Change { revision: Revision(1), kind: ChangeKind::Deleted { key: gone } }],
    ));
    page.work(&inventory, known.view());
    assert_eq!(page.list.cursor, 3);
    assert_eq!(page.list.selected.as_ref().unwrap().text(), "webhooks/p/three/secrets");
}

#[test]
fn a_filter_looks_for_words_in_paths() {
    let (inventory, known) = (small(), KnownSecrets::new());
    let mut page = self::page(&inventory, known.view());
    page.list.filter.set("P/ !two");
    page.apply_filter();
    assert_eq!(shown(&page).len(), 3, "{:?}", shown(&page));
    assert_eq!(page.rows.total(), 6);
}

#[test]
fn what_is_stored_and_not_referred_to_is_listed_until_it_is_gone() {
    let (inventory, known) = (small(), KnownSecrets::new());
    let mut page = self::page(&inventory, known.view());
    let mount = Mount::new("webhooks").unwrap();
    let folder = || SecretFolder { mount: mount.clone(), folder: None };
    let secrets = |paths: &[&str]| {
        Ok(paths.iter().map(|path| SecretListItem::Secret(kv("webhooks", path))).collect::<Vec<_>>())
    };
    let one = RequestId(1);
    page.begin_listing(one, vec![mount.clone()]);
    let names = secrets(&["old", "p/one/secrets"]);
    page.folder_listed(one, FolderPage { folder: folder(), names, is_last: true }, known.view());
    page.listing_ended(one, ListingEnd::Complete, known.view(), Duration::ZERO);
    let rows = &page.rows;
    assert_eq!((rows.total(), rows.unreferenced.len()), (7, 1));
    let old = rows.get(&SecretSubject::Path(kv("webhooks", "old"))).unwrap();
    assert_eq!(SecretState::of(old, known.view()), SecretState::Unreferenced);

    let two = RequestId(2);
    page.begin_listing(two, vec![mount.clone()]);
    let permission = "list on webhooks/metadata/".to_owned();
    let names = Err(Error::Denied { permission: permission.clone(), remedy: "" });
    page.folder_listed(two, FolderPage { folder: folder(), names, is_last: true }, known.view());
    page.listing_ended(two, ListingEnd::Complete, known.view(), Duration::ZERO);
    assert_eq!(page.listing.refused, [(folder(), format!("{permission} is missing"))]);
    assert_eq!(page.rows.unreferenced.len(), 1, "nobody has said that it is gone");

    page.folder_listed(
        one,
        FolderPage { folder: folder(), names: secrets(&["late"]), is_last: true },
        known.view(),
    );
    assert_eq!(page.rows.unreferenced.len(), 1, "an answer to an older question");
    let three = RequestId(3);
    page.begin_listing(three, vec![mount.clone()]);
    page.folder_listed(
        three,
        FolderPage { folder: folder(), names: secrets(&[]), is_last: true },
        known.view(),
    );
    page.listing_ended(three, ListingEnd::Complete, known.view(), Duration::ZERO);
    assert_eq!(page.rows.unreferenced.len(), 0);
}

#[test]
fn ten_thousand_paths_are_found_in_slices_of_a_thousand_documents() {
    let mut inventory = Inventory::default();
    let document = |number: usize| {
        put(&format!("n/w{number:05}"), &format!(r#"{{"a": "{{$vault:app/p{}#f}}"}}"#, number % 10_000))
    };
    apply(&mut inventory, (0..25_000).map(document).collect());
    let lookup = SecretLookup { can_read_kv: true, ..SecretLookup::default() };
    let known = KnownSecrets { lookup, ..KnownSecrets::default() };
    let mut page = SecretsPage::default();
    page.open();
    let mut slices = 0;
    while page.rows.is_partial() {
        page.work(&inventory, known.view());
        slices += 1;
    }
    assert_eq!((page.rows.total(), slices), (10_000, 25));
}

#[test]
fn versions_are_asked_for_once_the_selection_rests() {
    let (inventory, known) = (small(), KnownSecrets::new());
    let mut page = self::page(&inventory, known.view());
    select(&mut page, 0);
    let now = Duration::from_secs(5);
    page.follow_selection(true, now);
    page.follow_selection(true, now + Duration::from_millis(100));
    let past = page.version_history.as_mut().unwrap();
    assert_eq!(past.due(), Some(now + Duration::from_millis(150)));
    past.asked.begin(RequestId(1), ());
    assert_eq!(past.due(), None);
    assert!(!past.accept(RequestId(9), Ok(None), now) && past.accept(RequestId(1), Ok(None), now));
    assert_eq!(past.due(), Some(now + Duration::from_secs(10)));
    select(&mut page, 5);
    page.follow_selection(true, now);
    assert!(page.version_history.is_none(), "a variable has no versions");
}

proptest! {
    #[test]
    fn rows_kept_by_changes_are_those_found_anew(
        steps in prop::collection::vec((0_usize..6, 0_usize..5, 0_usize..5, any::<bool>()), 1..30),
    ) {
        let (mut inventory, known) = (Inventory::default(), KnownSecrets::new());
        let mut page = self::page(&inventory, known.view());
        for (number, a, b, work) in steps {
            let address = format!("n/w{number}");
            let change = if a == 0 {
                Change { revision: Revision(1), kind: ChangeKind::Deleted { key: address.parse::<Address>().unwrap().0 } }
            } else {
                put(&address, &format!(r#"{{"a": "{{$vault:p{a}#f{b}}}{{$V{b}:x}}"}}"#))
            };
            let delta = apply(&mut inventory, vec![change]);
            page.apply_delta(&delta);
            if work {
                page.work(&inventory, known.view());
            }
        }
        page.work(&inventory, known.view());
        let anew = self::page(&inventory, known.view());
        prop_assert_eq!(shown(&page), shown(&anew));
        prop_assert_eq!(page.rows.broken.len(), anew.rows.broken.len());
    }
}
