//! What is said of own rules themselves: those that are disabled, and documents that they cannot judge.

use crate::check::{Reach, Rule, RuleCheck};
use crate::domain::json::Severity;

/// An own rule judges nothing.
pub const DISABLED_OWN_RULE: Rule = Rule {
    id: "O01",
    name: "disabled-own-rule",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "an own rule that judges nothing, because of a mistake in it or because it costs too much",
    check: RuleCheck::OwnRules,
};

/// An own rule cannot tell whether a document violates it.
pub const UNJUDGED_BY_OWN_RULE: Rule = Rule {
    id: "O02",
    name: "unjudged-by-own-rule",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a document that own rules, or one of them, cannot judge",
    check: RuleCheck::OwnRules,
};
