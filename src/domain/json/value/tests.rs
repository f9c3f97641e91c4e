//! Values are read, printed and compared as the receiver does.

use proptest::prelude::*;

use super::*;

#[test]
fn every_text_is_wiped_and_nothing_else() {
    let mut value = JsonValue::read(r#"{"a": "x", "b": [12, true, null, {"c": ["y", "\ud800"]}]}"#).unwrap();
    value.wipe();
    assert_eq!(value.to_string(), r#"{"a":"","b":[,true,null,{"c":["",]}]}"#);
}

#[test]
fn numbers_and_halves_of_pairs_come_out_as_they_are_written() {
    let text = concat!(
        r#"{"\ud800":1e+23,"b":[-0.0,-0,1E5,1e999,NaN,-Infinity,123456789012345678901234567890],"#,
        r#""c":"\udfff {$A}","d":"\"é\u0001"}"#
    );
    let value = JsonValue::read(text).unwrap();
    assert_eq!(value.to_string(), text);
    assert_eq!((&value["c"], value["d"].as_str()), (&value["c"], Some("\"é\u{1}")));
    assert!(value["c"].as_str().is_none() && value["c"].is_string());
    assert_eq!(JsonValue::read(&value.indented()).unwrap(), value);
}

#[test]
fn of_duplicate_members_the_last_one_is_there_once() {
    let value =
        JsonValue::read(r#"{"a": 1, "b": 2, "\u0061": {"c": 1, "c": [3]}, "\ud800": 4, "\ud801": 5}"#);
    let text = r#"{"a":{"c":[3]},"b":2,"\ud800":4,"\ud801":5}"#;
    assert_eq!(value.unwrap().to_string(), text);
}

proptest! {
    #[test]
    fn reads_as_serde_json_does_what_both_take(text in r#"[\[\]{}:,"ab01 .e\\u-]{0,20}"#) {
        if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&text) {
            let ours = JsonValue::read(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&ours.to_string()).unwrap(), theirs);
            prop_assert!(ours.to_string().len() <= ours.text_len());
        }
    }
}
