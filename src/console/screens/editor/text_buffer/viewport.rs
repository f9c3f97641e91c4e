//! The visible part of the text, and the bytes shown in each of its rows.

use std::iter::successors;
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
    pub(super) height: usize,
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
    /// The bytes of the line that it shows.
    pub bytes: Range<usize>,
}

impl VisualRow {
    /// The column of a position, if it is in this row.
    pub fn column(&self, buffer: &TextBuffer, pos: Pos) -> Option<usize> {
        self.holds(buffer, pos).then(|| self.columns_to(buffer, pos.at))
    }

    /// The columns between the row's start and one of its bytes.
    pub fn columns_to(&self, buffer: &TextBuffer, at: usize) -> usize {
        columns(buffer.line(self.line).get(self.bytes.start..at).unwrap_or_default())
    }

    /// Whether a position is in this row.
    pub fn holds(&self, buffer: &TextBuffer, pos: Pos) -> bool {
        let is_before_end = pos.at < self.bytes.end || self.is_end(buffer);
        pos.row == self.line && self.bytes.start <= pos.at && is_before_end
    }

    /// Whether its line ends in this row.
    pub fn is_end(&self, buffer: &TextBuffer) -> bool {
        self.bytes.end == buffer.line(self.line).len()
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
        let cursor = self.start_of(self.cursor());
        let top = self.start_of(self.clamp(self.viewport.top));
        self.viewport.top = if cursor < top {
            cursor
        } else if cursor.row - top.row < self.viewport.height
            && self.screen_from(top).any(|row| row == cursor)
        {
            top
        } else {
            self.steps(cursor, 1 - isize::try_from(self.viewport.height).unwrap_or(1))
        };
        if !self.viewport.wraps {
            self.viewport.left = self.leftmost();
        }
    }

    /// How far lines are scrolled sideways so that the cursor is visible.
    fn leftmost(&self) -> usize {
        let Pos { row, at } = self.cursor();
        let (line, most) = (self.line(row), self.viewport.width);
        // Text further left cannot be on the screen together with the cursor.
        let least = self.viewport.left.min(at).max(at.saturating_sub(most * 4));
        let mut left = line.ceil_char_boundary(least);
        while columns(line.get(left..at).unwrap_or_default()) > most {
            left = line.ceil_char_boundary(left + 1);
        }
        left
    }

    /// The rows on the screen, from the top.
    pub fn visual_rows(&self) -> Vec<VisualRow> {
        let starts = self.screen_from(self.start_of(self.clamp(self.viewport.top)));
        starts.map(|start| VisualRow { line: start.row, bytes: self.bytes_of(start) }).collect()
    }

    /// The starts of the rows of a screen whose first row starts here.
    fn screen_from(&self, top: Pos) -> impl Iterator<Item = Pos> {
        successors(Some(top), |start| self.after(*start)).take(self.viewport.height)
    }

    /// The visible bytes of the row that starts here.
    fn bytes_of(&self, start: Pos) -> Range<usize> {
        let line = self.line(start.row);
        if self.viewport.wraps {
            return row_at(line, start.at, self.viewport.width);
        }
        let left = line.ceil_char_boundary(self.viewport.left);
        // A column takes at most four bytes, and a byte at most one column.
        left..line.ceil_char_boundary(left + 4 * self.viewport.width + 16)
    }

    /// The start of the row that contains a position.
    pub(crate) fn start_of(&self, pos: Pos) -> Pos {
        Pos { row: pos.row, at: self.row_bytes(pos).start }
    }

    /// The bytes of the row that contains a position, up to the last one the cursor can reach.
    pub(crate) fn row_bytes(&self, pos: Pos) -> Range<usize> {
        let line = self.line(pos.row);
        if self.viewport.wraps { row_at(line, pos.at, self.viewport.width) } else { 0..line.len() }
    }

    /// The start of the next row.
    fn after(&self, start: Pos) -> Option<Pos> {
        let end = self.row_bytes(start).end;
        if end < self.line(start.row).len() {
            return Some(Pos { row: start.row, at: end });
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

    /// The start of the row `count` rows down (up if negative), or of the last row that exists.
    pub(crate) fn steps(&self, start: Pos, count: isize) -> Pos {
        let next = |at: &Pos| if count < 0 { self.before(*at) } else { self.after(*at) };
        successors(Some(start), next).take(count.unsigned_abs() + 1).last().unwrap_or(start)
    }
}
