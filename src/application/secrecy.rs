//! Which values of settings look like secrets: by their names, or by themselves.

use serde_json::Value;

use super::SettingPath;
use crate::domain::{DocumentKind, Masking, Secrecy, secret_shapes};

/// Whether the names of a value, or the value itself, say that it is a secret.
pub(super) fn looks_secret(path: &SettingPath, value: &Value) -> bool {
    let masking = Masking::built_in(DocumentKind::Unknown);
    let names: Vec<_> = path.names().collect();
    holds_secret(&masking, masking.field_secrecy(&names), names.last().copied().unwrap_or_default(), value)
}

fn holds_secret(masking: &Masking, by_name: Secrecy, name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => by_name != Secrecy::Open,
        Value::String(text) => by_name.hides(text) || !secret_shapes(masking.names(), text, name).is_empty(),
        Value::Array(items) => items.iter().any(|item| holds_secret(masking, by_name, name, item)),
        Value::Object(members) => members.iter().any(|(name, member)| {
            let secrecy = by_name.within(true).max(masking.member_secrecy(&[name]));
            holds_secret(masking, secrecy, name, member)
        }),
    }
}
