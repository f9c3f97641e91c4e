//! YAML as a tree: one document, the booleans and numbers of YAML 1.2, aliases and merges resolved.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Error, Location, Spanned};

use super::{TreeFault, TreeNode, TreeValue, add_member};
use crate::domain::json::{Span, is_whole};

/// Each level takes a dozen calls, and all are to fit on any stack.
pub(super) const MAX_DEPTH: usize = 32;

pub(super) fn read(text: &str) -> Result<TreeNode, TreeFault> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH },
        emit_comments: false,
        // `no` is the country, unless a setting is declared as a boolean.
        strict_booleans: true,
        reject_unsupported_tags: true,
        // A snippet quotes what may be a secret.
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Option<SpannedYaml>>(text, options) {
        Ok(Some(root)) => node(root, text),
        Ok(None) => Ok(TreeNode::new(TreeValue::Section(Vec::new()), Span { start: 0, end: 0 })),
        Err(error) => Err(fault(&error)),
    }
}

type SpannedYaml = Spanned<YamlValue>;

enum YamlValue {
    Scalar(Value),
    List(Vec<SpannedYaml>),
    Mapping(Vec<(String, SpannedYaml)>),
}

impl<'de> Deserialize<'de> for YamlValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
    type Value = YamlValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<YamlValue, E> {
        Ok(YamlValue::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<YamlValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(YamlValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<YamlValue, A::Error> {
        let mut members = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            members.push(entry);
        }
        Ok(YamlValue::Mapping(members))
    }
}

fn node(node: SpannedYaml, text: &str) -> Result<TreeNode, TreeFault> {
    let Spanned { value, referenced, defined } = node;
    let span = span(defined);
    let value = match value {
        // The library reads it as a float, rounded without a word.
        YamlValue::Scalar(Value::Number(number)) if number.is_f64() && is_whole(&digits(span.of(text))) => {
            let (reason, remedy) = match digits(span.of(text)).starts_with('0') {
                true => (
                    "a number that begins with 0 is octal to some readers of YAML, and decimal to others",
                    "put it in quotes, or write it as 0o17 or without the 0",
                ),
                false => (
                    "this whole number has more than 64 bits",
                    "write a smaller one, or put it in quotes as a text",
                ),
            };
            return Err(TreeFault::at(text, span.start, reason, remedy));
        }
        YamlValue::Scalar(value) => {
            return Ok(TreeNode { shared: referenced != defined, ..TreeNode::scalar(value, span) });
        }
        YamlValue::List(items) => {
            TreeValue::List(items.into_iter().map(|item| self::node(item, text)).collect::<Result<_, _>>()?)
        }
        YamlValue::Mapping(entries) => {
            let (mut members, mut seen) = (Vec::with_capacity(entries.len()), HashSet::new());
            for (name, value) in entries {
                let value = self::node(value, text)?;
                let at = value.span.start;
                add_member(&mut members, &mut seen, (&name, at), value, text)?;
            }
            TreeValue::Section(members)
        }
    };
    Ok(TreeNode { shared: referenced != defined, ..TreeNode::new(value, span) })
}

/// A number without its sign and the underscores between its digits.
fn digits(written: &str) -> String {
    written.trim_start_matches(['+', '-']).replace('_', "")
}

fn span(location: Location) -> Span {
    let span = location.span();
    let [start, len] =
        [span.byte_offset(), span.byte_len()].map(|bytes| usize::try_from(bytes.unwrap_or(0)).unwrap_or(0));
    Span { start, end: start + len }
}

/// An error in words of our own: those of the library may quote a value.
fn fault(error: &Error) -> TreeFault {
    let error = error.without_snippet();
    let (reason, remedy) = match error {
        Error::AliasError { error, .. } => return fault(error),
        Error::DuplicateMappingKey { key, .. } => (
            match key {
                Some(key) => format!("{key:?} is here for the second time, and only one of them could count"),
                None => "a name is here for the second time".to_owned(),
            },
            "remove one of them",
        ),
        Error::MultipleDocuments { .. } => (
            "a second document begins here, and only one could count".to_owned(),
            "make it a file of its own",
        ),
        Error::NonFiniteFloat { .. } => {
            ("this is no finite number of 64 bits".to_owned(), "write another, or leave it out")
        }
        Error::UnknownAnchor { .. } => {
            ("this alias names no anchor above it".to_owned(), "write the value, or set the anchor")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            ("this is larger, or nested deeper, than settings may be".to_owned(), "make it smaller")
        }
        // The one message of the parser that quotes a character.
        Error::ExternalMessage { msg, .. } if !msg.starts_with("unexpected character") => (
            format!("not YAML: {msg}"),
            "write it as YAML 1.2 has it; put a text with special characters in quotes",
        ),
        _ => (
            "not YAML, or a value that no setting can have".to_owned(),
            "write it as YAML 1.2 has it; put a text with special characters in quotes",
        ),
    };
    let at = error.location().map(|location| (location.line(), location.column()));
    let (line, column) = at.map_or((1, 1), |(line, column)| {
        let [line, column] = [line, column].map(|at| usize::try_from(at).unwrap_or(1).max(1));
        (line, column)
    });
    TreeFault { line, column, reason: reason.into(), remedy }
}
