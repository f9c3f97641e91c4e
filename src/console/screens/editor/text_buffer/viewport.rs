//! The visible part of the text, and the bytes that each row of it shows.

use std::ops::Range;

use super::wrap::{columns, row_at};
use super::{Pos, TextBuffer};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewport {
    /// The first byte of the first row.
    top: Pos,
    /// Bytes skipped at the start of each line, if lines are not wrapped.
    left: usize,
    wraps: bool,
    height: usize,
    width: usize,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { top: Pos::default(), left: 0, wraps: true, height: 1, width: 80 }
    }
}

/// A row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisualRow {
    /// The line, from 0.
    pub line: usize,
    /// Its bytes.
    pub bytes: Range<usize>,
}

impl VisualRow {
    /// The column of a position, if it is in this row.
    pub fn column(&self, buffer: &TextBuffer, pos: Pos) -> Option<usize> {
        let inside = self.bytes.start <= pos.at && (pos.at < self.bytes.end || self.is_last(buffer, pos.at));
        (pos.row == self.line && inside).then(|| self.columns_to(buffer, pos.at))
    }

    /// The columns between its start and a byte of it.
    pub fn columns_to(&self, buffer: &TextBuffer, at: usize) -> usize {
        columns(buffer.line(self.line).get(self.bytes.start..at).unwrap_or_default())
    }

    fn is_last(&self, buffer: &TextBuffer, at: usize) -> bool {
        at == self.bytes.end && at == buffer.line(self.line).len()
    }
}

impl TextBuffer {
    /// Whether long lines are wrapped.
    pub fn wraps(&self) -> bool {
        self.viewport.wraps
    }

    pub fn set_wraps(&mut self, wraps: bool) {
        self.viewport.wraps = wraps;
        self.viewport.left = 0;
    }

    /// Sets the size, and scrolls the cursor into view. One column is reserved for the cursor after a full
    /// row.
    pub fn scroll_into_view(&mut self, height: usize, width: usize) {
        self.viewport.height = height.max(1);
        self.viewport.width = width.saturating_sub(1).max(1);
        let cursor = self.row_of(self.cursor());
        let top = self.start_of(self.clamp(self.viewport.top));
        let top = if cursor < top || !self.is_within(top, cursor) {
            let back = if cursor < top { 0 } else { self.viewport.height - 1 };
            self.steps(cursor, -isize::try_from(back).unwrap_or(0))
        } else {
            top
        };
        self.viewport.top = top;
        self.scroll_horizontally();
    }

    fn scroll_horizontally(&mut self) {
        let Pos { row, at } = self.cursor();
        if self.viewport.wraps {
            self.viewport.left = 0;
            return;
        }
        self.viewport.left = self.viewport.left.min(at);
        let line = self.line(row);
        let mut left = self.boundary(row, self.viewport.left);
        let most = self.viewport.width;
        // Anything further left cannot share the screen with the cursor.
        left = left.max(self.boundary(row, at.saturating_sub(most * 4)));
        while columns(line.get(left..at).unwrap_or_default()) > most {
            left = self.boundary(row, left + 1);
        }
        self.viewport.left = left;
    }

    /// The next character boundary at or after a byte of a line.
    fn boundary(&self, row: usize, at: usize) -> usize {
        self.line(row).ceil_char_boundary(at)
    }

    /// The rows on the screen, from the top.
    pub fn visual_rows(&self) -> Vec<VisualRow> {
        let mut rows = Vec::with_capacity(self.viewport.height);
        let mut next = Some(self.start_of(self.clamp(self.viewport.top)));
        while let Some(start) = next.filter(|_| rows.len() < self.viewport.height) {
            rows.push(VisualRow { line: start.row, bytes: self.bytes_of(start) });
            next = self.after(start);
        }
        rows
    }

    /// The visible bytes of the row that starts here.
    fn bytes_of(&self, start: Pos) -> Range<usize> {
        let line = self.line(start.row);
        if self.viewport.wraps {
            return row_at(line, start.at, self.viewport.width);
        }
        let left = self.boundary(start.row, self.viewport.left);
        // No character has more than four bytes per column, or more than one column per byte.
        left..self.boundary(start.row, left + 4 * self.viewport.width + 16)
    }

    /// The start of the row that contains a position.
    pub(crate) fn row_of(&self, pos: Pos) -> Pos {
        self.start_of(pos)
    }

    fn start_of(&self, pos: Pos) -> Pos {
        let at = if self.viewport.wraps {
            row_at(self.line(pos.row), pos.at, self.viewport.width).start
        } else {
            0
        };
        Pos { row: pos.row, at }
    }

    /// The text of the row that starts here, as far as the cursor can go.
    pub(crate) fn row_text(&self, start: Pos) -> &str {
        let line = self.line(start.row);
        if !self.viewport.wraps {
            return line;
        }
        let bytes = row_at(line, start.at, self.viewport.width);
        line.get(bytes).unwrap_or_default()
    }

    /// The start of the next row.
    fn after(&self, start: Pos) -> Option<Pos> {
        let line = self.line(start.row);
        if self.viewport.wraps {
            let end = row_at(line, start.at, self.viewport.width).end;
            if end < line.len() {
                return Some(Pos { row: start.row, at: end });
            }
        }
        (start.row + 1 < self.rows()).then(|| Pos { row: start.row + 1, at: 0 })
    }

    /// The start of the previous row.
    fn before(&self, start: Pos) -> Option<Pos> {
        if start.at > 0 {
            let at = self.line(start.row).floor_char_boundary(start.at - 1);
            return Some(self.start_of(Pos { row: start.row, at }));
        }
        let row = start.row.checked_sub(1)?;
        Some(self.start_of(Pos { row, at: self.line(row).len() }))
    }

    /// The start of the row `count` rows on or back, as far as there are any.
    pub(crate) fn steps(&self, start: Pos, count: isize) -> Pos {
        let mut at = start;
        for _ in 0..count.unsigned_abs() {
            let next = if count < 0 { self.before(at) } else { self.after(at) };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// Whether a row is visible if the screen starts at `top`.
    fn is_within(&self, top: Pos, row: Pos) -> bool {
        if row.row - top.row >= self.viewport.height {
            return false;
        }
        let mut at = Some(top);
        for _ in 0..self.viewport.height {
            match at {
                Some(here) if here == row => return true,
                Some(here) => at = self.after(here),
                None => return false,
            }
        }
        false
    }

    pub fn page_height(&self) -> usize {
        self.viewport.height
    }
}
