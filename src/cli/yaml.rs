//! A document as YAML, from which a reader gets the values that the receiver has.
//!
//! The serializer writes only what Rust's numbers and texts hold. So a number, and a text with half a surrogate
//! pair, goes through it as its index between two marks, and takes its place afterwards: numbers as they are
//! written, but for what YAML spells another way.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

use serde::ser::{Error as _, Serialize, Serializer};
use serde_saphyr::ser::Error;
use zeroize::Zeroizing;

use crate::domain::json::{JsonText, JsonValue};

/// Characters without a meaning of their own, one of which is the mark.
const PRIVATE: std::ops::RangeInclusive<char> = '\u{e000}'..='\u{f8ff}';

/// The document as YAML.
///
/// # Errors
/// If the serializer refuses it, or it contains every character that could be the mark.
pub(super) fn document(value: &JsonValue) -> Result<Zeroizing<String>, Error> {
    let text = Zeroizing::new(value.to_string());
    let used: HashSet<char> = text.chars().filter(|c| PRIVATE.contains(c)).collect();
    let mark =
        PRIVATE.into_iter().find(|c| !used.contains(c)).ok_or_else(|| Error::custom("no mark is free"))?;
    let words = RefCell::new(Vec::new());
    let marked = Zeroizing::new(serde_saphyr::to_string(&YamlNode { value, depth: 0, mark, words: &words })?);
    let words = words.into_inner();
    let added: usize = words.iter().map(|word| word.len()).sum();
    let mut out = Zeroizing::new(String::with_capacity(marked.len() + added));
    for (at, part) in marked.split(mark).enumerate() {
        let word = if at % 2 == 1 { part.parse().ok().and_then(|at: usize| words.get(at)) } else { None };
        out.push_str(word.map_or(part, |word| word));
    }
    Ok(out)
}

/// Containers nested deeper than this are written in one line, as JSON has them, which is YAML, too: the serializer
/// takes much of the stack for each level.
const MAX_DEPTH: usize = 48;

struct YamlNode<'a, 'w> {
    value: &'a JsonValue,
    depth: usize,
    mark: char,
    /// What takes the places of the marks.
    words: &'w RefCell<Vec<Cow<'a, str>>>,
}

impl<'a> YamlNode<'a, '_> {
    fn at(&self, value: &'a JsonValue) -> Self {
        Self { value, depth: self.depth + 1, mark: self.mark, words: self.words }
    }

    fn marked(&self, word: Cow<'a, str>) -> String {
        let mut words = self.words.borrow_mut();
        words.push(word);
        format!("{0}{1}{0}", self.mark, words.len() - 1)
    }

    fn text(&self, text: &'a JsonText) -> Cow<'a, str> {
        match text {
            JsonText::Text(text) => text.into(),
            // In quotes it is YAML as well.
            JsonText::Unpaired(quoted) => self.marked(quoted.into()).into(),
        }
    }
}

impl Serialize for YamlNode<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            JsonValue::Null => serializer.serialize_unit(),
            JsonValue::Bool(value) => serializer.serialize_bool(*value),
            JsonValue::Number(number) => serializer.serialize_str(&self.marked(yaml_number(number))),
            JsonValue::String(text) => serializer.serialize_str(&self.text(text)),
            JsonValue::Array(_) | JsonValue::Object(_) if self.depth > MAX_DEPTH => {
                let mut flow = String::new();
                write_flow(self.value, &mut flow);
                serializer.serialize_str(&self.marked(flow.into()))
            }
            JsonValue::Array(items) => serializer.collect_seq(items.iter().map(|item| self.at(item))),
            JsonValue::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (self.text(name), self.at(value))))
            }
        }
    }
}

/// A value in one line.
fn write_flow(value: &JsonValue, out: &mut String) {
    match value {
        JsonValue::Number(number) => out.push_str(&yaml_number(number)),
        JsonValue::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "[" } else { ", " });
                write_flow(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        JsonValue::Object(members) => {
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "{" } else { ", " });
                out.push_str(&name.to_string());
                out.push_str(": ");
                write_flow(value, out);
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// A number in a spelling that readers of YAML 1.1 and 1.2 take for the same number: an exponent has a sign, and a
/// fraction before it.
fn yaml_number(number: &str) -> Cow<'_, str> {
    match number {
        "NaN" => ".nan".into(),
        "Infinity" => ".inf".into(),
        "-Infinity" => "-.inf".into(),
        _ => match number.split_once(['e', 'E']) {
            None => number.into(),
            Some((digits, exponent)) => {
                let fraction = if digits.contains('.') { "" } else { ".0" };
                let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
                format!("{digits}{fraction}e{sign}{exponent}").into()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(json: &str) -> String {
        document(&JsonValue::read(json).unwrap()).unwrap().to_string()
    }

    #[test]
    fn numbers_are_those_that_are_written() {
        let json = r#"{"n": [1e+23, 1E5, 1.50, 2.5e-7, -0.0, -0, 1e999, NaN, Infinity, -Infinity,
            123456789012345678901234567890123456789012], "text": ["1e5", "NaN", "12", "\ue000" ]}"#;
        let lines = [
            "\"n\":",
            "- 1.0e+23",
            "- 1.0e+5",
            "- 1.50",
            "- 2.5e-7",
            "- -0.0",
            "- -0",
            "- 1.0e+999",
            "- .nan",
            "- .inf",
            "- -.inf",
            "- 123456789012345678901234567890123456789012",
            "text:",
            "- \"1e5\"",
            "- \"NaN\"",
            "- \"12\"",
            "- \u{e000}",
            "",
        ];
        assert_eq!(yaml(json), lines.join("\n"));
    }

    #[test]
    fn halves_of_pairs_stay_escapes() {
        assert_eq!(yaml(r#"{"\ud800": "a\n\udc00\ud83d\ude00"}"#), "\"\\ud800\": \"a\\n\\udc00😀\"\n");
    }

    #[test]
    fn deep_nesting_is_written_in_one_line_and_ends_no_stack() {
        let deep = format!("{}NaN{}", "[{\"a\": ".repeat(496), "}]".repeat(496));
        let yaml = yaml(&deep);
        let flow = format!("- {{\"a\": {}.nan{}}}\n", "[{\"a\": ".repeat(471), "}]".repeat(471));
        assert!(yaml.ends_with(&flow) && yaml.lines().count() == 25, "{yaml}");
    }
}
