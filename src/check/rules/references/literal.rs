//! Rules about texts in place of references: what looks like one and is none, and secrets in plaintext.

use crate::check::rules::MAX_DIAGNOSTICS;
use crate::check::trail::each_text;
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck, Trail};
use crate::domain::json::{Severity, Span, SyntaxFix};
use crate::domain::plaintext::is_bare;
use crate::domain::reference::{LiteralForm, LiteralReference, literal_references, lookups};
use crate::inventory::ValueSite;

/// What looks like a reference is plain text to the receiver.
pub const LITERAL_REFERENCE: Rule = Rule {
    id: "L07",
    name: "literal-reference",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "what looks like a reference, and is plain text to the receiver",
    check: RuleCheck::Document(literal_reference),
};

fn literal_reference(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some(root) = input.root().filter(|_| input.is_usable()) else { return };
    let (text, limit) = (input.text(), found.len() + MAX_DIAGNOSTICS);
    let mut secrets = input.facts.sites().filter(|site| site.is_secret()).map(ValueSite::span).peekable();
    // The patterns of a schema are full of dollar signs.
    let members = root.last_members().into_iter().filter(|member| member.name != "json_schema");
    for member in members {
        each_text(
            &Trail::Member(&Trail::Document, member),
            &member.value,
            text,
            &mut |trail, node, value| {
                let span = node.span;
                while secrets.next_if(|secret| secret.start < span.start).is_some() {}
                let is_secret = secrets.peek() == Some(&span);
                if found.len() == limit {
                    return;
                }
                let Some(first) = literal_references(value, is_secret).into_iter().next() else { return };
                let (severity, message) = match is_secret {
                    true => {
                        (Severity::Error, "no reference: the receiver takes this text itself for the secret")
                    }
                    false => (rule.severity, "no reference: the receiver leaves this text as it is"),
                };
                let remedy = match first.form {
                    LiteralForm::Braces | LiteralForm::Bare => "write {$NAME}",
                    LiteralForm::Malformed => {
                        "write {$NAME} or {$vault:path#field}: letters, digits and _ in a name, no blanks"
                    }
                };
                let fix = literal_fix(value, &first, span, text);
                let diagnostic = Diagnostic { severity, remedy, fix, ..rule.diagnostic(message.into()) };
                found.push(diagnostic.at(text, span, trail.to_string()));
            },
        );
    }
}

/// The receiver's spelling of a reference in another tool's.
fn literal_fix(value: &str, literal: &LiteralReference, span: Span, text: &str) -> Option<SyntaxFix> {
    let written = value.get(literal.range.clone())?;
    let start = span.start + 1 + literal.range.start;
    let is_as_written = text.get(start..start + written.len()) == Some(written);
    let (end, replacement) = match literal.form {
        // The shell's defaults begin with a sign that would become a part of the receiver's.
        LiteralForm::Braces if written.contains(['-', '?', '+', '=']) => return None,
        LiteralForm::Braces => (start + 2, "{$".to_owned()),
        LiteralForm::Bare => (start + written.len(), format!("{{{written}}}")),
        LiteralForm::Malformed => return None,
    };
    let words = "write it as the receiver's reference";
    is_as_written.then_some(SyntaxFix { span: Span { start, end }, replacement, words })
}

/// A secret, or the default of one, is in the document.
pub const PLAINTEXT_SECRET: Rule = Rule {
    id: "L20",
    name: "plaintext-secret",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a secret in plaintext, or a reference with a default in a secret field",
    check: RuleCheck::Document(plaintext_secret),
};

fn plaintext_secret(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if !input.is_usable() {
        return;
    }
    let limit = found.len() + MAX_DIAGNOSTICS;
    for site in input.facts.sites() {
        if found.len() == limit {
            return;
        }
        let value = site.value();
        let defaults = || lookups(&value).into_iter().filter_map(|lookup| lookup.default).collect::<Vec<_>>();
        let defaults = if site.is_secret() { defaults() } else { Vec::new() };
        let message = if site.is_plaintext() && !is_literal_reference(&value) {
            "a secret in plaintext: whoever reads the store has it"
        } else if defaults.iter().any(|default| !default.trim().is_empty()) {
            "the default is a secret in plaintext, used whenever there is no other value and whenever Vault \
             is unreachable"
        } else if !defaults.is_empty() {
            "the default is empty: whenever there is no other value, and whenever Vault is unreachable, so \
             is the secret"
        } else {
            continue;
        };
        let remedy = "store it in Vault, and refer to it by {$vault:path#field}";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(input.text(), site.span(), site.path()));
    }
}

/// Whether a text in place of a secret is nothing but what looks like a reference.
fn is_literal_reference(value: &str) -> bool {
    let literals = literal_references(value, true);
    let mut rest = value.to_owned();
    literals.iter().rev().for_each(|literal| rest.replace_range(literal.range.clone(), ""));
    !literals.is_empty() && is_bare(&rest)
}
