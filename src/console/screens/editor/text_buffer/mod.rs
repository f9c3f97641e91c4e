//! The text buffer of the editor: lines, cursor, selection and undo.
//!
//! The `TextArea` holds only the line under the cursor. It measures all its text at each key, which is
//! cheap for a line and expensive for a document; the other lines are kept outside, and moving the
//! cursor moves strings, not bytes. Nothing else touches the `TextArea`.

mod history;
mod indent;
mod moves;
mod select;
#[cfg(test)]
mod tests;
mod typing;
mod viewport;
mod wrap;

pub(crate) use moves::Motion;
pub(crate) use viewport::VisualRow;

use std::mem;

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
    /// The lines after the cursor's, last first.
    below: Vec<String>,
    /// The cursor's byte offset in its line; the `TextArea` counts characters.
    at: usize,
    /// The column that moving up and down aims at.
    goal_column: Option<usize>,
    anchor: Option<Pos>,
    history: UndoHistory,
    /// Bytes of all lines, including line breaks.
    len: usize,
    revision: u64,
    /// The first position that changed since it was last taken.
    first_change: Option<Pos>,
    byte_order_mark: bool,
    viewport: Viewport,
}

impl TextBuffer {
    /// Opens a text, the cursor at its start.
    pub fn new(text: &str) -> Self {
        let mut lines = text.split('\n').map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let mut below: Vec<String> = lines.collect();
        below.reverse();
        let mut area = TextArea::new(vec![first]);
        // The `TextArea` would record single edits; an undo step here may be many.
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
        let mut text = String::with_capacity(self.len);
        for (row, line) in self.lines(0).enumerate() {
            if row > 0 {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
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

    /// A line; empty if there is none.
    pub fn line(&self, row: usize) -> &str {
        let line = match row.checked_sub(self.above.len()) {
            None => self.above.get(row).map(String::as_str),
            Some(0) => return self.current_line(),
            Some(after) => {
                self.below.len().checked_sub(after).and_then(|at| self.below.get(at)).map(String::as_str)
            }
        };
        line.unwrap_or_default()
    }

    /// The lines from a row on.
    pub fn lines(&self, from: usize) -> impl Iterator<Item = &str> {
        (from..self.rows()).map(|row| self.line(row))
    }

    fn current_line(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
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

    /// Grows with each edit, so that derived data can tell whether it is current.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The first position that changed since the last call.
    pub fn take_first_change(&mut self) -> Option<Pos> {
        self.first_change.take()
    }

    /// Whether a byte order mark is stored before the text.
    pub fn has_byte_order_mark(&self) -> bool {
        self.byte_order_mark
    }

    /// Records that the opened text had a byte order mark.
    pub(crate) fn open_with_byte_order_mark(&mut self) {
        self.byte_order_mark = true;
    }

    /// Drops the byte order mark, as one undo step.
    pub fn drop_byte_order_mark(&mut self) {
        if self.byte_order_mark {
            self.step(|buffer| buffer.change(TextEdit::ByteOrderMark));
        }
    }

    /// The position of an offset in [`TextBuffer::text`].
    pub fn position_of(&self, offset: usize) -> Pos {
        let mut left = offset;
        for (row, line) in self.lines(0).enumerate() {
            if left <= line.len() {
                return self.clamp(Pos { row, at: left });
            }
            left -= line.len() + 1;
        }
        self.end()
    }

    /// The nearest position that exists.
    fn clamp(&self, pos: Pos) -> Pos {
        let row = pos.row.min(self.rows() - 1);
        let line = self.line(row);
        Pos { row, at: line.floor_char_boundary(pos.at) }
    }

    /// Moves the cursor. Ends the typing run and the selection.
    pub fn move_to(&mut self, to: Pos) {
        self.anchor = None;
        self.history.end_run();
        self.goal_column = None;
        self.set_cursor(self.clamp(to));
    }

    /// Moves lines so that the `TextArea` holds this one.
    fn set_cursor(&mut self, to: Pos) {
        if to == self.cursor() {
            return;
        }
        if to.row == self.above.len() {
            let line = self.take_current_line();
            return self.set_area_lines(vec![line], to.at);
        }
        let here = self.take_current_line();
        let line = if to.row < self.above.len() {
            let mut passed = self.above.split_off(to.row).into_iter();
            let line = passed.next().unwrap_or_default();
            self.below.push(here);
            self.below.extend(passed.rev());
            line
        } else {
            let steps = to.row - self.above.len();
            self.above.push(here);
            let passed = self.below.split_off(self.below.len().saturating_sub(steps));
            self.above.extend(passed.into_iter().rev());
            self.above.pop().unwrap_or_default()
        };
        self.set_area_lines(vec![line], to.at);
    }

    fn take_current_line(&mut self) -> String {
        mem::take(&mut self.area).into_lines().into_iter().next().unwrap_or_default()
    }

    /// Puts lines into the `TextArea`, the cursor in the first.
    fn set_area_lines(&mut self, lines: Vec<String>, at: usize) {
        let column = lines.first().and_then(|line| line.get(..at)).map_or(0, |before| before.chars().count());
        self.area.set_max_histories(0);
        self.area.set_lines(lines, (0, column));
        self.at = at;
    }

    /// Replaces a range; the cursor goes to the end of the new text.
    fn replace(&mut self, from: Pos, to: Pos, text: &str) -> String {
        self.set_cursor(from);
        let mut removed = String::new();
        if to > from {
            let mut lines = vec![self.take_current_line()];
            for _ in from.row..to.row {
                lines.extend(self.below.pop());
            }
            removed = between(&lines, from, to);
            let count = removed.chars().count();
            self.set_area_lines(lines, from.at);
            self.area.delete_str(count);
        }
        let mut typed = text.chars();
        match (typed.next(), typed.next()) {
            (None, _) => {}
            (Some(c), None) if c != '\n' && c != '\r' => self.area.insert_char(c),
            _ => self.insert(text),
        }
        self.at = end_of(from, text).at;
        self.len = (self.len + text.len()).saturating_sub(removed.len());
        self.revision += 1;
        self.first_change = Some(self.first_change.map_or(from, |touched| touched.min(from)));
        removed
    }

    /// Inserts several characters; all resulting lines but the last go to `above`.
    fn insert(&mut self, text: &str) {
        let mut lines = if memchr::memchr(b'\r', text.as_bytes()).is_none() {
            self.area.insert_str(text);
            if self.area.lines().len() == 1 {
                return;
            }
            mem::take(&mut self.area).into_lines()
        } else {
            // The `TextArea` takes no carriage returns, but undoing a deletion brings them back.
            let mut here = self.take_current_line();
            here.insert_str(self.at, text);
            here.split('\n').map(str::to_owned).collect()
        };
        let here = lines.pop().unwrap_or_default();
        self.above.append(&mut lines);
        self.set_area_lines(vec![here], end_of(Pos { row: 0, at: self.at }, text).at);
    }
}

/// The text of a range that starts in the first of `lines`.
fn between(lines: &[String], from: Pos, to: Pos) -> String {
    let mut out = String::new();
    for (line, row) in lines.iter().zip(from.row..) {
        let start = if row == from.row { from.at } else { 0 };
        let end = if row == to.row { to.at } else { line.len() };
        if row > from.row {
            out.push('\n');
        }
        out.push_str(line.get(start..end).unwrap_or_default());
    }
    out
}
