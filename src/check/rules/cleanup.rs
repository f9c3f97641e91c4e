//! The rule about the clean-up of credentials, which the receiver does before a module gets a request.

use super::MAX_DIAGNOSTICS;
use super::steps::webhook;
use crate::check::receiver::is_true;
use crate::check::trail::shown_name;
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck};
use crate::domain::SecretNames;
use crate::domain::json::{Member, Node, NodeValue, Scalar, Severity};
use crate::domain::reference::lookups;

/// The clean-up of credentials is off, or hides more than is meant.
pub const CREDENTIAL_CLEANUP: Rule = Rule {
    id: "L22",
    name: "credential-cleanup",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a credential_cleanup that is off without a word, or hides members such as author",
    check: RuleCheck::Document(credential_cleanup),
};

/// The receiver hides members whose names contain one of these.
const HIDDEN: [&str; 6] = ["password", "secret", "token", "key", "credential", "auth"];

fn credential_cleanup(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some(root) = webhook(input) else { return };
    let text = input.text();
    let cleanup = root.member("credential_cleanup").map(|cleanup| &cleanup.value);
    let mut add = |value: &Node, severity, pointer: &str, message: &str, remedy| {
        let diagnostic = Diagnostic { severity, remedy, ..rule.diagnostic(message.to_owned()) };
        found.push(diagnostic.at(text, value.span, pointer.to_owned()));
    };
    match cleanup.map(|cleanup| &cleanup.value) {
        None | Some(NodeValue::Object(_) | NodeValue::Scalar(Scalar::Null)) => {}
        Some(_) => {
            if let Some(cleanup) = cleanup {
                let message = "this is no object: requests are answered with 200, and are lost";
                let remedy = "write an object, such as {\"enabled\": false}";
                add(cleanup, Severity::Error, "credential_cleanup", message, remedy);
            }
            return;
        }
    }
    let setting = |name| cleanup.and_then(|cleanup| cleanup.member(name)).map(|member| &member.value);
    let mut is_on = true;
    if let Some(enabled) = setting("enabled") {
        let word = enabled.string(text).unwrap_or_default().to_lowercase();
        if ["false", "no", "off", "0"].contains(&word.as_str()) {
            let message = "a text counts as true, whatever it says: the clean-up stays on";
            add(enabled, rule.severity, "credential_cleanup.enabled", message, "write false without quotes");
        }
        is_on = is_true(enabled, text);
    }
    if let Some(mode) = setting("mode").filter(|mode| !is_mode(mode, text)) {
        let message = "no such mode: the clean-up is off, and the module gets all secrets of a request";
        add(mode, rule.severity, "credential_cleanup.mode", message, "write mask or remove");
        is_on = false;
    }
    if let Some(fields) = setting("fields")
        && !matches!(fields.value, NodeValue::Array(_) | NodeValue::Scalar(Scalar::Null))
    {
        let message = "this is no array: the clean-up is off, and the module gets all secrets of a request";
        add(fields, rule.severity, "credential_cleanup.fields", message, "write an array of names");
        is_on = false;
    }
    if is_on {
        hidden_members(rule, input, root, found);
    }
}

fn is_mode(mode: &Node, text: &str) -> bool {
    match &mode.value {
        NodeValue::Scalar(Scalar::Null) => true,
        NodeValue::Scalar(Scalar::String) => mode.string(text).is_some_and(|word| {
            ["mask", "remove"].iter().any(|known| word.eq_ignore_ascii_case(known))
                || !lookups(&word).is_empty()
        }),
        _ => false,
    }
}

/// The members of the payload, as far as the webhook names any, that are hidden although they hold no secret.
fn hidden_members(rule: &Rule, input: &DocumentInput<'_>, root: &Node, found: &mut Vec<Diagnostic>) {
    let limit = found.len() + MAX_DIAGNOSTICS;
    let mut tell = |pointer: String, member: &Member| {
        let name = member.name.to_lowercase();
        let word = HIDDEN.iter().find(|word| name.contains(**word));
        let Some(word) = word.filter(|_| found.len() < limit && !SecretNames::default().looks_secret(&name))
        else {
            return;
        };
        let message = format!(
            "the clean-up hides the member {} of a payload, whose name contains {word}",
            shown_name(&member.name)
        );
        let remedy =
            "switch credential_cleanup off, if the module needs the member and no request holds secrets";
        let diagnostic = Diagnostic { severity: Severity::Info, remedy, ..rule.diagnostic(message) };
        found.push(diagnostic.at(
            input.text(),
            member.key,
            format!("{pointer}.{}", shown_name(&member.name)),
        ));
    };
    if let Some(schema) = root.member("json_schema") {
        each_property(&schema.value, &mut |member| tell("json_schema.properties".into(), member));
    }
    let columns = root.member("module-config").and_then(|config| config.value.member("schema"));
    let columns = columns.and_then(|schema| schema.value.member("fields"));
    for member in columns.into_iter().flat_map(|fields| fields.value.members()) {
        tell("module-config.schema.fields".into(), member);
    }
}

/// The properties that a schema names, at any depth.
fn each_property(schema: &Node, on: &mut dyn FnMut(&Member)) {
    for member in schema.members() {
        match member.name.as_str() {
            "properties" => {
                for property in member.value.members() {
                    on(property);
                    each_property(&property.value, on);
                }
            }
            "items" | "additionalProperties" => each_property(&member.value, on),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::fixture::check;

    #[test]
    fn a_clean_up_that_is_off_and_one_that_hides_too_much_are_found() {
        check(
            &["L22"],
            &[
                (
                    "a/b",
                    r#"{"credential_cleanup": {"mode": "hide"}}"#,
                    &["L22 Warning credential_cleanup.mode"],
                ),
                ("a/b", r#"{"credential_cleanup": {"mode": "Mask", "fields": ["a"]}}"#, &[]),
                (
                    "a/b",
                    r#"{"credential_cleanup": {"fields": "a"}}"#,
                    &["L22 Warning credential_cleanup.fields"],
                ),
                (
                    "a/b",
                    r#"{"credential_cleanup": {"enabled": "false"}}"#,
                    &["L22 Warning credential_cleanup.enabled"],
                ),
                ("a/b", r#"{"credential_cleanup": false}"#, &["L22 Error credential_cleanup"]),
                (
                    "a/b",
                    r#"{"json_schema": {"properties": {"author": {"properties": {"keyboard": {}}}, "name": {}, "password": {}}},
                        "module-config": {"schema": {"fields": {"monkey": {}}}}}"#,
                    &[
                        "L22 Info json_schema.properties.author",
                        "L22 Info json_schema.properties.keyboard",
                        "L22 Info module-config.schema.fields.monkey",
                    ],
                ),
                (
                    "a/b",
                    r#"{"json_schema": {"properties": {"author": {}}}, "credential_cleanup": {"enabled": false}}"#,
                    &[],
                ),
                ("a/b", r#"{"credential_cleanup": null}"#, &[]),
                ("connections/c", r#"{"type": "kafka", "credential_cleanup": false}"#, &[]),
            ],
        );
    }
}
