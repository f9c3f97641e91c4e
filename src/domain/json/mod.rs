//! JSON by token spans, as the receiver takes it: a lossless lexer, a walker, and a tree of spans; values whose
//! numbers are text.
//!
//! `serde_json` parses values; confdeck must keep white space, number spellings, escapes and
//! duplicate members as they are, so formatting, masking and splicing work on spans of the text. What the receiver
//! takes and others refuse is an [`Oddity`]; [`Grammar::Strict`] is what all take.

mod bytes;
mod layout;
mod lenient;
mod lexer;
mod oddity;
mod path;
mod problems;
mod string;
mod tree;
mod value;
#[cfg(test)]
mod vectors;
mod walk;

pub use layout::{indent, indent_valid};
pub use lenient::parse_leniently;
pub use lexer::{Lexeme, LexemeKind, Lexer};
pub(crate) use oddity::is_whole;
pub use oddity::{Oddity, oddities};
pub use path::{PathStep, path_text};
pub use problems::{Severity, SyntaxFix, SyntaxProblem, problems};
pub(crate) use string::has_byte;
pub use string::{DecodedString, decode, quote, string_value, unquote};
pub(crate) use tree::TreeBuilder;
pub use tree::{Member, Node, NodeValue, parse, parse_outline};
pub(crate) use value::requoted;
pub use value::{JsonObject, JsonText, JsonValue};
#[cfg(all(test, feature = "console"))]
pub(crate) use walk::WALKS;
pub use walk::{
    Grammar, JsonEvent, MAX_DEPTH, Scalar, SyntaxError, check_object, check_object_as, is_object, walk,
    walk_as,
};

/// A half-open range of byte offsets in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The part of `text` that this span names; empty if it does not fit.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The same span in a text that has `by` more bytes before it.
    pub(crate) fn shifted(self, by: usize) -> Self {
        Self { start: by + self.start, end: by + self.end }
    }

    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Whether there is no line break between the first and the last non-blank character.
pub fn is_one_line(text: &str) -> bool {
    memchr::memchr2(b'\n', b'\r', text.trim().as_bytes()).is_none()
}

/// The byte order mark that some editors write before the text.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// Line and column, both from 1, of a byte offset; columns count characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}

/// Where the lines of a text start: for the places of many offsets, which [`line_column`] would count anew each.
pub struct LineIndex<'t> {
    text: &'t str,
    starts: Vec<usize>,
    is_ascii: bool,
}

impl<'t> LineIndex<'t> {
    pub fn of(text: &'t str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect(), is_ascii: text.is_ascii() }
    }

    /// As [`line_column`].
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).filter(|_| !self.is_ascii);
        let characters = before.map_or(offset.saturating_sub(start), |before| before.chars().count());
        (line, characters.saturating_add(1))
    }
}
