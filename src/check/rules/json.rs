//! JSON that the receiver takes and other readers do not.

use super::{Diagnostic, DocumentInput, MAX_DIAGNOSTICS, Reach, Rule, RuleCheck};
use crate::domain::json::{Severity, line_column, oddities};

/// The receiver serves it; `jq`, and most programs that are not written in Python, refuse it or read another value.
pub const RECEIVER_ONLY_JSON: Rule = Rule {
    id: "J01",
    name: "receiver-only-json",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "JSON that the receiver takes, and other readers refuse or read as another value",
    check: RuleCheck::Document(receiver_only_json),
};

fn receiver_only_json(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    // What the receiver does not take is an error of another rule.
    let Some(root) = input.root() else { return };
    let text = input.text();
    found.extend(oddities(root, text, MAX_DIAGNOSTICS).into_iter().map(|(span, oddity)| Diagnostic {
        span,
        place: Some(line_column(text, span.start)),
        ..rule.diagnostic(oddity.reason().into())
    }));
}
