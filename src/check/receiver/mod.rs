//! What the receiver does with documents, as opposed to what is said of it (docs/receiver.md).

pub(super) mod host;
pub mod module;

use crate::domain::json::{Node, NodeValue, Scalar, string_value};

/// Whether Python, the receiver's language, takes a value for true.
pub(super) fn is_true(value: &Node, text: &str) -> bool {
    let token = value.span.of(text);
    match &value.value {
        NodeValue::Object(members) => !members.is_empty(),
        NodeValue::Array(items) => !items.is_empty(),
        NodeValue::Scalar(Scalar::Null) => false,
        NodeValue::Scalar(Scalar::Bool) => token == "true",
        NodeValue::Scalar(Scalar::Number) => token.parse() != Ok(0.0),
        NodeValue::Scalar(Scalar::String) => !string_value(token).is_empty(),
    }
}
