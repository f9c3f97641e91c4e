//! What a value of Vault becomes as a text: the receiver is a Python program, and writes numbers,
//! booleans and JSON as Python does.

use std::fmt::Write;

use serde_json::{Number, Value};
use zeroize::Zeroizing;

use crate::domain::SecretText;

/// The text of a secret's field; `None` for null, for which a reference's default is taken.
pub fn python_text(value: &Value) -> Option<SecretText> {
    let mut out = Zeroizing::new(String::new());
    match value {
        Value::Null => return None,
        Value::String(text) => out.push_str(text),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number_text(number)),
        value => {
            out.reserve(json_len(value));
            write_json(value, &mut out);
        }
    }
    Some(out.into())
}

/// At least as many bytes as [`write_json`] writes, so that no half-written copy is left behind.
fn json_len(value: &Value) -> usize {
    match value {
        Value::String(text) => quoted_len(text),
        Value::Array(items) => items.iter().map(|item| json_len(item) + 2).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(name, value)| quoted_len(name) + json_len(value) + 4).sum::<usize>() + 2
        }
        _ => 32,
    }
}

fn quoted_len(text: &str) -> usize {
    text.len() * 6 + 2
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(on) => out.push_str(if *on { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_quoted(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_quoted(name, out);
                out.push_str(": ");
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

/// A string with everything but printable ASCII escaped.
fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn number_text(number: &Number) -> Zeroizing<String> {
    Zeroizing::new(match number.as_f64() {
        Some(float) if number.is_f64() => float_text(float),
        _ => number.to_string(),
    })
}

/// The shortest digits that read back as this number; scientific below 1e-4 and from 1e16 on.
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
            ("-18446744073709551615", Some("-1.8446744073709552e+19")),
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
            let text = python_text(&serde_json::from_str(json).unwrap());
            assert_eq!(text.as_ref().map(SecretText::expose), expected, "{json}");
        }
    }

    #[test]
    fn room_is_made_before_anything_is_written() {
        let value: Value =
            serde_json::from_str(r#"{"a\u0001":["\u0001ä😀",-1.5e-300,false],"":null}"#).unwrap();
        let mut out = String::new();
        write_json(&value, &mut out);
        assert!(out.len() <= json_len(&value), "{} {}", out.len(), json_len(&value));
    }
}
