//! From a value as its source has it to one of the type of its setting. Nothing is guessed: what does not fit is a
//! fault.

use serde_json::{Number, Value};
use url::Url;

use super::store_references::reference;
use super::{SettingSpec, ValueFault, ValueType, units};
use crate::application::{SettingValue, SourceValue};
use crate::domain::json::{Grammar, walk_as};

/// Texts that are true and false, in any case.
pub(super) const TRUE: [&str; 5] = ["1", "true", "yes", "y", "on"];
pub(super) const FALSE: [&str; 5] = ["0", "false", "no", "n", "off"];

impl SettingSpec {
    /// Makes a value of the type of this setting. A text means the same in every source, whether that has types or
    /// not; limits are not asked, see [`Self::check`].
    ///
    /// # Errors
    /// [`ValueFault`], without the value.
    pub fn coerce(&self, value: &SourceValue) -> Result<SettingValue, ValueFault> {
        let made = match value {
            SourceValue::Text(text) if self.value_type == ValueType::Json => json(text)
                .ok_or_else(|| self.misfit("a text that is none, or has numbers of more than 64 bits")),
            SourceValue::Text(text) => self.of_text(text),
            SourceValue::Typed(value) => match value.expose() {
                Value::String(text) if self.value_type != ValueType::Json => self.of_text(text),
                value => self.of_typed(value),
            },
        };
        let made = SettingValue::new(made?);
        ValueFault::of_reference(made.expose(), self.secret).map_or(Ok(made), Err)
    }

    fn misfit(&self, found: &'static str) -> ValueFault {
        ValueFault::Type { wanted: self.value_type.words().wanted, found }
    }

    fn of_text(&self, text: &str) -> Result<Value, ValueFault> {
        if let Some(fault) = reference(text, self.secret) {
            return Err(fault);
        }
        if self.value_type == ValueType::Text {
            return Ok(text.into());
        }
        let text = text.trim();
        if self.value_type == ValueType::List {
            return Ok(list(text));
        }
        if text.is_empty() {
            return Err(self.misfit("empty"));
        }
        let made = match self.value_type {
            ValueType::Integer => integer(text).map(Value::Number),
            ValueType::Float => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
            ValueType::Boolean => boolean(text).map(Value::Bool),
            ValueType::Duration => units::seconds(text).map(Value::Number),
            ValueType::Bytes => units::bytes(text).map(Value::from),
            ValueType::Url => is_url(text).then(|| text.into()),
            ValueType::Text | ValueType::List | ValueType::Json => None,
        };
        made.ok_or_else(|| self.misfit("a text that is none"))
    }

    fn of_typed(&self, value: &Value) -> Result<Value, ValueFault> {
        let made = match (self.value_type, value) {
            (ValueType::Json, value) => Some(value.clone()),
            (ValueType::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                Some(value.clone())
            }
            (ValueType::Integer, Value::Number(_)) => return Err(self.misfit("a number with a fraction")),
            (ValueType::Float, Value::Number(number)) => {
                number.as_f64().and_then(Number::from_f64).map(Value::Number)
            }
            (ValueType::Boolean, Value::Bool(_)) => Some(value.clone()),
            (ValueType::Boolean, Value::Number(number)) => match number.as_u64() {
                Some(bit @ (0 | 1)) => Some((bit == 1).into()),
                _ => return Err(self.misfit("another number than 0 and 1")),
            },
            (ValueType::List, Value::Array(items)) => return self.texts(items),
            (ValueType::Duration, Value::Number(number)) => {
                match number.as_f64().and_then(units::whole_seconds) {
                    Some(seconds) => Some(Value::Number(seconds)),
                    None => return Err(self.misfit("a negative number, or one too large")),
                }
            }
            (ValueType::Bytes, Value::Number(number)) => match number.as_u64() {
                Some(_) => Some(value.clone()),
                None => return Err(self.misfit("a negative number, or one with a fraction")),
            },
            _ => None,
        };
        made.ok_or_else(|| self.misfit(type_words(value)))
    }

    /// The items of a list, which are texts.
    fn texts(&self, items: &[Value]) -> Result<Value, ValueFault> {
        let other = items.iter().position(|item| !item.is_string());
        match other.and_then(|at| Some((at, items.get(at)?))) {
            None => Ok(items.to_vec().into()),
            Some((at, item)) => {
                let wanted = "text; put it in quotes, or let the type of the setting be json";
                let fault = Box::new(ValueFault::Type { wanted, found: type_words(item) });
                Err(ValueFault::Item { at: at + 1, fault })
            }
        }
    }
}

/// What a text says of a switch; `None` if it is neither on nor off.
pub(in crate::application) fn boolean(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim()));
    if is(&TRUE) { Some(true) } else { is(&FALSE).then_some(false) }
}

fn type_words(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Refused is what some readers would round, as numbers of more than 64 bits.
fn json(text: &str) -> Option<Value> {
    walk_as(Grammar::Strict, text, |_| {}).ok()?;
    serde_json::from_str(text).ok()
}

fn integer(text: &str) -> Option<Number> {
    text.parse::<i64>().ok().map(Number::from).or_else(|| text.parse::<u64>().ok().map(Number::from))
}

/// The parts between commas; a text that is a list of texts in JSON is that list.
fn list(text: &str) -> Value {
    let json = text.starts_with('[').then(|| serde_json::from_str::<Vec<String>>(text).ok()).flatten();
    let parts =
        || text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    json.unwrap_or_else(parts).into()
}

/// Whether a text is a URL with a scheme and `://`. Several hosts between commas, as databases have them, are each
/// looked at.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let parses = |text: &str| Url::parse(text).is_ok_and(|url| !url.cannot_be_a_base());
    if rest.is_empty() || parses(text) {
        return !rest.is_empty();
    }
    let (authority, tail) =
        rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len())).unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    hosts.contains(',') && hosts.split(',').all(|host| parses(&format!("{scheme}://{login}@{host}{tail}")))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;
    use zeroize::Zeroizing;

    use super::super::setting::tests::spec;
    use super::*;

    pub(in super::super) fn of_text(value_type: ValueType, text: &str) -> Result<Value, String> {
        let value = SourceValue::Text(Zeroizing::new(text.into()));
        spec(value_type).coerce(&value).map(|it| it.expose().clone()).map_err(|fault| fault.to_string())
    }

    pub(in super::super) fn of_typed(value_type: ValueType, value: Value) -> Result<Value, String> {
        let value = SourceValue::Typed(SettingValue::new(value));
        spec(value_type).coerce(&value).map(|it| it.expose().clone()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn the_lenient_booleans_of_system_b_are_accepted_and_nothing_else_is_false() {
        for text in ["1", "true", "yes", "y", "on", "TRUE", "Yes", " on\n"] {
            assert_eq!(of_text(ValueType::Boolean, text), Ok(true.into()), "{text:?}");
        }
        for text in ["0", "false", "no", "n", "off", "False"] {
            assert_eq!(of_text(ValueType::Boolean, text), Ok(false.into()), "{text:?}");
        }
        for text in ["", "2", "tru", "enabled", "null", "t"] {
            assert!(
                of_text(ValueType::Boolean, text).unwrap_err().starts_with("it must be true or false"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn false_is_not_anything_but_true_as_in_system_a() {
        assert!(of_text(ValueType::Boolean, "flase").is_err());
        assert!(of_text(ValueType::Boolean, "disabled").is_err());
        assert!(of_typed(ValueType::Boolean, json!("Ture")).is_err());
    }

    #[test]
    fn a_comma_separated_list_is_trimmed_and_its_empty_parts_are_dropped() {
        for (text, expected) in [
            ("closed, resolved ,,spam,", json!(["closed", "resolved", "spam"])),
            ("one", json!(["one"])),
            (" , ", json!([])),
            ("", json!([])),
            ("[\"a,b\", \"c\"]", json!(["a,b", "c"])),
            ("[::1],[::2]", json!(["[::1]", "[::2]"])),
        ] {
            assert_eq!(of_text(ValueType::List, text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn an_ill_formed_number_of_system_b_is_an_error_and_no_default() {
        assert_eq!(of_text(ValueType::Integer, " -5\n"), Ok((-5).into()));
        assert_eq!(of_text(ValueType::Integer, "18446744073709551615"), Ok(u64::MAX.into()));
        assert_eq!(of_text(ValueType::Float, "30"), Ok(30.0.into()));
        assert_eq!(of_text(ValueType::Float, "1e3"), Ok(1000.0.into()));
        for text in ["", "five", "5.0", "0x10", "1_000", "18446744073709551616", "5 s"] {
            assert!(of_text(ValueType::Integer, text).is_err(), "{text:?}");
        }
        for text in ["", "NaN", "inf", "1,5", "1e999"] {
            assert!(of_text(ValueType::Float, text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_text_means_the_same_in_a_source_with_types() {
        for (value_type, text) in [
            (ValueType::Integer, "20"),
            (ValueType::Boolean, "off"),
            (ValueType::List, "a, b"),
            (ValueType::Duration, "1h30m"),
            (ValueType::Bytes, "64KiB"),
            (ValueType::Url, "redis://host:6379/0"),
            (ValueType::Text, " as it is "),
        ] {
            assert_eq!(of_typed(value_type, text.into()), of_text(value_type, text));
        }
    }

    #[test]
    fn a_value_with_a_type_is_of_the_setting_s_type_or_an_error_that_names_both() {
        for (value_type, value, expected) in [
            (ValueType::Integer, json!(5), json!(5)),
            (ValueType::Float, json!(5), json!(5.0)),
            (ValueType::Boolean, json!(1), json!(true)),
            (ValueType::List, json!(["a", ""]), json!(["a", ""])),
            (ValueType::Duration, json!(1.5), json!(1.5)),
            (ValueType::Duration, json!(2.0), json!(2)),
            (ValueType::Bytes, json!(65_536), json!(65_536)),
            (ValueType::Json, json!({"a": [1, null]}), json!({"a": [1, null]})),
            (ValueType::Json, json!("5"), json!("5")),
        ] {
            assert_eq!(of_typed(value_type, value), Ok(expected));
        }
        for (value_type, value, fault) in [
            (
                ValueType::Integer,
                json!(5.5),
                "it must be a whole number of 64 bits, as 5; it is a number with a fraction",
            ),
            (
                ValueType::Integer,
                json!(true),
                "it must be a whole number of 64 bits, as 5; it is true or false",
            ),
            (ValueType::Text, json!(1.10), "it must be text; it is a number"),
            (ValueType::Text, json!(null), "it must be text; it is null"),
            (
                ValueType::List,
                json!(["a", 5]),
                "item 2: it must be text; put it in quotes, or let the type of the setting be json; it is a number",
            ),
            (
                ValueType::List,
                json!({"a": 1}),
                "it must be a list of texts; as a text its parts are separated by commas; it is an object",
            ),
        ] {
            assert_eq!(of_typed(value_type, value), Err(fault.to_owned()));
        }
        for (value_type, value) in [
            (ValueType::Boolean, json!(2)),
            (ValueType::Duration, json!(-1)),
            (ValueType::Bytes, json!(1.5)),
            (ValueType::Bytes, json!(-1)),
            (ValueType::Url, json!(5)),
        ] {
            assert!(of_typed(value_type, value).is_err());
        }
    }

    #[test]
    fn json_of_a_text_is_parsed_and_never_taken_for_text() {
        assert_eq!(of_text(ValueType::Json, "{\"new_ui\": true}"), Ok(json!({"new_ui": true})));
        assert!(of_text(ValueType::Json, "new_ui").is_err());
        let large = of_text(ValueType::Json, "[123456789012345678901]").unwrap_err();
        assert_eq!(large, "it must be JSON; it is a text that is none, or has numbers of more than 64 bits");
    }

    #[test]
    fn a_url_has_a_scheme_and_stays_as_it_is_written() {
        for text in [
            "postgresql://user:p%40ss@db.example:5432/app?sslmode=require",
            "sqlite:///var/lib/app.db",
            "redis://:secret@host",
            "mongodb://u:p@a.example:27017,b.example:27018/db?replicaSet=rs",
            "HTTPS://Example.com",
        ] {
            assert_eq!(of_text(ValueType::Url, text), Ok(text.into()), "{text}");
        }
        for text in [
            "localhost:8080",
            "host/path",
            "http://",
            "://host",
            "http://host:port",
            "mongodb://a:1,b:x/db",
            "mailto:a@b.example",
        ] {
            assert!(of_text(ValueType::Url, text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_fault_quotes_a_value() {
        for value_type in super::super::value_type::TYPES.iter().map(|words| words.value_type) {
            for text in ["planted-value", "vault:planted-value#planted-value", "enc:fernet:planted-value"] {
                if let Err(fault) = of_text(value_type, text) {
                    assert!(!fault.contains("planted"), "{fault}");
                }
            }
        }
    }
}
