use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::*;
use crate::check::{OwnPathTemplate, OwnSecrets, ReceiverEnv, ReceiverProfile, SecretLookup};
use crate::domain::json::parse;
use crate::domain::reference::{Variable, Variables, VaultField};
use crate::domain::{
    Address, FieldName, FieldState, Masking, Mount, Presence, SecretContents, SecretNames, SecretPath,
    SecretText,
};
use crate::inventory::Facts;

const VECTORS: &str = include_str!("../../../tests/vectors/anonymous.json");

/// A document, and what a request without credentials gets (domain.md, sections 2 to 7).
#[derive(Deserialize)]
struct Case {
    about: String,
    document: Option<Box<serde_json::value::RawValue>>,
    /// Its text, where that is no JSON or has more in it than a value.
    text: Option<String>,
    key: Option<String>,
    /// The receiver's variables; all others are not set.
    #[serde(default)]
    env: HashMap<String, String>,
    /// What Vault has; nothing is known of any other field.
    #[serde(default)]
    vault: BTreeMap<String, String>,
    verdict: String,
    status: u16,
    by: Option<String>,
}

impl Variables for Case {
    fn variable(&self, name: &str) -> Variable {
        let found = self.env.get(name);
        found.map_or(Variable::Unset, |value| Variable::Text(SecretText::new(value.clone())))
    }
}

impl Case {
    fn text(&self) -> String {
        let document = self.document.as_ref().map(|document| document.get().to_owned());
        self.text.clone().or(document).unwrap()
    }

    fn judged(&self) -> Judgement {
        let Address(key) = self.key.as_deref().unwrap_or("prod/orders").parse().unwrap();
        let masking = Masking::of(&key, &SecretNames::default());
        let facts = Facts::scan(&masking, &self.text().as_str().into());
        let vault = |field: &VaultField| match self.vault.get(&field.to_string()).map(String::as_str) {
            Some("present") => VaultFieldState::Present,
            Some("empty") => VaultFieldState::Empty,
            Some("absent") => VaultFieldState::Absent,
            _ => VaultFieldState::NotKnown,
        };
        let sources = EffectiveSources {
            variables: Some(self),
            lookup: &SecretLookup::default(),
            vault: &vault,
            own: &[],
        };
        let document = effective(&facts, &masking, sources);
        explain(Some(&key), &facts, &document, &ReceiverProfile::default())
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(VECTORS).unwrap()
}

#[test]
fn every_document_of_the_table_gets_its_verdict_its_status_and_its_check() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let found = case.judged();
        let told = format!("{} {} {:?}", found.verdict.word(), found.anonymous.status, found.anonymous.by);
        let expected = format!("{} {} {:?}", case.verdict, case.status, case.by.as_deref());
        if told != expected {
            wrong.push(format!("{}: {} is {told}, not {expected}", case.about, case.text()));
        }
    }
    assert!(cases.len() >= 120, "{}", cases.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn no_judgement_repeats_a_value() {
    for case in cases() {
        let found = case.judged();
        let told = format!("{found:?}");
        assert!(!told.contains("planted-"), "{}: {told}", case.about);
    }
}

/// What a row of a list says of a document without references is what the judgement of the whole document says.
#[test]
fn the_facts_of_a_row_say_what_the_judgement_says() {
    for case in cases().iter().filter(|case| !case.text().contains("{$")) {
        let (text, found) = (case.text(), case.judged());
        if found.verdict == Verdict::NotServed {
            continue;
        }
        let Address(key) = "prod/orders".parse().unwrap();
        let auth = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.as_str().into()).auth;
        let is_schema = found.anonymous.by == Some("json_schema") && !text.contains("\"json_schema\": \"");
        assert_eq!(
            auth.breaks(),
            found.anonymous.by == Some("recaptcha") && found.anonymous.status == 500,
            "{text}"
        );
        if found.verdict == Verdict::RefusesAll || auth.refuses_all() {
            assert!(is_schema || auth.refuses_all() == (found.verdict == Verdict::RefusesAll), "{text}");
        }
        if let Verdict::Open | Verdict::Refused = found.verdict {
            assert_eq!(auth.is_open(), found.verdict == Verdict::Open, "{text}");
        }
    }
}

#[test]
fn the_checks_come_in_the_receivers_order_and_what_is_ignored_says_why() {
    let text = r#"{"header_auth": {"api_key": "x"}, "hmac": {"secret": "x"}, "module": "log", "jwt": {},
        "rate_limit": {"max_requests": 5}, "chain": null, "authorisation": "x", "odd": 1}"#;
    let Address(key) = "prod/orders".parse().unwrap();
    let root = parse(text).unwrap();
    let found = judge(Some(&key), None, &ReceiverProfile::default(), (Some(&root), text));
    let checks: Vec<_> = found.checks.iter().map(|check| check.auth.check).collect();
    assert_eq!(checks, ["rate_limit", "hmac", "header"]);
    let ignored: Vec<_> = found.ignored.iter().map(|part| format!("{}: {}", part.member, part.why)).collect();
    assert_eq!(
        ignored,
        [
            "jwt: it is an empty object: open",
            "authorisation: the receiver does not know it; authorization is probably meant",
            "odd: the receiver does not know it"
        ]
    );
}

#[test]
fn a_start_stumbles_over_documents_of_the_default_namespace_alone() {
    let receiver = ReceiverProfile::default();
    let after = |address: &str, text: &str| {
        let Address(key) = address.parse().unwrap();
        let root = parse(text).unwrap();
        judge(Some(&key), None, &receiver, (Some(&root), text)).after_restart
    };
    let dark = Some(AnonymousAnswer { status: 404, by: Some("L01") });
    assert_eq!(after("default/a", r#"{"module": "kafkXX", "hmac": {"secret": "x"}}"#), dark);
    assert_eq!(after("default/a", r#"{"chain": []}"#), dark);
    assert_eq!(after("prod/a", r#"{"module": "kafkXX"}"#), None);
    // What only a request meets does not stop it.
    assert_eq!(after("default/a", r#"{"module": "http_webhook"}"#), None);
    assert_eq!(after("default/a", r#"{"module": "log", "data_type": "JSON"}"#), None);
}

#[test]
fn what_references_become_is_told_without_values() {
    let case = Case {
        about: String::new(),
        document: None,
        text: Some(
            r#"{"module": "{$MOD}", "authorization": "{$UNSET}", "topic": "{$RAW}-x", "queue_name": "{$A:b}:{$C:d}",
            "hmac": {"secret": "{$vault:a#f:planted-x}", "header": "{$H:rm -}"}}"#
                .into(),
        ),
        key: None,
        env: [("MOD", "log"), ("RAW", "planted-a;b")].map(|(a, b)| (a.into(), b.into())).into(),
        vault: BTreeMap::new(),
        verdict: String::new(),
        status: 0,
        by: None,
    };
    let masking = Masking::built_in(crate::domain::DocumentKind::Webhook);
    let facts = Facts::scan(&masking, &case.text().as_str().into());
    let sources = EffectiveSources {
        variables: Some(&case),
        lookup: &SecretLookup::default(),
        vault: &|_| VaultFieldState::NotKnown,
        own: &[],
    };
    let document = effective(&facts, &masking, sources);
    let notes: Vec<_> = document
        .references
        .iter()
        .map(|note| format!("{} {} {}", note.place, note.reference, note.outcome))
        .collect();
    assert_eq!(
        notes,
        [
            "module {$MOD} is set",
            "authorization {$UNSET} is not set: the text \"Undefined variable UNSET\" takes its place",
            "topic {$RAW} is set, and is cleaned of some characters or words",
            "queue_name {$A} is not set: its default takes its place, and is cleaned of some characters or words; \
             all text up to the last brace counts as its default",
            "hmac.secret {$vault:a#f} is not known from here; it has a default",
            "hmac.header {$H} is not set: its default takes its place, and is cleaned of some characters or words",
        ]
    );
    let shown = document.shown.text().unwrap();
    assert!(shown.contains(r#""module": "log""#) && shown.contains(r#""queue_name": "b:C:d""#), "{shown}");
    assert!(shown.contains(r#""authorization": "{$UNSET}""#), "a secret field stays as written: {shown}");
}

/// The lines of the document with what is said of them, `…` before each note.
fn shown(view: &EffectiveView) -> Vec<String> {
    let line = |line: &EffectiveLine| {
        let text = match &line.text {
            LineText::Document(at) => view.masked.line_text(*at).to_owned(),
            LineText::Added(text) => format!("+{}", text.as_str()),
        };
        line.notes.iter().fold(text, |text, note| format!("{text} … {:?} {}", note.kind, note.words))
    };
    view.lines.iter().map(line).collect()
}

fn viewed(
    address: &str,
    text: &str,
    receiver: &ReceiverProfile,
    known: &[(&str, Presence)],
) -> EffectiveView {
    let Address(key) = address.parse().unwrap();
    let masking = Masking::of(&key, &SecretNames::default());
    let facts = Facts::scan(&masking, &text.into());
    let presence = |path: &SecretPath| {
        known.iter().find(|(known, _)| *known == path.to_string()).map(|(_, presence)| presence.clone())
    };
    let knowledge =
        ReceiverKnowledge { receiver, lookup: &receiver.lookup, variables: None, presence: &presence };
    let view = effective_view(Some(&key), &facts, &masking, knowledge);
    let told = format!("{:?} {:?} {:?} {:?}", shown(&view), view.ignored, view.not_known, view.references);
    assert!(!told.contains("planted-"), "{told}");
    view
}

#[test]
fn a_document_is_shown_as_it_is_held_with_what_is_added_cleaned_ignored_and_not_known() {
    let env = ReceiverEnv::Known([("TOKEN".to_owned(), FieldState::Present)].into());
    let lookup = SecretLookup { env, can_read_kv: true, ..SecretLookup::default() };
    let receiver = ReceiverProfile { lookup, ..ReceiverProfile::default() };
    let text = r#"{"module": "log", "module": "log", "data_type": "json", "authorization": "Bearer {$TOKEN}",
        "hmac": {"secret": "{$vault:a#f}", "algorithm": "sha256"}, "jwt": {}, "topic": "{$AREA:eu;west}",
        "rate_limit": {"max_requests": 5, "enabled": true}, "note": "{$vault:b#f:x}"}"#;
    let view = viewed("prod/orders", text, &receiver, &[("secret/b", Presence::Missing)]);
    let lines = shown(&view);
    assert_eq!(
        lines,
        [
            "{",
            "  \"module\": \"log\", … Ignored ignored: the last member of this name counts",
            "  \"module\": \"log\",",
            "  \"data_type\": \"json\",",
            "  \"authorization\": \"Bearer {$TOKEN}\", … Value {$TOKEN} is set",
            "  \"hmac\": {",
            "    \"secret\": \"{$vault:a#f}\", … NotKnown {$vault:a#f} is not known from here",
            "    \"algorithm\": \"sha256\"",
            "+    \"header\": \"X-HMAC-Signature\" … Added the receiver's default",
            "  },",
            "  \"jwt\": {}, … Ignored ignored: it is an empty object: open",
            "  \"topic\": \"euwest\", … Cleaned {$AREA} is not set: its default takes its place, and is cleaned of some \
             characters or words",
            "  \"rate_limit\": {",
            "    \"max_requests\": 5,",
            "    \"enabled\": true … Ignored ignored: the receiver ignores rate_limit.enabled",
            "+    \"window_seconds\": 60 … Added the receiver's default",
            "  },",
            "  \"note\": \"{$vault:b#f:x}\" … Substitute {$vault:b#f} is missing: its default takes its place … Ignored ignored: the \
             receiver does not know it",
            "}",
        ]
    );
    assert_eq!(view.routes, ["/webhook/prod/orders"]);
    assert_eq!(view.not_known, ["{$vault:a#f} at hmac.secret is not known from here"]);
    assert_eq!((view.judgement.anonymous.by, view.is_catch_all), (Some("authorization"), false));
}

#[test]
fn own_secrets_that_are_merged_in_are_shown_where_the_receiver_puts_them() {
    let own = OwnSecrets::Kv { mount: Mount::new("hooks").unwrap(), template: OwnPathTemplate::default() };
    let lookup = SecretLookup { own: own.clone(), stored: own, can_read_kv: true, ..SecretLookup::default() };
    let receiver = ReceiverProfile { lookup, ..ReceiverProfile::default() };
    let fields =
        ["bearer-token", "hmac-secret"].map(|name| (FieldName::new(name), FieldState::Present)).into();
    let contents = SecretContents { fields, ..SecretContents::default() };
    let told = [("hooks/default/secrets", Presence::Present(contents))];
    let view = viewed("default/default", r#"{"module": "log", "data_type": "json"}"#, &receiver, &told);
    let lines = shown(&view).join("\n");
    for (member, field) in [("authorization", "bearer-token"), ("hmac.secret", "hmac-secret")] {
        let line =
            format!("+  \"{member}\": \"••••••••\" … Added merged in from {field} of hooks/default/secrets");
        assert!(lines.contains(&line), "{line}: {lines}");
    }
    assert_eq!((view.judgement.anonymous.status, view.is_catch_all), (401, true));
    let unknown = viewed("default/default", r#"{"module": "log"}"#, &receiver, &[]);
    assert_eq!(unknown.not_known, ["whether it has secrets of its own in hooks/default/secrets"]);
    assert_eq!(unknown.judgement.anonymous.status, 200);
}

#[test]
fn another_version_of_the_receiver_and_what_is_no_object_are_told_as_what_they_are() {
    let other = ReceiverProfile { version: "9.9".into(), ..ReceiverProfile::default() };
    let view = viewed("default/a", r#"{"module": "kafkXX"}"#, &other, &[]);
    assert_eq!(view.judgement.after_restart, None, "what it validates is not known");
    assert_eq!(view.not_known, ["what version 9.9 of the receiver does otherwise than 0.2.0"]);
    let broken = viewed("prod/a", "{\"authorization\": \"planted-x\"", &ReceiverProfile::default(), &[]);
    assert_eq!((broken.is_object, broken.judgement.verdict), (false, Verdict::NotServed));
    assert!(broken.lines.iter().all(|line| line.notes.is_empty()));
}
