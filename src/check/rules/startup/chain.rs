//! The steps of a chain, as the receiver validates them.

use super::super::MAX_DIAGNOSTICS;
use super::{Startup, is_falsy};
use crate::check::schema::is_of_type;
use crate::check::{Diagnostic, Trail};
use crate::domain::json::{Node, NodeValue, Scalar};

/// Settings that may not stand both in a step and in its `module-config`.
const LEGACY_SETTINGS: &[&str] = &["topic", "queue_name", "destination"];

impl Startup<'_> {
    pub(super) fn step(&self, trail: &Trail<'_>, step: &Node, found: &mut Vec<Diagnostic>) {
        match &step.value {
            NodeValue::Scalar(Scalar::String) => found.extend(self.module(trail, step)),
            NodeValue::Object(_) => {
                match step.member("module").filter(|module| !is_falsy(&module.value, self.text())) {
                    Some(module) => found.extend(self.module(&Trail::Member(trail, module), &module.value)),
                    None => found.push(self.missing(trail, step, "module", "name the module of the step")),
                }
                self.members(trail, step, found);
                let config = step.member("module-config");
                let twice = |name: &&&str| config.is_some_and(|config| config.value.member(name).is_some());
                for name in LEGACY_SETTINGS.iter().filter(twice) {
                    if let Some(member) = step.member(name) {
                        let place = Trail::Member(trail, member);
                        let what = format!("{place} stands in module-config, too");
                        found.push(self.at(&place, member.key, &what, "leave it in module-config alone"));
                    }
                }
            }
            _ => found.push(self.at(
                trail,
                step.span,
                &format!("{trail} is neither the name of a module nor an object"),
                "write the name of a module, or an object with a module",
            )),
        }
    }

    /// The types of the members of a step or of `chain-config`, and those that it does not know.
    pub(super) fn members(&self, trail: &Trail<'_>, object: &Node, found: &mut Vec<Diagnostic>) {
        if !matches!(object.value, NodeValue::Object(_)) {
            let what = format!("{trail} is not an object");
            return found.push(self.at(trail, object.span, &what, "make it an object, or leave it out"));
        }
        let is_step = matches!(trail, Trail::Item(..));
        for member in object.last_members().into_iter().take(MAX_DIAGNOSTICS) {
            let place = Trail::Member(trail, member);
            let value = &member.value;
            let is = |kind: &str| is_of_type(&kind.into(), value, self.text());
            let text = value.string(self.text());
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
                    found.push(self.at(&place, member.key, &what, "rename it, or leave it out"));
                    continue;
                }
            };
            let what = format!("{place} is not {wants}");
            found.push(self.at(&place, value.span, &what, "correct it, or leave it out"));
        }
    }

    fn is_positive(&self, value: &Node) -> bool {
        value.span.of(self.text()).parse::<f64>().is_ok_and(|number| number > 0.0)
    }

    fn retry(&self, trail: &Trail<'_>, retry: &Node, found: &mut Vec<Diagnostic>) {
        let is = |value: &Node, kind: &str| is_of_type(&kind.into(), value, self.text());
        let wrong = |name, wants: &str, fits: &dyn Fn(&Node) -> bool| {
            let member = retry.member(name).filter(|member| !fits(&member.value))?;
            let place = Trail::Member(trail, member);
            let what = format!("{place} is not {wants}");
            Some(self.at(&place, member.value.span, &what, "correct it, or leave it out"))
        };
        found.extend(wrong("enabled", "true or false", &|value| is(value, "boolean")));
        // Python takes true for 1.
        let counts = |value: &Node| {
            is(value, "integer") && self.is_positive(value) || value.span.of(self.text()) == "true"
        };
        found.extend(wrong("max_attempts", "a whole number above 0", &counts));
    }
}
