//! Values of settings. Any of them may be a secret, so all are wiped on drop, and none has a `Debug` form.

use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

/// A value that has its type. Numbers are those of 64 bits: a source refuses others, with their place.
#[derive(Clone, PartialEq)]
pub struct SettingValue(Value);

impl SettingValue {
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value itself, which may be a secret.
    pub fn expose(&self) -> &Value {
        &self.0
    }

    /// The value itself, on its way into another one.
    pub(crate) fn into_inner(mut self) -> Value {
        std::mem::take(&mut self.0)
    }
}

impl Drop for SettingValue {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Names of members are no secrets.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A value as its source has it, before it is made to fit the type of its setting.
#[derive(Clone, PartialEq)]
pub enum SourceValue {
    /// Of a format that has types: JSON, YAML, TOML.
    Typed(SettingValue),
    /// Text alone: a variable, an argument, a key of etcd. Where no setting is declared it is read as JSON if that
    /// works, and is text else.
    Text(Zeroizing<String>),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_of_a_value_is_wiped() {
        let mut value = json!({"a": ["x", {"b": "y"}], "c": "z", "d": 1});
        wipe(&mut value);
        assert_eq!(value, json!({"a": ["", {"b": ""}], "c": "", "d": 1}));
    }
}
