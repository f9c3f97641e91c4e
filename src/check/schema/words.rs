//! What a schema expects of a value, in words.

use serde_json::Value;

/// The most words of a list that are written out.
const MAX_OPTIONS: usize = 24;

/// What describes a text with a reference in it.
const REFERENCE: &str = "/$defs/reference";

/// What a value must be, by its schema: `a whole number from 1 to 65535, or text of …`; empty where the schema
/// says nothing of it.
pub(in crate::check) fn expected(root: &Value, schema: &Value) -> String {
    let of = |name: &str| schema.get(name);
    if let Some(words) = of("x-words").and_then(Value::as_str) {
        return words.to_owned();
    }
    if let Some(target) = of("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#')) {
        return root.pointer(target).map(|target| expected(root, target)).unwrap_or_default();
    }
    if let Some(options) = of("enum").and_then(Value::as_array) {
        let words: Vec<_> = options.iter().take(MAX_OPTIONS).map(option).collect();
        return or(&words);
    }
    if let Some(parts) = of("anyOf").or_else(|| of("oneOf")).and_then(Value::as_array) {
        // That a reference may stand there is true of nearly all values, and no news where one is wrong.
        let is_reference = |part: &&Value| {
            part.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'))
                == Some(REFERENCE)
        };
        let words = parts.iter().filter(|part| !is_reference(part)).map(|part| expected(root, part));
        let mut words: Vec<_> = words.filter(|words| !words.is_empty()).collect();
        words.dedup();
        return or(&words);
    }
    if let Some(format) = of("format").and_then(Value::as_str) {
        return format!("an {} address", if format == "ipv4" { "IPv4" } else { "IPv6" });
    }
    if let Some(parts) = of("allOf").and_then(Value::as_array) {
        let mut words = parts.iter().map(|part| expected(root, part));
        return words.find(|words| !words.is_empty()).unwrap_or_default();
    }
    match of("type") {
        Some(Value::Array(types)) => or(&types
            .iter()
            .filter_map(Value::as_str)
            .map(|name| typed(root, schema, name))
            .collect::<Vec<_>>()),
        Some(Value::String(name)) => typed(root, schema, name),
        _ => String::new(),
    }
}

/// A value of one type, with its limits.
fn typed(root: &Value, schema: &Value, name: &str) -> String {
    let of = |name: &str| schema.get(name).filter(|limit| limit.is_number());
    let kind = type_words(name);
    match name {
        "string" if of("minLength").is_some_and(|least| *least == 1) => "a text that is not empty".into(),
        "integer" | "number" => match (of("minimum"), of("exclusiveMinimum"), of("maximum")) {
            (Some(from), _, Some(to)) => format!("{kind} from {from} to {to}"),
            (Some(from), _, None) => format!("{kind}, at least {from}"),
            (None, Some(above), None) => format!("{kind} above {above}"),
            _ => kind.into(),
        },
        "array" => {
            let items = schema.get("items").map(|items| expected(root, items)).unwrap_or_default();
            let count = match (of("minItems"), of("maxItems")) {
                (Some(from), Some(to)) => format!(" of {from} to {to}"),
                (Some(_), None) => ", not empty,".into(),
                _ => String::new(),
            };
            let items = match items.as_str() {
                "a text" => "texts",
                // Of a step it takes more than a few words.
                words if words.len() > 60 => "",
                words => words,
            };
            match (count.as_str(), items) {
                ("", "") => kind.into(),
                (count, "") => format!("{kind}{}", count.trim_end_matches(',')),
                ("", items) => format!("{kind} of {items}"),
                (", not empty,", items) => format!("{kind}, not empty, of {items}"),
                (count, items) => format!("{kind}{count} {items}"),
            }
        }
        "object" if of("minProperties").is_some() => "an object that is not empty".into(),
        _ => kind.into(),
    }
}

/// Whether a type is one of those that a schema describes, other than by a reference.
pub(in crate::check) fn takes(root: &Value, schema: &Value, kind: &str) -> bool {
    let of = |name: &str| schema.get(name);
    let is = |name: &Value| name == kind || name == "integer" && kind == "number";
    if let Some(target) = of("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#')) {
        return target != REFERENCE && root.pointer(target).is_some_and(|target| takes(root, target, kind));
    }
    if let Some(types) = of("type") {
        return types.as_array().map_or_else(|| is(types), |types| types.iter().any(is));
    }
    if let Some(options) = of("enum").and_then(Value::as_array) {
        return options
            .iter()
            .any(|option| if kind == "string" { option.is_string() } else { option.is_number() });
    }
    let parts = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| of(name)?.as_array());
    parts.flatten().any(|part| takes(root, part, kind))
}

/// A type of JSON, with its article.
pub(in crate::check) fn type_words(name: &str) -> &'static str {
    match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "an array",
        "null" => "null",
        _ => "an object",
    }
}

fn option(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "an empty text".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `a, b or c`.
pub(in crate::check) fn or(words: &[impl AsRef<str>]) -> String {
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::schema::schema;
    use crate::domain::DocumentKind;

    #[test]
    fn what_is_expected_is_said_in_plain_words() {
        let words = |kind, pointer: &str| {
            let root = schema(kind).unwrap();
            expected(root, root.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")))
        };
        let webhook = |pointer: &str| words(DocumentKind::Webhook, pointer);
        assert_eq!(webhook("/properties/data_type"), "json or blob");
        assert_eq!(webhook("/properties/rate_limit/properties/max_requests"), "a whole number, at least 0");
        assert_eq!(webhook("/properties/rate_limit/properties/window_seconds"), "a number above 0");
        assert_eq!(webhook("/$defs/retry/properties/backoff_multiplier"), "a number from 0.1 to 10");
        assert_eq!(webhook("/$defs/retry/properties/enabled"), "true or false");
        assert_eq!(webhook("/properties/hmac"), "an object");
        assert_eq!(webhook("/properties/chain"), "an array of 1 to 20 or null");
        assert_eq!(
            webhook("/properties/ip_whitelist"),
            "an array, not empty, of an IPv4 address or an IPv6 address"
        );
        assert_eq!(webhook("/properties/credential_cleanup/properties/fields"), "an array of texts");
        assert_eq!(webhook("/$defs/module_config/mqtt/properties/qos"), "0, 1 or 2");
        assert!(
            webhook("/$defs/module_config/kafka/properties/topic")
                .starts_with("2 to 249 of A-Z a-z 0-9 _ . -")
        );
        let connection = |pointer: &str| words(DocumentKind::Connection, pointer);
        assert_eq!(
            connection("/$defs/type/mysql/properties/port"),
            "a whole number from 1 to 65535 or a number from 1 to 65535 in quotes"
        );
    }

    /// A pattern itself says nothing to most readers.
    #[test]
    fn each_pattern_is_said_in_words() {
        fn bare(value: &Value, path: &str, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    let constrains = members.contains_key("pattern") || members.contains_key("not");
                    if constrains && !members.contains_key("x-words") && !path.ends_with("/properties") {
                        found.push(path.to_owned());
                    }
                    let within = members.iter().filter(|(name, _)| *name != "not" && *name != "if");
                    within.for_each(|(name, value)| bare(value, &format!("{path}/{name}"), found));
                }
                Value::Array(items) => {
                    items.iter().zip(0..).for_each(|(item, at)| bare(item, &format!("{path}/{at}"), found));
                }
                _ => {}
            }
        }
        for kind in [DocumentKind::Webhook, DocumentKind::Connection] {
            let mut found = Vec::new();
            bare(schema(kind).unwrap(), "", &mut found);
            // Of keys, not of documents.
            let keys = ["reference", "webhook_id", "namespace", "connection_name"];
            found.retain(|path| !keys.iter().any(|name| path == &format!("/$defs/{name}")));
            assert!(found.is_empty(), "{found:?}");
        }
    }
}
