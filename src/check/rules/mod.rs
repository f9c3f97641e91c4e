//! All rules for documents and for the text of drafts.

mod cleanup;
mod connections;
mod modules;
mod references;
mod steps;
mod store;

pub use cleanup::CREDENTIAL_CLEANUP;
pub use connections::{CLICKHOUSE_CONNECTION, CONNECTION, REDIS_SETTINGS, UNUSABLE_CONNECTION};
pub use modules::{BROKEN_MODULE, CONNECTION_OF_CHAIN, RATE_LIMIT, UNREDACTED_LOG, USELESS_RETRY};
pub use references::{
    ALTERED_DEFAULT, GREEDY_DEFAULT, GUESSABLE_SECRET, ILL_FORMED_REFERENCE, LITERAL_REFERENCE,
    PLAINTEXT_SECRET, ROTATED_SECRET, TEXT_FROM_REFERENCE, UNRESOLVED_REFERENCE,
};
pub use store::UNREADABLE_STORE;

use super::{Diagnostic, DocumentInput, DraftInput, Rule, RuleCheck, Subject};
use crate::domain::json::{Severity, line_column, problems};
use crate::domain::{ResourceKey, escape};
use crate::text::MASK;
use crate::text::placeholders::unfillable;

/// The most diagnostics of one subject, and of one rule for it.
pub const MAX_DIAGNOSTICS: usize = 100;

/// By id.
const RULES: [Rule; 28] = [
    BYTE_ORDER_MARK,
    INVALID_SYNTAX,
    UNFILLED_PLACEHOLDER,
    MASK_FOR_SECRET,
    UNRESOLVED_REFERENCE,
    ILL_FORMED_REFERENCE,
    GUESSABLE_SECRET,
    ALTERED_DEFAULT,
    GREEDY_DEFAULT,
    LITERAL_REFERENCE,
    TEXT_FROM_REFERENCE,
    OPEN_TO_ANYONE,
    CONNECTION,
    BROKEN_MODULE,
    REDIS_SETTINGS,
    CONNECTION_OF_CHAIN,
    PLAINTEXT_SECRET,
    UNREDACTED_LOG,
    CREDENTIAL_CLEANUP,
    RATE_LIMIT,
    CLICKHOUSE_CONNECTION,
    UNROUTABLE_ID,
    UNUSABLE_DOCUMENT,
    ROTATED_SECRET,
    USELESS_RETRY,
    UNREADABLE_STORE,
    UNUSABLE_CONNECTION,
    SHARED_VARIABLE,
];

/// The diagnostics of all rules for a subject, in the order of the rules; the worst, if there are too many.
pub fn diagnose(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in &RULES {
        match (rule.check, subject) {
            (RuleCheck::Facts(check), Subject::Row(input) | Subject::Document(input))
            | (RuleCheck::RowOrDocument(check, _), Subject::Row(input))
            | (RuleCheck::RowOrDocument(_, check) | RuleCheck::Document(check), Subject::Document(input)) => {
                check(rule, input, &mut found);
            }
            (RuleCheck::Store(check), Subject::Store(store)) => check(rule, store, &mut found),
            (RuleCheck::Draft(check), Subject::Draft(draft)) => check(rule, draft, &mut found),
            _ => {}
        }
    }
    if found.len() > MAX_DIAGNOSTICS {
        found.sort_by_key(|found| found.severity);
        found.truncate(MAX_DIAGNOSTICS);
    }
    found
}

/// The longest name in a message, in characters.
const MAX_NAME: usize = 80;

/// A name as messages write it.
fn shown(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}\u{2026}", escape(name.get(..end).unwrap_or_default().as_bytes())),
        None => escape(name.as_bytes()).into_owned(),
    }
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

#[cfg(test)]
mod tests;
