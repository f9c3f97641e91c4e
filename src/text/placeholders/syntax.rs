//! The syntax of a placeholder: writing and finding it.

use crate::domain::json::Span;

const OPEN: &str = "‹";
const CLOSE: &str = "›";

/// The word that makes a text look like a placeholder.
pub(super) const WORD: &str = "kept:";

/// Stands for [`WORD`] itself, so that any text can be written between placeholders.
pub(super) const ESCAPED: &str = "‹kept:kept›";

/// The number for secrets that were not saved.
pub(super) const NOT_SAVED: usize = 0;

/// Writes a placeholder; one for a whole value without quotes gets quotes, so that the draft stays JSON.
pub(super) fn write_placeholder(number: usize, bare: bool) -> String {
    let quote = if bare { "\"" } else { "" };
    format!("{quote}{OPEN}{WORD}{number}{CLOSE}{quote}")
}

#[derive(Clone, Copy)]
pub(super) struct Placeholder {
    pub(super) span: Span,
    pub(super) kind: PlaceholderKind,
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceholderKind {
    /// The original with this number.
    Number(usize),
    /// [`WORD`] itself.
    Word,
    /// Nothing: it is a remnant of a placeholder.
    Damaged,
}

impl PlaceholderKind {
    pub(super) fn number(self) -> Option<usize> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// The placeholders of a text, in order.
pub(super) fn find_placeholders(text: &str) -> impl Iterator<Item = Placeholder> {
    memchr::memmem::find_iter(text.as_bytes(), WORD).filter_map(|at| {
        let opened = text.get(..at)?.ends_with(OPEN);
        let start = if opened { at - OPEN.len() } else { at };
        if text.get(start..)?.starts_with(ESCAPED) {
            let span = Span { start, end: start + ESCAPED.len() };
            return Some(Placeholder { span, kind: PlaceholderKind::Word });
        }
        let rest = text.get(at + WORD.len()..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let closed = digits > 0 && rest.get(digits..)?.starts_with(CLOSE);
        let end = at + WORD.len() + digits + if closed { CLOSE.len() } else { 0 };
        let number = if opened && closed { rest.get(..digits)?.parse().ok() } else { None };
        let sense = number.map_or(PlaceholderKind::Damaged, PlaceholderKind::Number);
        (opened || closed).then_some(Placeholder { span: Span { start, end }, kind: sense })
    })
}

/// A text without the numbers of its placeholders.
pub(super) fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for mark in find_placeholders(text) {
        out.push_str(Span { start: at, end: mark.span.start }.of(text));
        out.push_str(OPEN);
        at = mark.span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
