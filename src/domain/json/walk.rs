//! A reader that reports each part of a JSON text with its span, down to a limit of depth, without building a value.

use smallvec::SmallVec;
use thiserror::Error;

use super::lexer::{has_too_many_digits, is_number};
use super::oddity::{Oddity, oddity};
use super::{BYTE_ORDER_MARK, Lexeme, LexemeKind, Lexer, Span, line_column, unquote};

/// Containers nested deeper than this are refused: Python's `json` ends here, at its limit of recursion. The
/// receiver takes a little less where its own calls are on the stack, and resolves no references below 100 levels
/// (docs/receiver.md, sections 1 and 5).
pub const MAX_DEPTH: usize = 993;

/// Some readers refuse containers nested deeper than this.
pub(super) const MAX_STRICT_DEPTH: usize = 127;

pub(super) const TOO_DEEP: &str = "nested more than 993 deep, which is where the receiver's parser ends";

pub(super) const TOO_MANY_DIGITS: &str =
    "a whole number of more than 4300 digits, which the receiver's parser refuses";

/// What a reader takes for JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// All that the receiver takes, whose parser is Python's `json`: besides RFC 8259 also `NaN`, `Infinity` and
    /// `-Infinity` (docs/receiver.md, section 1).
    Receiver,
    /// What every reader takes, and reads alike; see [`Oddity`](super::Oddity).
    Strict,
}

impl Grammar {
    fn max_depth(self) -> usize {
        match self {
            Self::Receiver => MAX_DEPTH,
            Self::Strict => MAX_STRICT_DEPTH,
        }
    }
}

/// A part of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonEvent {
    /// An object opens at this offset.
    OpenObject(usize),
    /// The span of an object that has ended.
    CloseObject(Span),
    /// An array opens at this offset.
    OpenArray(usize),
    /// The span of an array that has ended.
    CloseArray(Span),
    /// A member's key, quotes included; its value follows.
    Key(Span),
    /// A value that is not a container.
    Scalar(Scalar, Span),
}

/// The kind of a value that is not a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// A string, quotes included in its span.
    String,
    Number,
    /// `true` or `false`.
    Bool,
    Null,
}

/// Where and why a text is not JSON, or why a draft cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {reason}")]
#[non_exhaustive]
pub struct SyntaxError {
    /// Byte offset of the error.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what would be right; contains no part of the text.
    pub reason: &'static str,
}

impl SyntaxError {
    pub(crate) fn new(text: &str, offset: usize, reason: &'static str) -> Self {
        let (line, column) = line_column(text, offset);
        Self { offset, line, column, reason }
    }
}

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ParseState {
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
struct OpenContainer {
    object: bool,
    start: usize,
}

#[cfg(test)]
thread_local! {
    /// How many texts this thread has walked.
    pub(crate) static WALKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Walks a whole text that the receiver takes for JSON, calling `on` for each part in order.
///
/// # Errors
/// [`SyntaxError`] at the first error; the events before it have been reported.
pub fn walk(text: &str, on: impl FnMut(JsonEvent)) -> Result<(), SyntaxError> {
    walk_as(Grammar::Receiver, text, on)
}

/// As [`walk`], for one of the grammars.
///
/// # Errors
/// [`SyntaxError`] at the first error; the events before it have been reported.
pub fn walk_as(grammar: Grammar, text: &str, mut on: impl FnMut(JsonEvent)) -> Result<(), SyntaxError> {
    #[cfg(test)]
    WALKS.set(WALKS.get() + 1);
    let error = |offset, reason| Err(SyntaxError::new(text, offset, reason));
    if text.starts_with(BYTE_ORDER_MARK) {
        return error(0, "the text starts with a byte order mark, which the receiver cannot read; remove it");
    }
    // Documents are shallow: hardly one needs an allocation to be read.
    let mut open = SmallVec::<[OpenContainer; 8]>::new();
    let mut want = ParseState::Value;
    let max_depth = grammar.max_depth();
    let mut lexer = Lexer::new(text);
    loop {
        lexer.skip_space();
        let Some(Lexeme { kind: shape, span, is_plain }) = lexer.next() else { break };
        want = match (want, shape) {
            (
                ParseState::Value | ParseState::ValueOrClose,
                LexemeKind::OpenObject | LexemeKind::OpenArray,
            ) => {
                if open.len() == max_depth {
                    return error(
                        span.start,
                        if grammar == Grammar::Strict { Oddity::TooDeep.reason() } else { TOO_DEEP },
                    );
                }
                let object = shape == LexemeKind::OpenObject;
                open.push(OpenContainer { object, start: span.start });
                on(if object { JsonEvent::OpenObject(span.start) } else { JsonEvent::OpenArray(span.start) });
                if object { ParseState::KeyOrClose } else { ParseState::ValueOrClose }
            }
            (
                ParseState::Value | ParseState::ValueOrClose | ParseState::Key | ParseState::KeyOrClose,
                LexemeKind::String,
            ) if !is_plain && let Err((at, reason)) = unquote(span.of(text)) => {
                return error(span.start + at, reason);
            }
            _ if grammar == Grammar::Strict
                && let Some((at, oddity)) =
                    scalar(shape).and_then(|scalar| oddity(scalar, span.of(text))) =>
            {
                return error(span.start + at, oddity.reason());
            }
            (ParseState::Value | ParseState::ValueOrClose, _) if let Some(scalar) = scalar(shape) => {
                on(JsonEvent::Scalar(scalar, span));
                after_value(&open)
            }
            (ParseState::Key | ParseState::KeyOrClose, LexemeKind::String) => {
                on(JsonEvent::Key(span));
                ParseState::Colon
            }
            (ParseState::Colon, LexemeKind::Colon) => ParseState::Value,
            (ParseState::CommaOrClose, LexemeKind::Comma) => {
                if open.last().is_some_and(|top| top.object) {
                    ParseState::Key
                } else {
                    ParseState::Value
                }
            }
            (
                ParseState::KeyOrClose | ParseState::ValueOrClose | ParseState::CommaOrClose,
                LexemeKind::CloseObject | LexemeKind::CloseArray,
            ) if let Some(&OpenContainer { object, start }) = open.last()
                && object == (shape == LexemeKind::CloseObject) =>
            {
                open.pop();
                let span = Span { start, end: span.end };
                on(if object { JsonEvent::CloseObject(span) } else { JsonEvent::CloseArray(span) });
                after_value(&open)
            }
            _ => return error(span.start, offence(want, shape, &open, span.of(text))),
        };
    }
    match (want, open.last()) {
        (ParseState::End, _) => Ok(()),
        (_, Some(OpenContainer { object: true, .. })) => {
            error(text.len(), "the text ends inside an object; \"}\" is missing")
        }
        (_, Some(_)) => error(text.len(), "the text ends inside an array; \"]\" is missing"),
        _ => error(text.len(), "the text is empty; a JSON object is expected"),
    }
}

/// Whether a text is one JSON object to the receiver, which is all that a webhook or a connection may be.
///
/// # Errors
/// [`SyntaxError`] if it is not JSON, or is another kind of value.
pub fn check_object(text: &str) -> Result<(), SyntaxError> {
    check_object_as(Grammar::Receiver, text)
}

/// As [`check_object`], for one of the grammars.
///
/// # Errors
/// [`SyntaxError`] if it is not JSON, or is another kind of value.
pub fn check_object_as(grammar: Grammar, text: &str) -> Result<(), SyntaxError> {
    walk_as(grammar, text, |_| ())?;
    if is_object(text) {
        return Ok(());
    }
    Err(SyntaxError::new(text, 0, "a JSON object is expected, this is another kind of value"))
}

/// Whether a text that is JSON is an object.
pub fn is_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{')
}

fn after_value(open: &[OpenContainer]) -> ParseState {
    if open.is_empty() { ParseState::End } else { ParseState::CommaOrClose }
}

pub(super) fn scalar(shape: LexemeKind) -> Option<Scalar> {
    match shape {
        LexemeKind::String => Some(Scalar::String),
        LexemeKind::Number => Some(Scalar::Number),
        LexemeKind::Bool => Some(Scalar::Bool),
        LexemeKind::Null => Some(Scalar::Null),
        _ => None,
    }
}

/// The message for an unexpected lexeme.
fn offence(want: ParseState, shape: LexemeKind, open: &[OpenContainer], lexeme: &str) -> &'static str {
    let object = open.last().is_some_and(|top| top.object);
    match (want, shape) {
        (_, LexemeKind::Unterminated) => "this string has no closing quote on its line",
        (_, LexemeKind::Bad) if lexeme.starts_with('/') || lexeme.starts_with('#') => "JSON has no comments",
        (_, LexemeKind::Bad) if lexeme.starts_with('\'') => "JSON strings take double quotes",
        (ParseState::Key | ParseState::KeyOrClose, LexemeKind::Bad | LexemeKind::Number) => {
            "a member's name must be in double quotes"
        }
        (_, LexemeKind::Bad) if is_number(lexeme.as_bytes()) && has_too_many_digits(lexeme.as_bytes()) => {
            TOO_MANY_DIGITS
        }
        (_, LexemeKind::Bad) => "not a JSON value; expected \", {, [, a number, true, false or null",
        (ParseState::Value, LexemeKind::CloseArray | LexemeKind::CloseObject) if !object => {
            "no comma may stand before the end of an array"
        }
        (ParseState::Value | ParseState::ValueOrClose, LexemeKind::Colon | LexemeKind::Comma) => {
            "a value is missing here"
        }
        (ParseState::Value | ParseState::ValueOrClose, _) => "a value is expected here",
        (ParseState::Key, LexemeKind::CloseObject) => "no comma may stand before the end of an object",
        (ParseState::Key | ParseState::KeyOrClose, _) => {
            "a member's name in double quotes, or \"}\", is expected here"
        }
        (ParseState::Colon, _) => "\":\" is expected after a member's name",
        (ParseState::CommaOrClose, LexemeKind::CloseArray | LexemeKind::CloseObject) => {
            "this bracket does not match the one that was opened"
        }
        (ParseState::CommaOrClose, _) if object => "\",\" or \"}\" is expected here",
        (ParseState::CommaOrClose, _) => "\",\" or \"]\" is expected here",
        (ParseState::End, _) => "nothing may follow the end of the value",
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
        assert!(reason(&"[".repeat(994)).contains("nested more than 993 deep"));
        let digits = "1".repeat(4301);
        assert!(reason(&format!("[-{digits}]")).starts_with("line 1, column 2: a whole number of more than"));
        assert!(walk(&format!("[-{}, {digits}e1]", &digits[1..]), |_| ()).is_ok());
    }

    #[test]
    fn only_objects_are_documents() {
        assert!(check_object(" {\"a\": [1, {}]} ").is_ok());
        assert!(check_object("[{}]").unwrap_err().reason.contains("object is expected"));
    }

    proptest! {
        #[test]
        fn every_reader_takes_what_serde_json_takes(text in r#"[\[\]{}:,"ab01 .e\\-]{0,14}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert_eq!(walk_as(Grammar::Strict, &text, |_| ()).is_ok(), theirs, "{}", text);
        }
    }
}
