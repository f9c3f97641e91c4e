//! All rules for documents, for the store that they are in, and for the text of drafts.

mod auth;
mod cleanup;
mod connections;
#[cfg(test)]
pub(super) mod fixture;
#[cfg(test)]
mod for_tests;
mod json;
mod keys;
mod modules;
mod own;
mod references;
mod secret;
mod startup;
mod steps;
mod store;
mod structure;
#[cfg(test)]
mod tests;

pub use auth::{
    CASELESS_KEY, CATCH_ALL_WEBHOOK, COMPETING_CHECKS, INEFFECTIVE_CHECK, INEXACT_ADDRESS, OPEN_TO_ANYONE,
    UNVERIFIED_TOKEN, WEAK_SIGNATURE,
};
pub use cleanup::CREDENTIAL_CLEANUP;
pub use connections::{
    CLICKHOUSE_CONNECTION, CONNECTION, REDIS_SETTINGS, UNUSABLE_CONNECTION, missing_connection,
};
pub use json::RECEIVER_ONLY_JSON;
pub use keys::{IGNORED_KEY, LEFT_TO_EDIT, SUSPICIOUS_KEY};
pub use modules::{BROKEN_MODULE, CONNECTION_OF_CHAIN, RATE_LIMIT, UNREDACTED_LOG, USELESS_RETRY};
pub use own::{DISABLED_OWN_RULE, UNJUDGED_BY_OWN_RULE};
pub use references::{
    ALTERED_DEFAULT, GREEDY_DEFAULT, GUESSABLE_SECRET, ILL_FORMED_REFERENCE, LITERAL_REFERENCE,
    PLAINTEXT_SECRET, ROTATED_SECRET, TEXT_FROM_REFERENCE, UNRESOLVED_REFERENCE,
};
pub use secret::UNREAD_FIELD;
pub use startup::{REFUSED_AT_START, UNROUTABLE_ID, UNUSABLE_DOCUMENT};
pub use store::UNREADABLE_STORE;
pub use structure::{MISSING_MEMBER, WRONG_VALUE};

use super::{Diagnostic, DocumentInput, DraftInput, Reach, Rule, RuleCheck, Subject};
use crate::domain::json::{Severity, line_column, problems};
use crate::text::MASK;
use crate::text::placeholders::unfillable;
#[cfg(test)]
use for_tests::RULES as RULES_FOR_TESTS;

/// The most diagnostics of one subject, and of one rule for it.
pub const MAX_DIAGNOSTICS: usize = 100;

/// By id: those of the catalogue, of JSON, of own rules, of own secrets, of templates, of values, and of drafts.
static RULES: &[Rule] = &[
    REFUSED_AT_START,
    UNRESOLVED_REFERENCE,
    ILL_FORMED_REFERENCE,
    GUESSABLE_SECRET,
    ALTERED_DEFAULT,
    GREEDY_DEFAULT,
    LITERAL_REFERENCE,
    TEXT_FROM_REFERENCE,
    SUSPICIOUS_KEY,
    INEFFECTIVE_CHECK,
    OPEN_TO_ANYONE,
    COMPETING_CHECKS,
    INEXACT_ADDRESS,
    CATCH_ALL_WEBHOOK,
    CONNECTION,
    BROKEN_MODULE,
    REDIS_SETTINGS,
    IGNORED_KEY,
    CONNECTION_OF_CHAIN,
    PLAINTEXT_SECRET,
    UNREDACTED_LOG,
    CREDENTIAL_CLEANUP,
    RATE_LIMIT,
    WEAK_SIGNATURE,
    UNVERIFIED_TOKEN,
    CASELESS_KEY,
    CLICKHOUSE_CONNECTION,
    UNROUTABLE_ID,
    UNUSABLE_DOCUMENT,
    ROTATED_SECRET,
    USELESS_RETRY,
    UNREADABLE_STORE,
    UNUSABLE_CONNECTION,
    RECEIVER_ONLY_JSON,
    DISABLED_OWN_RULE,
    UNJUDGED_BY_OWN_RULE,
    SHARED_VARIABLE,
    UNREAD_FIELD,
    LEFT_TO_EDIT,
    WRONG_VALUE,
    MISSING_MEMBER,
    BYTE_ORDER_MARK,
    INVALID_SYNTAX,
    UNFILLED_PLACEHOLDER,
    MASK_FOR_SECRET,
];

/// Rules that know less than others: what they find is left out where another rule says more of the same place.
const GENERAL: &[&str] = &[SUSPICIOUS_KEY.id, WRONG_VALUE.id, MISSING_MEMBER.id];

/// All rules, in the order in which diagnostics are found.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(RULES_FOR_TESTS)
}

/// The rule with an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// The rule of a diagnostic.
pub fn rule_of(diagnostic: &Diagnostic) -> Option<&'static Rule> {
    rule(diagnostic.rule)
}

/// What is shown of a subject, and how many diagnostics the context silences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    pub found: Vec<Diagnostic>,
    pub silenced: usize,
}

impl Diagnosis {
    pub fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.silenced += other.silenced;
    }
}

/// The diagnostics of all rules for a subject, in the order of the rules; the worst, if there are too many.
pub fn diagnose(subject: Subject<'_, '_>) -> Vec<Diagnostic> {
    diagnose_counting(subject).found
}

/// As [`diagnose`], with the number of diagnostics that the context silences.
pub fn diagnose_counting(subject: Subject<'_, '_>) -> Diagnosis {
    diagnose_by(subject, |_| true)
}

/// As [`diagnose_counting`], by some of the rules.
pub(super) fn diagnose_by(subject: Subject<'_, '_>, is_wanted: impl Fn(&Rule) -> bool) -> Diagnosis {
    let mut found = Vec::new();
    for rule in all().filter(|rule| is_wanted(rule)) {
        let mut of_rule = Vec::new();
        match (rule.check, subject) {
            (RuleCheck::Facts(check), Subject::Row(input) | Subject::Document(input))
            | (RuleCheck::RowOrDocument(check, _), Subject::Row(input))
            | (RuleCheck::RowOrDocument(_, check) | RuleCheck::Document(check), Subject::Document(input)) => {
                check(rule, input, &mut of_rule);
            }
            (RuleCheck::Store(check), Subject::Store(store)) => check(rule, store, &mut of_rule),
            (RuleCheck::Secret(check), Subject::Secret(secret)) => check(rule, secret, &mut of_rule),
            (RuleCheck::Draft(check), Subject::Draft(draft)) => check(rule, draft, &mut of_rule),
            _ => {}
        }
        found.append(&mut of_rule);
    }
    leave_out_general(&mut found);
    let mut diagnosis = match subject {
        Subject::Draft(_) => Diagnosis { found, silenced: 0 },
        Subject::Store(store) => store.receiver.rules.apply(found),
        Subject::Secret(secret) => secret.receiver.rules.apply(found),
        Subject::Row(input) | Subject::Document(input) => input.receiver.rules.apply(found),
    };
    if diagnosis.found.len() > MAX_DIAGNOSTICS {
        diagnosis.found.sort_by_key(|found| found.severity);
        diagnosis.found.truncate(MAX_DIAGNOSTICS);
    }
    diagnosis
}

/// One diagnostic a fault: a general rule is silent where a particular one says more of it. Of a misspelt member only
/// its name counts: it is the cause of what is said of the whole block, and nothing said of its value.
fn leave_out_general(found: &mut Vec<Diagnostic>) {
    let is_general = |found: &Diagnostic| GENERAL.contains(&found.rule);
    let (general, mut particular): (Vec<_>, Vec<_>) = found.iter().cloned().partition(is_general);
    let mut left_out = Vec::new();
    for general in &general {
        let by = particular.iter_mut().filter(|it| !it.pointer.is_empty()).find(|it| tells_more(it, general));
        if let Some(particular) = by {
            // It is no less serious because it is told by another rule.
            particular.severity = particular.severity.min(general.severity);
            left_out.push((general.rule, general.span, general.pointer.clone()));
        }
    }
    let mut particular = particular.into_iter();
    for one in found.iter_mut().filter(|it| !is_general(it)) {
        one.severity = particular.next().map_or(one.severity, |it| it.severity);
    }
    found.retain(|it| !is_general(it) || !left_out.contains(&(it.rule, it.span, it.pointer.clone())));
}

/// Whether a diagnostic of a particular rule is about the fault that a general one tells.
fn tells_more(particular: &Diagnostic, general: &Diagnostic) -> bool {
    if general.rule == SUSPICIOUS_KEY.id {
        return general.span == particular.span && particular.severity <= general.severity;
    }
    let step = |name: &str| general.pointer.rsplit('.').next() == Some(name);
    let rest = general.pointer.strip_prefix(&*particular.pointer);
    let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    match (particular.rule, rest) {
        // What it says of one value is the same fault, however serious the schema takes it.
        (rule, Some("")) if rule == UNUSABLE_CONNECTION.id => true,
        // It is about the member that is missing, and stands where something else was written for it.
        (rule, _) if rule == REDIS_SETTINGS.id && general.rule == MISSING_MEMBER.id => step("redis"),
        // It names the member that makes the block useless; others have faults of their own.
        (rule, Some(rest)) if rule == INEFFECTIVE_CHECK.id && !rest.is_empty() => {
            let member = rest.trim_start_matches('.').split(['.', '[']).next().unwrap_or_default();
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let mut words = particular.message.split(|c| !is_name(c));
            words.any(|word| word == member || word == "ignored")
        }
        (_, Some(_)) => particular.severity <= general.severity,
        (_, None) => false,
    }
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

#[cfg(not(test))]
static RULES_FOR_TESTS: &[Rule] = &[];
