//! Wraps lines into visual rows.
//!
//! A line is laid out in blocks of a fixed number of bytes, chosen so that in ASCII text the last row of a
//! block ends where the block does. A row is therefore found by reading only its block, however long the line
//! is. If characters are not one byte wide, one row in sixty-four may end early.

use std::ops::Range;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::Safe;

/// Rows of ASCII text in a block.
const ROWS_PER_BLOCK: usize = 64;

/// The row that contains a byte of a line.
pub(crate) fn row_at(line: &str, at: usize, width: usize) -> Range<usize> {
    let width = width.max(1);
    let block = block_of(line, at, width * ROWS_PER_BLOCK);
    let mut start = block.start;
    loop {
        let end = row_end(line, start, block.end, width);
        if at < end || end >= block.end {
            return start..end;
        }
        start = end;
    }
}

/// The block that contains a byte.
fn block_of(line: &str, at: usize, size: usize) -> Range<usize> {
    let start_of = |number: usize| line.ceil_char_boundary(number * size);
    // The end of a line belongs to its last character.
    let at = if at == line.len() { at.saturating_sub(1) } else { at };
    let mut number = at / size;
    if start_of(number) > at {
        number = number.saturating_sub(1);
    }
    start_of(number)..start_of(number + 1)
}

/// The end of the row that starts at `start`.
fn row_end(line: &str, start: usize, limit: usize, width: usize) -> usize {
    let end = (start + width).min(limit);
    let plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    // A combining mark that follows belongs to the last character.
    let alone = line.as_bytes().get(end).is_none_or(u8::is_ascii);
    if alone && line.get(start..end).is_some_and(plain) {
        return end;
    }
    let rest = line.get(start..limit).unwrap_or_default();
    // A character wider than the row has a row to itself.
    let first = rest.graphemes(true).next().map_or(0, str::len);
    start + at_column(rest, width).max(first)
}

pub(crate) fn columns(text: &str) -> usize {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    let safe = Safe::new(text);
    safe.as_str().graphemes(true).map(|grapheme| usize::from(grapheme.cell_width())).sum()
}

/// The offset in a part of a line that is nearest to a column, but not past it.
pub(crate) fn at_column(part: &str, column: usize) -> usize {
    let mut used = 0;
    let mut at = 0;
    for grapheme in part.graphemes(true) {
        used += columns(grapheme);
        if used > column {
            break;
        }
        at += grapheme.len();
    }
    at
}
