//! The tab Secrets by keys: what it requests and when it stops, where the selection goes, and what its actions
//! apply to.

use super::secrets::places;
use super::*;
use crate::console::screens::secrets::{FolderPage, ListingEnd, SecretState, SecretSubject};
use crate::console::secret_jobs::SecretJob;
use crate::domain::{
    FieldName, FieldState, KvPath, Mount, Presence, SecretContents, SecretFolder, SecretMetadata, SecretPath,
    SecretVersion, VersionInfo, VersionState,
};
use crate::provider::SecretListItem;

fn kv(mount: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new(mount).unwrap(), path: KvPath::new(path).unwrap() }
}

fn present(fields: &[&str]) -> Presence {
    let fields = fields.iter().map(|name| (FieldName::new(name), FieldState::Present)).collect();
    Presence::Present(SecretContents { fields, version: Some(SecretVersion(2)), written: None })
}

/// Two documents refer to one secret, and each may have its own.
fn console() -> TestConsole {
    let mut console = TestConsole::new();
    console.model.context.secrets = Some(places());
    let entries = [
        entry("a/one", r#"{"module":"log","jwt":{"secret":"{$vault:app/x#jwt}"}}"#, 1),
        entry("b/two", r#"{"module":"log","hmac":{"secret":"{$vault:app/x#hmac:d}"}}"#, 2),
    ];
    console.load("s1", 5, &entries);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.effects.clear();
    console
}

impl TestConsole {
    /// Opens the tab and lets it index everything.
    fn opened(&mut self) -> &mut Self {
        self.keys("3");
        while self.model.secrets_page.rows.is_partial() {
            self.send(AppEvent::Wake);
        }
        self
    }

    fn listings(&self) -> Vec<(RequestId, Vec<String>)> {
        let of = |effect: &Effect| match effect {
            Effect::ListSecrets(request, from) => {
                Some((*request, from.iter().map(ToString::to_string).collect()))
            }
            _ => None,
        };
        self.effects.iter().filter_map(of).collect()
    }

    fn asked_versions(&self) -> Vec<(RequestId, String)> {
        let of = |effect: &Effect| match effect {
            Effect::SecretVersions(request, path) => Some((*request, path.to_string())),
            _ => None,
        };
        self.effects.iter().filter_map(of).collect()
    }

    fn listed_paths(&self) -> Vec<String> {
        let rows = &self.model.secrets_page.rows;
        rows.from(0).map(|entry| entry.text.to_string()).collect()
    }

    fn subject(&self) -> String {
        self.model.secrets_page.list.selected.as_ref().map(SecretSubject::text).unwrap_or_default()
    }

    fn state_of(&self, path: &SecretPath) -> SecretState {
        let rows = &self.model.secrets_page.rows;
        SecretState::of(
            rows.get(&SecretSubject::Path(path.clone())).unwrap(),
            self.model.secrets_view().unwrap(),
        )
    }
}

#[test]
fn what_is_stored_is_listed_while_the_tab_is_seen_and_no_longer() {
    let mut console = console();
    console.opened();
    let wanted = [vec!["secret/".to_owned(), "webhooks/".to_owned()]];
    assert_eq!(console.listings().into_iter().map(|(_, from)| from).collect::<Vec<_>>(), wanted);
    assert_eq!(console.listed_paths(), ["secret/app/x", "webhooks/a/one/secrets", "webhooks/b/two/secrets"]);
    let (request, _) = console.listings()[0].clone();
    console.effects.clear();
    console.keys("1");
    assert_eq!(console.listings(), [(request, vec![])], "another tab in front ends it");

    console.effects.clear();
    console.keys("3");
    let (request, _) = console.listings()[0].clone();
    let folder = SecretFolder { mount: Mount::new("secret").unwrap(), folder: None };
    let names = Ok(vec![SecretListItem::Secret(kv("secret", "old"))]);
    console
        .send(AppEvent::Answer(request, Answer::SecretFolder(FolderPage { folder, names, is_last: true })));
    console.send(AppEvent::Answer(request, Answer::SecretListingEnded(ListingEnd::Complete)));
    assert_eq!(console.listed_paths()[1], "secret/old");
    assert_eq!(console.state_of(&kv("secret", "old")), SecretState::Unreferenced);
    console.effects.clear();
    console.keys("1 3");
    assert!(console.listings().is_empty(), "it is known");
    console.keys("ctrl-r");
    assert_eq!(console.listings().len(), 1, "unless a person wants to know again");
}

#[test]
fn a_listing_that_failed_is_tried_again_while_the_tab_is_seen() {
    let mut console = console();
    console.opened();
    let (request, _) = console.listings()[0].clone();
    console.send(AppEvent::Answer(request, Answer::SecretListingEnded(ListingEnd::Failed("sealed".into()))));
    console.effects.clear();
    let due = console.now + Duration::from_secs(30);
    console.wait(29_999).send(AppEvent::Wake);
    assert!(console.listings().is_empty() && console.model.next_wake().unwrap() <= due);
    console.wait(1).send(AppEvent::Wake);
    assert_eq!(console.listings().len(), 1);
}

#[test]
fn versions_are_asked_for_the_selected_secret_alone_and_only_where_the_selection_rests() {
    let mut console = console();
    console.opened().wait(100).keys("j").wait(100).keys("k").wait(149).send(AppEvent::Wake);
    assert!(console.asked_versions().is_empty(), "passed over");
    console.wait(1).send(AppEvent::Wake);
    let asked = console.asked_versions();
    assert_eq!(asked.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>(), ["secret/app/x"]);
    let info = VersionInfo { version: SecretVersion(2), written: None, state: VersionState::Available };
    let told =
        SecretMetadata { current: Some(SecretVersion(2)), list: vec![info], ..SecretMetadata::default() };
    console.send(AppEvent::Answer(asked[0].0, Answer::SecretVersions(Ok(Some(told)))));
    console.effects.clear();
    console.keys("1").wait(60_000).send(AppEvent::Wake);
    assert!(console.asked_versions().is_empty(), "nobody looks");
    console.keys("3").wait(10_000).send(AppEvent::Wake);
    assert_eq!(console.asked_versions().len(), 1);
}

#[test]
fn an_engine_without_versions_is_asked_once() {
    let mut console = console();
    console.opened().wait(150).send(AppEvent::Wake);
    let (request, _) = console.asked_versions()[0].clone();
    let refused = Error::Unsupported { what: "listing versions".into(), remedy: "KV 1 keeps none".into() };
    console.send(AppEvent::Answer(request, Answer::SecretVersions(Err(refused))));
    console.wait(100_000).send(AppEvent::Wake);
    assert_eq!(console.asked_versions().len(), 1);
}

#[test]
fn enter_leads_from_a_secret_to_the_document_that_depends_on_it() {
    let mut console = console();
    console.model.presence_cache.update([(kv("secret", "app/x"), present(&["jwt"]))], Duration::ZERO);
    console.opened();
    assert_eq!(console.state_of(&kv("secret", "app/x")), SecretState::Fallback);
    console.keys("enter");
    assert_eq!(console.model.secrets_page.focus, Pane::Detail);
    assert_eq!(console.model.secret_target().unwrap().field.unwrap().as_str(), "hmac");
    console.keys("j");
    assert_eq!(console.model.secret_target().unwrap().field.unwrap().as_str(), "jwt");
    console.keys("j j");
    assert_eq!(console.model.secret_target().unwrap().field, None);
    console.keys("enter");
    assert_eq!((console.model.tab, console.selected()), (Tab::Webhooks, "b/two".to_owned()));
    console.keys("3 esc");
    assert_eq!((console.model.secrets_page.focus, console.subject()), (Pane::Items, "secret/app/x".into()));
}

#[test]
fn a_filter_is_typed_kept_and_taken_back() {
    let mut console = console();
    console.opened().keys("/").text("two");
    assert_eq!((console.model.place(), console.listed_paths().len()), (Place::Filter, 1));
    console.keys("enter");
    assert_eq!((console.model.place(), console.subject()), (Place::Secrets, "webhooks/b/two/secrets".into()));
    console.keys("esc");
    assert_eq!(console.listed_paths().len(), 3);
    console.keys("/").text("nothing").keys("esc");
    assert_eq!((console.model.place(), console.listed_paths().len()), (Place::Secrets, 3));
}

#[test]
fn acts_are_about_the_selected_secret_and_its_selected_field() {
    let inspected = |console: &TestConsole| {
        let jobs = console.effects.iter().rev().filter_map(|effect| match effect {
            Effect::Secret(_, SecretJob::Inspect(path)) => Some(path.to_string()),
            _ => None,
        });
        jobs.take(1).next()
    };
    let mut console = console();
    console.model.presence_cache.update([(kv("secret", "app/x"), present(&["jwt"]))], Duration::ZERO);
    console.opened().keys("j r");
    assert_eq!(inspected(&console).unwrap(), "webhooks/a/one/secrets");
    for key in ["s", "a", "u", "d", "U"] {
        console.effects.clear();
        console.keys(key);
        assert_eq!(inspected(&console).unwrap(), "webhooks/a/one/secrets", "{key}");
    }
    let own = console.model.secret_fields(&kv("webhooks", "a/one/secrets"));
    assert_eq!(own.len(), 5, "all that a webhook's own can be");
    console.keys("k enter");
    assert_eq!(console.model.secret_fields(&kv("secret", "app/x")).len(), 2);
    console.model.context.secrets = Some(crate::check::SecretLookup { can_read_kv: false, ..places() });
    console.effects.clear();
    console.keys("r");
    assert_eq!(inspected(&console), None, "what is not visible from here is not touched either");
}

#[test]
fn the_path_is_copied_and_never_more() {
    let mut console = console();
    console.opened().keys("y");
    let copied = console.effects.iter().find_map(|effect| match effect {
        Effect::Copy(_, text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some("secret/app/x"));
}
