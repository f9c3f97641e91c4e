//! Rules about references to variables and to Vault, and about the secrets that should be references.

mod literal;
#[cfg(test)]
mod tests;
mod vault;

pub use literal::{LITERAL_REFERENCE, PLAINTEXT_SECRET};
pub use vault::{ILL_FORMED_REFERENCE, ROTATED_SECRET, UNRESOLVED_REFERENCE};

use std::collections::{BTreeSet, HashSet};

use super::MAX_DIAGNOSTICS;
use super::steps::{chain, module_runs};
use crate::check::schema::{SchemaNodes, visit, visit_settings};
use crate::check::trail::shown_name;
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck, Trail};
use crate::domain::json::{Node, Severity};
use crate::domain::reference::{ReferenceLookup, lookups, removed_by_sanitizing};
use crate::domain::{FieldState, Reference};
use crate::inventory::ValueSite;

/// A secret is read from a variable that may not be set.
pub const GUESSABLE_SECRET: Rule = Rule {
    id: "L04",
    name: "guessable-secret",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a secret from a variable that has no default and is not set",
    check: RuleCheck::Document(guessable_secret),
};

fn guessable_secret(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each_reference(input, found, |place| {
        let (Some(Reference::Env { name }), None) = (&place.lookup.reference, place.lookup.default) else {
            return None;
        };
        let state = input.receiver.lookup.variable(name);
        let name = shown_name(name);
        let (severity, message) = match state {
            _ if !place.site.is_secret() => return None,
            Some(Some(FieldState::Present | FieldState::NotText)) => return None,
            Some(Some(FieldState::Empty)) => {
                (rule.severity, format!("the variable {name} is set and empty, and so is the secret"))
            }
            Some(None) => (
                rule.severity,
                format!(
                    "the variable {name} is not set: the receiver takes a text that names it for the secret"
                ),
            ),
            None => (
                Severity::Warning,
                format!(
                    "if the variable {name} is not set, the receiver takes a text that names it for the \
                     secret"
                ),
            ),
        };
        let remedy = "use {$vault:path#field}, or make sure that the receiver has the variable";
        Some(Diagnostic { severity, remedy, ..rule.diagnostic(message) })
    });
}

/// The receiver alters a default before it uses it.
pub const ALTERED_DEFAULT: Rule = Rule {
    id: "L05",
    name: "altered-default",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a default of a variable that the receiver alters before use",
    check: RuleCheck::Document(altered_default),
};

fn altered_default(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each_reference(input, found, |place| {
        let (Some(Reference::Env { .. }), Some(default)) = (&place.lookup.reference, place.lookup.default)
        else {
            return None;
        };
        // What contains another reference is told by the rule about those.
        if default.contains("{$") {
            return None;
        }
        let removed = removed_by_sanitizing(default, place.site.member().as_deref());
        if removed.is_empty() {
            return None;
        }
        let message = match place.site.is_secret() {
            true => "the receiver removes characters from this default before it uses it".to_owned(),
            false => format!("the receiver removes from this default: {}", removed.join("  ")),
        };
        let remedy = "write a default without shell characters and commands, or use Vault, whose values \
                      stay as they are";
        Some(Diagnostic { remedy, ..rule.diagnostic(message) })
    });
}

/// A default reaches further than is meant.
pub const GREEDY_DEFAULT: Rule = Rule {
    id: "L06",
    name: "greedy-default",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a default that takes in another reference",
    check: RuleCheck::Document(greedy_default),
};

fn greedy_default(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each_reference(input, found, |place| {
        let (before, _) = place.lookup.default?.split_once("{$")?;
        let (message, remedy) = if before.contains('}') {
            (
                "from its first brace to its last this is one reference, whose default is all of the rest: \
                 no other reference in it is looked up",
                "put a text before the first reference, or leave out its default",
            )
        } else {
            (
                "a reference within a default is not looked up: its characters are the default",
                "use a single reference; Vault and variables cannot be combined",
            )
        };
        Some(Diagnostic { remedy, ..rule.diagnostic(message.into()) })
    });
}

/// A reference is in a field that takes no text.
pub const TEXT_FROM_REFERENCE: Rule = Rule {
    id: "L08",
    name: "text-from-reference",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a reference in a field for numbers or booleans, to which it gives a text",
    check: RuleCheck::Document(text_from_reference),
};

fn text_from_reference(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some(root) = input.root().filter(|_| input.is_usable() && input.facts.sites().next().is_some())
    else {
        return;
    };
    let text = input.text();
    let mut told = HashSet::new();
    let mut judge = |trail: &Trail<'_>, node: &Node, nodes: &SchemaNodes| {
        let (message, remedy) = match nodes.text("x-ref") {
            Some("string-breaks") => (
                "a reference always gives a text, and the receiver cannot use one here: it takes a number \
                 or a boolean",
                "write the value itself",
            ),
            Some("always-true") => (
                "a reference always gives a text, which counts as true here, also if it says false",
                "write true or false itself",
            ),
            _ => return,
        };
        let has_reference = || node.string(text).is_some_and(|value| !lookups(&value).is_empty());
        if found.len() < MAX_DIAGNOSTICS && has_reference() && told.insert(node.span) {
            let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
            found.push(diagnostic.at(text, node.span, trail.to_string()));
        }
    };
    visit(input.kind(), text, root, &mut judge);
    // The webhook's settings are the base of those of every step.
    if let (Some(_), Some(config)) = (chain(input), root.member("module-config")) {
        let modules: BTreeSet<_> = module_runs(input).into_iter().map(|run| run.name).collect();
        for module in modules {
            visit_settings(
                &module,
                text,
                &Trail::Member(&Trail::Document, config),
                &config.value,
                &mut judge,
            );
        }
    }
}

/// A reference in a document.
struct ReferencePlace<'s> {
    site: ValueSite<'s>,
    lookup: ReferenceLookup<'s>,
}

/// Adds what `judge` says of the references of a document, up to the limit of one rule.
fn each_reference(
    input: &DocumentInput<'_>,
    found: &mut Vec<Diagnostic>,
    judge: impl Fn(ReferencePlace<'_>) -> Option<Diagnostic>,
) {
    if !input.is_usable() {
        return;
    }
    let limit = found.len() + MAX_DIAGNOSTICS;
    for site in input.facts.sites() {
        let value = site.value();
        let mut told: Option<String> = None;
        for lookup in lookups(&value) {
            if found.len() == limit {
                return;
            }
            // Once for several in one text.
            let judged = judge(ReferencePlace { site, lookup });
            let Some(diagnostic) = judged.filter(|one| told.as_ref() != Some(&one.message)) else { continue };
            told = Some(diagnostic.message.clone());
            found.push(diagnostic.at(input.text(), site.span(), site.path()));
        }
    }
}
