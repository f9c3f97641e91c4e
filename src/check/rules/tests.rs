//! What the rules' tests share: surroundings that know something, and rules told in one line each.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::*;
use crate::check::{
    ConnectionState, DocumentContext, ReceiverEnv, ReceiverProfile, SecretLookup, StoreInput,
};
use crate::domain::{
    Address, FieldName, FieldState, Masking, Namespace, Presence, SecretContents, SecretNames, SecretPath,
};
use crate::inventory::Facts;

/// Surroundings in which much is known: connections `known` of no type, `k` of kafka, `pg` of postgres; secrets
/// `there` with the field `f`, `gone`, `hidden`; the variables `SET` and `EMPTY`; the same id elsewhere.
pub(super) struct Known {
    presence: BTreeMap<String, Presence>,
    namespace: Namespace,
    /// Whether each of what can be so is so.
    pub(super) is_so: bool,
}

impl Known {
    pub(super) fn new(is_so: bool) -> Self {
        let written = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(100));
        let fields = vec![(FieldName::new("f"), FieldState::Present)];
        let there = Presence::Present(SecretContents { fields, written, version: None });
        let presence = [
            ("secret/there", there.clone()),
            ("secret/secret/there", there),
            ("secret/gone", Presence::Missing),
            ("secret/secret/gone", Presence::Missing),
            ("secret/hidden", Presence::Forbidden { permission: "read".into() }),
            ("secret/lost", Presence::Unreachable { reason: "no answer".into() }),
        ];
        let presence = presence.map(|(path, presence)| (path.to_owned(), presence)).into();
        Self { presence, namespace: Namespace::default(), is_so }
    }
}

impl DocumentContext for Known {
    fn connection(&self, name: &str) -> ConnectionState<'_> {
        match name {
            "known" => ConnectionState::Exists(None),
            "k" => ConnectionState::Exists(Some("kafka")),
            "pg" => ConnectionState::Exists(Some("postgres")),
            "loading" => ConnectionState::Unknown,
            _ => ConnectionState::Missing,
        }
    }

    fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.presence.get(&path.to_string())
    }

    fn is_older_than(&self, moment: SystemTime) -> bool {
        self.is_so && moment > SystemTime::UNIX_EPOCH
    }

    fn same_id_in(&self) -> Option<&Namespace> {
        Some(&self.namespace).filter(|_| self.is_so)
    }

    fn is_unused(&self) -> bool {
        self.is_so
    }

    fn has_other_of_type(&self, _kind: &str) -> Option<bool> {
        Some(!self.is_so)
    }
}

/// A receiver whose variables are known.
pub(super) fn receiver() -> ReceiverProfile {
    let known = [("SET".to_owned(), FieldState::Present), ("EMPTY".to_owned(), FieldState::Empty)];
    let lookup = SecretLookup { env: ReceiverEnv::Known(known.into()), ..SecretLookup::default() };
    ReceiverProfile { lookup, ..ReceiverProfile::default() }
}

pub(super) fn diagnostics(
    address: &str,
    text: &str,
    receiver: &ReceiverProfile,
    around: &dyn DocumentContext,
) -> Vec<Diagnostic> {
    let Address(key) = address.parse().unwrap();
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    diagnose(Subject::Document(&DocumentInput::new(&key, &facts, receiver, around)))
}

/// `L15 Error chain[0].connection` for each diagnostic of these rules.
pub(super) fn in_short(found: &[Diagnostic], rules: &[&str]) -> Vec<String> {
    let found = found.iter().filter(|found| rules.contains(&found.rule));
    found.map(|found| format!("{} {:?} {}", found.rule, found.severity, found.pointer)).collect()
}

/// Holds the rules to a table of documents and of what they find where much is known, with all findings at places
/// of the text, and without a planted value.
pub(super) fn check(rules: &[&str], table: &[(&str, &str, &[&str])]) {
    for (address, text, expected) in table {
        let found = diagnostics(address, text, &receiver(), &Known::new(true));
        assert_eq!(in_short(&found, rules), *expected, "{text}");
        for one in found.iter().filter(|one| rules.contains(&one.rule)) {
            assert!(one.place.is_some() || one.pointer.is_empty(), "{text}: {one:?}");
            assert!(!one.to_string().contains("planted-"), "{text}: {one}");
        }
    }
}

/// The text with the first fix of a rule applied.
pub(super) fn fixed(rule: &str, address: &str, text: &str) -> String {
    let found = diagnostics(address, text, &receiver(), &Known::new(false));
    let fix = found.iter().find(|found| found.rule == rule).unwrap().fix.clone().unwrap();
    format!("{}{}{}", &text[..fix.span.start], fix.replacement, &text[fix.span.end..])
}

fn of_document(address: &str, text: &str) -> Vec<String> {
    let found = diagnostics(address, text, &ReceiverProfile::default(), &Known::new(false));
    found.iter().map(|found| format!("{} {:?} {found}", found.rule, found.severity)).collect()
}

#[test]
fn a_document_is_judged_by_what_it_says_and_by_what_is_around_it() {
    let text =
        r#"{"connection": "known", "chain": [{"connection": "gone"}], "hmac": {"secret": "{$vault:a#b}"}}"#;
    let Address(key) = "a/health".parse().unwrap();
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    let receiver = ReceiverProfile::default();
    let input = DocumentInput::new(&key, &facts, &receiver, &());
    assert_eq!(in_short(&diagnose(Subject::Row(&input)), &["L15", "L28"]), ["L28 Warning "]);
    let known = Known::new(false);
    let input = DocumentInput::new(&key, &facts, &receiver, &known);
    assert_eq!(
        in_short(&diagnose(Subject::Row(&input)), &["L15", "L28"]),
        ["L15 Error gone", "L28 Warning "]
    );
    assert_eq!(of_document("a/one", "{}"), ["L11 Info none: open to anyone"]);
    assert_eq!(of_document("a/one", "[]"), ["L29 Error JSON, but not an object"]);
    assert_eq!(of_document("key:x/y/z/w", ""), ["L29 Info empty value"]);
    assert!(of_document("connections/c", "{}").is_empty());
}

#[test]
fn a_draft_is_judged_by_its_text() {
    let rules = |text, concealed, byte_order_mark| {
        let found = diagnose(Subject::Draft(DraftInput { text, concealed, byte_order_mark }));
        found.into_iter().map(|found| (found.rule, found.place)).collect::<Vec<_>>()
    };
    assert!(rules("{\"a\": \"\u{2039}kept:1\u{203a} \u{2022}\"}", Some(1), false).is_empty());
    assert_eq!(
        rules("{\n\"a\": \"\u{2039}kept:1\u{203a}\",}", Some(0), true),
        [("D01", Some((1, 1))), ("D02", Some((2, 16))), ("D03", Some((2, 7))),]
    );
    assert_eq!(rules(&format!("{{\"a\": \"{}\"}}", crate::text::MASK), None, false).len(), 1);
}

#[test]
fn no_two_rules_share_an_id_and_they_are_in_order() {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    let names: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn a_store_is_judged_by_how_it_is_reached() {
    let of = |tls, login, receiver: &ReceiverProfile| {
        let found = diagnose(Subject::Store(&StoreInput { receiver, tls, login }));
        found.into_iter().map(|found| found.rule).collect::<Vec<_>>()
    };
    let receiver = ReceiverProfile::default();
    assert_eq!(of(true, false, &receiver), ["L32"]);
    assert_eq!(of(false, true, &receiver), ["L32"]);
    assert!(of(false, false, &receiver).is_empty());
    let own = crate::check::OwnSecrets::Variables;
    let merging = ReceiverProfile { lookup: SecretLookup { own, ..SecretLookup::default() }, ..receiver };
    assert!(of(true, true, &merging).is_empty(), "a program on this library reads what confdeck reads");
}

/// Documents of a megabyte, or of 100,000 parts, one of each kind that a rule reads.
#[test]
fn a_huge_document_gives_a_bounded_number_of_diagnostics_and_its_errors_first() {
    let list = |part: &str| vec![part; 100_000].join(",");
    let members = |value: &str| {
        let members: Vec<_> = (0..100_000).map(|n| format!("\"key{n}\": {value}")).collect();
        members.join(",")
    };
    let documents = [
        format!("{{{}}}", members("1")),
        format!("{{{}}}", members("\"{$A:x;y}\"")),
        format!("{{\"hmac\": {{\"secret\": \"{}\"}}}}", "{$A}{$vault:gone#f}${B}".repeat(100_000)),
        format!("{{\"hmac\": {{{}}}}}", members("\"{$vault:gone#f:x;y}{$NO}\"")),
        format!("{{\"chain\": [{}], \"connection\": \"no\"}}", list("\"zeromq\"")),
        format!(
            "{{\"chain\": [{}], \"retry\": {{\"enabled\": 1}}}}",
            list(r#"{"module": "mqtt", "connection": "no", "retry": {"enabled": true}}"#)
        ),
        format!("{{\"rate_limit\": {{{}}}}}", members("2")),
        format!("{{\"json_schema\": {{\"properties\": {{{}}}}}}}", members("{}")),
        format!("{{\"token\": \"{}\"}}", "x".repeat(1 << 20)),
        format!("{{\"token\": \"{}\"}}", "${A".repeat(1 << 18)),
        format!("{{\"token\": \"{}\"}}", "{$vault:".repeat(1 << 17)),
        format!("{{\"token\": \"{{$A:{}}}\"}}", "; id ".repeat(1 << 17)),
        format!("{{\"a\": {}{}}}", "[".repeat(120), "]".repeat(120)),
    ];
    for text in &documents {
        let start = &text[..40];
        #[cfg(feature = "console")]
        let walks = crate::domain::json::WALKS.get();
        let found = diagnostics("a/default", text, &receiver(), &Known::new(true));
        #[cfg(feature = "console")]
        assert_eq!(crate::domain::json::WALKS.get() - walks, 2, "for its facts, and for all rules");
        assert!(found.len() <= MAX_DIAGNOSTICS, "{start}");
        if found.len() == MAX_DIAGNOSTICS {
            assert!(found.is_sorted_by_key(|found| found.severity), "{start}");
        }
    }
}
