//! The text form of a Vault value: the receiver is a Python program, and formats numbers, booleans and
//! JSON as Python does.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use zeroize::Zeroizing;

use crate::domain::SecretText;

/// The text of a secret's field; `None` for null, for which a reference's default is used.
pub fn python_text(value: &Value) -> Option<SecretText> {
    Some(SecretText::new(match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        value => json_text(value),
    }))
}

fn json_text(value: &Value) -> String {
    let mut out = Vec::with_capacity(json_len(value));
    // Writing to a Vec cannot fail.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut out, PythonFormatter));
    String::from_utf8(out).unwrap_or_default()
}

/// An upper bound of the bytes that [`json_text`] writes, so that no partial copy is left behind.
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

/// Blanks after commas and colons, everything but printable ASCII escaped, numbers as [`float_text`].
struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { "" } else { ", " }.as_bytes())
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.begin_array_value(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        text.chars().try_for_each(|c| match c {
            ' '..='~' => write!(out, "{c}"),
            c => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")),
        })
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, float: f64) -> io::Result<()> {
        out.write_all(Zeroizing::new(float_text(float)).as_bytes())
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
        let out = json_text(&value);
        assert!(out.len() <= json_len(&value), "{} {}", out.len(), json_len(&value));
    }
}
