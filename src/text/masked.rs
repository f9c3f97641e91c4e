//! `Masked`: a document with its secret fields hidden, ready to draw.

use std::fmt;
use std::ops::Range;

use super::Safe;
use super::safe::{grouped, visible_utf8};
use super::scan::{ScanPiece, scan, scan_checked, scan_within};
use super::writer::{LineLimits, MaskedWriter, flat};
use crate::domain::json::{BYTE_ORDER_MARK, Span, indent, indent_valid, is_one_line};
use crate::domain::{Document, Masking};

/// The mask for a secret; its width is the same whatever it hides.
pub const MASK: &str = "••••••••";

/// The longest text shown in full, in bytes; etcd stores less, a file may contain more.
const MAX_TEXT: usize = 4 * 1024 * 1024;
/// How much of a binary document is shown, in bytes.
const MAX_BINARY: usize = 4_096;

/// The role of a segment, which determines its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentRole {
    /// Brackets, colons and commas.
    Punctuation,
    /// The name of a member.
    Key,
    /// A string, or a part of one.
    String,
    Number,
    /// `true`, `false` or `null`.
    Word,
    /// A reference such as `{$vault:path#field}`.
    Reference,
    /// The mask over a secret.
    Secret,
    /// Text that is not JSON where JSON was expected.
    Bad,
    /// Blanks, and text that is not JSON at all.
    Plain,
    /// confdeck's own words about the document.
    Note,
}

/// A run of text of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    pub text: Safe<'a>,
    pub role: SegmentRole,
}

/// One line of a masked document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskedLine<'a> {
    /// Its segments, from left to right.
    pub segments: Vec<Segment<'a>>,
}

impl MaskedLine<'_> {
    /// The same line without borrowed data.
    pub fn into_owned(self) -> MaskedLine<'static> {
        let owned = |segment: Segment<'_>| Segment { text: segment.text.into_owned(), role: segment.role };
        MaskedLine { segments: self.segments.into_iter().map(owned).collect() }
    }
}

impl fmt::Display for MaskedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| f.write_str(segment.text.as_str()))
    }
}

/// How a document's white space is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DocumentLayout {
    /// JSON indented, one member or item a line, whatever its own layout is.
    #[default]
    Pretty,
    /// As it is stored.
    Stored,
}

/// A document that may be shown: secrets hidden, every character safe, one-line JSON indented,
/// very long lines shortened. It contains neither the hidden text nor its length.
///
/// ```
/// use confdeck::domain::{Document, DocumentKind, Masking};
/// use confdeck::text::Masked;
///
/// let document = Document::from(r#"{"module": "log", "authorization": "Bearer hunter2"}"#);
/// let masked = Masked::of(&Masking::built_in(DocumentKind::Webhook), &document);
/// let shown: Vec<_> = masked.lines(0..masked.line_count()).map(|line| line.to_string()).collect();
/// assert!(shown.concat().contains("log") && !shown.concat().contains("hunter2"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Masked {
    pub(super) text: String,
    /// Where each segment ends in the text, with its role.
    pub(super) segments: Vec<(usize, SegmentRole)>,
    /// How many segments there are up to the end of each line.
    pub(super) lines: Vec<usize>,
}

impl Masked {
    /// Masks a whole document for which it is known where it stops being JSON, if anywhere; and how it is
    /// laid out, since what is not JSON is as stored.
    pub fn of_checked(
        masking: &Masking,
        document: &Document,
        broken_at: Option<usize>,
        layout: DocumentLayout,
    ) -> (Self, DocumentLayout) {
        let text = match document.text() {
            Ok(text) => text,
            Err(error) => {
                let masked = Self::binary(masking, document.as_bytes(), error.valid_up_to());
                return (masked, DocumentLayout::Stored);
            }
        };
        let is_pretty = layout == DocumentLayout::Pretty && broken_at.is_none();
        let formatted = if is_pretty { indent_valid(text) } else { None };
        let layout = if formatted.is_some() { DocumentLayout::Pretty } else { DocumentLayout::Stored };
        // Otherwise the text that is parsed differs from the document's.
        let is_checked = text.len() <= MAX_TEXT && !text.starts_with(BYTE_ORDER_MARK);
        let pieces = |shown: &str| match is_checked {
            true => scan_checked::<&str>(masking, &[], shown, broken_at.map_or(Ok(()), Err)),
            false => scan(masking, shown),
        };
        (Self::render(formatted.as_deref().unwrap_or(text), LineLimits::WHOLE, pieces).0, layout)
    }

    pub fn of(masking: &Masking, document: &Document) -> Self {
        match document.text() {
            Ok(text) => Self::text(masking, text),
            Err(error) => Self::binary(masking, document.as_bytes(), error.valid_up_to()),
        }
    }

    pub fn text(masking: &Masking, text: &str) -> Self {
        let formatted = if is_one_line(text) { indent(text) } else { None };
        let formatted = formatted.as_deref().unwrap_or(text);
        Self::render(formatted, LineLimits::default(), |text| scan(masking, text)).0
    }

    /// A text in its existing layout, with the span of each line.
    pub(crate) fn with_places(masking: &Masking, text: &str) -> (Self, Vec<Span>) {
        Self::render(text, LineLimits::default(), |text| scan(masking, text))
    }

    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// One line, counted from 0.
    pub fn line(&self, index: usize) -> Option<MaskedLine<'_>> {
        let end = *self.lines.get(index)?;
        let first = index.checked_sub(1).and_then(|before| self.lines.get(before)).copied().unwrap_or(0);
        let mut start =
            first.checked_sub(1).and_then(|before| self.segments.get(before)).map_or(0, |(end, _)| *end);
        let segments = self.segments.get(first..end)?.iter().map(|&(end, role)| {
            let text = Safe::trusted(self.text.get(start..end).unwrap_or_default());
            start = end;
            Segment { text, role }
        });
        Some(MaskedLine { segments: segments.collect() })
    }

    /// The text of a line, counted from 0; empty if it does not exist.
    pub fn line_text(&self, index: usize) -> &str {
        let end_of = |count: usize| count.checked_sub(1).and_then(|last| self.segments.get(last));
        let at = |line: Option<usize>| {
            let count = line.and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
            end_of(count).map_or(0, |(end, _)| *end)
        };
        self.text.get(at(index.checked_sub(1))..at(Some(index))).unwrap_or_default()
    }

    /// The lines in a range, as far as they exist.
    pub fn lines(&self, range: Range<usize>) -> impl Iterator<Item = MaskedLine<'_>> {
        (range.start..range.end.min(self.line_count())).filter_map(|index| self.line(index))
    }

    /// A document on one line of about `max_chars` characters at most, for tables and events.
    pub fn one_line(masking: &Masking, document: &Document, max_chars: usize) -> Safe<'static> {
        match document.text() {
            Ok(text) => flat(text, &scan(masking, text), max_chars),
            Err(error) => Safe::from(binary_note(document.len(), error.valid_up_to())),
        }
    }

    fn binary(masking: &Masking, bytes: &[u8], valid: usize) -> Self {
        let shown = visible_utf8(bytes.get(..MAX_BINARY).unwrap_or(bytes));
        let mut writer = MaskedWriter::default();
        writer.note(&binary_note(bytes.len(), valid));
        writer.end_line(Span { start: 0, end: 0 });
        writer.write(&shown, &scan(masking, &shown));
        writer.left_out(bytes.len().saturating_sub(MAX_BINARY));
        writer.masked
    }

    fn render(
        text: &str,
        limits: LineLimits,
        scan: impl FnOnce(&str) -> Vec<ScanPiece>,
    ) -> (Self, Vec<Span>) {
        let end = if text.len() <= MAX_TEXT { text.len() } else { text.floor_char_boundary(MAX_TEXT) };
        let shown = text.get(..end).unwrap_or(text);
        let mut writer = MaskedWriter::within(limits);
        writer.write(shown, &scan(shown));
        writer.left_out(text.len() - shown.len());
        (writer.masked, writer.places)
    }
}

/// One value of a document, as JSON text, at a path of member names; on one line of about `max_chars`
/// characters at most.
pub fn mask_value<S: AsRef<str>>(
    masking: &Masking,
    path: &[S],
    value: &str,
    max_chars: usize,
) -> Safe<'static> {
    flat(value, &scan_within(masking, path, value), max_chars)
}

fn binary_note(len: usize, valid: usize) -> String {
    format!("not UTF-8: {} bytes, first invalid byte at offset {}", grouped(len), grouped(valid))
}

#[cfg(test)]
mod tests;
