//! Rules about references to Vault: what does not resolve, what is not one, and what was written since.

use std::cell::RefCell;
use std::collections::HashSet;

use super::{ReferencePlace, each_reference};
use crate::check::needs::NeedState;
use crate::check::trail::shown_name;
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck};
use crate::domain::json::{Severity, Span, SyntaxFix};
use crate::domain::{Presence, Reference, escape};
use crate::inventory::ValueSite;

/// What becomes of a document with a reference that has no value.
const NOT_LOADED: &str = "the receiver cannot load the document, loses changes that are made meanwhile, and \
                          after its next start answers every webhook with 404";

/// A reference to Vault has no value and no default.
pub const UNRESOLVED_REFERENCE: Rule = Rule {
    id: "L02",
    name: "unresolved-reference",
    severity: Severity::Error,
    reach: Reach::BreaksWatch,
    summary: "a reference to Vault without a default that does not resolve",
    check: RuleCheck::Document(unresolved_reference),
};

fn unresolved_reference(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each_reference(input, found, |place| {
        let (Some(Reference::Vault { path, field }), None) = (&place.lookup.reference, place.lookup.default)
        else {
            return None;
        };
        let (severity, why) = match vault_state(input, path, field) {
            NeedState::NoVault => (rule.severity, "the receiver reads no Vault"),
            NeedState::FieldMissing { .. } => (rule.severity, "the secret has no such field"),
            NeedState::Secret(Presence::Missing) => (rule.severity, "there is no such secret"),
            NeedState::Secret(Presence::Deleted { .. }) => (rule.severity, "the secret was deleted"),
            NeedState::Secret(Presence::Destroyed { .. }) => (rule.severity, "the secret was destroyed"),
            // What others may not see or reach, the receiver may.
            NeedState::Secret(Presence::Forbidden { .. }) => {
                (Severity::Warning, "the secret may not be seen from here")
            }
            NeedState::Secret(Presence::Unreachable { .. } | Presence::Unknown { .. }) => {
                (Severity::Info, "it is not known whether there is such a secret")
            }
            _ => return None,
        };
        let what = format!("{}#{}", shown_name(path), shown_name(field));
        let message = match severity {
            Severity::Error => format!("no value for {what}: {why}; {NOT_LOADED}"),
            _ => format!("a value for {what} is not certain: {why}; without one {NOT_LOADED}"),
        };
        let remedy = match severity {
            Severity::Error => "write the secret before the document, or give the reference a default",
            _ => "make sure that the receiver finds it",
        };
        Some(Diagnostic { severity, remedy, ..rule.diagnostic(message) })
    });
}

/// What is known of a field of Vault, as the receiver would look it up.
fn vault_state(input: &DocumentInput<'_>, path: &str, field: &str) -> NeedState {
    let lookup = &input.receiver.lookup;
    if lookup.references.is_none() {
        return NeedState::NoVault;
    }
    let path = lookup.reference_path(path);
    NeedState::of_field(path.and_then(|path| input.around.presence(&path)), field)
}

/// The receiver refuses a reference to Vault, or looks in another place than is meant.
pub const ILL_FORMED_REFERENCE: Rule = Rule {
    id: "L03",
    name: "ill-formed-reference",
    severity: Severity::Error,
    reach: Reach::BreaksWatch,
    summary: "an ill-formed reference to Vault, or one whose path repeats the mount",
    check: RuleCheck::Document(ill_formed_reference),
};

fn ill_formed_reference(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each_reference(input, found, |place| match &place.lookup.reference {
        None => {
            let message =
                format!("the receiver refuses this reference to Vault, whatever its default; {NOT_LOADED}");
            let remedy = "write {$vault:path#field}: letters, digits and _ . - in both, and / in the path";
            Some(Diagnostic { remedy, ..rule.diagnostic(message) })
        }
        Some(Reference::Vault { path, field }) => repeated_mount(rule, input, &place, path, field),
        Some(Reference::Env { name }) if name.eq_ignore_ascii_case("vault") => {
            let message = format!(
                "this is a variable called {name}, and no reference to Vault: what follows is its default"
            );
            let fix = fix(input, place.site, &format!("{{${name}:"), "{$vault:", "write vault in lower case");
            let remedy = "write {$vault:path#field}";
            let is_meant = place.lookup.default.is_some_and(|default| default.contains('#'));
            is_meant.then(|| Diagnostic { remedy, fix, ..rule.diagnostic(message) })
        }
        Some(Reference::Env { .. }) => None,
    });
}

/// A path that begins with the mount, or with what the server's interface puts after it.
fn repeated_mount(
    rule: &Rule,
    input: &DocumentInput<'_>,
    place: &ReferencePlace<'_>,
    path: &str,
    field: &str,
) -> Option<Diagnostic> {
    let mount = input.receiver.lookup.references.as_ref()?.as_str();
    let after_mount = path.strip_prefix(mount).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
    let inside = after_mount.strip_prefix("data/").unwrap_or(after_mount);
    let prefix = path.strip_suffix(inside).filter(|prefix| !prefix.is_empty())?;
    let severity = match vault_state(input, path, field) {
        NeedState::Present { .. } | NeedState::Empty | NeedState::NotText => return None,
        state if state.is_missing() && place.lookup.default.is_none() => rule.severity,
        _ => Severity::Warning,
    };
    let message = format!(
        "paths are relative to the mount {}, and this one begins with {prefix}: the receiver looks in \
         {}/{prefix}",
        escape(mount.as_bytes()),
        escape(mount.as_bytes()),
    );
    let written = format!("{{$vault:{prefix}");
    let fix = fix(input, place.site, &written, "{$vault:", "leave out the mount");
    let remedy = "leave out the mount and data/";
    Some(Diagnostic { severity, remedy, fix, ..rule.diagnostic(message) })
}

/// A secret was written after the document that refers to it.
pub const ROTATED_SECRET: Rule = Rule {
    id: "L30",
    name: "rotated-secret",
    severity: Severity::Info,
    reach: Reach::Document,
    summary: "a secret of Vault that was written after the document",
    check: RuleCheck::Document(rotated_secret),
};

fn rotated_secret(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let known = RefCell::new(HashSet::new());
    each_reference(input, found, |place| {
        let Some(Reference::Vault { path, .. }) = &place.lookup.reference else { return None };
        let kv = input.receiver.lookup.reference_path(path)?;
        let Some(Presence::Present(contents)) = input.around.presence(&kv) else { return None };
        let is_new = contents.written.is_some_and(|written| input.around.is_older_than(written));
        let message = format!(
            "the secret {} was written after this document: the receiver may use the value that it read \
             before",
            shown_name(path)
        );
        let remedy = "write the document again, with the same content if you like, once the receiver's \
                      cache has expired";
        let tells = is_new && known.borrow_mut().insert(kv);
        tells.then(|| Diagnostic { remedy, ..rule.diagnostic(message) })
    });
}

/// The replacement of what is written in a value, if it is written there once and without escapes.
fn fix(
    input: &DocumentInput<'_>,
    site: ValueSite<'_>,
    written: &str,
    replacement: &str,
    words: &'static str,
) -> Option<SyntaxFix> {
    let span = site.span();
    let token = span.of(input.text());
    let start = span.start + token.find(written).filter(|at| token.rfind(written) == Some(*at))?;
    let span = Span { start, end: start + written.len() };
    Some(SyntaxFix { span, replacement: replacement.to_owned(), words })
}
