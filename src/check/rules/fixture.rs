//! Documents, and what rules find in them, for the tests of rules.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::check::{
    ConnectionState, Diagnostic, DocumentContext, DocumentInput, ReceiverEnv, ReceiverProfile, SecretLookup,
    Subject, diagnose,
};
use crate::domain::{
    Address, FieldName, FieldState, Masking, Namespace, Presence, SecretContents, SecretNames, SecretPath,
};
use crate::inventory::Facts;

/// Surroundings in which much is known: connections `known` of no type, `k` of kafka, `pg` of postgres; secrets
/// `there` with the field `f`, `gone`, `hidden`; the variables `SET` and `EMPTY`; the same id elsewhere.
pub(in crate::check) struct Known {
    presence: BTreeMap<String, Presence>,
    namespace: Namespace,
    /// Whether each of what can be so is so.
    pub(in crate::check) is_so: bool,
}

impl Known {
    pub(in crate::check) fn new(is_so: bool) -> Self {
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
pub(in crate::check) fn receiver() -> ReceiverProfile {
    let known = [("SET".to_owned(), FieldState::Present), ("EMPTY".to_owned(), FieldState::Empty)];
    let lookup = SecretLookup { env: ReceiverEnv::Known(known.into()), ..SecretLookup::default() };
    ReceiverProfile { lookup, ..ReceiverProfile::default() }
}

pub(in crate::check) fn diagnostics(
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
pub(in crate::check) fn in_short(found: &[Diagnostic], rules: &[&str]) -> Vec<String> {
    let found = found.iter().filter(|found| rules.contains(&found.rule));
    let line = |found: &Diagnostic| format!("{} {:?} {}", found.rule, found.severity, found.pointer);
    found.map(|found| line(found).trim_end().to_owned()).collect()
}

/// Holds the rules to a table of documents and of what they find where much is known, with all findings at places
/// of the text, and without a planted value.
pub(in crate::check) fn check(rules: &[&str], table: &[(&str, &str, &[&str])]) {
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
pub(in crate::check) fn fixed(rule: &str, address: &str, text: &str) -> String {
    let found = diagnostics(address, text, &receiver(), &Known::new(false));
    let fix = found.iter().find(|found| found.rule == rule).unwrap().fix.clone().unwrap();
    format!("{}{}{}", &text[..fix.span.start], fix.replacement, &text[fix.span.end..])
}

/// A store of which no more is known than that there is every connection.
struct Beside;

impl DocumentContext for Beside {
    fn connection(&self, _: &str) -> ConnectionState<'_> {
        ConnectionState::Exists(None)
    }
}

/// What is found in a document of which nothing is known.
pub(in crate::check) fn judged(address: &str, text: &str, receiver: &ReceiverProfile) -> Vec<Diagnostic> {
    let found = diagnostics(address, text, receiver, &Beside);
    for diagnostic in &found {
        assert!(diagnostic.span.end <= text.len(), "{diagnostic:?}");
        assert!(!diagnostic.message.contains("s3cr3t"), "a value of the document: {diagnostic}");
    }
    found
}

/// As [`in_short`], of a document of which nothing is known.
pub(in crate::check) fn lines(address: &str, text: &str, rules: &[&str]) -> Vec<String> {
    in_short(&judged(address, text, &ReceiverProfile::default()), rules)
}
