//! A document as the receiver holds it: references replaced as far as they are known from here, and what became of
//! each (docs/receiver.md, section 5).

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::check::SecretLookup;
use crate::domain::json::{JsonText, JsonValue, Span, quote};
use crate::domain::reference::{
    ReferenceSources, ResolveError, ResolveScope, Variable, Variables, VaultField, lookups, resolve,
};
use crate::domain::{Document, FieldState, Masking, Reference, SecretField, SecretText, escape};
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
    pub kind: ReferenceOutcome,
}

/// What kind of thing a reference becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceOutcome {
    /// A value that is there.
    Value,
    /// Something else than what is referred to: a default, the reference itself, nothing at all.
    Substitute,
    /// A value or a default of which the receiver takes some characters or words away.
    Cleaned,
    NotKnown,
}

/// What is known of what references name. By default nothing.
#[derive(Clone, Copy)]
pub struct EffectiveSources<'a> {
    /// The receiver's variables, where their values can be seen.
    pub variables: Option<&'a dyn Variables>,
    /// Where they cannot, it tells which are set.
    pub lookup: &'a SecretLookup,
    pub vault: &'a dyn Fn(&VaultField) -> VaultFieldState,
    /// The webhook's own secrets that are known to be merged into it.
    pub own: &'a [SecretField],
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

/// Variables of which only the states are known.
struct VariableStates<'a>(&'a SecretLookup);

impl Variables for VariableStates<'_> {
    fn variable(&self, name: &str) -> Variable {
        match self.0.variable(name) {
            None | Some(Some(FieldState::Present)) => Variable::NotVisible,
            Some(None) => Variable::Unset,
            Some(Some(FieldState::Empty)) => Variable::Text(SecretText::new(String::new())),
            Some(Some(FieldState::NotText)) => Variable::NotText,
        }
    }
}

/// Replaces the references of a document.
pub fn effective(facts: &Facts, masking: &Masking, sources: EffectiveSources<'_>) -> EffectiveDocument {
    let states = VariableStates(sources.lookup);
    let resolver = SiteResolver { variables: sources.variables.unwrap_or(&states), sources };
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
    judged.extend(own_blocks(text, facts, sources.own));
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
    sources: EffectiveSources<'a>,
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
            let text = match (self.sources.vault)(&field) {
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
        use ReferenceOutcome as Kind;
        let value = site.value();
        let place = site.path();
        let note = |(reference, (kind, outcome)): (String, (Kind, String))| ReferenceNote {
            place: place.clone(),
            reference,
            outcome,
            kind,
        };
        let found = lookups(&value).into_iter().map(|lookup| match &lookup.reference {
            Some(Reference::Env { name }) => (
                format!("{{${}}}", escape(name.as_bytes())),
                self.variable(site, name, lookup.default, resolved),
            ),
            Some(Reference::Vault { path, field }) => {
                let field = VaultField { path: path.clone(), field: field.clone() };
                let (kind, outcome) = of_vault((self.sources.vault)(&field), lookup.default.is_some());
                (format!("{{$vault:{}}}", escape(field.to_string().as_bytes())), (kind, outcome.into()))
            }
            None => {
                let outcome =
                    "is not of the form {$vault:path#field}: the receiver does not load the document";
                ("{$vault:…}".into(), (Kind::Substitute, outcome.into()))
            }
        });
        found.map(note).collect()
    }

    /// Whether a variable is known to be set, although its value cannot be seen.
    fn is_set(&self, name: &str) -> bool {
        self.sources.lookup.variable(name) == Some(Some(FieldState::Present))
    }

    fn variable(
        &self,
        site: ValueSite<'_>,
        name: &str,
        default: Option<&str>,
        resolved: &str,
    ) -> (ReferenceOutcome, String) {
        use ReferenceOutcome as Kind;
        let is_cleaned = |raw: &str, text: &str| {
            let clean = self.replaced(text, site, &BTreeMap::new(), ResolveScope::Everything);
            clean.is_ok_and(|clean| *clean != raw)
        };
        let cleaned = |is_cleaned: bool| match is_cleaned {
            true => ", and is cleaned of some characters or words",
            false => "",
        };
        let greedy = default.is_some_and(|default| default.contains("{$"));
        let swallowed = if greedy { "; all text up to the last brace counts as its default" } else { "" };
        let (kind, outcome) = match (self.variables.variable(name), default) {
            (Variable::NotVisible, _) if self.is_set(name) => (Kind::Value, "is set".into()),
            (Variable::NotVisible, None) => (Kind::NotKnown, "is not visible from here".into()),
            (Variable::NotVisible, Some(_)) => {
                (Kind::NotKnown, "is not visible from here; it has a default".into())
            }
            (Variable::NotText, _) => (Kind::Substitute, "is not UTF-8 text".into()),
            (Variable::Text(value), _) if value.expose().is_empty() => {
                (Kind::Value, "is set, and empty".into())
            }
            (Variable::Text(value), _) => {
                let is_cleaned = is_cleaned(value.expose(), &format!("{{${name}}}"));
                let kind = if is_cleaned { Kind::Cleaned } else { Kind::Value };
                (kind, format!("is set{}", cleaned(is_cleaned)))
            }
            (Variable::Unset, Some("")) => {
                (Kind::Substitute, "is not set: its empty default takes its place".into())
            }
            (Variable::Unset, Some(default)) => {
                let is_cleaned = is_cleaned(default, &format!("{{${name}:{default}}}"));
                let kind = if is_cleaned { Kind::Cleaned } else { Kind::Substitute };
                (kind, format!("is not set: its default takes its place{}", cleaned(is_cleaned)))
            }
            (Variable::Unset, None) if resolved == format!("Undefined variable {name}") => {
                let text = format!("Undefined variable {}", escape(name.as_bytes()));
                (Kind::Substitute, format!("is not set: the text \"{text}\" takes its place"))
            }
            (Variable::Unset, None) => {
                (Kind::Substitute, "is not set: it stays as it is written, and counts as text".into())
            }
        };
        (kind, outcome + swallowed)
    }
}

fn of_vault(state: VaultFieldState, has_default: bool) -> (ReferenceOutcome, &'static str) {
    use ReferenceOutcome::{NotKnown, Substitute, Value};
    match (state, has_default) {
        (VaultFieldState::Present, _) => (Value, "is there"),
        (VaultFieldState::Empty, _) => (Value, "is empty"),
        (VaultFieldState::Absent, true) => (Substitute, "is missing: its default takes its place"),
        (VaultFieldState::Absent, false) => {
            (Substitute, "is missing: the receiver does not load the document")
        }
        (VaultFieldState::NotKnown, true) => (NotKnown, "is not known from here; it has a default"),
        (VaultFieldState::NotKnown, false) => (NotKnown, "is not known from here"),
    }
}
