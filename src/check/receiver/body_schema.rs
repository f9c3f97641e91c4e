//! What the `json_schema` of a webhook does: whether it is a schema at all, and whether it takes a small body.

use jsonschema::PatternOptions;
use serde_json::{Value, json};

/// What a schema does to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodySchema {
    Takes,
    /// It takes other bodies than small ones, if any.
    Refuses,
    /// The receiver refuses every request.
    Invalid(&'static str),
    /// It is too large to be judged, or has patterns that are not matched here.
    NotKnown,
}

/// The largest schema that is judged, in bytes.
const MAX_SCHEMA: usize = 64 * 1024;

/// The largest automaton of one pattern, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// Judges the text of a schema. Patterns are matched in linear time, and nothing is fetched.
pub(super) fn body_schema(text: &str) -> BodySchema {
    if text.len() > MAX_SCHEMA {
        return BodySchema::NotKnown;
    }
    let Ok(schema) = serde_json::from_str::<Value>(text) else { return BodySchema::NotKnown };
    if refers_elsewhere(&schema) {
        return BodySchema::Invalid("it refers to another document");
    }
    if !jsonschema::meta::is_valid(&schema) {
        return BodySchema::Invalid("it is not a valid JSON Schema");
    }
    let patterns = PatternOptions::regex().size_limit(MAX_PATTERN);
    match jsonschema::options().with_pattern_options(patterns).build(&schema) {
        Ok(validator) if [json!({}), json!({"a": 1})].iter().any(|body| validator.is_valid(body)) => {
            BodySchema::Takes
        }
        Ok(_) => BodySchema::Refuses,
        Err(_) => BodySchema::NotKnown,
    }
}

/// Whether a `$ref` leads out of the schema; the receiver fetches nothing.
fn refers_elsewhere(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let reference = value.as_str().filter(|_| name == "$ref" || name == "$dynamicRef");
            reference.is_some_and(|reference| !reference.starts_with('#')) || refers_elsewhere(value)
        }),
        Value::Array(items) => items.iter().any(refers_elsewhere),
        _ => false,
    }
}
