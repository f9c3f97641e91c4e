//! Masked documents: highlighted lines with line numbers.

use std::ops::Range;

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

/// Writes some bytes of a line without their first `skip` columns, with its number if they begin it; `at`
/// counts from 0, and `of` is the document's number of lines.
pub(crate) fn numbered_line(
    writer: &mut LineWriter<'_>,
    (at, of): (usize, usize),
    begins: bool,
    line: &MaskedLine<'_>,
    (bytes, skip): (Range<usize>, usize),
) {
    let width = usize::from(gutter(of)) - 1;
    let number = if begins { (at + 1).to_string() } else { String::new() };
    writer.put(StyleRole::LineNumber, format!("{number:>width$} "));
    writer.keep_columns().scroll(skip);
    let mut start = 0;
    for segment in &line.segments {
        let text = segment.text.as_str();
        let part = bytes.start.saturating_sub(start)..bytes.end.saturating_sub(start).min(text.len());
        if let Some(shown) = text.get(part).filter(|shown| !shown.is_empty()) {
            writer.put(style_role_of(segment.role), shown);
        }
        start += text.len();
    }
}
