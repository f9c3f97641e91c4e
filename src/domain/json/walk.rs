//! A strict reader that reports each part of a JSON text with its span, without building a value.

use std::fmt;

use super::{BYTE_ORDER_MARK, Lexeme, Lexer, Shape, Span, Unquoted, place, unquote};

/// Containers nested deeper than this are refused; the receiver's own limit is lower for requests
/// and resolves no references below 100 levels (domain.md section 7).
pub(super) const MAX_DEPTH: usize = 128;

/// What the walker met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An object opens at this offset.
    OpenObject(usize),
    /// An object spans this.
    CloseObject(Span),
    /// An array opens at this offset.
    OpenArray(usize),
    /// An array spans this.
    CloseArray(Span),
    /// A member's key, quotes included; its value follows.
    Key(Span),
    /// A value that is no container.
    Scalar(Scalar, Span),
}

/// The kind of a value that is no container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// A string, quotes included in its span.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
}

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset of the offence.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what would be right; holds no part of the text.
    pub reason: &'static str,
}

impl SyntaxError {
    fn new(text: &str, offset: usize, reason: &'static str) -> Self {
        let (line, column) = place(text, offset);
        Self { offset, line, column, reason }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for SyntaxError {}

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    Value,
    /// A value or the end of an array just opened.
    ValueOrClose,
    Key,
    /// A key or the end of an object just opened.
    KeyOrClose,
    Colon,
    CommaOrClose,
    End,
}

#[derive(Clone, Copy)]
struct Open {
    object: bool,
    start: usize,
}

/// Walks a whole JSON text, calling `on` for each part in order.
///
/// # Errors
/// [`SyntaxError`] at the first offence; the events before it have been reported.
pub fn walk(text: &str, mut on: impl FnMut(Event)) -> Result<(), SyntaxError> {
    let error = |offset, reason| Err(SyntaxError::new(text, offset, reason));
    if text.starts_with(BYTE_ORDER_MARK) {
        return error(0, "the text starts with a byte order mark, which the receiver cannot read; remove it");
    }
    let mut open: Vec<Open> = Vec::new();
    let mut want = Want::Value;
    for Lexeme { shape, span } in Lexer::new(text) {
        if shape == Shape::Space {
            continue;
        }
        want = match (want, shape) {
            (Want::Value | Want::ValueOrClose, Shape::OpenObject | Shape::OpenArray) => {
                if open.len() == MAX_DEPTH {
                    return error(span.start, "nested more than 128 deep");
                }
                let object = shape == Shape::OpenObject;
                open.push(Open { object, start: span.start });
                on(if object { Event::OpenObject(span.start) } else { Event::OpenArray(span.start) });
                if object { Want::KeyOrClose } else { Want::ValueOrClose }
            }
            (Want::Value | Want::ValueOrClose, _) if let Some(scalar) = scalar(shape) => {
                if scalar == Scalar::String
                    && let Unquoted::Broken(at, reason) = unquote(span.of(text))
                {
                    return error(span.start + at, reason);
                }
                on(Event::Scalar(scalar, span));
                after_value(&open)
            }
            (Want::Key | Want::KeyOrClose, Shape::String) => {
                if let Unquoted::Broken(at, reason) = unquote(span.of(text)) {
                    return error(span.start + at, reason);
                }
                on(Event::Key(span));
                Want::Colon
            }
            (Want::Colon, Shape::Colon) => Want::Value,
            (Want::CommaOrClose, Shape::Comma) => {
                if open.last().is_some_and(|top| top.object) {
                    Want::Key
                } else {
                    Want::Value
                }
            }
            (Want::KeyOrClose | Want::CommaOrClose, Shape::CloseObject)
                if let Some(Open { start, .. }) = open.pop_if(|top| top.object) =>
            {
                on(Event::CloseObject(Span { start, end: span.end }));
                after_value(&open)
            }
            (Want::ValueOrClose | Want::CommaOrClose, Shape::CloseArray)
                if let Some(Open { start, .. }) = open.pop_if(|top| !top.object) =>
            {
                on(Event::CloseArray(Span { start, end: span.end }));
                after_value(&open)
            }
            _ => return error(span.start, offence(want, shape, &open, span.of(text))),
        };
    }
    match (want, open.last()) {
        (Want::End, _) => Ok(()),
        (_, Some(Open { object: true, .. })) => {
            error(text.len(), "the text ends inside an object; \"}\" is missing")
        }
        (_, Some(_)) => error(text.len(), "the text ends inside an array; \"]\" is missing"),
        _ => error(text.len(), "the text is empty; a JSON object is expected"),
    }
}

/// Whether a text is one JSON object, which is all that a webhook or a connection may be.
///
/// # Errors
/// [`SyntaxError`] if it is not JSON, or is another kind of value.
pub fn check_object(text: &str) -> Result<(), SyntaxError> {
    let mut first = None;
    walk(text, |event| {
        first.get_or_insert(event);
    })?;
    match first {
        Some(Event::OpenObject(_)) => Ok(()),
        _ => Err(SyntaxError::new(text, 0, "a JSON object is expected, this is another kind of value")),
    }
}

fn after_value(open: &[Open]) -> Want {
    if open.is_empty() { Want::End } else { Want::CommaOrClose }
}

fn scalar(shape: Shape) -> Option<Scalar> {
    match shape {
        Shape::String => Some(Scalar::String),
        Shape::Number => Some(Scalar::Number),
        Shape::Bool => Some(Scalar::Bool),
        Shape::Null => Some(Scalar::Null),
        _ => None,
    }
}

/// The words for a lexeme that may not stand where it stands.
fn offence(want: Want, shape: Shape, open: &[Open], lexeme: &str) -> &'static str {
    let object = open.last().is_some_and(|top| top.object);
    match (want, shape) {
        (_, Shape::Unterminated) => "this string has no closing quote on its line",
        (_, Shape::Bad) if lexeme.starts_with('/') || lexeme.starts_with('#') => "JSON has no comments",
        (_, Shape::Bad) if lexeme.starts_with('\'') => "JSON strings take double quotes",
        (Want::Key | Want::KeyOrClose, Shape::Bad) => "a member's name must be in double quotes",
        (_, Shape::Bad) => "not a JSON value; expected \", {, [, a number, true, false or null",
        (Want::Value, Shape::CloseArray | Shape::CloseObject) if !object => {
            "no comma may stand before the end of an array"
        }
        (Want::Value | Want::ValueOrClose, Shape::Colon | Shape::Comma) => "a value is missing here",
        (Want::Value | Want::ValueOrClose, _) => "a value is expected here",
        (Want::Key, Shape::CloseObject) => "no comma may stand before the end of an object",
        (Want::Key | Want::KeyOrClose, _) => "a member's name in double quotes, or \"}\", is expected here",
        (Want::Colon, _) => "\":\" is expected after a member's name",
        (Want::CommaOrClose, Shape::CloseArray | Shape::CloseObject) => {
            "this bracket does not match the one that was opened"
        }
        (Want::CommaOrClose, _) if object => "\",\" or \"}\" is expected here",
        (Want::CommaOrClose, _) => "\",\" or \"]\" is expected here",
        (Want::End, _) => "nothing may follow the end of the value",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason(text: &str) -> String {
        walk(text, |_| ()).unwrap_err().to_string()
    }

    #[test]
    fn places_and_reasons_are_exact() {
        let cases = [
            ("", "line 1, column 1: the text is empty"),
            ("{\n  \"a\": 1,\n}", "line 3, column 1: no comma may stand before the end of an object"),
            ("{\"a\" 1}", "line 1, column 6: \":\" is expected"),
            ("{\"é\": tru}", "line 1, column 7: not a JSON value"),
            ("[1 2]", "line 1, column 4: \",\" or \"]\" is expected"),
            ("{\"a\": \"x\n}", "line 1, column 7: this string has no closing quote"),
            ("{\"a\": [1}", "line 1, column 9: this bracket does not match"),
            ("{\"a\": 1", "line 1, column 8: the text ends inside an object"),
            ("{} x", "line 1, column 4: not a JSON value"),
            ("{} {}", "line 1, column 4: nothing may follow"),
            ("{a: 1}", "line 1, column 2: a member's name must be in double quotes"),
            ("{ // no\n}", "line 1, column 3: JSON has no comments"),
            ("\u{feff}{}", "line 1, column 1: the text starts with a byte order mark"),
            ("{\"a\": \"\\q\"}", "line 1, column 8: unknown escape"),
            ("[1,]", "line 1, column 4: no comma may stand before the end of an array"),
        ];
        for (text, expected) in cases {
            let found = reason(text);
            assert!(found.starts_with(expected), "{text:?}: {found}");
        }
        assert!(reason(&"[".repeat(129)).contains("nested more than 128 deep"));
    }

    #[test]
    fn only_objects_are_documents() {
        assert!(check_object(" {\"a\": [1, {}]} ").is_ok());
        assert!(check_object("[{}]").unwrap_err().reason.contains("object is expected"));
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in r#"[\[\]{}:,"ab01 .e\\-]{0,14}"#) {
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(walk(&text, |_| ()).is_ok(), theirs, "{}", text);
        }
    }
}
