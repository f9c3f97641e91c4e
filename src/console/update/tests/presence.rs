//! Which secrets are polled, and what is known of them: the badge, and when a frame is requested.

use super::secrets::places;
use super::*;
use crate::console::message::SecretReachability;
use crate::console::model::SecretLink;
use crate::domain::{Health, KvPath, Mount, Presence, SecretPath, SecretStoreStatus};

fn kv(mount: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new(mount).unwrap(), path: KvPath::new(path).unwrap() }
}

fn own() -> SecretPath {
    kv("webhooks", "a/one/secrets")
}

impl TestConsole {
    fn looks(&mut self) -> Vec<Vec<SecretPath>> {
        let all = self.effects.drain(..);
        all.filter_map(|effect| if let Effect::WatchPresence(paths) = effect { Some(paths) } else { None })
            .collect()
    }

    fn hears(&mut self, answer: Answer) -> Redraw {
        self.send(AppEvent::Answer(RequestId::default(), answer));
        self.model.redraw
    }

    fn stands(&mut self, standing: SecretStoreStatus) -> Redraw {
        let mut health = Health::new("vault");
        health.secret_store = Some(standing);
        self.hears(Answer::SecretHealth(Box::new(health)))
    }

    fn reach(&mut self, standing: SecretStoreStatus, why: Option<&str>) -> Redraw {
        self.hears(Answer::SecretReachability(SecretReachability {
            standing,
            reason: why.map(str::to_owned),
        }))
    }

    fn standing(&self) -> Option<SecretStoreStatus> {
        self.model.secret_link.standing
    }
}

/// A document that refers to a secret is selected.
fn looking() -> TestConsole {
    let mut console = TestConsole::new();
    console.model.context.secrets = Some(places());
    console.model.secret_link = SecretLink { backend: "vault", ..SecretLink::default() };
    let entries = [
        entry("a/one", r#"{"module":"log","hmac":{"secret":"{$vault:app/one#key}"}}"#, 1),
        entry("a/two", r#"{"module":"log"}"#, 2),
    ];
    console.load("s1", 2, &entries);
    console.keys("g");
    console
}

#[test]
fn what_is_on_the_screen_is_looked_at_and_nothing_while_something_covers_it() {
    let mut console = looking();
    let looked = console.looks().pop().unwrap();
    assert!(looked.contains(&kv("secret", "app/one")) && looked.contains(&own()), "{looked:?}");
    console.keys("? esc");
    assert_eq!(console.looks(), Vec::<Vec<SecretPath>>::new(), "an overlay covers a part");
    console.keys("e");
    assert_eq!(console.looks(), [vec![]], "the editor covers all of it");
    console.keys("esc");
    assert_eq!(console.looks(), std::slice::from_ref(&looked));
    console.keys("7 1");
    assert_eq!(console.looks(), [vec![], looked]);
}

#[test]
fn nothing_is_looked_at_where_there_is_no_store_of_secrets() {
    let mut console = TestConsole::loaded();
    console.keys("j j k");
    assert_eq!(console.looks(), Vec::<Vec<SecretPath>>::new());
}

#[test]
fn what_is_told_of_secrets_in_sight_asks_for_a_frame_and_counts_the_forbidden() {
    let mut console = looking();
    let elsewhere = kv("secret", "app/elsewhere");
    assert_eq!(console.hears(Answer::PresenceChanged(vec![(elsewhere, Presence::Missing)])), Redraw::No);
    let forbidden = Presence::Forbidden { permission: "read on …".into() };
    assert_eq!(console.hears(Answer::PresenceChanged(vec![(own(), forbidden)])), Redraw::Soon);
    assert_eq!(console.model.secret_link.summary.forbidden, 1);
    assert_eq!(console.hears(Answer::PresenceChanged(vec![(own(), Presence::Missing)])), Redraw::Soon);
    assert_eq!(console.model.secret_link.summary.forbidden, 0);
    assert_eq!(console.model.presence_cache.presence(&own()), Some(&Presence::Missing));
}

#[test]
fn the_badge_follows_who_looks_at_once_and_what_the_store_says_of_itself() {
    let mut console = looking();
    assert_eq!((console.standing(), console.stands(SecretStoreStatus::Unsealed)), (None, Redraw::Now));
    assert_eq!(console.stands(SecretStoreStatus::Unsealed), Redraw::No, "no news");
    assert_eq!(console.reach(SecretStoreStatus::Sealed, Some("it is sealed")), Redraw::Now);
    assert_eq!(console.standing(), Some(SecretStoreStatus::Sealed));
    assert_eq!(console.reach(SecretStoreStatus::Sealed, Some("it is sealed")), Redraw::No);
    console.reach(SecretStoreStatus::Busy, Some("its rate limit is reached"));
    console.stands(SecretStoreStatus::Unsealed);
    assert_eq!(console.standing(), Some(SecretStoreStatus::Busy), "what answers nobody is not well");
    console.reach(SecretStoreStatus::Unsealed, None);
    assert_eq!(
        (console.standing(), console.model.secret_link.blocked_reason.as_deref()),
        (Some(SecretStoreStatus::Unsealed), None)
    );
}

#[test]
fn an_outage_of_the_store_of_secrets_and_its_end_are_logged_once_each() {
    let mut console = looking();
    console.stands(SecretStoreStatus::Unsealed);
    console.effects.clear();
    let logged = |console: &mut TestConsole| -> Vec<_> {
        let all = console.effects.drain(..);
        all.filter_map(|effect| match effect {
            Effect::LogSecretStatus(change) => Some((change.status, change.reason, change.before)),
            _ => None,
        })
        .collect()
    };
    let (up, down) = (SecretStoreStatus::Unsealed, SecretStoreStatus::Unreachable);
    let began = console.now;
    for _ in 0..3 {
        console.reach(down, Some("nothing answers at 127.0.0.1:1"));
        console.stands(down);
    }
    let reason = Some("nothing answers at 127.0.0.1:1".to_owned());
    let [(status, why, before)] = &logged(&mut console)[..] else { panic!("one line") };
    assert_eq!((*status, why, before.map(|(status, _)| status)), (down, &reason, Some(up)));
    console.now = began + Duration::from_secs(30);
    console.reach(up, None);
    console.stands(up);
    let [(status, None, Some((before, lasted)))] = &logged(&mut console)[..] else { panic!("one line") };
    assert_eq!((*status, *before), (up, down));
    assert!((29..=30).contains(&lasted.as_secs()), "{lasted:?}");
}

#[test]
fn when_the_store_turns_by_its_own_word_everything_is_looked_at_at_once() {
    let mut console = looking();
    let mut turned = |standing| {
        console.effects.clear();
        console.stands(standing);
        console.effects.iter().filter(|effect| matches!(effect, Effect::RefreshAllPresence)).count()
    };
    let turns = [
        SecretStoreStatus::Unsealed,
        SecretStoreStatus::Sealed,
        SecretStoreStatus::Unreachable,
        SecretStoreStatus::Unsealed,
        SecretStoreStatus::Standby,
    ];
    assert_eq!(turns.map(&mut turned), [0, 1, 0, 1, 0]);
}

#[test]
fn while_nothing_is_looked_at_the_store_speaks_for_itself() {
    let mut console = looking();
    console.reach(SecretStoreStatus::Sealed, Some("it is sealed"));
    console.keys("7");
    console.stands(SecretStoreStatus::Unsealed);
    assert_eq!(console.standing(), Some(SecretStoreStatus::Unsealed));
}

#[test]
fn who_answers_in_place_of_the_store_is_known_to_its_badge() {
    let mut console = looking();
    for host in [Some("vault-2.example:8200"), Some("vault-3.example:8200"), None] {
        let mut health = Health::new("vault");
        health.secret_store = Some(SecretStoreStatus::Standby);
        health.redirect = host.map(str::to_owned);
        assert_eq!(console.hears(Answer::SecretHealth(Box::new(health))), Redraw::Now, "{host:?}");
        assert_eq!(console.model.secret_link.redirect.as_deref(), host);
    }
}

#[test]
fn a_root_token_stays_marked() {
    let mut console = looking();
    let mut health = Health::new("vault");
    health.root = true;
    console.hears(Answer::SecretHealth(Box::new(health)));
    console.stands(SecretStoreStatus::Unreachable);
    assert!(console.model.secret_link.root);
}

/// What the header tells of the secret store, at a width where it has room.
fn badge(console: &TestConsole) -> String {
    use crate::console::shell;
    use crate::console::theme::{ColorDepth, Glyphs, Theme};
    let theme = Theme::named("default", ColorDepth::None, Glyphs::Unicode).unwrap();
    let size = console.model.size;
    let mut screen =
        ratatui::Terminal::new(ratatui::backend::TestBackend::new(size.cols, size.rows)).unwrap();
    screen.draw(|frame| shell::draw(&console.model, &theme, frame)).unwrap();
    let cells = screen.backend().buffer().content().iter().take(usize::from(size.cols));
    let header: String = cells.map(|cell| cell.symbol()).collect();
    let (_, badge) = header.split_once("vault ").unwrap_or_else(|| panic!("{header}"));
    badge.split("    ").next().unwrap().trim_end().to_owned()
}

/// Three webhooks that need a secret each: one is there, one may not be read, one does not exist.
fn three() -> (TestConsole, [(SecretPath, Presence); 3]) {
    let mut console = TestConsole::new();
    console.model.size = Size { cols: 200, rows: 40 };
    console.model.context.secrets = Some(places());
    console.model.secret_link = SecretLink { backend: "vault", ..SecretLink::default() };
    let needs = |name: &str| format!(r#"{{"module":"log","hmac":{{"secret":"{{$vault:app/{name}#key}}"}}}}"#);
    let entries = [
        entry("a/one", &needs("one"), 1),
        entry("a/two", &needs("two"), 2),
        entry("b/three", &needs("three"), 3),
        entry("b/other", r#"{"module":"log"}"#, 4),
    ];
    console.load("s1", 4, &entries);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.stands(SecretStoreStatus::Unsealed);
    let field = (crate::domain::FieldName::new("key"), crate::domain::FieldState::Present);
    let contents = crate::domain::SecretContents { fields: vec![field], version: None, written: None };
    let told = [
        (kv("secret", "app/one"), Presence::Present(contents)),
        (kv("secret", "app/two"), Presence::Forbidden { permission: "read on …".into() }),
        (kv("secret", "app/three"), Presence::Missing),
    ];
    (console, told)
}

const SEEN: &str = "▲ unsealed 1 forbidden, 1 missing of 3 seen";

/// Keys that lead from any screen to any other, past filters, dialogs and a draft.
const VISITS: [&str; 16] =
    ["1", "2", "3", "6", "7", "/", "o", "n", "e", "enter", "esc", "j", "g", "tab", "z", "?"];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
    #[test]
    fn the_badge_of_the_secret_store_does_not_depend_on_what_is_on_the_screen(
        visits in proptest::collection::vec((0..VISITS.len(), 0_u64..20_000), 1..25)
    ) {
        let (mut console, told) = three();
        console.hears(Answer::PresenceChanged(told.to_vec()));
        assert_eq!(badge(&console), SEEN);
        for (key, wait) in visits {
            console.wait(wait).keys(VISITS[key]);
            console.send(AppEvent::Wake);
            let told = badge(&console);
            // Its age may be told, and nothing else is.
            let age = told.strip_prefix(SEEN).unwrap_or_else(|| panic!("{}: {told}", VISITS[key]));
            assert!(age.is_empty() || age.ends_with(" ago"), "{told}");
        }
    }
}

#[test]
fn the_badge_tells_how_old_it_is_and_is_current_again_once_it_was_looked_at() {
    let (mut console, told) = three();
    console.hears(Answer::PresenceChanged(told.to_vec()));
    console.keys("7").wait(300_000).send(AppEvent::Wake);
    assert_eq!(badge(&console), format!("{SEEN} 5m ago"));
    console.keys("1");
    assert_eq!(badge(&console), format!("{SEEN} 5m ago"), "nobody has answered yet");
    let [one, (two, _), three] = told;
    let granted = one.1.clone();
    console.hears(Answer::PresenceChanged(vec![one, (two, granted), three]));
    assert_eq!(badge(&console), "▲ unsealed 1 missing of 3 seen");
}

#[test]
fn an_outage_takes_nothing_from_what_was_known() {
    let (mut console, told) = three();
    console.hears(Answer::PresenceChanged(told.to_vec()));
    let away = |(path, _): &(SecretPath, Presence)| {
        (path.clone(), Presence::Unreachable { reason: "sealed".into() })
    };
    console.hears(Answer::PresenceChanged(told.iter().map(away).collect()));
    console.stands(SecretStoreStatus::Sealed);
    assert_eq!(badge(&console), "✗ sealed", "which is all that matters");
    console.wait(90_000).keys("7");
    console.stands(SecretStoreStatus::Unsealed);
    assert_eq!(badge(&console), format!("{SEEN} 1m ago"));
}

#[test]
fn what_no_document_needs_any_more_is_nothing_to_warn_of() {
    let (mut console, told) = three();
    console.hears(Answer::PresenceChanged(told.to_vec()));
    console.keys("7");
    console.del("a/two", 5);
    assert_eq!(badge(&console), "▲ unsealed 1 missing of 3 seen");
    console.put("b/three", r#"{"topic":"{$vault:app/three#key:default}"}"#, 6);
    assert_eq!(badge(&console), "● unsealed", "a default stands in for it");
    console.put("b/three", r#"{"topic":"{$vault:app/three#key}"}"#, 7);
    assert_eq!(badge(&console), "▲ unsealed 1 missing of 3 seen");
}

#[test]
fn an_own_secret_that_is_not_there_is_missing_only_where_one_is_required() {
    let (mut console, _) = three();
    console.put("a/one", r#"{"module":"log"}"#, 5);
    console.hears(Answer::PresenceChanged(vec![(own(), Presence::Missing)]));
    assert_eq!(badge(&console), "● unsealed");
    console.put("a/one", r#"{"module":"log","authorization":"Bearer "}"#, 6);
    assert_eq!(badge(&console), "▲ unsealed 1 missing of 1 seen");
}

/// A secret that exists, with one field of this name.
fn with_field(name: &str) -> Presence {
    let field = (crate::domain::FieldName::new(name), crate::domain::FieldState::Present);
    Presence::Present(crate::domain::SecretContents { fields: vec![field], version: None, written: None })
}

#[test]
fn a_secret_without_the_field_that_a_document_needs_is_missing_to_the_badge_as_it_is_to_the_list() {
    let (mut console, _) = three();
    let one = || kv("secret", "app/one");
    console.hears(Answer::PresenceChanged(vec![(one(), with_field("other"))]));
    let lacks = "▲ unsealed 1 missing of 1 seen";
    assert_eq!(badge(&console), lacks);
    console.keys("3");
    console.send(AppEvent::Wake);
    assert_eq!(badge(&console), lacks);
    let needs = |reference: &str| format!(r#"{{"module":"log","topic":"{{$vault:app/one#{reference}}}"}}"#);
    for (reference, told) in [("other", "● unsealed"), ("key", lacks), ("key:default", "● unsealed")] {
        let revision = console.model.inventory.revision().0 + 1;
        console.put("a/one", &needs(reference), revision);
        assert_eq!(badge(&console), told, "{reference}");
    }
    console.put("b/other", &needs("key"), 9);
    assert_eq!(badge(&console), lacks, "another document needs it");
    let away = Presence::Unreachable { reason: "sealed".into() };
    console.hears(Answer::PresenceChanged(vec![(one(), away)]));
    assert!(badge(&console).starts_with(lacks), "an outage takes nothing from what was known");
    console.hears(Answer::PresenceChanged(vec![(one(), with_field("key"))]));
    assert_eq!(badge(&console), "● unsealed");
}

#[test]
fn a_batch_of_many_documents_has_all_their_fields_compared() {
    let (mut console, _) = three();
    console.hears(Answer::PresenceChanged(vec![(kv("secret", "app/one"), with_field("other"))]));
    console.put("a/one", "{}", 5);
    assert_eq!(badge(&console), "● unsealed");
    let document = r#"{"topic":"{$vault:app/one#key}"}"#;
    let entries = (0..1_500).map(|n| entry(&format!("c/d{n}"), document, 6));
    let changes = entries.map(|entry| Change { revision: Revision(6), kind: ChangeKind::Put { entry } });
    console.feed(WatchEvent::Batch { at: Revision(6), changes: changes.collect() });
    assert_eq!(badge(&console), "▲ unsealed 1 missing of 1 seen");
}

#[test]
fn the_badge_counts_again_with_every_page_of_a_resync_and_at_its_end() {
    let (mut console, [one, two, three]) = three();
    let lacks = (one.0.clone(), with_field("other"));
    console.hears(Answer::PresenceChanged(vec![lacks, two, three]));
    assert_eq!(badge(&console), "▲ unsealed 1 forbidden, 2 missing of 3 seen");
    let entries = [
        entry("a/one", r#"{"topic":"{$vault:app/one#other}"}"#, 5),
        entry("b/other", r#"{"topic":"{$vault:app/two#key}"}"#, 6),
    ];
    let [load, page, loaded] = load_events("s1", 9, &entries);
    console.feed(load);
    assert_eq!(badge(&console), "▲ unsealed 1 forbidden, 2 missing of 3 seen", "nothing has come yet");
    console.feed(page);
    let told = "▲ unsealed 1 forbidden, 1 missing of 3 seen";
    assert_eq!(badge(&console), told, "the first has the field that is needed now");
    console.feed(loaded);
    assert_eq!(badge(&console), "▲ unsealed 1 forbidden of 3 seen", "what needed the third is gone");
}

#[test]
fn a_field_that_a_page_of_a_resync_needs_is_missed_at_once() {
    let (mut console, _) = three();
    console.hears(Answer::PresenceChanged(vec![(kv("secret", "app/one"), with_field("other"))]));
    console.put("a/one", "{}", 5);
    assert_eq!(badge(&console), "● unsealed");
    // What comes into sight has the badge made anew.
    console.keys("7");
    let [load, page, _] = load_events("s1", 6, &[entry("a/one", r#"{"topic":"{$vault:app/one#key}"}"#, 6)]);
    console.feed(load);
    console.feed(page);
    assert_eq!(badge(&console), "▲ unsealed 1 missing of 1 seen");
}
