//! Writes the pieces of a text into lines that may be shown, shortened where they are very long.

use super::masked::{MASK, Masked, SegmentRole};
use super::safe::{Safe, cut, grouped, left_out_note, sanitize};
use super::scan::{ScanPiece, Visibility};
use crate::domain::json::Span;

/// The longest piece of text and the longest line shown whole, in characters.
#[derive(Clone, Copy)]
pub(super) struct LineLimits {
    segment: usize,
    line: usize,
}

impl Default for LineLimits {
    /// For lines beside others, in a comparison or on a command's output.
    fn default() -> Self {
        Self { segment: 1_000, line: 4_000 }
    }
}

impl LineLimits {
    /// For a document that is read as a whole.
    pub(super) const WHOLE: Self = Self { segment: 64 * 1024, line: 64 * 1024 };
}

/// The replacement for a tab outside of strings.
const TAB: &str = "    ";

/// The pieces on one line: line breaks and the blanks around them become one blank.
pub(super) fn flat(text: &str, pieces: &[ScanPiece], max_chars: usize) -> Safe<'static> {
    let mut out = String::new();
    let mut room = max_chars;
    let mut left_out = 0usize;
    for piece in pieces {
        let raw = piece.span.of(text);
        let shown = match piece.visibility {
            Visibility::Hidden { .. } => MASK,
            Visibility::Shown(SegmentRole::Plain) if raw.trim().is_empty() && raw.contains('\n') => " ",
            Visibility::Shown(_) => raw,
        };
        let (shown, rest) = cut(shown, room);
        let shown = sanitize(shown);
        room = room.saturating_sub(shown.chars().count());
        left_out += rest;
        out.push_str(&shown);
    }
    if left_out > 0 {
        out.push_str(&left_out_note(left_out));
    }
    Safe::from(out)
}

/// Puts pieces into lines.
#[derive(Default)]
pub(super) struct MaskedWriter {
    pub(super) masked: Masked,
    limits: LineLimits,
    /// The source span of each line.
    pub(super) places: Vec<Span>,
    /// Where the current line starts in the source.
    line_start: usize,
    /// The characters on the current line so far, and those that did not fit.
    used: usize,
    left_out: usize,
}

impl MaskedWriter {
    pub(super) fn within(limits: LineLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    pub(super) fn write(&mut self, text: &str, pieces: &[ScanPiece]) {
        for piece in pieces {
            match piece.visibility {
                Visibility::Hidden { .. } => self.mask(),
                Visibility::Shown(SegmentRole::Plain) => self.plain(text, piece.span),
                Visibility::Shown(role) => self.segment(piece.span.of(text), role),
            }
        }
        // A text that ends with a line break has no empty line after it.
        if self.line_start < text.len() || self.masked.lines.is_empty() {
            self.end_line(Span { start: self.line_start, end: text.len() });
        }
    }

    /// Text that may contain line breaks.
    fn plain(&mut self, text: &str, span: Span) {
        let mut start = span.start;
        let raw = span.of(text).as_bytes();
        for newline in memchr::memchr_iter(b'\n', raw).map(|at| span.start + at) {
            let line = Span { start, end: newline }.of(text);
            self.blanks_and_words(line.strip_suffix('\r').unwrap_or(line));
            self.end_line(Span { start: self.line_start, end: newline });
            start = newline + 1;
            self.line_start = start;
        }
        self.blanks_and_words(Span { start, end: span.end }.of(text));
    }

    fn blanks_and_words(&mut self, text: &str) {
        if text.contains('\t') {
            self.segment(&text.replace('\t', TAB), SegmentRole::Plain);
        } else {
            self.segment(text, SegmentRole::Plain);
        }
    }

    fn segment(&mut self, raw: &str, role: SegmentRole) {
        if raw.is_empty() {
            return;
        }
        let room = self.limits.line.saturating_sub(self.used).min(self.limits.segment);
        let (shown, mut rest) = cut(raw, room);
        if self.used >= self.limits.line {
            self.left_out += rest;
            return;
        }
        let shown = sanitize(shown);
        self.used += shown.chars().count();
        self.push(&shown, role);
        if self.used >= self.limits.line {
            // Counted together with what follows on the line.
            self.left_out += std::mem::take(&mut rest);
        }
        if rest > 0 {
            self.push(&left_out_note(rest), SegmentRole::Note);
        }
    }

    fn mask(&mut self) {
        let width = MASK.chars().count();
        if self.used < self.limits.line {
            self.push(MASK, SegmentRole::Secret);
            self.used += width;
        } else {
            self.left_out += width;
        }
    }

    fn push(&mut self, safe: &str, role: SegmentRole) {
        self.masked.text.push_str(safe);
        self.masked.segments.push((self.masked.text.len(), role));
    }

    pub(super) fn note(&mut self, words: &str) {
        self.push(words, SegmentRole::Note);
    }

    pub(super) fn end_line(&mut self, place: Span) {
        if self.left_out > 0 {
            self.note(&left_out_note(self.left_out));
        }
        self.used = 0;
        self.left_out = 0;
        self.masked.lines.push(self.masked.segments.len());
        self.places.push(place);
    }

    /// A last line for bytes that are not shown at all.
    pub(super) fn left_out(&mut self, bytes: usize) {
        if bytes > 0 {
            self.note(&format!("… {} more bytes", grouped(bytes)));
            self.end_line(Span { start: 0, end: 0 });
        }
    }
}
