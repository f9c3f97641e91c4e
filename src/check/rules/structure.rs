//! Values that are not what the schema of a document describes, and members that are missing.

use crate::check::receiver::validation::opening;
use crate::check::schema::{SchemaNodes, Violation, ViolationKind, expected, or, schema, takes, type_words};
use crate::check::spelling::nearest;
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck, Trail, document_types};
use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, PathStep, Scalar, Severity, SyntaxFix, quote};
use crate::inventory::Auth;

/// A value is not of the type or the form that is expected.
pub const WRONG_VALUE: Rule = Rule {
    id: "V01",
    name: "wrong-value",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a value of another type or form than the receiver takes there",
    check: RuleCheck::Document(wrong_value),
};

/// A member that is needed is missing.
pub const MISSING_MEMBER: Rule = Rule {
    id: "V02",
    name: "missing-member",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a member that the module, the type of connection or the block needs",
    check: RuleCheck::Document(missing_member),
};

fn wrong_value(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each(input, &mut |place| {
        let message = match &place.violation.kind {
            ViolationKind::Wrong => place.wrong(),
            ViolationKind::TooMany(names) => {
                format!("{} has {} together; one is read", place.trail, and(names))
            }
            ViolationKind::Missing(_) => return,
        };
        let (severity, effect) = if matches!(place.violation.kind, ViolationKind::TooMany(_)) {
            (Severity::Warning, "")
        } else {
            place.effect()
        };
        let message = if effect.is_empty() { message } else { format!("{message}: {effect}") };
        let remedy = place.nodes.text("description").unwrap_or_default();
        let diagnostic = rule.diagnostic(message).at(input.text(), place.node.span, place.trail.to_string());
        found.push(Diagnostic { severity, remedy, fix: place.fix(), ..diagnostic });
    });
}

fn missing_member(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    each(input, &mut |place| {
        let ViolationKind::Missing(names) = &place.violation.kind else { return };
        let Some(first) = names.first() else { return };
        let (names, first) = match place.needed_in_config(first) {
            Some(needed) => (vec![format!("{first} with {needed}")], first),
            None => (names.clone(), first),
        };
        let trail = Trail::Missing(place.trail, first);
        let is_known = |name: &&str| document_types(place.kind).iter().any(|known| known.name == *name);
        let who = match (place.trail, input.facts.module.as_deref().filter(is_known)) {
            (Trail::Document, _) if names.len() > 1 => "a webhook".to_owned(),
            (Trail::Member(Trail::Document, member), Some(module)) if member.name == "module-config" => {
                format!("the module {module}")
            }
            (Trail::Document, Some(module)) if place.kind == DocumentKind::Webhook => {
                format!("the module {module}")
            }
            (Trail::Document, _) => "the connection".to_owned(),
            (within, _) => within.to_string(),
        };
        let span = place.trail.key().unwrap_or(opening(place.node));
        let (severity, effect) = place.effect();
        let effect = if effect.is_empty() { String::new() } else { format!(": {effect}") };
        let message = format!("{who} needs {}{effect}", or(&names));
        let remedy = "add it, or take it from a template";
        found.push(Diagnostic {
            severity,
            remedy,
            ..rule.diagnostic(message).at(input.text(), span, trail.to_string())
        });
    });
}

/// A violation where it is.
struct ViolationPlace<'a> {
    kind: DocumentKind,
    text: &'a str,
    trail: &'a Trail<'a>,
    node: &'a Node,
    nodes: SchemaNodes,
    violation: &'a Violation,
}

fn each(input: &DocumentInput<'_>, see: &mut dyn FnMut(&ViolationPlace<'_>)) {
    let Some(root) = input.root() else { return };
    for violation in input.violations() {
        go(&Trail::Document, root, &violation.path, &mut |trail, node| {
            let (kind, text) = (input.kind(), input.text());
            let nodes = SchemaNodes::at(kind, text, root, &violation.path);
            see(&ViolationPlace { kind, text, trail, node, nodes, violation });
        });
    }
}

/// Walks down a path.
fn go(trail: &Trail<'_>, node: &Node, path: &[PathStep<'_>], arrive: &mut dyn FnMut(&Trail<'_>, &Node)) {
    match (path.split_first(), &node.value) {
        (None, _) => arrive(trail, node),
        (Some((PathStep::Member(name), rest)), _) => {
            if let Some(member) = node.member(name) {
                go(&Trail::Member(trail, member), &member.value, rest, arrive);
            }
        }
        (Some((PathStep::Item(at), rest)), NodeValue::Array(items)) => {
            if let Some(item) = items.get(*at) {
                go(&Trail::Item(trail, *at), item, rest, arrive);
            }
        }
        _ => {}
    }
}

impl ViolationPlace<'_> {
    /// `port must be a whole number from 1 to 65535, and is a text`.
    fn wrong(&self) -> String {
        let unclear = || format!("{} is not what the receiver takes there", self.trail);
        let Some(root) = schema(self.kind) else { return unclear() };
        let mut words = self.nodes.iter().map(|node| (expected(root, node), node));
        let Some((words, node)) = words.find(|(words, _)| !words.is_empty()) else { return unclear() };
        let kind = match &self.node.value {
            NodeValue::Object(_) => "object",
            NodeValue::Array(_) => "array",
            NodeValue::Scalar(Scalar::String) => "string",
            NodeValue::Scalar(Scalar::Number) => "number",
            NodeValue::Scalar(Scalar::Bool) => "boolean",
            NodeValue::Scalar(Scalar::Null) => "null",
        };
        // Of a value of the right type it says nothing what type it is.
        let is =
            if takes(root, node, kind) { String::new() } else { format!(", and is {}", type_words(kind)) };
        format!("{} must be {words}{is}", self.trail)
    }

    /// What the receiver does with it.
    fn effect(&self) -> (Severity, &'static str) {
        let is_text = matches!(self.node.value, NodeValue::Scalar(Scalar::String));
        let is_missing = matches!(self.violation.kind, ViolationKind::Missing(_));
        if self.nodes.text("x-wrong") == Some("warn") {
            return (Severity::Warning, "");
        }
        if is_text && !is_missing && self.nodes.text("x-ref") == Some("always-true") {
            return (Severity::Error, "any text there counts as true");
        }
        let whole = self.violation.path.len() == 1 && !is_missing;
        let first = match (self.violation.path.first(), &self.violation.kind) {
            (Some(PathStep::Member(name)), _) => &**name,
            (_, ViolationKind::Missing(names)) => names.first().map_or("", String::as_str),
            _ => "",
        };
        if self.kind == DocumentKind::Connection {
            return (Severity::Error, "the connection cannot be used");
        }
        let is_auth = Auth::of_member(first).is_some();
        let row = EFFECTS.iter().find(|effect| effect.member == first && (whole || !effect.whole));
        match row {
            Some(effect) => (effect.severity, effect.words),
            None if is_auth => (Severity::Error, "calls are refused, or not checked"),
            None => (Severity::Error, ""),
        }
    }

    /// What `module-config` must hold, where all of it is missing.
    fn needed_in_config(&self, missing: &str) -> Option<String> {
        let module = self.node.member("module")?.value.string(self.text)?;
        let module = document_types(self.kind).iter().find(|known| known.name == module)?;
        (missing == "module-config").then(|| and(&module.required))
    }

    /// The nearest word of a list.
    fn fix(&self) -> Option<SyntaxFix> {
        let text = self.node.string(self.text)?;
        let options = |node: &'static serde_json::Value| {
            let parts = node.get("anyOf").and_then(serde_json::Value::as_array).into_iter().flatten();
            let lists = parts.chain([node]).filter_map(|part| part.get("enum")?.as_array());
            lists.flatten().filter_map(serde_json::Value::as_str)
        };
        let meant = nearest(&text, self.nodes.iter().flat_map(options))?;
        Some(SyntaxFix { span: self.node.span, replacement: quote(meant), words: "write the nearest word" })
    }
}

fn and(names: &[impl AsRef<str>]) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" and ")
}

/// What the receiver does with something wrong in a member of a webhook.
struct Effect {
    member: &'static str,
    /// Whether it is meant of the member's own value alone.
    whole: bool,
    severity: Severity,
    words: &'static str,
}

const fn effect(member: &'static str, severity: Severity, words: &'static str) -> Effect {
    Effect { member, whole: false, severity, words }
}

const fn whole(member: &'static str, severity: Severity, words: &'static str) -> Effect {
    Effect { member, whole: true, severity, words }
}

/// The first that fits counts.
const EFFECTS: &[Effect] = {
    use Severity::{Error, Warning};
    &[
        effect("data_type", Error, "calls are answered 415 or 400"),
        effect("module", Error, "calls are answered 501 or 400"),
        effect("chain", Error, "calls are answered 400"),
        effect("chain-config", Error, "calls are answered 400"),
        whole("module-config", Warning, "the receiver takes it for an empty object"),
        effect("module-config", Error, "the module refuses it when a call comes"),
        effect("redis", Error, "the module refuses it when a call comes"),
        effect("queue_name", Error, "the module refuses it when a call comes"),
        effect("topic", Error, "the module refuses it when a call comes"),
        effect("connection", Warning, "no connection is used"),
        whole("retry", Error, "calls are answered 500"),
        effect("retry", Warning, "the receiver takes its default, or the nearest value that it allows"),
        whole("credential_cleanup", Error, "calls are answered 200 and lost"),
        effect("credential_cleanup", Warning, "the clean-up is switched off"),
        effect("rate_limit", Error, "all calls are answered 401"),
        effect("json_schema", Error, "bodies are not checked, or all calls are answered 401"),
        effect("trusted_proxies", Warning, "it is skipped"),
    ]
};

#[cfg(test)]
mod tests;
