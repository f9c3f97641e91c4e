//! Documents judged alone, for the tests of rules.

use crate::check::{
    ConnectionState, Diagnostic, DocumentContext, DocumentInput, ReceiverProfile, Subject, diagnose,
};
use crate::domain::json::Severity;
use crate::domain::{Address, Masking, SecretNames};
use crate::inventory::Facts;

/// A store in which there is every connection.
struct Beside;

impl DocumentContext for Beside {
    fn connection(&self, _: &str) -> ConnectionState<'_> {
        ConnectionState::Exists(None)
    }
}

pub(in crate::check) fn judged(address: &str, text: &str, receiver: &ReceiverProfile) -> Vec<Diagnostic> {
    let Address(key) = address.parse().unwrap();
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    let found = diagnose(Subject::Document(&DocumentInput::new(&key, &facts, receiver, &Beside)));
    for diagnostic in &found {
        assert!(diagnostic.span.end <= text.len(), "{diagnostic:?}");
        assert!(!diagnostic.message.contains("s3cr3t"), "a value of the document: {diagnostic}");
    }
    found
}

/// What some rules find, in a line each: `L01 E module`.
pub(in crate::check) fn lines(address: &str, text: &str, rules: &[&str]) -> Vec<String> {
    let found = judged(address, text, &ReceiverProfile::default());
    let of_rules = found.iter().filter(|found| rules.contains(&found.rule));
    let line = |found: &Diagnostic| {
        let severity = match found.severity {
            Severity::Error => 'E',
            Severity::Warning => 'W',
            Severity::Info => 'I',
        };
        format!("{} {severity} {}", found.rule, found.pointer).trim_end().to_owned()
    };
    of_rules.map(line).collect()
}
