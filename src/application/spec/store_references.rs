//! Values that are not here: texts that say in which store they are, none of which this program knows yet.

use serde_json::Value;

use super::ValueFault;

/// What a text begins with that says where its value is to be found, what that is, and what to do instead.
struct ValueReference {
    prefix: &'static str,
    what: &'static str,
    remedy: &'static str,
    /// Whether a text is one, of those that begin so.
    is_one: fn(&str, is_secret: bool) -> bool,
}

const REFERENCES: [ValueReference; 4] = [
    ValueReference {
        prefix: "enc:fernet:",
        what: "a Fernet token",
        remedy: "decrypt it before it gets here, or let a variable hold the value",
        is_one: |_, _| true,
    },
    ValueReference {
        prefix: "vault:",
        what: "a reference to Vault",
        remedy: "let a variable hold the value: NAME_FILE names a file that an agent of Vault writes",
        is_one: |rest, _| rest.contains('#'),
    },
    ValueReference {
        prefix: "aws:",
        what: "a reference to AWS Secrets Manager",
        remedy: "let a variable hold the value: NAME_FILE names a file that holds it",
        is_one: |rest, _| rest.contains('#'),
    },
    ValueReference {
        prefix: "env:",
        what: "a reference to a variable",
        remedy: "write ${NAME} in a file, or declare the variable with env = \"NAME\"",
        // Elsewhere it may be a label.
        is_one: |rest, is_secret| {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            is_secret && !rest.is_empty() && rest.bytes().all(is_name)
        },
    },
];

/// Whether a text says where its value is to be found, and is not the value.
pub(super) fn is_reference(text: &str) -> bool {
    REFERENCES.iter().any(|reference| text.starts_with(reference.prefix))
}

/// What is wrong with a text that says where its value is to be found.
pub(super) fn reference(text: &str, is_secret: bool) -> Option<ValueFault> {
    let is =
        |it: &&ValueReference| text.strip_prefix(it.prefix).is_some_and(|rest| (it.is_one)(rest, is_secret));
    let ValueReference { what, remedy, .. } = REFERENCES.iter().find(is)?;
    Some(ValueFault::NotBuiltIn { what, remedy })
}

impl ValueFault {
    /// What is wrong with a value of which some text says where it is to be found. [`super::SettingSpec::coerce`] asks for
    /// this; values that no setting declares have to be asked for on their own.
    pub fn of_reference(value: &Value, is_secret: bool) -> Option<Self> {
        match value {
            Value::String(text) => reference(text, is_secret),
            Value::Array(items) => items.iter().find_map(|item| Self::of_reference(item, is_secret)),
            Value::Object(members) => members.values().find_map(|value| Self::of_reference(value, is_secret)),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zeroize::Zeroizing;

    use super::super::coerce::tests::{of_text, of_typed};
    use super::super::setting::tests::spec;
    use super::super::{SettingSpec, ValueType};
    use crate::application::SourceValue;

    #[test]
    fn a_reference_that_is_not_built_in_is_an_error_with_a_remedy_and_never_a_value() {
        for text in ["enc:fernet:gAAAAAB", "vault:app/db#password", "aws:app#password"] {
            for value_type in [ValueType::Text, ValueType::Url, ValueType::Integer] {
                let fault = of_text(value_type, text).unwrap_err();
                assert!(fault.contains("is not built in; "), "{text}: {fault}");
            }
        }
        let secret = SettingSpec { secret: true, ..spec(ValueType::Text) };
        let coerced =
            |spec: &SettingSpec, text: &str| spec.coerce(&SourceValue::Text(Zeroizing::new(text.into())));
        assert!(coerced(&secret, "env:DB_PASSWORD").is_err());
        assert!(coerced(&secret, "env:not a name").is_ok());
        assert!(coerced(&spec(ValueType::Text), "env:prod").is_ok(), "a label");
        assert!(coerced(&spec(ValueType::Text), "aws:eu-west-1").is_ok());
        for (value_type, value) in [
            (ValueType::List, json!(["a", "enc:fernet:planted"])),
            (ValueType::Json, json!({"a": [{"b": "vault:a#b"}]})),
        ] {
            assert!(of_typed(value_type, value).unwrap_err().contains("is not built in; "));
        }
        assert!(of_text(ValueType::List, "a,enc:fernet:planted").is_err());
    }
}
