//! Own rules: those of a context, each an expression in CEL that is true of a document that violates it.

#[cfg(feature = "own-rules")]
mod cel_value;
#[cfg(feature = "applications")]
mod conditions;
#[cfg(feature = "own-rules")]
mod expression;
#[cfg(not(feature = "own-rules"))]
#[path = "not_built_in.rs"]
mod expression;
#[cfg(test)]
#[cfg(feature = "own-rules")]
mod hostile_tests;
mod interned;
mod judge;
#[cfg(feature = "own-rules")]
mod meter;
mod stack;
#[cfg(test)]
#[cfg(feature = "own-rules")]
mod tests;
#[cfg(feature = "own-rules")]
mod vet;

use std::sync::Arc;

use self::expression::Expression;
use self::interned::interned;
use self::stack::on_own_stack;
use super::diagnostic::RuleCheck;
use super::rules::DISABLED_OWN_RULE;
use super::{Diagnostic, Reach, Rule, find_rule};
use crate::domain::json::Severity;
use crate::domain::{DocumentKind, Finding};
#[cfg(feature = "applications")]
pub(crate) use conditions::{compile_conditions, judge_conditions};
#[cfg(feature = "applications")]
pub(crate) use expression::{Evaluation, Expression as Condition, ExpressionNames};
pub use judge::{Overrun, OwnFindings};

/// The most own rules of a context.
pub(crate) const MAX_OWN_RULES: usize = 100;

/// The longest id of an own rule, and the longest of its other texts.
const MAX_ID: usize = 64;
const MAX_TEXT: usize = 400;

/// An own rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRuleText {
    pub id: String,
    pub severity: Severity,
    /// What is wrong with a document for which `when` is true.
    pub message: String,
    /// What to do about it; it may be empty.
    pub remedy: String,
    /// The violation: an expression over `self`, `key` and `kind`.
    pub when: String,
    /// The kinds of documents that it judges; all if there is none.
    pub kinds: Vec<DocumentKind>,
}

/// Why an own rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRuleMistake {
    /// The byte offset in its expression, if it is a mistake in that.
    pub at: Option<usize>,
    pub reason: String,
}

#[derive(Debug)]
#[cfg_attr(not(feature = "own-rules"), allow(dead_code, reason = "there is none then"))]
struct OwnRule {
    /// As those see it that show its findings.
    rule: Rule,
    remedy: &'static str,
    text: OwnRuleText,
    when: Expression,
}

/// The own rules of a context, and those that are disabled, each with the reason.
#[derive(Debug, Clone, Default)]
pub struct OwnRules {
    rules: Vec<Arc<OwnRule>>,
    disabled: Vec<DisabledOwnRule>,
}

/// An own rule that judges nothing.
#[derive(Debug, Clone)]
struct DisabledOwnRule {
    /// Nothing if it has none that can be used.
    rule: Option<Rule>,
    /// Which rule, where, and why.
    reason: String,
    remedy: &'static str,
}

impl OwnRuleMistake {
    fn of_rule(reason: impl Into<String>) -> Self {
        Self { at: None, reason: reason.into() }
    }
}

impl OwnRules {
    /// Adds a rule.
    ///
    /// # Errors
    /// What is wrong with it; it is not among [`OwnRules::rules`] then.
    pub fn add(&mut self, text: &OwnRuleText) -> Result<(), OwnRuleMistake> {
        let rule = self.rule_of(text)?;
        let compile = || Expression::over_document(&text.when);
        let when = on_own_stack(stack::OF_PARSER, compile)
            .unwrap_or_else(|why| Err(OwnRuleMistake::of_rule(why.to_owned())))?;
        let remedy = interned(&text.remedy);
        self.rules.push(Arc::new(OwnRule { rule, remedy, text: text.clone(), when }));
        Ok(())
    }

    /// Takes note of a rule that cannot be used, by its text as far as it has one.
    pub fn disable(&mut self, text: Option<&OwnRuleText>, reason: String) {
        let rule = text.and_then(|text| self.rule_of(text).ok());
        let remedy = "correct it in the config file; no document is judged by it until then";
        self.disabled.push(DisabledOwnRule { rule, reason, remedy });
    }

    /// The same without rules that cost too much.
    #[must_use]
    pub fn without(&self, overruns: &[Overrun]) -> Self {
        let mut left = self.clone();
        for overrun in overruns {
            let (out, rules): (Vec<_>, _) =
                left.rules.into_iter().partition(|own| own.rule.id == overrun.rule);
            left.rules = rules;
            left.disabled.extend(out.iter().map(|own| DisabledOwnRule {
                rule: Some(own.rule),
                reason: overrun.to_string(),
                remedy: "let it loop over less, and test what rules most documents out first",
            }));
        }
        left
    }

    /// What a rule looks like to those that show its findings, without what is wrong with its expression.
    fn rule_of(&self, text: &OwnRuleText) -> Result<Rule, OwnRuleMistake> {
        let OwnRuleText { id, severity, message, remedy, .. } = text;
        let refused = |reason: &str| Err(OwnRuleMistake::of_rule(reason));
        if let Some(reason) = wrong_id(id) {
            return Err(OwnRuleMistake::of_rule(reason));
        }
        if self.rules().any(|rule| rule.id.eq_ignore_ascii_case(id)) {
            return refused("another own rule has this id");
        }
        if self.rules.len() >= MAX_OWN_RULES {
            return refused(&format!("a context has at most {MAX_OWN_RULES} own rules"));
        }
        if let Some(reason) = wrong_words(message, remedy) {
            return Err(OwnRuleMistake::of_rule(reason));
        }
        let id = interned(id);
        Ok(Rule {
            id,
            name: id,
            severity: *severity,
            reach: Reach::Document,
            summary: interned(message),
            check: RuleCheck::OwnRules,
        })
    }

    /// Whether no document is judged by any.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Those that judge documents.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|own| &own.rule)
    }

    /// The rule with an id, disabled or not.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let disabled = self.disabled.iter().filter_map(|disabled| disabled.rule.as_ref());
        self.rules().chain(disabled).find(|rule| rule.id.eq_ignore_ascii_case(id))
    }

    /// What is said of those that are disabled, by the health of the settings.
    pub fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.disabled.iter().map(|disabled| Finding::fault(disabled.reason.as_str(), disabled.remedy))
    }

    /// What is said of those that are disabled, by checks.
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        let diagnostic = |disabled: &DisabledOwnRule| DISABLED_OWN_RULE.diagnostic(disabled.reason.clone());
        self.disabled
            .iter()
            .map(move |disabled| Diagnostic { remedy: disabled.remedy, ..diagnostic(disabled) })
    }
}

impl PartialEq for OwnRules {
    fn eq(&self, other: &Self) -> bool {
        let texts = |own: &Self| own.rules.iter().map(|own| own.text.clone()).collect::<Vec<_>>();
        let reasons = |own: &Self| own.disabled.iter().map(|own| own.reason.clone()).collect::<Vec<_>>();
        texts(self) == texts(other) && reasons(self) == reasons(other)
    }
}

impl Eq for OwnRules {}

/// Why a rule cannot say this.
pub(crate) fn wrong_words(message: &str, remedy: &str) -> Option<String> {
    if message.trim().is_empty() {
        return Some("its message is empty".into());
    }
    if message.chars().chain(remedy.chars()).any(char::is_control) {
        return Some("its message and its remedy are one line each, without control characters".into());
    }
    let is_long = message.len().max(remedy.len()) > MAX_TEXT;
    is_long.then(|| format!("its message and its remedy have at most {MAX_TEXT} bytes each"))
}

/// Why no rule can have this id.
pub(crate) fn wrong_rule_id(id: &str) -> Option<String> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_word = !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(is_letter);
    (!is_word).then(|| format!("an id is 1 to {MAX_ID} letters, digits, - and _"))
}

/// Why an id cannot be that of an own rule.
fn wrong_id(id: &str) -> Option<String> {
    let is_catalogue = matches!(id.as_bytes(), [letter, tens, ones]
        if letter.is_ascii_alphabetic() && tens.is_ascii_digit() && ones.is_ascii_digit());
    if let Some(reason) = wrong_rule_id(id) {
        return Some(reason);
    }
    if is_catalogue {
        return Some("ids of a letter and two digits are those of confdeck's rules; choose another".into());
    }
    find_rule(id).ok().map(|rule| format!("{id} is {} of confdeck's rules; choose another id", rule.id))
}
