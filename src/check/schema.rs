//! The embedded schemas, read once.

mod compiled;
mod nodes;
mod validation;
mod words;

use std::sync::OnceLock;

use serde_json::Value;

pub(super) use compiled::is_of_type;
pub(super) use nodes::{SchemaNodes, visit, visit_settings};
pub(super) use validation::{Violation, ViolationKind, violations};
pub(super) use words::{expected, or, takes, type_words};

use super::receiver::module::module;
use crate::domain::DocumentKind;

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
        DocumentKind::Webhook => WEBHOOKS.get_or_init(|| schema(kind).map(modules).unwrap_or_default()),
        DocumentKind::Connection => CONNECTIONS.get_or_init(|| schema(kind).map(types).unwrap_or_default()),
        _ => &[],
    }
}

/// The schema for a kind of document.
pub(super) fn schema(kind: DocumentKind) -> Option<&'static Value> {
    static WEBHOOKS: OnceLock<Value> = OnceLock::new();
    static CONNECTIONS: OnceLock<Value> = OnceLock::new();
    // Tests ensure that both are JSON.
    let parsed = |text| serde_json::from_str(text).unwrap_or_default();
    match kind {
        DocumentKind::Webhook => Some(WEBHOOKS.get_or_init(|| parsed(WEBHOOK))),
        DocumentKind::Connection => Some(CONNECTIONS.get_or_init(|| parsed(CONNECTION))),
        _ => None,
    }
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
