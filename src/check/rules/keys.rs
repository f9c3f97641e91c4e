//! Members that the receiver does not read: misspelt, unknown, or shown in its documentation and ignored; and what
//! a template left to be edited.

use serde_json::Value;

use super::MAX_DIAGNOSTICS;
use crate::check::schema::{SchemaNodes, is_of_type, visit};
use crate::check::spelling::nearest;
use crate::check::template::is_placeholder;
use crate::check::trail::{each_text, shown_name};
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck, Trail, document_types};
use crate::domain::DocumentKind;
use crate::domain::json::{Member, Node, NodeValue, Severity, SyntaxFix, quote};
use crate::inventory::Auth;

/// A member that the receiver does not know.
pub const SUSPICIOUS_KEY: Rule = Rule {
    id: "L09",
    name: "suspicious-key",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a misspelt member, above all one that should keep calls out; a warning for other members that the \
              receiver does not know",
    check: RuleCheck::Document(suspicious_key),
};

fn suspicious_key(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some(root) = input.root() else { return };
    if input.kind() == DocumentKind::Connection && !is_known_type(input) {
        return;
    }
    let text = input.text();
    visit(input.kind(), text, root, &mut |trail, node, nodes| {
        let is_full = found.len() >= MAX_DIAGNOSTICS;
        if is_full || !matches!(node.value, NodeValue::Object(_)) || has_free_names(nodes) {
            return;
        }
        let is_unknown = |member: &&Member| {
            !nodes.knows(&member.name) && listed(nodes, "x-ignored-keys", &member.name).is_none()
        };
        for member in node.last_members().into_iter().filter(is_unknown) {
            if found.len() >= MAX_DIAGNOSTICS {
                return;
            }
            let key = UnknownKey::of(member, node, nodes);
            let place = Trail::Member(trail, member);
            let diagnostic = rule.diagnostic(key.message()).at(text, member.key, place.to_string());
            let (severity, fix) = (key.severity(), key.fix(text));
            found.push(Diagnostic { severity, fix, remedy: "rename it, or leave it out", ..diagnostic });
        }
    });
}

struct UnknownKey<'a> {
    member: &'a Member,
    /// What was meant, and its schema.
    meant: Option<(&'static str, Option<&'static Value>)>,
    /// Whether the receiver refuses what it is in.
    is_refused: bool,
    /// Whether its name is one that people write in its place.
    is_listed: bool,
    /// Whether a member of that name is there, too.
    is_beside: bool,
}

impl<'a> UnknownKey<'a> {
    fn of(member: &'a Member, object: &Node, nodes: &SchemaNodes) -> Self {
        let listed = listed(nodes, "x-suspicious-keys", &member.name).and_then(Value::as_str);
        let meant = listed.or_else(|| nearest(&member.name, nodes.properties().map(|(name, _)| name)));
        let schema = |name| nodes.properties().find(|(known, _)| *known == name).map(|(_, schema)| schema);
        Self {
            member,
            meant: meant.map(|name| (name, schema(name))),
            is_refused: nodes.iter().any(|node| node.get("x-unknown").is_some_and(|is| is == "error")),
            is_listed: listed.is_some(),
            is_beside: meant.is_some_and(|name| object.member(name).is_some()),
        }
    }

    fn keeps_out(&self) -> bool {
        self.meant.is_some_and(|(name, _)| Auth::of_member(name).is_some())
    }

    fn severity(&self) -> Severity {
        let is_error = self.is_refused || self.is_listed || self.keeps_out();
        if is_error { Severity::Error } else { Severity::Warning }
    }

    fn message(&self) -> String {
        let name = shown_name(&self.member.name);
        let ends = match (self.is_refused, self.keeps_out()) {
            (true, _) => format!("the receiver refuses the chain because of {name}"),
            (false, true) if !self.is_beside => {
                format!("the receiver ignores {name}, so that it keeps no call out")
            }
            _ => format!("the receiver ignores {name}"),
        };
        match self.meant {
            Some((meant, _)) => format!("{ends}; the member is called {meant}"),
            None => ends,
        }
    }

    /// The right name, unless it is taken, or its value would be of another type.
    fn fix(&self, text: &str) -> Option<SyntaxFix> {
        let (meant, schema) = self.meant.filter(|_| !self.is_beside)?;
        let types = schema.and_then(|schema| schema.get("type").or_else(|| schema.pointer("/anyOf/0/type")));
        let fits = types.is_none_or(|types| is_of_type(types, &self.member.value, text));
        let words = "rename it to what the receiver reads";
        fits.then(|| SyntaxFix { span: self.member.key, replacement: quote(meant), words })
    }
}

/// Whether the names of an object's members are the user's own, or nothing is known of them.
fn has_free_names(nodes: &SchemaNodes) -> bool {
    let names_values = |node: &Value| node.get("additionalProperties").is_some_and(Value::is_object);
    nodes.annotation("x-unknown").is_none() || nodes.iter().any(names_values)
}

fn listed(nodes: &SchemaNodes, list: &str, name: &str) -> Option<&'static Value> {
    nodes.iter().find_map(|node| node.get(list)?.get(name))
}

/// Of a type that the schema does not know, no member is known.
fn is_known_type(input: &DocumentInput<'_>) -> bool {
    let is = |module: &str| document_types(input.kind()).iter().any(|known| known.name == module);
    input.facts.module.as_deref().is_some_and(is)
}

/// A member that the receiver's documentation or examples show, and that it does not read.
pub const IGNORED_KEY: Rule = Rule {
    id: "L18",
    name: "ignored-key",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a member that examples show and that the receiver does not read",
    check: RuleCheck::Document(ignored_key),
};

fn ignored_key(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some(root) = input.root() else { return };
    let text = input.text();
    visit(input.kind(), text, root, &mut |trail, node, nodes| {
        let mut push = |place: &Trail<'_>, member: &Member, instead: Option<&str>| {
            if found.len() >= MAX_DIAGNOSTICS {
                return;
            }
            let instead = instead.map(|name| format!("; it reads {name}")).unwrap_or_default();
            let message = format!("the receiver ignores {place}{instead}");
            found.push(Diagnostic {
                remedy: "leave it out: it has no effect",
                ..rule.diagnostic(message).at(text, member.key, place.to_string())
            });
        };
        if let Trail::Member(_, member) = trail
            && nodes.annotation("x-ignored").is_some()
        {
            push(trail, member, None);
        }
        for (name, instead) in
            nodes.iter().filter_map(|node| node.get("x-ignored-keys")?.as_object()).flatten()
        {
            if let Some(member) = node.member(name) {
                push(&Trail::Member(trail, member), member, instead.as_str());
            }
        }
    });
}

/// A value that a template left for the user.
pub const LEFT_TO_EDIT: Rule = Rule {
    id: "T01",
    name: "left-to-edit",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a value of a template that has not been replaced: `EDIT-ME`",
    check: RuleCheck::Document(left_to_edit),
};

fn left_to_edit(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(root) = input.root() {
        each_text(&Trail::Document, root, input.text(), &mut |trail, node, value| {
            if found.len() < MAX_DIAGNOSTICS && is_placeholder(value) {
                let message = format!("{trail} still has what the template put there");
                let diagnostic = rule.diagnostic(message).at(input.text(), node.span, trail.to_string());
                found.push(Diagnostic { remedy: "write the real value", ..diagnostic });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::check::ReceiverProfile;
    use crate::check::rules::fixture::{judged, lines};

    #[test]
    fn a_key_that_the_receiver_does_not_read_is_told_by_what_it_costs() {
        let table: &[(&str, &str, &[&str])] = &[
            (
                "a/w",
                r#"{"module": "log", "hmac": {"secret": "{$A}", "header": "X", "algorithm": "sha256"}}"#,
                &[],
            ),
            ("a/w", r#"{"module": "log", "authorisation": "Bearer x"}"#, &["L09 Error authorisation"]),
            ("a/w", r#"{"module": "log", "basic-auth": {}}"#, &["L09 Error basic-auth"]),
            (
                "a/w",
                r#"{"module": "log", "autorization": "x", "rate_limt": {}}"#,
                &["L09 Error autorization", "L09 Error rate_limt"],
            ),
            (
                "a/w",
                r#"{"module": "log", "_comment": "x", "description": 1}"#,
                &["L09 Warning _comment", "L09 Warning description"],
            ),
            (
                "a/w",
                r#"{"module": "log", "jwt": {"secret": "{$A}", "issuers": "x"}}"#,
                &["L09 Warning jwt.issuers"],
            ),
            (
                "a/w",
                r#"{"module": "kafka", "module-config": {"topic": "ab", "tpoic": "x"}}"#,
                &["L09 Warning module-config.tpoic"],
            ),
            (
                "a/w",
                r#"{"chain": ["log"], "chain-config": {"parallel": true}}"#,
                &["L09 Error chain-config.parallel"],
            ),
            ("a/w", r#"{"chain": [{"module": "log", "retries": {}}]}"#, &["L09 Error chain[0].retries"]),
            // Names of the user's own, and settings of modules that nobody knows.
            (
                "a/w",
                r#"{"module": "http_webhook", "module-config": {"url": "http://x", "headers": {"X-Any": "x"}}}"#,
                &[],
            ),
            (
                "a/w",
                r#"{"module": "{$M}", "module-config": {"anything": 1}, "json_schema": {"type": "object"}}"#,
                &[],
            ),
            (
                "connections/c",
                r#"{"type": "mysql", "host": "db", "port": 1, "databse": "x"}"#,
                &["L09 Warning databse"],
            ),
            ("connections/c", r#"{"type": "of-another-program", "anything": 1}"#, &[]),
        ];
        for (address, text, expected) in table {
            assert_eq!(lines(address, text, &["L09"]), *expected, "{text}");
        }
    }

    #[test]
    fn a_misspelt_key_is_renamed_unless_its_value_is_of_another_type() {
        let fix = |text: &str| {
            let found = judged("a/w", text, &ReceiverProfile::default());
            let found = found.iter().find(|found| found.rule == "L09").unwrap();
            (found.message.clone(), found.place, found.fix.as_ref().map(|fix| fix.replacement.clone()))
        };
        assert_eq!(
            fix("{\"module\": \"log\",\n \"authorisation\": \"Bearer s3cr3t\"}"),
            (
                "the receiver ignores authorisation, so that it keeps no call out; the member is called \
                 authorization"
                    .into(),
                Some((2, 2)),
                Some("\"authorization\"".into())
            )
        );
        assert_eq!(fix(r#"{"module": "log", "api_key": "s3cr3t"}"#).2, None, "header_auth is an object");
        let beside = fix(r#"{"module": "log", "auth": "s3cr3t", "authorization": "x"}"#);
        assert_eq!(beside.0, "the receiver ignores auth; the member is called authorization");
        assert_eq!(beside.2, None, "the name is taken");
    }

    #[test]
    fn what_examples_show_and_the_receiver_ignores_is_a_warning() {
        let table: &[(&str, &str, &[&str])] = &[
            (
                "connections/c",
                r#"{"type": "redis-rq", "host": "r", "port": 1, "password": "s3cr3t"}"#,
                &["L18 Warning password"],
            ),
            (
                "connections/c",
                r#"{"type": "rabbitmq", "host": "r", "port": 1, "password": "s3cr3t", "vhost": "/"}"#,
                &["L18 Warning password", "L18 Warning vhost"],
            ),
            (
                "connections/c",
                r#"{"type": "aws_sqs", "region": "x", "endpoint_url": "x"}"#,
                &["L18 Warning region", "L18 Warning endpoint_url"],
            ),
            ("connections/c", r#"{"type": "s3", "endpoint_url": "x"}"#, &["L18 Warning endpoint_url"]),
            ("connections/c", r#"{"type": "mqtt", "user": "x"}"#, &["L18 Warning user"]),
            ("connections/c", r#"{"type": "activemq", "username": "x"}"#, &["L18 Warning username"]),
            (
                "connections/c",
                r#"{"type": "clickhouse", "host": "c", "port": 1, "secure": true}"#,
                &["L18 Warning secure"],
            ),
            (
                "connections/c",
                r#"{"type": "gcp_pubsub", "project_id": "my-project", "credentials": {}}"#,
                &["L18 Warning credentials"],
            ),
            ("connections/c", r#"{"type": "mysql", "host": "c", "port": 1, "password": "{$P}"}"#, &[]),
            (
                "a/w",
                r#"{"module": "save_to_disk", "module-config": {"format": "x", "append": true}}"#,
                &["L18 Warning module-config.format", "L18 Warning module-config.append"],
            ),
            (
                "a/w",
                r#"{"module": "log", "rate_limit": {"max_requests": 1, "enabled": false}}"#,
                &["L18 Warning rate_limit.enabled"],
            ),
            ("a/w", r#"{"chain": ["log"], "chain_config": {}}"#, &["L18 Warning chain_config"]),
            ("a/w", r#"{"chain": [{"module": "kafka", "topic": "ab"}]}"#, &["L18 Warning chain[0].topic"]),
            ("a/w", r#"{"module": "kafka", "topic": "ab", "rate_limit": {"max_requests": 1}}"#, &[]),
        ];
        for (address, text, expected) in table {
            assert_eq!(lines(address, text, &["L18", "L09"]), *expected, "{text}");
        }
    }

    #[test]
    fn what_a_template_left_is_an_error_until_it_is_replaced() {
        let left = |text: &str| lines("a/w", text, &["T01"]);
        assert_eq!(
            left(
                r#"{"module": "kafka", "connection": "EDIT-ME", "module-config": {"topic": "edit_me", "x": ["tcp://edit-me.example.com:5555"]}}"#
            ),
            ["T01 Error connection", "T01 Error module-config.topic", "T01 Error module-config.x[0]"]
        );
        assert!(
            left(r#"{"EDIT-ME": "credit-menu", "a": "edit_menu", "b": "credit_me", "c": "edit me"}"#)
                .is_empty()
        );
    }
}
