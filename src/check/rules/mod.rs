//! All rules, a row each.

mod byte_order_mark;
mod dangling_connection;
mod mask;
mod open_to_anyone;
mod placeholder;
mod shared_variable;
mod syntax;
mod unroutable;
mod unusable;

pub use byte_order_mark::ByteOrderMark;
pub use dangling_connection::DanglingConnection;
pub use mask::MaskForSecret;
pub use open_to_anyone::OpenToAnyone;
pub use placeholder::UnfilledPlaceholder;
pub use shared_variable::SharedVariable;
pub use syntax::{InvalidSyntax, MAX_DIAGNOSTICS};
pub use unroutable::UnroutableId;
pub use unusable::UnusableDocument;

use super::{Diagnostic, Rule, Subject};

static RULES: [&dyn Rule; 9] = [
    &UnroutableId,
    &UnusableDocument,
    &DanglingConnection,
    &SharedVariable,
    &OpenToAnyone,
    &ByteOrderMark,
    &InvalidSyntax,
    &UnfilledPlaceholder,
    &MaskForSecret,
];

/// What all rules say of a subject, in their order.
pub fn diagnose(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    RULES.iter().for_each(|rule| rule.check(subject, &mut found));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Surroundings;
    use crate::domain::{Address, DocumentKind};
    use crate::inventory::Facts;

    struct Alone;

    impl Surroundings for Alone {
        fn lacks_connection(&self, name: &str) -> bool {
            name != "known"
        }
    }

    fn of_document(address: &str, text: &str) -> Vec<String> {
        let Address(key) = address.parse().unwrap();
        let facts = Facts::scan(DocumentKind::of(&key), &text.into());
        let found = diagnose(Subject::Document { key: &key, facts: &facts, around: &Alone });
        found.iter().map(|found| format!("{} {:?} {found}", found.rule, found.severity)).collect()
    }

    #[test]
    fn a_document_is_judged_by_what_it_says_and_by_what_is_around_it() {
        let text = r#"{"connection": "known", "chain": [{"connection": "gone"}], "hmac": {"secret": "x"}}"#;
        assert_eq!(
            of_document("a/health", text),
            [
                "unroutable-id Warning this id is reserved by the receiver",
                "dangling-connection Warning connection gone does not exist",
            ]
        );
        assert_eq!(of_document("a/one", "{}"), ["open-to-anyone Info none: open to anyone"]);
        assert_eq!(of_document("a/one", "[]"), ["unusable-document Error JSON, but not an object"]);
        assert_eq!(of_document("key:x/y/z/w", ""), ["unusable-document Info empty value"]);
        assert!(of_document("connections/c", "{}").is_empty());
    }

    #[test]
    fn a_draft_is_judged_by_its_text() {
        let rules = |text, concealed, byte_order_mark| {
            let found = diagnose(Subject::Draft { text, concealed, byte_order_mark });
            found.into_iter().map(|found| (found.rule, found.place)).collect::<Vec<_>>()
        };
        assert!(rules("{\"a\": \"\u{2039}kept:1\u{203a} \u{2022}\"}", Some(1), false).is_empty());
        assert_eq!(
            rules("{\n\"a\": \"\u{2039}kept:1\u{203a}\",}", Some(0), true),
            [
                ("byte-order-mark", Some((1, 1))),
                ("invalid-syntax", Some((2, 16))),
                ("unfilled-placeholder", Some((2, 7))),
            ]
        );
        assert_eq!(rules(&format!("{{\"a\": \"{}\"}}", crate::text::MASK), None, false).len(), 1);
    }

    #[test]
    fn no_two_rules_share_an_id() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
