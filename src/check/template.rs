//! Templates of new documents: the smallest that a module accepts, by the schema and by the observed
//! behaviour of the receiver. Whatever has to be edited is marked as such; a secret is a reference, so
//! that users are not led to type one into a store.

use serde_json::{Map, Value, json};

use super::schema::{DocumentType, document_types};
use crate::domain::DocumentKind;

/// A placeholder for a name that only the user knows.
const EDIT: &str = "EDIT-ME";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentTemplate {
    /// A JSON object, indented.
    pub text: String,
    /// The byte offset of the first value that has to be edited.
    pub first: Option<usize>,
}

/// The template for a new webhook of a module, or for a new connection of a type; `None` for one that the
/// schema does not know. A webhook names `connection` if its module uses one.
pub fn template(kind: DocumentKind, name: &str, connection: Option<&str>) -> Option<DocumentTemplate> {
    let choice = document_types(kind).iter().find(|choice| choice.name == name)?;
    let object = match kind {
        DocumentKind::Connection => of_type(choice),
        _ => of_module(choice, connection),
    };
    let text = serde_json::to_string_pretty(&object).ok()? + "\n";
    let first = first_to_edit(&text, &object);
    Some(DocumentTemplate { text, first })
}

/// The type of connection that a module writes to, if it uses one.
pub fn connection_type(module: &str) -> Option<&str> {
    Some(match module {
        "redis_rq" => "redis-rq",
        "rabbitmq" | "kafka" | "mqtt" | "activemq" | "aws_sqs" | "gcp_pubsub" | "s3" => module,
        "clickhouse" | "postgresql" | "postgres" | "mysql" | "mariadb" => module,
        _ => return None,
    })
}

fn of_module(choice: &DocumentType, connection: Option<&str>) -> Value {
    let mut document = Map::new();
    document.insert("data_type".into(), "json".into());
    document.insert("module".into(), choice.name.as_str().into());
    if connection_type(&choice.name).is_some() {
        document.insert("connection".into(), connection.unwrap_or(EDIT).into());
    }
    let mut config = Map::new();
    for name in &choice.required {
        match name.as_str() {
            "redis" => document.insert("redis".into(), json!({"host": host("redis"), "channel": EDIT})),
            _ => config.insert(name.clone(), setting(&choice.name, name)),
        };
    }
    if !config.is_empty() {
        document.insert("module-config".into(), config.into());
    }
    document.into()
}

fn of_type(choice: &DocumentType) -> Value {
    let mut document = Map::new();
    document.insert("type".into(), choice.name.as_str().into());
    let useful = useful(&choice.name).iter().map(|name| (*name).to_owned());
    for name in choice.required.iter().cloned().chain(useful) {
        let value = setting(&choice.name, &name);
        document.entry(name).or_insert(value);
    }
    document.into()
}

/// Settings of a type of connection that the receiver does not require but that are needed in practice:
/// their defaults are a server on the receiver's own machine, or a well-known password.
fn useful(of: &str) -> &'static [&'static str] {
    match of {
        "rabbitmq" => &["user", "pass"],
        "postgresql" | "postgres" | "mysql" | "mariadb" | "clickhouse" => {
            &["host", "port", "database", "user", "password"]
        }
        "kafka" => &["bootstrap_servers"],
        "mqtt" | "activemq" => &["host", "port"],
        "s3" => &["region"],
        "aws_sqs" => &["region_name"],
        _ => &[],
    }
}

/// A value that the receiver accepts for a setting and that is obviously a placeholder.
fn setting(of: &str, name: &str) -> Value {
    match (of, name) {
        ("websocket", "url") => "wss://edit-me.example.com/".into(),
        (_, "url") => "https://edit-me.example.com/".into(),
        (_, "endpoint") => "tcp://edit-me.example.com:5555".into(),
        (_, "function") => "edit_me.function".into(),
        ("gcp_pubsub", _) => "edit-me-please".into(),
        (_, "channel_token") => reference("CHANNEL_TOKEN"),
        ("rabbitmq", "pass") => reference("RABBITMQ_PASSWORD"),
        ("mysql" | "mariadb", "password") => reference("MYSQL_PASSWORD"),
        ("clickhouse", "password") => reference("CLICKHOUSE_PASSWORD"),
        (_, "password") => reference("POSTGRES_PASSWORD"),
        (_, "bootstrap_servers") => format!("{}:9092", host("kafka")).into(),
        (_, "host") => host(of).into(),
        (_, "port") => port(of).into(),
        ("s3" | "aws_sqs", "region" | "region_name") => "us-east-1".into(),
        _ => EDIT.into(),
    }
}

/// A variable of the receiver's environment, as the whole value: embedded in other text, an unset one
/// would stay as it is, and a path in a vault that does not exist would stop the receiver.
fn reference(variable: &str) -> Value {
    format!("{{${variable}}}").into()
}

/// A host that the receiver accepts: it rejects underscores, and its own machine.
fn host(of: &str) -> String {
    format!("edit-me-{}.example.com", of.replace('_', "-"))
}

/// The default port of a server.
fn port(of: &str) -> u16 {
    match of {
        "rabbitmq" => 5_672,
        "redis-rq" => 6_379,
        "mysql" | "mariadb" => 3_306,
        "clickhouse" => 9_000,
        "mqtt" => 1_883,
        "activemq" => 61_613,
        _ => 5_432,
    }
}

/// The offset of the first value that still has to be edited.
fn first_to_edit(text: &str, object: &Value) -> Option<usize> {
    let mut values = Vec::new();
    leaves(object, &mut values);
    let value = values.into_iter().find(|value| is_to_edit(value))?;
    // The match starts at its quotation mark.
    text.find(&format!("\"{value}\"")).map(|at| at + 1)
}

fn is_to_edit(value: &str) -> bool {
    is_placeholder(value) || value.starts_with("{$")
}

/// Whether a value holds the placeholder of a template as a word of its own, in any spelling that templates use.
pub(super) fn is_placeholder(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_placeholder = |window: &[u8]| {
        window.get(..4).is_some_and(|edit| edit.eq_ignore_ascii_case(b"edit"))
            && matches!(window.get(4), Some(b'-' | b'_'))
            && window.get(5..7).is_some_and(|me| me.eq_ignore_ascii_case(b"me"))
    };
    let is_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let mut found = bytes.windows(EDIT.len()).enumerate().filter(|(_, window)| is_placeholder(window));
    found.any(|(at, _)| !is_word(at.checked_sub(1)) && !is_word(Some(at + EDIT.len())))
}

fn leaves<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| leaves(member, found)),
        Value::String(text) => found.push(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use jsonschema::Validator;

    use super::*;
    use crate::check::schema::texts;
    use crate::compare;
    use crate::domain::Masking;
    use crate::domain::json::check_object;
    use crate::text::placeholders::conceal;

    fn validator(text: &str) -> Validator {
        jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
    }

    fn all() -> impl Iterator<Item = (DocumentKind, Validator, &'static DocumentType)> {
        texts().into_iter().flat_map(|(kind, text)| {
            document_types(kind).iter().map(move |choice| (kind, validator(text), choice))
        })
    }

    #[test]
    fn every_module_and_type_has_a_template_that_its_schema_accepts() {
        for (kind, validator, choice) in all() {
            for connection in [None, Some("main")] {
                let template = template(kind, &choice.name, connection).unwrap();
                check_object(&template.text).unwrap();
                let value = serde_json::from_str(&template.text).unwrap();
                let wrong: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(wrong.is_empty(), "{}: {wrong:?}", template.text);
            }
        }
        assert_eq!(template(DocumentKind::Webhook, "unheard-of", None), None);
    }

    #[test]
    fn each_member_of_a_template_is_one_that_the_schema_knows() {
        for (kind, text) in texts() {
            let schema: Value = serde_json::from_str(text).unwrap();
            for choice in document_types(kind) {
                let template = template(kind, &choice.name, None).unwrap();
                let value: Value = serde_json::from_str(&template.text).unwrap();
                let (rules, settings) = match kind {
                    DocumentKind::Connection => (format!("/$defs/type/{}", choice.name), Some(&value)),
                    _ => (format!("/$defs/module_config/{}", choice.name), value.get("module-config")),
                };
                let known = schema.pointer(&format!("{rules}/properties")).unwrap();
                for name in settings.and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                    assert!(name == "type" || known.get(name).is_some(), "{}: {name}", choice.name);
                }
            }
        }
    }

    #[test]
    fn a_secret_is_a_reference_and_the_editor_shows_the_text_as_it_is() {
        for (kind, _, choice) in all() {
            let DocumentTemplate { text, first } = template(kind, &choice.name, None).unwrap();
            assert_eq!(compare::format(&text), text.trim_end(), "{}", choice.name);
            let (shown, _) = conceal(&Masking::built_in(kind), &text);
            assert_eq!(shown, text, "nothing in it needs to be hidden");
            let value = first.map(|first| text[first..].split('"').next().unwrap());
            match value {
                Some(value) => assert!(is_to_edit(value), "{value}"),
                None => assert!(!is_to_edit(&text) && !text.contains("{$"), "{text}"),
            }
        }
    }

    #[test]
    fn a_webhook_names_a_connection_where_its_module_uses_one() {
        let text = |module, connection| template(DocumentKind::Webhook, module, connection).unwrap().text;
        assert!(text("kafka", Some("kafka_main")).contains("\"connection\": \"kafka_main\""));
        assert!(text("kafka", None).contains("\"connection\": \"EDIT-ME\""));
        assert!(!text("log", Some("kafka_main")).contains("connection"));
        let types: Vec<_> =
            document_types(DocumentKind::Connection).iter().map(|choice| &choice.name).collect();
        for choice in document_types(DocumentKind::Webhook) {
            let of = connection_type(&choice.name);
            assert!(of.is_none_or(|of| types.iter().any(|known| *known == of)), "{of:?}");
        }
    }
}
