//! A document as the receiver holds it: references replaced as far as they are known from here, and what became of
//! each (docs/receiver.md, section 5).

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::domain::json::{JsonText, JsonValue, Span, quote};
use crate::domain::reference::{
    ReferenceSources, ResolveError, ResolveScope, Variable, Variables, VaultField, lookups, resolve,
};
use crate::domain::{Document, Masking, Reference, SecretField, SecretText, escape};
use crate::inventory::{Facts, ValueSite};

/// What is known about a field that a reference to Vault names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultFieldState {
    NotKnown,
    Present,
    Empty,
    /// Known not to exist, or the receiver reads no Vault.
    Absent,
}

/// What one reference becomes; without any value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceNote {
    /// Where it stands: `hmac.secret`.
    pub place: String,
    /// `{$NAME}` or `{$vault:path#field}`, without its default.
    pub reference: String,
    pub outcome: String,
}

/// A document with its references replaced. It is not `Debug`, because it holds secrets.
pub struct EffectiveDocument {
    /// What the receiver judges by; a reference that is not known stays as it is written.
    judged: Zeroizing<String>,
    /// What may be shown once it is masked: references in secret fields, and those that may lead to secrets, stay as
    /// they are written.
    pub shown: Document,
    pub references: Vec<ReferenceNote>,
    /// Why the receiver does not load the document.
    pub unloadable: Option<String>,
}

impl EffectiveDocument {
    /// The text to judge; it may hold secrets.
    pub(crate) fn judged(&self) -> &str {
        &self.judged
    }
}

/// Variables of a process that cannot be seen.
struct NotVisible;

impl Variables for NotVisible {
    fn variable(&self, _name: &str) -> Variable {
        Variable::NotVisible
    }
}

/// Replaces the references of a document. `own` are the webhook's own secrets that are known to be merged into it.
pub fn effective(
    facts: &Facts,
    masking: &Masking,
    variables: Option<&dyn Variables>,
    vault: &dyn Fn(&VaultField) -> VaultFieldState,
    own: &[SecretField],
) -> EffectiveDocument {
    let resolver = SiteResolver { variables: variables.unwrap_or(&NotVisible), vault };
    let text = facts.document.text().unwrap_or_default();
    let (mut judged, mut shown, mut references, mut unloadable) = (Vec::new(), Vec::new(), Vec::new(), None);
    for site in facts.sites().filter(|site| !lookups(&site.value()).is_empty()) {
        match resolver.resolved(site, ResolveScope::Everything) {
            Ok(value) => {
                references.extend(resolver.notes(site, &value));
                judged.push((site.span(), Zeroizing::new(quote(&value))));
            }
            Err(error) => {
                references.extend(resolver.notes(site, ""));
                unloadable.get_or_insert(reason(&error, &site.path()));
            }
        }
        if !site.is_secret()
            && let Ok(value) = resolver.resolved(site, ResolveScope::WithoutSecrets(masking))
        {
            shown.push((site.span(), Zeroizing::new(quote(&value))));
        }
    }
    judged.extend(own_blocks(text, facts, own));
    let judged = spliced(text, &judged);
    let shown = Document::from(spliced(text, &shown).as_str());
    EffectiveDocument { judged, shown, references, unloadable }
}

fn reason(error: &ResolveError, place: &str) -> String {
    match error {
        ResolveError::IllFormed { .. } => {
            format!("the reference at {place} is not of the form {{$vault:path#field}}")
        }
        ResolveError::Vault { field, .. } => {
            format!(
                "{} of Vault is missing, and the reference at {place} has no default",
                escape(field.to_string().as_bytes())
            )
        }
        error => error.to_string(),
    }
}

/// A text with some of its tokens replaced, in one allocation.
fn spliced(text: &str, tokens: &[(Span, Zeroizing<String>)]) -> Zeroizing<String> {
    let more: usize = tokens.iter().map(|(_, token)| token.len()).sum();
    let mut whole = Zeroizing::new(String::with_capacity(text.len() + more));
    let mut at = 0;
    for (span, token) in tokens {
        whole.push_str(text.get(at..span.start).unwrap_or_default());
        whole.push_str(token);
        at = span.end;
    }
    whole.push_str(text.get(at..).unwrap_or_default());
    whole
}

/// The blocks that own secrets make, to stand before the end of the document: the last of two members counts.
fn own_blocks(text: &str, facts: &Facts, own: &[SecretField]) -> Option<(Span, Zeroizing<String>)> {
    let blocks = own.iter().filter(|field| facts.own.contains(**field)).filter_map(|field| match *field {
        SecretField::BEARER_TOKEN => Some(r#""authorization": "Bearer {$own}""#),
        SecretField::HMAC_SECRET => Some(r#""hmac": {"secret": "{$own}"}"#),
        _ => None,
    });
    let blocks: Vec<_> = blocks.collect();
    let end = text.rfind('}').filter(|_| !blocks.is_empty() && facts.error.is_none())?;
    let is_first = text.get(..end)?.trim_end().ends_with('{');
    let text = format!("{}{}", if is_first { "" } else { ", " }, blocks.join(", "));
    Some((Span { start: end, end }, Zeroizing::new(text)))
}

/// Replaces the references of single values.
struct SiteResolver<'a> {
    variables: &'a dyn Variables,
    vault: &'a dyn Fn(&VaultField) -> VaultFieldState,
}

impl SiteResolver<'_> {
    /// The value with its references replaced; one to a field whose value is not known stays as it is written.
    fn resolved(
        &self,
        site: ValueSite<'_>,
        scope: ResolveScope<'_>,
    ) -> Result<Zeroizing<String>, ResolveError> {
        let value = site.value();
        let mut vault = BTreeMap::new();
        for reference in lookups(&value).into_iter().filter_map(|lookup| lookup.reference) {
            let Reference::Vault { path, field } = reference else { continue };
            let field = VaultField { path, field };
            let text = match (self.vault)(&field) {
                VaultFieldState::Absent => continue,
                VaultFieldState::Empty => String::new(),
                VaultFieldState::Present | VaultFieldState::NotKnown => format!("{{$vault:{field}}}"),
            };
            vault.insert(field, SecretText::new(text));
        }
        self.replaced(&value, site, &vault, scope)
    }

    /// Whether a value contains a secret does not matter here: it is wiped.
    fn replaced(
        &self,
        text: &str,
        site: ValueSite<'_>,
        vault: &BTreeMap<VaultField, SecretText>,
        scope: ResolveScope<'_>,
    ) -> Result<Zeroizing<String>, ResolveError> {
        let value = JsonValue::String(JsonText::Text(text.to_owned()));
        // How a value is cleaned depends on the name of its member.
        let mut whole = match site.member() {
            Some(name) => {
                JsonValue::Object([(JsonText::Text(name.into_owned()), value)].into_iter().collect())
            }
            None => JsonValue::Array(vec![value]),
        };
        let resolved = resolve(&mut whole, ReferenceSources { variables: self.variables, vault }, scope);
        let text = match &mut whole {
            JsonValue::Object(members) => members.iter_mut().next().map(|(_, value)| value),
            JsonValue::Array(items) => items.first_mut(),
            _ => None,
        };
        let text = match text {
            Some(JsonValue::String(JsonText::Text(text))) => Zeroizing::new(std::mem::take(text)),
            _ => Zeroizing::default(),
        };
        resolved.map(|()| text)
    }

    fn notes(&self, site: ValueSite<'_>, resolved: &str) -> Vec<ReferenceNote> {
        let value = site.value();
        let place = site.path();
        let note = |(reference, outcome): (String, String)| ReferenceNote {
            place: place.clone(),
            reference,
            outcome,
        };
        let found = lookups(&value).into_iter().map(|lookup| match &lookup.reference {
            Some(Reference::Env { name }) => (
                format!("{{${}}}", escape(name.as_bytes())),
                self.variable(site, name, lookup.default, resolved),
            ),
            Some(Reference::Vault { path, field }) => {
                let field = VaultField { path: path.clone(), field: field.clone() };
                let outcome = of_vault((self.vault)(&field), lookup.default.is_some());
                (format!("{{$vault:{}}}", escape(field.to_string().as_bytes())), outcome.into())
            }
            None => (
                "{$vault:…}".into(),
                "is not of the form {$vault:path#field}: the receiver does not load the document".into(),
            ),
        });
        found.map(note).collect()
    }

    fn variable(&self, site: ValueSite<'_>, name: &str, default: Option<&str>, resolved: &str) -> String {
        let cleaned = |raw: &str, text: &str| {
            let clean = self.replaced(text, site, &BTreeMap::new(), ResolveScope::Everything);
            if clean.is_ok_and(|clean| *clean != raw) {
                ", and is cleaned of some characters or words"
            } else {
                ""
            }
        };
        let greedy = default.is_some_and(|default| default.contains("{$"));
        let swallowed = if greedy { "; all text up to the last brace counts as its default" } else { "" };
        let outcome = match (self.variables.variable(name), default) {
            (Variable::NotVisible, None) => "is not visible from here".into(),
            (Variable::NotVisible, Some(_)) => "is not visible from here; it has a default".into(),
            (Variable::NotText, _) => "is not UTF-8 text".into(),
            (Variable::Text(value), _) if value.expose().is_empty() => "is set, and empty".into(),
            (Variable::Text(value), _) => {
                format!("is set{}", cleaned(value.expose(), &format!("{{${name}}}")))
            }
            (Variable::Unset, Some("")) => "is not set: its empty default takes its place".into(),
            (Variable::Unset, Some(default)) => {
                let cleaned = cleaned(default, &format!("{{${name}:{default}}}"));
                format!("is not set: its default takes its place{cleaned}")
            }
            (Variable::Unset, None) if resolved == format!("Undefined variable {name}") => {
                format!(
                    "is not set: the text \"Undefined variable {}\" takes its place",
                    escape(name.as_bytes())
                )
            }
            (Variable::Unset, None) => "is not set: it stays as it is written, and counts as text".into(),
        };
        outcome + swallowed
    }
}

fn of_vault(state: VaultFieldState, has_default: bool) -> &'static str {
    match (state, has_default) {
        (VaultFieldState::Present, _) => "is there",
        (VaultFieldState::Empty, _) => "is empty",
        (VaultFieldState::Absent, true) => "is missing: its default takes its place",
        (VaultFieldState::Absent, false) => "is missing: the receiver does not load the document",
        (VaultFieldState::NotKnown, true) => "is not known from here; it has a default",
        (VaultFieldState::NotKnown, false) => "is not known from here",
    }
}
