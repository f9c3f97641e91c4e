//! The names of a context, in every place that tells a secret from what may be shown: none may do without
//! them.

use std::collections::BTreeMap;

use super::*;
use crate::compare::{self, Diff, DiffLine, merge};
use crate::console::drafts::SavedDraft;
use crate::console::screens::editor::Draft;
use crate::domain::json::JsonValue;
use crate::domain::plaintext::holds_plaintext;
use crate::domain::reference::{ReferenceSources, ResolveScope, Variable, Variables, resolve};
use crate::domain::{DocumentKind, Masking, SecretNames, SecretText};
use crate::inventory::Facts;
use crate::text::placeholders::{conceal, conceal_within, fill, redact, redact_adding};
use crate::text::{DocumentLayout, Masked, mask_value, secrets_in};

/// What is under the hidden name, in each way that a document can say it.
const HIDDEN: [&str; 7] = ["hid-one", "hid-two", "hid-three", "hid-four", "hid-five", "hid-six", "hid-seven"];
/// What is under the names that are shown.
const SHOWN: [&str; 5] = ["show-one", "show-two", "show-three", "show-four", "show-five"];

const DOCUMENT: &str = r#"{
  "module": "log",
  "internal_code": "hid-one",
  "nested": { "InternalCode": { "deep": ["hid-two"], "other": "hid-three" } },
  "env": [{ "name": "INTERNAL_CODE", "value": "hid-four" }],
  "lines": [["internal-code", "hid-five"]],
  "note": "app.internal_code=hid-six",
  "url": "https://h/p?Internal-Code=hid-seven",
  "license": "show-one",
  "more": { "LICENSE": "show-two" },
  "vars": [{ "key": "License", "value": "show-three" }],
  "rows": [["license", "show-four"]],
  "about": "app[license]: show-five"
}"#;

const LINES: &str =
    "internal_code: hid-one\nlicense: show-one\napp.internal-code = hid-two\napp.license = show-two\n";

fn names(hide: bool, show: bool) -> SecretNames {
    let names = SecretNames::default();
    let names = if hide { names.hide("internal_code").unwrap() } else { names };
    if show { names.show("license").unwrap() } else { names }
}

fn all(masked: &Masked) -> String {
    masked.lines(0..masked.line_count()).map(|line| format!("{line}\n")).collect()
}

fn rows(lines: &[DiffLine]) -> String {
    lines.iter().map(|line| format!("{}\n", line.line)).collect()
}

fn changes(diff: &Diff) -> String {
    let sides = diff.changes.iter().flat_map(|change| [&change.old, &change.new]);
    sides.flatten().map(|side| format!("{side}\n")).collect()
}

/// The same document before all values were what they are now.
fn before() -> String {
    DOCUMENT.replace("hid-", "was-").replace("show-", "was-")
}

fn merged(masking: &Masking) -> String {
    let merge = merge::merge(masking, Some(&before()), DOCUMENT, Some(&before().replace("was-", "their-")));
    let rows = merge.row_texts(masking).into_iter();
    rows.flat_map(|row| [row.base, row.mine, row.theirs]).flatten().map(|side| format!("{side}\n")).collect()
}

/// A text with the values of `DOCUMENT` that none of these contains.
fn without(found: &[String]) -> String {
    let values = HIDDEN.iter().chain(&SHOWN).filter(|value| !found.iter().any(|text| text.contains(**value)));
    values.map(|value| format!("{value}\n")).collect()
}

fn detail(masking: &Masking, layout: DocumentLayout) -> String {
    all(&Masked::of_checked(masking, &DOCUMENT.into(), None, layout).0)
}

/// A place and what it shows of a document; how many of the hidden and of the shown values it shows if all
/// may be shown, and if none may.
type PlaceOfSecrets = (&'static str, fn(&Masking) -> String, [usize; 2], [usize; 2]);

const PLACES: &[PlaceOfSecrets] = &[
    ("get, list, merged", |masking| all(&Masked::of(masking, &DOCUMENT.into())), [7, 5], [0, 0]),
    ("the detail", |masking| detail(masking, DocumentLayout::Pretty), [7, 5], [0, 0]),
    ("the detail as stored", |masking| detail(masking, DocumentLayout::Stored), [7, 5], [0, 0]),
    ("watch", |masking| Masked::one_line(masking, &DOCUMENT.into(), 4_000).into_string(), [7, 5], [0, 0]),
    (
        "a value of its own",
        |masking| mask_value(masking, &["internal_code"], "\"hid-one\"", 80).to_string(),
        [1, 0],
        [0, 0],
    ),
    ("a text that is no JSON", |masking| all(&Masked::text(masking, LINES)), [2, 2], [0, 0]),
    ("the editor", |masking| conceal(masking, DOCUMENT).0, [7, 5], [0, 0]),
    (
        "a value being edited",
        |masking| conceal_within(masking, &["license"], "\"show-one\"").0,
        [0, 1],
        [0, 0],
    ),
    (
        "a draft on disk",
        |masking| redact(masking, DOCUMENT, &conceal(masking, "{}").1, "{}", "").text,
        [7, 5],
        [0, 0],
    ),
    (
        "an external editor",
        |masking| redact_adding(masking, DOCUMENT, &mut conceal(masking, "{}").1, "{}"),
        [7, 5],
        [0, 0],
    ),
    ("a review by path", |masking| changes(&compare::diff(masking, &before(), DOCUMENT)), [7, 5], [0, 0]),
    ("a review in full", |masking| rows(&compare::lines(masking, &before(), DOCUMENT)), [7, 5], [0, 0]),
    ("a merge", merged, [7, 5], [0, 0]),
    (
        "plaintext in the facts",
        |masking| {
            let facts = Facts::scan(masking, &DOCUMENT.into());
            let plain = facts.sites().filter(|site| site.is_plaintext());
            without(&plain.map(|site| site.value().into_owned()).collect::<Vec<_>>())
        },
        // Of an assignment within a text nothing is said there.
        [7, 5],
        [2, 1],
    ),
];

#[test]
fn a_hidden_name_is_hidden_and_a_shown_one_shown_in_every_place() {
    for kind in [DocumentKind::Webhook, DocumentKind::Connection] {
        for (place, show, some, none) in PLACES {
            let counts = |hide_names, show_names| {
                let text = show(&Masking::new(kind, &names(hide_names, show_names)));
                let count = |values: &[&str]| values.iter().filter(|value| text.contains(**value)).count();
                [count(&HIDDEN), count(&SHOWN)]
            };
            assert_eq!(counts(true, true), [none[0], some[1]], "{place}, both settings");
            assert_eq!(counts(true, false), [none[0], none[1]], "{place}, hidden");
            assert_eq!(counts(false, true), [some[0], some[1]], "{place}, shown");
            assert_eq!(counts(false, false), [some[0], none[1]], "{place}, neither");
        }
    }
}

#[test]
fn in_a_broken_text_the_names_count_without_their_place() {
    let shown = |text: &str, hide, show| {
        let masked = all(&Masked::text(&Masking::new(DocumentKind::Webhook, &names(hide, show)), text));
        masked.contains("value")
    };
    for text in [
        r#"{"a": 1 "internal_code": "value"}"#,
        r#"{"a": 1 "env": [{"name": "InternalCode", "x": "value"}]}"#,
        r#"{"a": 1, internal_code: value}"#,
    ] {
        assert!(!shown(text, true, true) && shown(text, false, true), "{text}");
    }
    for text in [r#"{"a": 1 "license": "value"}"#, r#"{"a": 1, license: value}"#, "app.license: value"] {
        assert!(shown(text, true, true) && !shown(text, true, false), "{text}");
    }
}

#[test]
fn the_search_of_a_file_for_plaintext_knows_the_names() {
    let holds = |text: &str, hide, show| {
        holds_plaintext(&Masking::new(DocumentKind::Webhook, &names(hide, show)), text)
    };
    for text in [
        r#"{"internal_code": "x"}"#,
        r#"{"internal_code": 12}"#,
        r#"{"internal_code": {"a": [{"b": 12}]}}"#,
        r#"{"env": [{"value": "x", "name": "InternalCode"}]}"#,
        r#"{"l": [["internal-code", "x"]]}"#,
        r#"{"module-config": {"headers": {"internal_code": "x"}}}"#,
    ] {
        assert!(holds(text, true, true), "{text}");
        assert_eq!(holds(text, false, true), text.contains("headers"), "{text}");
    }
    for text in [r#"{"license": "x"}"#, r#"{"env": [{"value": "x", "name": "License"}]}"#] {
        assert!(holds(text, true, false) && !holds(text, true, true), "{text}");
    }
    let host = SecretNames::default().hide("host").unwrap();
    let header = r#"{"module-config": {"headers": {"Host": "x"}}}"#;
    assert!(holds_plaintext(&Masking::new(DocumentKind::Webhook, &host), header));
    assert!(!holds(header, true, true), "a header that describes the body");
    assert_eq!(secrets_in(&Masking::new(DocumentKind::Webhook, &names(true, true)), DOCUMENT), HIDDEN.len());
}

/// Variables whose values say which of them was read.
struct Named;

impl Variables for Named {
    fn variable(&self, name: &str) -> Variable {
        Variable::Text(SecretText::new(format!("value-{name}")))
    }
}

#[test]
fn what_is_merged_without_secrets_knows_the_names() {
    let merged = |hide, show| {
        let mut document = JsonValue::from(serde_json::json!({
            "internal_code": "{$A}", "license": "{$B}", "x": "{$INTERNAL_CODE}", "y": "{$LICENSE}",
            "env": [{"name": "internal_code", "value": "{$C}"}, {"name": "license", "value": "{$D}"}],
            "l": [["internal-code", "{$E}"], ["license", "{$F}"]],
        }));
        let masking = Masking::new(DocumentKind::Webhook, &names(hide, show));
        let from = ReferenceSources { variables: &Named, vault: &BTreeMap::new() };
        resolve(&mut document, from, ResolveScope::WithoutSecrets(&masking)).unwrap();
        let text = document.to_string();
        ["A", "INTERNAL_CODE", "C", "E", "B", "LICENSE", "D", "F"]
            .map(|name| text.contains(&format!("value-{name}")))
    };
    let [no, yes] = [[false; 4], [true; 4]];
    assert_eq!(merged(true, true), *[no, yes].concat());
    assert_eq!(merged(true, false), *[no, no].concat());
    assert_eq!(merged(false, true), *[yes, yes].concat());
    assert_eq!(merged(false, false), *[yes, no].concat());
}

#[test]
fn what_looks_like_a_secret_and_what_the_receiver_calls_one_stays_hidden() {
    let shown = ["note", "authorization", "password", "secret", "X-Any", "env", "key"];
    let names = shown.iter().try_fold(SecretNames::default(), |names, name| names.show(name)).unwrap();
    let document = r#"{"note": "ghp_0123456789abcdefABCD0123", "authorization": "hid-1", "env": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
        "hmac": {"secret": "hid-2"}, "basic_auth": {"password": "hid-3"}, "module-config": {"headers": {"X-Any": "hid-4"}},
        "key": "-----BEGIN PRIVATE KEY-----\nhid-5", "password": "show-1", "url": "https://u:hid-6@h"}"#;
    let text = all(&Masked::of(&Masking::new(DocumentKind::Webhook, &names), &document.into()));
    assert!(!["hid-", "ghp_", "eyJ"].iter().any(|secret| text.contains(secret)), "{text}");
    assert!(text.contains("show-1"), "{text}");
}

/// A console of a context with both settings, with `DOCUMENT` as `a/one`.
fn console(names: &SecretNames) -> TestConsole {
    let mut console = TestConsole::new();
    let context = ConsoleContext { secret_names: names.clone(), ..console.model.context };
    console.model = Model::new(context, console.model.size);
    console.load("s1", 5, &[entry("a/one", DOCUMENT, 1)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console
}

#[track_caller]
fn assert_by_names(what: &str, text: &str) {
    assert!(!text.contains("hid-"), "{what}: {text}");
    assert!(text.contains("show-one"), "{what}: {text}");
}

#[test]
fn the_console_takes_the_names_of_its_context_all_the_way() {
    let mut console = console(&names(true, true));
    let shown = console.model.webhooks.detail.shown.as_ref().unwrap();
    assert_by_names("the detail", &all(&shown.text.as_ref().unwrap().masked));
    let plain: Vec<_> =
        shown.facts.sites().filter(|site| site.is_plaintext()).map(|site| site.path()).collect();
    assert_eq!(plain.len(), 5, "{plain:?}");
    console.keys("e");
    let draft = console.model.edit.as_ref().unwrap();
    assert_by_names("the editor", &draft.text());
    assert!(draft.text().contains("\"internal_code\": \"‹kept:1›\""), "{}", draft.text());
    console.keys("ctrl-t");
    let draft = console.model.edit.as_mut().unwrap();
    assert!(draft.text().contains("hid-one"), "revealed when asked to");
    let saved = draft.unsaved("prod", SystemTime::UNIX_EPOCH).to_saved("").unwrap();
    assert_by_names("the draft on disk", &String::from_utf8(saved.to_bytes().unwrap()).unwrap());
    assert_by_names("the external editor's file", &draft.text_without_secrets());

    let mine = draft.buffer.text().replace("\"log\"", "\"kafka\"").replace("hid-one", "hid-mine");
    draft.buffer = crate::console::screens::editor::TextBuffer::new(&mine);
    let review = draft.review_input().review().unwrap_or_else(|_| panic!("a review"));
    assert_by_names("the review in full", &rows(&review.lines));
    assert!(!changes(&review.diff).contains("hid-"), "{}", changes(&review.diff));

    console.put("a/one", &DOCUMENT.replace("hid-", "hid-their-").replace("show-two", "show-their"), 9);
    console.keys("ctrl-g");
    let DraftStage::Merge(merge) = &console.model.edit.as_ref().unwrap().stage else { panic!("a merge") };
    let rows = format!("{:?} {:?}", merge.shown, merge.full_diff());
    assert!(!rows.contains("hid-") && rows.contains("show-their"), "{rows}");
}

#[test]
fn a_draft_of_before_the_names_were_set_is_taken_up_by_those_of_now() {
    let draft = |names: &SecretNames| {
        let mut console = console(names);
        console.keys("e");
        let draft = console.model.edit.as_mut().unwrap();
        draft.unsaved("prod", SystemTime::UNIX_EPOCH)
    };
    let take_up =
        |saved: SavedDraft, names: &SecretNames| Draft::resume(saved, &console(names).model.inventory, names);
    for (then, now) in
        [((false, false), (true, true)), ((true, false), (false, true)), ((true, true), (false, false))]
    {
        let mut unsaved = draft(&names(then.0, then.1));
        unsaved.text = unsaved.text.replacen("\"log\"", "\"kafka\", \"InternalCode\": \"hid-typed\"", 1);
        let saved = unsaved.to_saved("").unwrap();
        let withheld = saved.withheld;
        let resumed = take_up(saved, &names(now.0, now.1));
        let text = resumed.text();
        assert_eq!(text.contains("hid-"), !now.0, "{text}");
        assert_eq!(text.contains("show-one"), now.1, "{text}");
        let kept = resumed.review_input().concealed_secrets;
        let filled = fill(&text.replace("‹kept:0›", "hid-typed"), &kept).unwrap();
        let expected =
            compare::format(DOCUMENT).replacen("\"log\"", "\"kafka\", \"InternalCode\": \"hid-typed\"", 1);
        assert_eq!(
            (filled, withheld),
            (expected, usize::from(then.0)),
            "no secret stands in another's place"
        );
    }
}
