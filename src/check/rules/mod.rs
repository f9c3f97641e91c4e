//! All rules for documents and for the text of drafts.

#[cfg(test)]
pub(super) mod fixture;
mod keys;
mod startup;
mod structure;
#[cfg(test)]
mod tests;

pub use keys::{IGNORED_KEY, LEFT_TO_EDIT, SUSPICIOUS_KEY};
pub use startup::{REFUSED_AT_START, UNROUTABLE_ID, UNUSABLE_DOCUMENT};
pub use structure::{MISSING_MEMBER, WRONG_VALUE};

use super::{ConnectionState, Diagnostic, DocumentInput, DraftInput, Reach, Rule, RuleCheck, Subject};
use crate::domain::json::{Severity, line_column, problems};
use crate::domain::{ResourceKey, escape};
use crate::text::MASK;
use crate::text::placeholders::unfillable;

/// The most diagnostics of one draft.
pub const MAX_DIAGNOSTICS: usize = 100;

/// By id.
static RULES: &[Rule] = &[
    REFUSED_AT_START,
    SUSPICIOUS_KEY,
    OPEN_TO_ANYONE,
    DANGLING_CONNECTION,
    IGNORED_KEY,
    UNROUTABLE_ID,
    UNUSABLE_DOCUMENT,
    BYTE_ORDER_MARK,
    INVALID_SYNTAX,
    UNFILLED_PLACEHOLDER,
    MASK_FOR_SECRET,
    SHARED_VARIABLE,
    LEFT_TO_EDIT,
    WRONG_VALUE,
    MISSING_MEMBER,
];

/// Rules that know less than others: what they find is left out where another rule says more of the same place.
const GENERAL: &[&str] = &[SUSPICIOUS_KEY.id, WRONG_VALUE.id, MISSING_MEMBER.id];

/// All rules, in the order in which diagnostics are found.
pub(super) fn all() -> &'static [Rule] {
    RULES
}

/// The rule of a diagnostic.
pub fn rule_of(diagnostic: &Diagnostic) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == diagnostic.rule)
}

/// What is shown of a subject, and how many diagnostics the context silences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    pub found: Vec<Diagnostic>,
    pub silenced: usize,
}

/// The diagnostics of all rules for a subject, in the order of the rules.
pub fn diagnose(subject: Subject<'_>) -> Vec<Diagnostic> {
    diagnose_counting(subject).found
}

/// As [`diagnose`], with the number of diagnostics that the context silences.
pub fn diagnose_counting(subject: Subject<'_>) -> Diagnosis {
    diagnose_by(subject, |_| true)
}

/// As [`diagnose_counting`], by some of the rules.
pub(super) fn diagnose_by(subject: Subject<'_>, is_wanted: impl Fn(&Rule) -> bool) -> Diagnosis {
    let mut found = Vec::new();
    for rule in RULES.iter().filter(|rule| is_wanted(rule)) {
        let mut of_rule = Vec::new();
        match (rule.check, subject) {
            (RuleCheck::Facts(check), Subject::Row(input) | Subject::Document(input))
            | (RuleCheck::Document(check), Subject::Document(input)) => check(rule, input, &mut of_rule),
            (RuleCheck::Draft(check), Subject::Draft(draft)) => check(rule, draft, &mut of_rule),
            _ => {}
        }
        found.append(&mut of_rule);
    }
    match subject {
        Subject::Draft(_) => Diagnosis { found, silenced: 0 },
        Subject::Row(input) | Subject::Document(input) => {
            leave_out_general(&mut found);
            input.receiver.rules.apply(found)
        }
    }
}

/// One diagnostic a place: a general rule is silent where a particular one is as serious.
fn leave_out_general(found: &mut Vec<Diagnostic>) {
    let is_general = |found: &Diagnostic| GENERAL.contains(&found.rule);
    let particular: Vec<_> =
        found.iter().filter(|found| !is_general(found) && !found.pointer.is_empty()).cloned().collect();
    let within = |pointer: &str, around: &str| {
        pointer.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    found.retain(|general| {
        !is_general(general)
            || !particular.iter().any(|particular| {
                within(&general.pointer, &particular.pointer)
                    && (particular.severity as u8) <= (general.severity as u8)
            })
    });
}

/// The table of rules in markdown; `UPDATE_DOCS=1 cargo test` writes it to docs/checks.md.
pub fn reference_table() -> String {
    let mut out = String::from(
        "| rule | name | severity | what it finds | its errors |\n| --- | --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let Rule { id, name, severity, summary, reach, .. } = rule;
        out +=
            &format!("| {id} | `{name}` | {} | {summary} | {} |\n", severity_word(*severity), reach.words());
    }
    out
}

/// As settings, tables and messages call a severity.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "hint",
    }
}

/// It names a connection that does not exist.
pub const DANGLING_CONNECTION: Rule = Rule {
    id: "L15",
    name: "dangling-connection",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a connection that does not exist",
    check: RuleCheck::Facts(dangling_connection),
};

fn dangling_connection(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let names = input.facts.connections.iter();
    for name in names.filter(|name| input.around.connection(name) == ConnectionState::Missing) {
        let message = format!("connection {} does not exist", escape(name.as_bytes()));
        found.push(Diagnostic { pointer: name.to_string(), ..rule.diagnostic(message) });
    }
}

/// Another id reads one of the variables of its own secrets.
pub const SHARED_VARIABLE: Rule = Rule {
    id: "S01",
    name: "shared-variable",
    severity: Severity::Warning,
    reach: Reach::Document,
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
    reach: Reach::Document,
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
    reach: Reach::Document,
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
    reach: Reach::Document,
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
    reach: Reach::Document,
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
    reach: Reach::Document,
    summary: "a mask in place of a secret",
    check: RuleCheck::Draft(mask_for_secret),
};

fn mask_for_secret(rule: &Rule, draft: DraftInput<'_>, found: &mut Vec<Diagnostic>) {
    if draft.concealed.is_none() && draft.text.contains(MASK) {
        let message = "the document holds a mask where a secret was; take it from get -o json";
        found.push(rule.diagnostic(message.into()));
    }
}
