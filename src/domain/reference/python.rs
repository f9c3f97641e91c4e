//! The text form of a Vault value: the receiver is a Python program, and formats numbers, booleans and
//! JSON as Python does.

use std::fmt::Write;

use zeroize::Zeroizing;

use crate::domain::SecretText;
use crate::domain::json::{JsonText, JsonValue, is_whole};

/// The text of a secret's field; `None` for null, for which a reference's default is used.
pub fn python_text(value: &JsonValue) -> Option<SecretText> {
    Some(SecretText::new(match value {
        JsonValue::Null => return None,
        JsonValue::String(text) => text.lossy().into_owned(),
        JsonValue::Bool(true) => "True".into(),
        JsonValue::Bool(false) => "False".into(),
        JsonValue::Number(number) => number_text(number, ["nan", "inf", "-inf"]),
        JsonValue::Array(_) | JsonValue::Object(_) => json_text(value),
    }))
}

/// As `json.dumps` writes it.
pub(crate) fn json_text(value: &JsonValue) -> String {
    let mut out = String::with_capacity(json_len(value));
    write_json(value, &mut out);
    out
}

/// An upper bound of the bytes that [`json_text`] writes, so that no partial copy is left behind.
fn json_len(value: &JsonValue) -> usize {
    match value {
        JsonValue::String(text) => quoted_len(text),
        JsonValue::Number(number) => number.len() + 32,
        JsonValue::Array(items) => items.iter().map(|item| json_len(item) + 2).sum::<usize>() + 2,
        JsonValue::Object(members) => {
            members.iter().map(|(name, value)| quoted_len(name) + json_len(value) + 4).sum::<usize>() + 2
        }
        JsonValue::Null | JsonValue::Bool(_) => 5,
    }
}

fn quoted_len(text: &JsonText) -> usize {
    text.lossy().len() * 6 + 2
}

/// Blanks after commas and colons, everything but printable ASCII escaped.
fn write_json(value: &JsonValue, out: &mut String) {
    match value {
        JsonValue::Null => out.push_str("null"),
        JsonValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        JsonValue::Number(number) => {
            out.push_str(&Zeroizing::new(number_text(number, ["NaN", "Infinity", "-Infinity"])));
        }
        JsonValue::String(text) => write_text(text, out),
        JsonValue::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_json(item, out);
            }
            out.push(']');
        }
        JsonValue::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_text(name, out);
                out.push_str(": ");
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &JsonText, out: &mut String) {
    let quoted = Zeroizing::new(text.to_string());
    for c in quoted.chars() {
        match c {
            ' '..='~' => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }),
        }
    }
}

/// A number as Python writes it: a whole one with all its digits, any other as [`float_text`]. `names` are those of
/// what is not finite.
fn number_text(number: &str, [nan, infinity, negative]: [&str; 3]) -> String {
    if is_whole(number) {
        return if number == "-0" { "0".into() } else { number.to_owned() };
    }
    match number.parse::<f64>() {
        Ok(float) if float.is_finite() => float_text(float),
        Ok(float) if float == f64::INFINITY => infinity.to_owned(),
        Ok(float) if float == f64::NEG_INFINITY => negative.to_owned(),
        _ => nan.to_owned(),
    }
}

/// The shortest digits that parse back to this number; scientific below 1e-4 and from 1e16 on.
fn float_text(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{float:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_python_writes_them() {
        for (json, expected) in [
            ("\"x\"", Some("x")),
            ("null", None),
            ("true", Some("True")),
            ("5432", Some("5432")),
            ("-18446744073709551615", Some("-18446744073709551615")),
            ("123456789012345678901234567890", Some("123456789012345678901234567890")),
            ("-0", Some("0")),
            ("1e999", Some("inf")),
            ("-Infinity", Some("-inf")),
            ("[NaN,-1e999]", Some("[NaN, -Infinity]")),
            ("1.50", Some("1.5")),
            ("1.0", Some("1.0")),
            ("-0.0", Some("-0.0")),
            ("1e15", Some("1000000000000000.0")),
            ("1e16", Some("1e+16")),
            ("0.0001", Some("0.0001")),
            ("0.00001", Some("1e-05")),
            ("1.5e300", Some("1.5e+300")),
            (
                r#"{"b":[1,true,null,"ä😀\"\\\u0001\n"],"a":{}}"#,
                Some(r#"{"b": [1, true, null, "\u00e4\ud83d\ude00\"\\\u0001\n"], "a": {}}"#),
            ),
            ("[]", Some("[]")),
        ] {
            let text = python_text(&JsonValue::read(json).unwrap());
            assert_eq!(text.as_ref().map(SecretText::expose), expected, "{json}");
        }
    }

    #[test]
    fn room_is_made_before_anything_is_written() {
        let value = JsonValue::read(r#"{"a\u0001":["\u0001ä😀",-1.5e-300,false],"":null}"#).unwrap();
        let out = json_text(&value);
        assert!(out.len() <= json_len(&value), "{} {}", out.len(), json_len(&value));
    }
}
