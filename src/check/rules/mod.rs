//! All rules for documents and for the text of drafts.

use super::{ConnectionState, Diagnostic, DocumentInput, DraftInput, Rule, RuleCheck, Subject};
use crate::domain::json::{Severity, line_column, problems};
use crate::domain::{ResourceKey, escape};
use crate::text::MASK;
use crate::text::placeholders::unfillable;

/// The most diagnostics of one draft.
pub const MAX_DIAGNOSTICS: usize = 100;

static RULES: [Rule; 9] = [
    UNROUTABLE_ID,
    UNUSABLE_DOCUMENT,
    DANGLING_CONNECTION,
    SHARED_VARIABLE,
    OPEN_TO_ANYONE,
    BYTE_ORDER_MARK,
    INVALID_SYNTAX,
    UNFILLED_PLACEHOLDER,
    MASK_FOR_SECRET,
];

/// All rules, in the order of their ids within a theme.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(RULES_FOR_TESTS)
}

/// The rule with an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// The diagnostics of all rules for a subject, in the order of the rules.
pub fn diagnose(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in all() {
        match (rule.check, subject) {
            (RuleCheck::Facts(check), Subject::Row(input) | Subject::Document(input))
            | (RuleCheck::Document(check), Subject::Document(input)) => check(rule, input, &mut found),
            (RuleCheck::Draft(check), Subject::Draft(draft)) => check(rule, draft, &mut found),
            _ => {}
        }
    }
    found
}

/// The receiver answers 400 for its id.
pub const UNROUTABLE_ID: Rule = Rule {
    id: "L28",
    name: "unroutable-id",
    severity: Severity::Warning,
    summary: "an id that the receiver answers 400 for",
    check: RuleCheck::Facts(unroutable_id),
};

fn unroutable_id(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if let ResourceKey::Webhook { id, .. } = input.key {
        found.extend(id.unroutable().map(|reason| rule.diagnostic(reason.into())));
    }
}

/// The receiver cannot use it at all: it is empty, not text, not JSON, or not an object.
pub const UNUSABLE_DOCUMENT: Rule = Rule {
    id: "L29",
    name: "unusable-document",
    severity: Severity::Error,
    summary: "a document that is empty, not text, not JSON or not an object",
    check: RuleCheck::Facts(unusable_document),
};

fn unusable_document(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(error) = &input.facts.error {
        // The receiver ignores a foreign key's value, so nothing can be wrong with it.
        let severity = if input.key.is_foreign() { Severity::Info } else { rule.severity };
        found.push(Diagnostic { severity, ..rule.diagnostic(error.to_string()) });
    }
}

/// It names a connection that does not exist.
pub const DANGLING_CONNECTION: Rule = Rule {
    id: "L15",
    name: "dangling-connection",
    severity: Severity::Warning,
    summary: "a connection that does not exist",
    check: RuleCheck::Facts(dangling_connection),
};

fn dangling_connection(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let is_missing = |name: &&Box<str>| input.around.connection(name) == ConnectionState::Missing;
    for name in input.facts.connections.iter().filter(is_missing) {
        let message = format!("connection {} does not exist", escape(name.as_bytes()));
        found.push(Diagnostic { pointer: name.to_string(), ..rule.diagnostic(message) });
    }
}

/// Another id reads one of the variables of its own secrets.
pub const SHARED_VARIABLE: Rule = Rule {
    id: "S01",
    name: "shared-variable",
    severity: Severity::Warning,
    summary: "a variable of an own secret that another id reads too",
    check: RuleCheck::Facts(shared_variable),
};

fn shared_variable(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if input.around.has_variable_conflict() {
        found.push(rule.diagnostic("another id reads one of its variables".into()));
    }
}

/// The webhook accepts requests without authentication.
pub const OPEN_TO_ANYONE: Rule = Rule {
    id: "L11",
    name: "open-to-anyone",
    severity: Severity::Info,
    summary: "a webhook that accepts requests without authentication",
    check: RuleCheck::Facts(open_to_anyone),
};

fn open_to_anyone(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let is_webhook = matches!(input.key, ResourceKey::Webhook { .. });
    if is_webhook && input.facts.error.is_none() && input.facts.auth.is_open() && !input.around.has_own_auth()
    {
        found.push(rule.diagnostic("none: open to anyone".into()));
    }
}

/// A byte order mark is stored before the text.
pub const BYTE_ORDER_MARK: Rule = Rule {
    id: "D01",
    name: "byte-order-mark",
    severity: Severity::Warning,
    summary: "a byte order mark before the text",
    check: RuleCheck::Draft(byte_order_mark),
};

fn byte_order_mark(rule: &Rule, draft: DraftInput<'_>, found: &mut Vec<Diagnostic>) {
    if draft.byte_order_mark {
        let message = "a byte order mark is stored before this text; the receiver cannot read it in a file";
        found.push(Diagnostic { place: Some((1, 1)), ..rule.diagnostic(message.into()) });
    }
}

/// The text is not a JSON object, or the receiver reads it in an unexpected way.
pub const INVALID_SYNTAX: Rule = Rule {
    id: "D02",
    name: "invalid-syntax",
    severity: Severity::Error,
    summary: "a text that is not a JSON object, or is read in an unexpected way",
    check: RuleCheck::Draft(invalid_syntax),
};

fn invalid_syntax(rule: &Rule, draft: DraftInput<'_>, found: &mut Vec<Diagnostic>) {
    found.extend(problems(draft.text, MAX_DIAGNOSTICS).into_iter().map(|problem| Diagnostic {
        severity: problem.severity,
        span: problem.span,
        place: Some((problem.line, problem.column)),
        remedy: problem.expected,
        fix: problem.fix,
        ..rule.diagnostic(problem.reason)
    }));
}

/// A placeholder has no original.
pub const UNFILLED_PLACEHOLDER: Rule = Rule {
    id: "D03",
    name: "unfilled-placeholder",
    severity: Severity::Error,
    summary: "a placeholder without an original",
    check: RuleCheck::Draft(unfilled_placeholder),
};

fn unfilled_placeholder(rule: &Rule, draft: DraftInput<'_>, found: &mut Vec<Diagnostic>) {
    let DraftInput { text, concealed, .. } = draft;
    found.extend(unfillable(text, concealed.unwrap_or(0)).take(MAX_DIAGNOSTICS).map(|(span, reason)| {
        Diagnostic { span, place: Some(line_column(text, span.start)), ..rule.diagnostic(reason.into()) }
    }));
}

/// There is a mask in place of a secret.
pub const MASK_FOR_SECRET: Rule = Rule {
    id: "D04",
    name: "mask-for-secret",
    severity: Severity::Error,
    summary: "a mask in place of a secret",
    check: RuleCheck::Draft(mask_for_secret),
};

fn mask_for_secret(rule: &Rule, draft: DraftInput<'_>, found: &mut Vec<Diagnostic>) {
    if draft.concealed.is_none() && draft.text.contains(MASK) {
        let message = "the document holds a mask where a secret was; take it from get -o json";
        found.push(rule.diagnostic(message.into()));
    }
}

#[cfg(not(test))]
static RULES_FOR_TESTS: &[Rule] = &[];
#[cfg(test)]
use for_tests::RULES as RULES_FOR_TESTS;

/// Rules that read all of a document, for the tests of what runs and shows them: they say what the document
/// tells them to.
#[cfg(test)]
mod for_tests {
    use super::*;

    pub(super) static RULES: &[Rule] = &[
        Rule {
            id: "X01",
            name: "told-error",
            severity: Severity::Error,
            summary: "a document that names an error of its own",
            check: RuleCheck::Document(|rule, input, found| told(rule, "x-error", input, found)),
        },
        Rule {
            id: "X02",
            name: "told-warning",
            severity: Severity::Warning,
            summary: "a document that names a warning of its own",
            check: RuleCheck::Document(|rule, input, found| told(rule, "x-warning", input, found)),
        },
        Rule {
            id: "X03",
            name: "told-surroundings",
            severity: Severity::Info,
            summary: "a document that asks what is around it",
            check: RuleCheck::Document(surroundings),
        },
    ];

    /// The document if it says this anywhere.
    fn root_if<'i>(input: &'i DocumentInput<'_>, name: &str) -> Option<&'i crate::domain::json::Node> {
        input.text().contains(name).then(|| input.root()).flatten()
    }

    fn surroundings(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
        if root_if(input, "x-around").is_none() {
            return;
        }
        let around = input.around;
        let other = input.facts.module.as_deref().map(|kind| around.has_other_of_type(kind));
        let (unused, same) = (around.is_unused(), around.same_id_in());
        found.push(rule.diagnostic(format!("unused {unused}, another {other:?}, same id in {same:?}")));
    }

    /// One diagnostic for a member of a chain's step or of the document itself.
    fn told(rule: &Rule, name: &str, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
        // Other documents are not parsed for it, which tests count.
        let Some(root) = root_if(input, name) else { return };
        let steps = root.member("chain").map(|chain| &chain.value.value);
        let steps = match steps {
            Some(crate::domain::json::NodeValue::Array(steps)) => steps.as_slice(),
            _ => &[],
        };
        let of_steps = steps.iter().zip(0..).map(|(step, at)| (format!("chain[{at}]."), step));
        for (before, node) in of_steps.chain([(String::new(), root)]) {
            let Some(member) = node.member(name) else { continue };
            found.push(Diagnostic {
                span: member.key,
                place: Some(line_column(input.text(), member.key.start)),
                pointer: format!("{before}{name}"),
                remedy: "take it out",
                ..rule.diagnostic(format!("{name} is set"))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{DocumentContext, ReceiverProfile};
    use crate::domain::{Address, Masking, SecretNames};
    use crate::inventory::Facts;

    struct Alone;

    impl DocumentContext for Alone {
        fn connection(&self, name: &str) -> ConnectionState<'_> {
            if name == "known" { ConnectionState::Exists(None) } else { ConnectionState::Missing }
        }
    }

    fn of_document(address: &str, text: &str) -> Vec<String> {
        let Address(key) = address.parse().unwrap();
        let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
        let receiver = ReceiverProfile::default();
        let found = diagnose(Subject::Document(&DocumentInput::new(&key, &facts, &receiver, &Alone)));
        found.iter().map(|found| format!("{} {:?} {found}", found.rule, found.severity)).collect()
    }

    #[test]
    fn a_document_is_judged_by_what_it_says_and_by_what_is_around_it() {
        let text = r#"{"connection": "known", "chain": [{"connection": "gone"}], "hmac": {"secret": "x"}}"#;
        assert_eq!(
            of_document("a/health", text),
            ["L28 Warning this id is reserved by the receiver", "L15 Warning connection gone does not exist",]
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
    fn no_two_rules_share_an_id() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
