//! Masked documents: highlighted lines with line numbers.

use super::line_writer::LineWriter;
use crate::console::shell::layout::gutter;
use crate::console::theme::StyleRole;
use crate::text::{MaskedLine, SegmentRole};

pub(crate) fn style_role_of(role: SegmentRole) -> StyleRole {
    match role {
        SegmentRole::Punctuation => StyleRole::JsonPunctuation,
        SegmentRole::Key => StyleRole::JsonKey,
        SegmentRole::String => StyleRole::JsonString,
        SegmentRole::Number => StyleRole::JsonNumber,
        SegmentRole::Word => StyleRole::JsonWord,
        SegmentRole::Reference => StyleRole::Reference,
        SegmentRole::Secret => StyleRole::Secret,
        SegmentRole::Bad => StyleRole::Bad,
        SegmentRole::Plain => StyleRole::Text,
        SegmentRole::Note => StyleRole::Note,
    }
}

/// Writes a line with its number; `at` counts from 0, and `of` is the document's number of lines.
pub(crate) fn numbered_line(writer: &mut LineWriter<'_>, at: usize, of: usize, line: &MaskedLine<'_>) {
    let width = usize::from(gutter(of)) - 1;
    writer.put(StyleRole::LineNumber, format!("{:>width$} ", at + 1));
    writer.keep_columns();
    for segment in &line.segments {
        writer.put(style_role_of(segment.role), segment.text.borrowed());
    }
}
