//! The text buffer of the editor: lines, cursor, selection and undo.
//!
//! The `TextArea` contains only the line with the cursor, because it measures all its text on every key,
//! which is cheap for a line and expensive for a document. The other lines are kept outside of it, and moving
//! the cursor moves strings, not bytes. Only this module touches the `TextArea`.

mod history;
mod indent;
mod moves;
#[cfg(test)]
mod tests;
mod typing;
mod viewport;
mod wrap;

pub(crate) use moves::Motion;
pub(crate) use viewport::VisualRow;
pub(crate) use wrap::{at_column, columns, row_at};

use std::{iter, mem};

use tui_textarea::TextArea;

use crate::console::screens::editor::text_buffer::history::{TextEdit, UndoHistory, end_of};
use crate::console::screens::editor::text_buffer::viewport::Viewport;

/// A position between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Pos {
    /// The line, from 0.
    pub row: usize,
    /// The byte offset in its line, always on a character boundary.
    pub at: usize,
}

pub struct TextBuffer {
    area: TextArea<'static>,
    above: Vec<String>,
    /// The lines after the cursor's line, last first.
    below: Vec<String>,
    /// The cursor's byte offset in its line; the `TextArea` counts characters.
    at: usize,
    /// The target column when moving up and down.
    goal_column: Option<usize>,
    anchor: Option<Pos>,
    history: UndoHistory,
    /// Bytes of all lines, including line breaks.
    len: usize,
    revision: u64,
    /// The first position that changed since it was last taken.
    pub(super) first_change: Option<Pos>,
    /// Whether a byte order mark is stored before the text.
    pub(super) byte_order_mark: bool,
    viewport: Viewport,
}

impl TextBuffer {
    /// Opens a text with the cursor at its start.
    pub fn new(text: &str) -> Self {
        let mut lines = text.split('\n').map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let mut below: Vec<String> = lines.collect();
        below.reverse();
        let mut area = TextArea::new(vec![first]);
        // The `TextArea` would record single edits, but one undo step may consist of many.
        area.set_max_histories(0);
        Self {
            area,
            above: Vec::new(),
            below,
            at: 0,
            goal_column: None,
            anchor: None,
            history: UndoHistory::default(),
            len: text.len(),
            revision: 0,
            first_change: None,
            byte_order_mark: false,
            viewport: Viewport::default(),
        }
    }

    pub fn text(&self) -> String {
        self.lines(0).collect::<Vec<_>>().join("\n")
    }

    /// Whether the buffer equals a text; reads no more than needed.
    pub fn text_is(&self, text: &str) -> bool {
        self.len == text.len() && self.lines(0).eq(text.split('\n'))
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of lines, at least one.
    pub fn rows(&self) -> usize {
        self.above.len() + 1 + self.below.len()
    }

    /// A line; empty if it does not exist.
    pub fn line(&self, row: usize) -> &str {
        let line = match row.checked_sub(self.above.len()) {
            None => self.above.get(row),
            Some(0) => self.area.lines().first(),
            Some(after) => self.below.len().checked_sub(after).and_then(|at| self.below.get(at)),
        };
        line.map_or("", String::as_str)
    }

    /// The lines starting at a row.
    pub fn lines(&self, from: usize) -> impl Iterator<Item = &str> {
        (from..self.rows()).map(|row| self.line(row))
    }

    pub fn cursor(&self) -> Pos {
        Pos { row: self.above.len(), at: self.at }
    }

    /// The column of the cursor in characters, from 0.
    pub fn column(&self) -> usize {
        self.area.cursor().1
    }

    pub fn end(&self) -> Pos {
        let row = self.rows() - 1;
        Pos { row, at: self.line(row).len() }
    }

    /// Incremented on each edit, so that derived data can be checked for being current.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The position of an offset in [`TextBuffer::text`].
    pub fn position_of(&self, offset: usize) -> Pos {
        self.clamp(LineStarts::of(&self.text()).position(offset))
    }

    /// The nearest existing position.
    fn clamp(&self, pos: Pos) -> Pos {
        let row = pos.row.min(self.rows() - 1);
        let line = self.line(row);
        Pos { row, at: line.floor_char_boundary(pos.at) }
    }

    /// Moves the cursor. Ends the typing run and the selection.
    pub fn move_to(&mut self, to: Pos) {
        self.anchor = None;
        self.history.running = false;
        self.goal_column = None;
        self.set_cursor(self.clamp(to));
    }

    /// Moves lines so that the `TextArea` contains this one.
    fn set_cursor(&mut self, to: Pos) {
        if to == self.cursor() {
            return;
        }
        let here = self.take_current_line();
        self.above.push(here);
        if to.row < self.above.len() {
            self.below.extend(self.above.drain(to.row + 1..).rev());
        } else {
            let steps = to.row + 1 - self.above.len();
            self.above.extend(self.below.drain(self.below.len().saturating_sub(steps)..).rev());
        }
        let line = self.above.pop().unwrap_or_default();
        self.set_current_line(line, to.at);
    }

    fn take_current_line(&mut self) -> String {
        mem::take(&mut self.area).into_lines().pop().unwrap_or_default()
    }

    /// Puts a line into the `TextArea`.
    fn set_current_line(&mut self, line: String, at: usize) {
        let column = line.get(..at).map_or(0, |before| before.chars().count());
        self.area.set_max_histories(0);
        self.area.set_lines(vec![line], (0, column));
        self.at = at;
    }

    /// Replaces a range; the cursor goes to the end of the new text.
    fn replace(&mut self, from: Pos, to: Pos, text: &str) -> TextEdit {
        let from = self.clamp(from);
        let to = self.clamp(to).max(from);
        self.set_cursor(from);
        let mut removed = String::new();
        let mut typed = text.chars();
        match (typed.next(), typed.next()) {
            (Some(c), None) if from == to && !matches!(c, '\n' | '\r') => self.area.insert_char(c),
            _ => {
                // The `TextArea` does not accept carriage returns, but undoing a deletion may restore them.
                let mut here = self.take_current_line();
                let mut end = to.at;
                for _ in from.row..to.row {
                    here.push('\n');
                    end = here.len() + to.at;
                    here.extend(self.below.pop());
                }
                removed.extend(here.drain(from.at..end));
                here.insert_str(from.at, text);
                self.above.extend(here.split('\n').map(str::to_owned));
                let here = self.above.pop().unwrap_or_default();
                self.set_current_line(here, end_of(from, text).at);
            }
        }
        self.at = end_of(from, text).at;
        self.len = (self.len + text.len()).saturating_sub(removed.len());
        self.revision += 1;
        self.first_change = Some(self.first_change.map_or(from, |touched| touched.min(from)));
        TextEdit::Text { at: from, removed, inserted: text.to_owned() }
    }
}

/// The byte offsets at which the lines of a text start.
pub(crate) struct LineStarts(Vec<usize>);

impl LineStarts {
    pub(crate) fn of(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
        Self(iter::once(0).chain(breaks.map(|at| at + 1)).collect())
    }

    /// The offset of a position, see [`Self::position`].
    pub(crate) fn offset(&self, pos: Pos) -> usize {
        self.0.get(pos.row).map_or(pos.at, |start| start + pos.at)
    }

    pub(crate) fn position(&self, offset: usize) -> Pos {
        let row = self.0.partition_point(|start| *start <= offset).saturating_sub(1);
        Pos { row, at: offset - self.0.get(row).copied().unwrap_or(0) }
    }
}
