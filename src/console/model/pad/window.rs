//! The part of the text that is on the screen, and which bytes of which line each row of it shows.

use std::ops::Range;

use super::wrap::{columns, row_at};
use super::{Pad, Pos};

/// Where the screen begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// The first byte of the first row.
    top: Pos,
    /// Bytes left out at the start of each line, where lines are not wrapped.
    left: usize,
    wraps: bool,
    height: usize,
    width: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { top: Pos::default(), left: 0, wraps: true, height: 1, width: 80 }
    }
}

/// What a row of the screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 0.
    pub line: usize,
    /// Its bytes.
    pub bytes: Range<usize>,
}

impl Row {
    /// The columns before a place, if it is in this row.
    pub fn column(&self, pad: &Pad, pos: Pos) -> Option<usize> {
        let inside = self.bytes.start <= pos.at && (pos.at < self.bytes.end || self.is_last(pad, pos.at));
        (pos.row == self.line && inside).then(|| self.columns_to(pad, pos.at))
    }

    /// The columns between its start and a byte of it.
    pub fn columns_to(&self, pad: &Pad, at: usize) -> usize {
        columns(pad.line(self.line).get(self.bytes.start..at).unwrap_or_default())
    }

    fn is_last(&self, pad: &Pad, at: usize) -> bool {
        at == self.bytes.end && at == pad.line(self.line).len()
    }
}

impl Pad {
    /// Whether long lines go on in the next row.
    pub fn wraps(&self) -> bool {
        self.window.wraps
    }

    /// Lets long lines go on in the next row, or run out of the screen.
    pub fn set_wraps(&mut self, wraps: bool) {
        self.window.wraps = wraps;
        self.window.left = 0;
    }

    /// Takes in how much room there is, and keeps the cursor in it. One column is left for the cursor
    /// behind a full row.
    pub fn settle(&mut self, height: usize, width: usize) {
        self.window.height = height.max(1);
        self.window.width = width.saturating_sub(1).max(1);
        let cursor = self.row_of(self.cursor());
        let top = self.start_of(self.clamp(self.window.top));
        let top = if cursor < top || !self.is_within(top, cursor) {
            let back = if cursor < top { 0 } else { self.window.height - 1 };
            self.steps(cursor, -isize::try_from(back).unwrap_or(0))
        } else {
            top
        };
        self.window.top = top;
        self.settle_left();
    }

    fn settle_left(&mut self) {
        let Pos { row, at } = self.cursor();
        if self.window.wraps {
            self.window.left = 0;
            return;
        }
        self.window.left = self.window.left.min(at);
        let line = self.line(row);
        let mut left = self.boundary(row, self.window.left);
        let most = self.window.width;
        // What is further left than this cannot share the screen with the cursor.
        left = left.max(self.boundary(row, at.saturating_sub(most * 4)));
        while columns(line.get(left..at).unwrap_or_default()) > most {
            left = self.boundary(row, left + 1);
        }
        self.window.left = left;
    }

    /// The next character's boundary from a byte of a line on.
    fn boundary(&self, row: usize, at: usize) -> usize {
        let line = self.line(row);
        let mut at = at.min(line.len());
        while !line.is_char_boundary(at) {
            at += 1;
        }
        at
    }

    /// The rows on the screen, from the top.
    pub fn shown(&self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.window.height);
        let mut next = Some(self.start_of(self.clamp(self.window.top)));
        while let Some(start) = next.filter(|_| rows.len() < self.window.height) {
            rows.push(Row { line: start.row, bytes: self.bytes_of(start) });
            next = self.after(start);
        }
        rows
    }

    /// The bytes of the row that begins here, as far as they are on the screen.
    fn bytes_of(&self, start: Pos) -> Range<usize> {
        let line = self.line(start.row);
        if self.window.wraps {
            return row_at(line, start.at, self.window.width);
        }
        let left = self.boundary(start.row, self.window.left);
        // No character is more than four bytes for a column, or more than a column wide for its byte.
        left..self.boundary(start.row, left + 4 * self.window.width + 16)
    }

    /// The start of the row that a place is in.
    pub(super) fn row_of(&self, pos: Pos) -> Pos {
        self.start_of(pos)
    }

    fn start_of(&self, pos: Pos) -> Pos {
        let at =
            if self.window.wraps { row_at(self.line(pos.row), pos.at, self.window.width).start } else { 0 };
        Pos { row: pos.row, at }
    }

    /// The rest of the row that begins here, as the cursor may stand in it.
    pub(super) fn row_text(&self, start: Pos) -> &str {
        let line = self.line(start.row);
        if !self.window.wraps {
            return line;
        }
        let bytes = row_at(line, start.at, self.window.width);
        line.get(bytes).unwrap_or_default()
    }

    /// The start of the row after the one that begins here.
    fn after(&self, start: Pos) -> Option<Pos> {
        let line = self.line(start.row);
        if self.window.wraps {
            let end = row_at(line, start.at, self.window.width).end;
            if end < line.len() {
                return Some(Pos { row: start.row, at: end });
            }
        }
        (start.row + 1 < self.rows()).then(|| Pos { row: start.row + 1, at: 0 })
    }

    /// The start of the row before the one that begins here.
    fn before(&self, start: Pos) -> Option<Pos> {
        if start.at > 0 {
            let line = self.line(start.row);
            let mut at = start.at - 1;
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            return Some(self.start_of(Pos { row: start.row, at }));
        }
        let row = start.row.checked_sub(1)?;
        Some(self.start_of(Pos { row, at: self.line(row).len() }))
    }

    /// The start of the row so many rows on, or back, as far as there are any.
    pub(super) fn steps(&self, start: Pos, count: isize) -> Pos {
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

    /// Whether a row is on a screen that begins at `top`.
    fn is_within(&self, top: Pos, row: Pos) -> bool {
        if row.row - top.row >= self.window.height {
            return false;
        }
        let mut at = Some(top);
        for _ in 0..self.window.height {
            match at {
                Some(here) if here == row => return true,
                Some(here) => at = self.after(here),
                None => return false,
            }
        }
        false
    }

    /// Rows that a page holds.
    pub fn page(&self) -> usize {
        self.window.height
    }
}
