//! Values as etcd holds them: the plain text of a key of its own, or a member of a JSON document.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::application::sources::tree::{TreeFormat, read};
use crate::application::{SettingPath, SettingValue, ValueType};
use crate::compare::set_member;
use crate::domain::json::parse;

/// The text that is read back as this value, for a setting of that type or for one that is not declared.
///
/// # Errors
/// Why there is none.
pub(super) fn plain_text(
    value: &SettingValue,
    value_type: Option<ValueType>,
) -> Result<Zeroizing<String>, &'static str> {
    use ValueType as Type;
    let text = match (value_type, value.expose()) {
        (None, Value::String(text)) if reads_as_json(text) => value.expose().to_string(),
        (None | Some(Type::Text | Type::Url), Value::String(text)) => text.clone(),
        (Some(Type::Text | Type::Url), _) => return Err("it is no text"),
        (Some(Type::List), Value::Array(items)) => {
            let texts = items.iter().map(|item| item.as_str().filter(|text| is_list_item(text)));
            let texts = texts.collect::<Option<Vec<_>>>();
            texts.ok_or("an item of it is no text, is empty, or has a comma or outer blanks")?.join(",")
        }
        (Some(Type::List), _) => return Err("it is no list"),
        (Some(Type::Json) | None, value) => value.to_string(),
        (Some(_), Value::String(text)) => text.clone(),
        (Some(_), value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        (Some(_), _) => return Err("it is neither a text nor a number nor a boolean"),
    };
    Ok(Zeroizing::new(text))
}

fn is_list_item(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(',')
}

/// Whether a text of no declared type would be taken for something else than a text.
fn reads_as_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() || parse(text).is_ok()
}

/// The JSON text with one value set, or removed with the sections that become empty; all else keeps its
/// bytes.
///
/// # Errors
/// Why that cannot be.
pub(super) fn with_member(
    text: &str,
    path: &SettingPath,
    value: Option<&SettingValue>,
) -> Result<Zeroizing<String>, String> {
    let at = |line, column| format!("the document cannot be read at line {line}, column {column}");
    read(TreeFormat::Json, text).map_err(|fault| at(fault.line, fault.column))?;
    let names: Vec<_> = path.names().collect();
    let json = value.map(|value| Zeroizing::new(value.expose().to_string()));
    let edited = set_member(text, &names, json.as_ref().map(|json| json.as_str()));
    let edited = Zeroizing::new(edited.map_err(|error| at(error.line, error.column))?);
    let mut tree = value_of(text)?.into_inner();
    let made = match value {
        Some(value) => set(&mut tree, &names, value.expose()),
        None => {
            remove(&mut tree, &names);
            Ok(())
        }
    };
    let wanted = SettingValue::new(tree);
    made?;
    match value_of(&edited)? == wanted {
        true => Ok(edited),
        false => Err("it cannot be changed there without changing something else".into()),
    }
}

fn value_of(text: &str) -> Result<SettingValue, String> {
    serde_json::from_str(text).map(SettingValue::new).map_err(|error| {
        format!("the document cannot be read at line {}, column {}", error.line(), error.column())
    })
}

fn set(node: &mut Value, names: &[&str], value: &Value) -> Result<(), String> {
    let Some((name, inner)) = names.split_first() else {
        if node.as_object().is_some_and(|members| !members.is_empty()) && !value.is_object() {
            return Err("there is a section, with members of its own".into());
        }
        *node = value.clone();
        return Ok(());
    };
    match node {
        Value::Object(members) => {
            let new = || if inner.is_empty() { Value::Null } else { Value::Object(serde_json::Map::new()) };
            set(members.entry(*name).or_insert_with(new), inner, value)
        }
        _ => Err(format!("what {name:?} would be a member of is a value")),
    }
}

/// Whether the node is a section that has become empty.
fn remove(node: &mut Value, names: &[&str]) -> bool {
    let (Some((name, inner)), Some(members)) = (names.split_first(), node.as_object_mut()) else {
        return false;
    };
    let goes = members.get_mut(*name).is_some_and(|member| inner.is_empty() || remove(member, inner));
    if goes {
        members.shift_remove(*name);
    }
    goes && members.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn plain(value: Value, value_type: Option<ValueType>) -> Result<String, &'static str> {
        plain_text(&SettingValue::new(value), value_type).map(|text| text.to_string())
    }

    #[test]
    fn declared_settings_are_written_as_system_b_reads_them() {
        use ValueType as Type;
        for (value, value_type, text) in [
            (json!("INFO"), Type::Text, "INFO"),
            (json!("5"), Type::Text, "5"),
            (json!(20), Type::Integer, "20"),
            (json!(0.5), Type::Float, "0.5"),
            (json!(true), Type::Boolean, "true"),
            (json!(["a", "b c"]), Type::List, "a,b c"),
            (json!([]), Type::List, ""),
            (json!(90), Type::Duration, "90"),
            (json!("64KiB"), Type::Bytes, "64KiB"),
            (json!({"a": "5"}), Type::Json, r#"{"a":"5"}"#),
            (json!("5"), Type::Json, r#""5""#),
        ] {
            assert_eq!(plain(value, Some(value_type)).as_deref(), Ok(text));
        }
        for (value, value_type) in [
            (json!(["a,b"]), Type::List),
            (json!([" a"]), Type::List),
            (json!([""]), Type::List),
            (json!([1]), Type::List),
            (json!("a"), Type::List),
            (json!(1), Type::Text),
            (json!(null), Type::Integer),
            (json!([1]), Type::Integer),
        ] {
            assert!(plain(value.clone(), Some(value_type)).is_err(), "{value} as {value_type:?}");
        }
    }

    /// As an undeclared setting is read: as JSON if that works, else as text.
    fn read_back(text: &str) -> Value {
        serde_json::from_str(text).unwrap_or_else(|_| text.into())
    }

    proptest! {
        #[test]
        fn undeclared_settings_are_read_back_as_they_were(
            text in "[0-9a-z\"{}\\[\\] .:,-]{0,8}|true|null|NaN| 5 ",
            number in any::<i64>(),
            flag in any::<bool>()
        ) {
            let values = [json!(text), json!(number), json!(flag), json!([text, number]), json!({"a": text})];
            for value in values {
                prop_assert_eq!(read_back(&plain(value.clone(), None).unwrap()), value);
            }
        }

        #[test]
        fn a_document_is_edited_in_one_place(
            before in "[a-z]{0,3}", after in any::<i32>(), names in proptest::collection::vec("[a-c]", 1..4)
        ) {
            let begin = "{\n  \"u\\u0041\": \"\\u0041\",\n";
            let text = format!("{begin}  \"a\": {{\"b\": {{\"x\": 1.0}}}},\n  \"z\": \"{before}\"\n}}\n");
            let path = SettingPath::new(names).unwrap();
            let value = SettingValue::new(json!(after));
            let edited = match with_member(&text, &path, Some(&value)) {
                Ok(edited) => edited,
                // A section, or what lies in a value.
                Err(reason) => {
                    prop_assert!(path.to_string() == "a" || path.to_string() == "a.b", "{reason}");
                    return Ok(());
                }
            };
            let mut now: Value = serde_json::from_str(&edited).unwrap();
            let pointer: String = path.names().map(|name| format!("/{name}")).collect();
            prop_assert_eq!(now.pointer(&pointer), Some(&json!(after)));
            // All else is as it was, to the byte where it stands.
            prop_assert!(edited.starts_with(begin), "{}", *edited);
            prop_assert_eq!(&now["z"], &json!(before));
            let removed = with_member(&edited, &path, None).unwrap();
            now = serde_json::from_str(&removed).unwrap();
            prop_assert_eq!(now.pointer(&pointer), None);
        }
    }

    fn edit(text: &str, path: &str, value: Option<Value>) -> Result<String, String> {
        let value = value.map(SettingValue::new);
        with_member(text, &path.parse().unwrap(), value.as_ref()).map(|text| text.to_string())
    }

    #[test]
    fn removing_the_last_member_removes_its_section_and_nothing_else() {
        let text = "{\n  \"a\": {\"b\": {\"c\": 1}},\n  \"d\": {}\n}\n";
        assert_eq!(edit(text, "a.b.c", None).unwrap(), "{\n  \"d\": {}\n}\n");
        assert_eq!(edit(text, "a.x.c", None).unwrap(), text);
        assert_eq!(edit("{\"a\": 1}", "a", None).unwrap(), "{}");
    }

    #[test]
    fn a_value_is_no_section_and_no_error_quotes_it() {
        let said = edit("{\"a\": \"planted-x\"}", "a.b", Some(json!("planted-y"))).unwrap_err();
        assert!(said.contains("\"b\"") && !said.contains("planted"), "{said}");
        assert!(edit("{", "a", Some(json!(1))).is_err());
    }
}
