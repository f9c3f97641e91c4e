//! The embedded schemas, read once.

use std::sync::OnceLock;

use serde_json::Value;

use super::receiver::module::module;
use crate::domain::DocumentKind;
use crate::domain::json::PathStep;

const WEBHOOK: &str = include_str!("schema/webhook.schema.json");
const CONNECTION: &str = include_str!("schema/connection.schema.json");

/// A type of document: a module for a webhook, a type for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentType {
    /// Its name, as written in documents.
    pub name: String,
    /// One line about it.
    pub help: String,
    /// The settings that the receiver requires, in the schema's order.
    pub required: Vec<String>,
}

/// The types for a kind of document, in the schema's order; empty for documents of no kind.
pub fn document_types(kind: DocumentKind) -> &'static [DocumentType] {
    static WEBHOOKS: OnceLock<Vec<DocumentType>> = OnceLock::new();
    static CONNECTIONS: OnceLock<Vec<DocumentType>> = OnceLock::new();
    match kind {
        DocumentKind::Webhook => WEBHOOKS.get_or_init(|| modules(&parsed(WEBHOOK))),
        DocumentKind::Connection => CONNECTIONS.get_or_init(|| types(&parsed(CONNECTION))),
        _ => &[],
    }
}

/// What becomes of a reference in a field that is not a text: a reference always yields text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextEffect {
    /// The receiver cannot use it.
    Breaks,
    /// It counts as true, whatever it says.
    AlwaysTrue,
}

/// What a text does in a field of a document: `x-ref` of the schemas. `types` are a connection's type, or the
/// modules of a webhook that read the field.
pub(super) fn text_effect(kind: DocumentKind, types: &[&str], path: &[PathStep<'_>]) -> Option<TextEffect> {
    static SCHEMAS: OnceLock<[Value; 2]> = OnceLock::new();
    let [webhook, connection] = SCHEMAS.get_or_init(|| [parsed(WEBHOOK), parsed(CONNECTION)]);
    let effect = |schema: &Value, from: &str, path: &[PathStep<'_>]| {
        let field = field(schema, schema.pointer(from)?, path)?;
        match field.get("x-ref").and_then(Value::as_str)? {
            "string-breaks" => Some(TextEffect::Breaks),
            "always-true" => Some(TextEffect::AlwaysTrue),
            _ => None,
        }
    };
    let by_type = |schema: &Value, place: &str, path: &[PathStep<'_>]| {
        types.iter().find_map(|name| effect(schema, &format!("/$defs/{place}/{name}"), path))
    };
    let is_config = |step: &PathStep<'_>| matches!(step, PathStep::Member(name) if name == "module-config");
    match (kind, path) {
        (DocumentKind::Webhook, [config, path @ ..] | [_, PathStep::Item(_), config, path @ ..])
            if is_config(config) =>
        {
            by_type(webhook, "module_config", path)
        }
        (DocumentKind::Webhook, _) => effect(webhook, "", path),
        (DocumentKind::Connection, _) => by_type(connection, "type", path),
        (DocumentKind::Unknown, _) => None,
    }
}

/// The schema of the value that a path leads to.
fn field<'s>(root: &'s Value, schema: &'s Value, path: &[PathStep<'_>]) -> Option<&'s Value> {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return field(root, root.pointer(target.strip_prefix('#')?)?, path);
    }
    let Some((step, rest)) = path.split_first() else { return Some(schema) };
    let own = match step {
        PathStep::Member(name) => schema
            .get("properties")
            .and_then(|properties| properties.get(&**name))
            .or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object())),
        PathStep::Item(_) => schema.get("items"),
    };
    let branches =
        || ["anyOf", "allOf", "oneOf"].iter().filter_map(|name| schema.get(name)?.as_array()).flatten();
    own.and_then(|own| field(root, own, rest))
        .or_else(|| branches().find_map(|branch| field(root, branch, path)))
}

/// A schema; tests ensure that both are JSON.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn modules(schema: &Value) -> Vec<DocumentType> {
    names(schema.pointer("/properties/module/anyOf/0/enum"))
        .into_iter()
        .map(|name| {
            let required = module(&name).map(|module| module.required).unwrap_or_default();
            // Of several names for a setting, the first is the usual one.
            let required: Vec<_> =
                required.iter().filter_map(|any| any.first()).map(|name| (*name).to_owned()).collect();
            // The settings of one module are siblings of `module-config`, and so is their description.
            let beside = required.iter().find_map(|name| schema.pointer(&format!("/properties/{name}")));
            let beside = beside.filter(|setting| setting.get("properties").is_some());
            let about = beside.or_else(|| schema.pointer(&format!("/$defs/module_config/{name}")));
            DocumentType { help: help(about.and_then(|about| about.get("description"))), required, name }
        })
        .collect()
}

fn types(schema: &Value) -> Vec<DocumentType> {
    names(schema.pointer("/properties/type/examples"))
        .into_iter()
        .map(|name| {
            let rules = schema.pointer(&format!("/$defs/type/{name}"));
            let of = |what| rules.and_then(|rules| rules.get(what));
            DocumentType { help: help(of("description")), required: names(of("required")), name }
        })
        .collect()
}

fn names(list: Option<&Value>) -> Vec<String> {
    let texts = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Its description, without the words that nearly all descriptions begin with.
fn help(description: Option<&Value>) -> String {
    let text = description.and_then(Value::as_str).unwrap_or_default();
    let text = text.strip_prefix("Settings of ").unwrap_or(text);
    let text = text.strip_prefix("the ").unwrap_or(text);
    if text.split(' ').next().is_some_and(|word| word.contains('_')) {
        // An identifier keeps its spelling.
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
pub(super) fn texts() -> [(DocumentKind, &'static str); 2] {
    [(DocumentKind::Webhook, WEBHOOK), (DocumentKind::Connection, CONNECTION)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_and_type_has_a_line_of_help() {
        for (kind, count) in [(DocumentKind::Webhook, 20), (DocumentKind::Connection, 13)] {
            let choices = document_types(kind);
            assert_eq!(choices.len(), count, "as many as the schema names");
            for choice in choices {
                assert!(choice.help.len() > 5 && !choice.help.contains('\n'), "{choice:?}");
            }
        }
    }

    #[test]
    fn the_effect_of_a_text_is_read_wherever_the_schema_says_it() {
        let effect = |kind, types: &[&str], path: &str| {
            let step = |step: &str| match step.parse() {
                Ok(number) => PathStep::Item(number),
                Err(_) => PathStep::Member(step.to_owned().into()),
            };
            text_effect(kind, types, &path.split('.').map(step).collect::<Vec<_>>())
        };
        for (types, path, expected) in [
            ("", "rate_limit.max_requests", Some(TextEffect::Breaks)),
            ("", "hmac.secret", None),
            ("", "unheard.of", None),
            ("", "chain-config.timeout", Some(TextEffect::Breaks)),
            ("", "retry.enabled", Some(TextEffect::AlwaysTrue)),
            ("", "chain.3.retry.enabled", Some(TextEffect::Breaks)),
            ("log", "module-config.pretty_print", Some(TextEffect::AlwaysTrue)),
            ("kafka", "module-config.pretty_print", None),
            ("kafka", "chain.0.module-config.partition", Some(TextEffect::Breaks)),
        ] {
            assert_eq!(effect(DocumentKind::Webhook, &[types], path), expected, "{path}");
        }
        let of = |name, path| effect(DocumentKind::Connection, &[name], path);
        assert_eq!(of("mqtt", "port"), Some(TextEffect::Breaks));
        assert_eq!(of("rabbitmq", "port"), None);
        assert_eq!(of("postgres", "ssl"), Some(TextEffect::AlwaysTrue));
        assert_eq!(
            effect(DocumentKind::Webhook, &["log", "kafka"], "module-config.partition"),
            Some(TextEffect::Breaks)
        );
    }

    #[test]
    fn what_is_required_is_read_in_all_the_ways_the_schema_says_it() {
        let needs = |kind, name: &str| {
            let choice = document_types(kind).iter().find(|choice| choice.name == name).unwrap();
            choice.required.join(" ")
        };
        for (module, required) in [
            ("log", ""),
            ("rabbitmq", "queue_name"),
            ("redis_rq", "function"),
            ("redis_publish", "redis"),
            ("kafka", "topic"),
            ("aws_sqs", "queue_name"),
            ("webhook_connect", "channel channel_token"),
        ] {
            assert_eq!(needs(DocumentKind::Webhook, module), required, "{module}");
        }
        assert_eq!(needs(DocumentKind::Connection, "mysql"), "host port");
        assert_eq!(needs(DocumentKind::Connection, "gcp_pubsub"), "project_id");
    }
}
