//! The module or the chain of a webhook as the receiver validates them: at its start, and again for each request. Each
//! reason that it would meet is told with its place.

use super::is_true;
use crate::check::schema::is_of_type;
use crate::check::spelling::nearest;
use crate::check::trail::Trail;
use crate::check::{SecretLookup, document_types};
use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, Scalar, Span};

/// The most steps of a chain.
const MAX_STEPS: usize = 20;

/// The most reasons that are told of one object.
const MAX_REASONS: usize = 100;

/// Settings that may not stand both in a step and in its `module-config`.
const LEGACY_SETTINGS: &[&str] = &["topic", "queue_name", "destination"];

/// Why the receiver refuses a part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Refusal {
    pub(in crate::check) pointer: String,
    pub(in crate::check) span: Span,
    /// `module is missing`, without values.
    pub(in crate::check) what: String,
    pub(in crate::check) remedy: &'static str,
    /// Whether it is for a module that only this version of the receiver is known not to have.
    pub(in crate::check) is_unknown_module: bool,
}

impl Refusal {
    pub(in crate::check) fn at(trail: &Trail<'_>, span: Span, what: String, remedy: &'static str) -> Self {
        Self { pointer: trail.to_string(), span, what, remedy, is_unknown_module: false }
    }

    /// Of a member that is not there, or is empty.
    pub(in crate::check) fn missing(
        trail: &Trail<'_>,
        object: &Node,
        name: &str,
        remedy: &'static str,
    ) -> Self {
        let place = Trail::Missing(trail, name);
        let (span, what) = match object.member(name) {
            Some(member) => (member.value.span, "is empty"),
            None => (opening(object), "is missing"),
        };
        Self::at(&place, span, format!("{place} {what}"), remedy)
    }
}

/// The brace that an object begins with.
pub(in crate::check) fn opening(object: &Node) -> Span {
    Span { start: object.span.start, end: object.span.start + 1 }
}

/// Whether a text is a reference to a variable that is known not to be set. It becomes a sentence, which is neither a
/// module nor a host nor a port. Of other references nothing is known.
pub(in crate::check) fn is_unset_variable(text: &str, lookup: &SecretLookup) -> bool {
    let name = text.strip_prefix("{$").and_then(|rest| rest.strip_suffix('}'));
    let is_name = |name: &&str| name.chars().all(|it| it.is_alphanumeric() || it == '_');
    name.filter(is_name).is_some_and(|name| lookup.variable(name) == Some(None))
}

/// A document, and what is known of the variables that it refers to.
#[derive(Clone, Copy)]
pub(in crate::check) struct Validation<'a> {
    pub(in crate::check) text: &'a str,
    pub(in crate::check) lookup: &'a SecretLookup,
}

impl Validation<'_> {
    /// Why the receiver refuses the module, or the chain in its place.
    pub(in crate::check) fn webhook(self, root: &Node) -> Vec<Refusal> {
        match root.member("chain").filter(|chain| !chain.value.is_null()) {
            Some(chain) => self.chain(root, &Trail::Member(&Trail::Document, chain), &chain.value),
            None => match root.member("module").filter(|module| is_true(&module.value, self.text)) {
                Some(module) => {
                    self.module(&Trail::Member(&Trail::Document, module), &module.value).into_iter().collect()
                }
                None => {
                    let remedy = "name a module, or a chain of them";
                    vec![Refusal::missing(&Trail::Document, root, "module", remedy)]
                }
            },
        }
    }

    fn chain(self, root: &Node, trail: &Trail<'_>, chain: &Node) -> Vec<Refusal> {
        let NodeValue::Array(steps) = &chain.value else {
            let remedy = "write an array of steps, or leave it out and name a module";
            return vec![Refusal::at(trail, chain.span, "chain is not an array".into(), remedy)];
        };
        let mut found = Vec::new();
        if steps.is_empty() || steps.len() > MAX_STEPS {
            let what = format!("chain has {} steps", steps.len());
            found.push(Refusal::at(trail, chain.span, what, "a chain has 1 to 20 steps"));
        }
        for (at, step) in steps.iter().take(MAX_STEPS).enumerate() {
            self.step(&Trail::Item(trail, at), step, &mut found);
        }
        if let Some(config) = root.member("chain-config").filter(|config| !config.value.is_null()) {
            self.members(&Trail::Member(&Trail::Document, config), &config.value, &mut found);
        }
        found
    }

    /// A module that the receiver does not have.
    fn module(self, trail: &Trail<'_>, value: &Node) -> Option<Refusal> {
        let remedy = "name one of the receiver's modules";
        let Some(name) = value.string(self.text) else {
            return Some(Refusal::at(trail, value.span, format!("{trail} is not a text"), remedy));
        };
        if name.contains("{$") {
            let remedy = "set the variable for the receiver, or give it a default";
            let what = format!("{trail} is a variable that the receiver does not have");
            return is_unset_variable(&name, self.lookup)
                .then(|| Refusal::at(trail, value.span, what, remedy));
        }
        let known = || document_types(DocumentKind::Webhook).iter().map(|module| module.name.as_str());
        if known().any(|known| known == name.trim()) {
            return None;
        }
        let meant =
            nearest(name.trim(), known()).map(|meant| format!("; {meant} is one")).unwrap_or_default();
        let what = format!("{trail} names a module that the receiver does not have{meant}");
        Some(Refusal { is_unknown_module: true, ..Refusal::at(trail, value.span, what, remedy) })
    }

    fn step(self, trail: &Trail<'_>, step: &Node, found: &mut Vec<Refusal>) {
        match &step.value {
            NodeValue::Scalar(Scalar::String) => found.extend(self.module(trail, step)),
            NodeValue::Object(_) => {
                match step.member("module").filter(|module| is_true(&module.value, self.text)) {
                    Some(module) => found.extend(self.module(&Trail::Member(trail, module), &module.value)),
                    None => {
                        found.push(Refusal::missing(trail, step, "module", "name the module of the step"))
                    }
                }
                self.members(trail, step, found);
                let config = step.member("module-config");
                let twice = |name: &&&str| config.is_some_and(|config| config.value.member(name).is_some());
                for name in LEGACY_SETTINGS.iter().filter(twice) {
                    if let Some(member) = step.member(name) {
                        let place = Trail::Member(trail, member);
                        let what = format!("{place} stands in module-config, too");
                        found.push(Refusal::at(&place, member.key, what, "leave it in module-config alone"));
                    }
                }
            }
            _ => found.push(Refusal::at(
                trail,
                step.span,
                format!("{trail} is neither the name of a module nor an object"),
                "write the name of a module, or an object with a module",
            )),
        }
    }

    /// The types of the members of a step or of `chain-config`, and those that it does not know.
    fn members(self, trail: &Trail<'_>, object: &Node, found: &mut Vec<Refusal>) {
        if !matches!(object.value, NodeValue::Object(_)) {
            let what = format!("{trail} is not an object");
            return found.push(Refusal::at(trail, object.span, what, "make it an object, or leave it out"));
        }
        let is_step = matches!(trail, Trail::Item(..));
        for member in object.last_members().into_iter().take(MAX_REASONS) {
            let place = Trail::Member(trail, member);
            let value = &member.value;
            let is = |kind: &str| is_of_type(&kind.into(), value, self.text);
            let text = value.string(self.text);
            let is_reference = text.as_ref().is_some_and(|text| text.contains("{$"));
            let wants = match member.name.as_str() {
                "module" if is_step => continue,
                "connection" if is_step && !is("string") && !is("null") => "a text",
                "module-config" | "retry" if is_step && !is("object") && !is("null") => "an object",
                "retry" if is_step => {
                    self.retry(&place, value, found);
                    continue;
                }
                "connection" | "module-config" if is_step => continue,
                name if is_step && LEGACY_SETTINGS.contains(&name) => continue,
                "execution" if !is_step => match text.as_deref() {
                    Some("sequential" | "parallel") => continue,
                    Some(_) if is_reference => continue,
                    _ => "sequential or parallel",
                },
                "continue_on_error" if !is_step && is("boolean") => continue,
                "continue_on_error" if !is_step => "true or false",
                "timeout" if !is_step && is("number") && self.is_positive(value) => continue,
                "timeout" if !is_step => "a number above 0",
                _ => {
                    let known = if is_step { "a step" } else { "chain-config" };
                    let what = format!("{place} is no member of {known}");
                    found.push(Refusal::at(&place, member.key, what, "rename it, or leave it out"));
                    continue;
                }
            };
            let what = format!("{place} is not {wants}");
            found.push(Refusal::at(&place, value.span, what, "correct it, or leave it out"));
        }
    }

    fn is_positive(self, value: &Node) -> bool {
        value.span.of(self.text).parse::<f64>().is_ok_and(|number| number > 0.0)
    }

    fn retry(self, trail: &Trail<'_>, retry: &Node, found: &mut Vec<Refusal>) {
        let is = |value: &Node, kind: &str| is_of_type(&kind.into(), value, self.text);
        let wrong = |name, wants: &str, fits: &dyn Fn(&Node) -> bool| {
            let member = retry.member(name).filter(|member| !fits(&member.value))?;
            let place = Trail::Member(trail, member);
            let what = format!("{place} is not {wants}");
            Some(Refusal::at(&place, member.value.span, what, "correct it, or leave it out"))
        };
        found.extend(wrong("enabled", "true or false", &|value| is(value, "boolean")));
        // Python takes true for 1.
        let counts = |value: &Node| {
            is(value, "integer") && self.is_positive(value) || value.span.of(self.text) == "true"
        };
        found.extend(wrong("max_attempts", "a whole number above 0", &counts));
    }
}
