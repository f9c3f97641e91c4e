//! What own rules say of documents.

use std::fmt;

#[cfg(feature = "own-rules")]
use super::cel_value::CelScope;
#[cfg(feature = "own-rules")]
use super::expression::Evaluation;
use super::{OwnRules, on_own_stack, stack};
use crate::check::Diagnostic;
use crate::check::rules::UNJUDGED_BY_OWN_RULE;
use crate::domain::ResourceKey;
#[cfg(feature = "own-rules")]
use crate::domain::{DocumentKind, json::Severity};

/// What own rules found, and which of them cost too much.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnFindings {
    /// By document, in the order in which they were given.
    pub found: Vec<Vec<Diagnostic>>,
    /// Nothing was found by these: what they would have found elsewhere is not known.
    pub overruns: Vec<Overrun>,
}

/// An own rule that took more steps for a document than there are for one of its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overrun {
    /// The id of the rule.
    pub rule: &'static str,
    pub key: ResourceKey,
    /// How many steps there were.
    pub most: u64,
    /// The size of the document.
    pub bytes: usize,
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, key, most, bytes } = self;
        write!(f, "the own rule {rule} is disabled: it takes more than the {most} steps that it has for ")?;
        write!(f, "{key} ({bytes} bytes)")
    }
}

impl OwnRules {
    /// What is found in documents that are texts. It takes long enough to keep it off an event loop, and a thread of
    /// its own with much stack; a rule is left out as soon as it costs too much.
    pub fn judge(&self, documents: &[(&ResourceKey, &str)]) -> OwnFindings {
        let nothing = || OwnFindings { found: vec![Vec::new(); documents.len()], overruns: Vec::new() };
        if self.is_empty() {
            return nothing();
        }
        on_own_stack(stack::OF_INTERPRETER, || self.judge_here(documents)).unwrap_or_else(|why| {
            let failed = |_: &_| vec![unjudged(format!("own rules judge nothing here: {why}"), "")];
            OwnFindings { found: documents.iter().map(failed).collect(), ..nothing() }
        })
    }

    #[cfg(not(feature = "own-rules"))]
    fn judge_here(&self, _documents: &[(&ResourceKey, &str)]) -> OwnFindings {
        OwnFindings::default()
    }

    #[cfg(feature = "own-rules")]
    fn judge_here(&self, documents: &[(&ResourceKey, &str)]) -> OwnFindings {
        let mut all = OwnFindings::default();
        for (key, text) in documents {
            let found = self.judge_one(key, text, &mut all.overruns);
            all.found.push(found);
        }
        let OwnFindings { found, overruns } = &mut all;
        found.iter_mut().for_each(|found| {
            found.retain(|found| overruns.iter().all(|overrun| overrun.rule != found.rule));
        });
        all
    }

    #[cfg(feature = "own-rules")]
    fn judge_one(&self, key: &ResourceKey, text: &str, overruns: &mut Vec<Overrun>) -> Vec<Diagnostic> {
        let (kind, mut found) = (DocumentKind::of(key), Vec::new());
        let judges = |kinds: &[DocumentKind]| kinds.is_empty() || kinds.contains(&kind);
        let mut rules = self.rules.iter().filter(|own| judges(&own.text.kinds)).peekable();
        if kind == DocumentKind::Unknown || rules.peek().is_none() {
            return found;
        }
        let mut document = match CelScope::of_document(key, text) {
            Ok(Some(document)) => document,
            // Other rules tell what is wrong with it.
            Ok(None) => return found,
            Err(why) => {
                let remedy = "make it smaller, or check by other means what own rules are for";
                found.push(unjudged(format!("own rules judge nothing here: the document {why}"), remedy));
                return found;
            }
        };
        for own in rules {
            let rule = own.rule.id;
            if overruns.iter().any(|overrun| overrun.rule == rule) {
                continue;
            }
            match own.when.judge(&mut document) {
                Evaluation::Fulfilled => {}
                Evaluation::Violated => {
                    let message = own.text.message.clone();
                    found.push(Diagnostic { remedy: own.remedy, ..own.rule.diagnostic(message) });
                }
                Evaluation::Unjudged(why) => {
                    let message = format!("the own rule {rule} cannot judge this document: {why}");
                    let remedy = "let its expression ask first: has(self.name), or \"name\" in self";
                    found.push(unjudged(message, remedy));
                }
                Evaluation::TooCostly(most) => {
                    overruns.push(Overrun { rule, key: (*key).clone(), most, bytes: text.len() });
                }
            }
        }
        found.sort_by_key(|found| found.severity != Severity::Error);
        found
    }
}

fn unjudged(message: String, remedy: &'static str) -> Diagnostic {
    Diagnostic { remedy, ..UNJUDGED_BY_OWN_RULE.diagnostic(message) }
}
