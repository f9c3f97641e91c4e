//! The text of a draft: lines, cursor, selection, and every edit as something that can be undone.
//!
//! The text area holds the line under the cursor and nothing else. It measures all that it holds with
//! each key, which is cheap for a line and dear for a document; the lines before and after wait
//! outside, and moving the cursor moves strings, not bytes. Nothing else touches the text area.

mod history;
mod indent;
mod moves;
mod select;
#[cfg(test)]
mod tests;
mod typing;
mod window;
mod wrap;

pub use moves::Motion;
pub use window::Row;

use std::mem;

use tui_textarea::TextArea;

use history::{Change, History, end_of};
use window::Window;

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Pos {
    /// The line, from 0.
    pub row: usize,
    /// The byte in its line, always a character's boundary.
    pub at: usize,
}

/// The text of a draft being typed.
pub struct Pad {
    area: TextArea<'static>,
    above: Vec<String>,
    /// The lines after the cursor's, the last first.
    below: Vec<String>,
    /// The byte of the cursor in its line; the text area counts characters.
    at: usize,
    /// The column that moving up and down aims at.
    aim: Option<usize>,
    anchor: Option<Pos>,
    history: History,
    /// Bytes of all lines with the breaks between them.
    len: usize,
    revision: u64,
    /// The first line that changed since somebody last asked.
    touched: Option<Pos>,
    mark: bool,
    window: Window,
}

impl Pad {
    /// Opens a text, the cursor at its start.
    pub fn new(text: &str) -> Self {
        let mut lines = text.split('\n').map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let mut below: Vec<String> = lines.collect();
        below.reverse();
        let mut area = TextArea::new(vec![first]);
        // It would keep single edits; a step here may be many.
        area.set_max_histories(0);
        Self {
            area,
            above: Vec::new(),
            below,
            at: 0,
            aim: None,
            anchor: None,
            history: History::default(),
            len: text.len(),
            revision: 0,
            touched: None,
            mark: false,
            window: Window::default(),
        }
    }

    /// The whole text.
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

    /// Whether the text is this one; looks at as little as needed.
    pub fn says(&self, text: &str) -> bool {
        self.len == text.len() && self.lines(0).eq(text.split('\n'))
    }

    /// Bytes of the text.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many lines there are, at least one.
    pub fn rows(&self) -> usize {
        self.above.len() + 1 + self.below.len()
    }

    /// A line; nothing where there is none.
    pub fn line(&self, row: usize) -> &str {
        let line = match row.checked_sub(self.above.len()) {
            None => self.above.get(row).map(String::as_str),
            Some(0) => return self.here(),
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

    fn here(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Where the next character goes.
    pub fn cursor(&self) -> Pos {
        Pos { row: self.above.len(), at: self.at }
    }

    /// The column of the cursor in characters, from 0.
    pub fn column(&self) -> usize {
        self.area.cursor().1
    }

    /// The end of the text.
    pub fn end(&self) -> Pos {
        let row = self.rows() - 1;
        Pos { row, at: self.line(row).len() }
    }

    /// Grows with each edit, so that what was worked out of the text can tell whether it still holds.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The first place that changed since the last time this was asked.
    pub fn take_touched(&mut self) -> Option<Pos> {
        self.touched.take()
    }

    /// Whether a byte order mark goes before the text when it is stored.
    pub fn has_mark(&self) -> bool {
        self.mark
    }

    /// Says that what was opened had a byte order mark.
    pub(crate) fn open_with_mark(&mut self) {
        self.mark = true;
    }

    /// Leaves the byte order mark out, as one step.
    pub fn drop_mark(&mut self) {
        if self.mark {
            self.step(|pad| pad.change(Change::Mark));
        }
    }

    /// The place of an offset in [`Pad::text`].
    pub fn place(&self, offset: usize) -> Pos {
        let mut left = offset;
        for (row, line) in self.lines(0).enumerate() {
            if left <= line.len() {
                return self.clamp(Pos { row, at: left });
            }
            left -= line.len() + 1;
        }
        self.end()
    }

    /// The nearest place that exists.
    fn clamp(&self, pos: Pos) -> Pos {
        let row = pos.row.min(self.rows() - 1);
        let line = self.line(row);
        let mut at = pos.at.min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        Pos { row, at }
    }

    /// Puts the cursor somewhere. Ends the run of typing and the selection.
    pub fn go(&mut self, to: Pos) {
        self.anchor = None;
        self.history.rest();
        self.aim = None;
        self.set_cursor(self.clamp(to));
    }

    /// Moves the lines so that the text area holds this one.
    fn set_cursor(&mut self, to: Pos) {
        if to == self.cursor() {
            return;
        }
        if to.row == self.above.len() {
            let line = self.take_here();
            return self.hold(vec![line], to.at);
        }
        let here = self.take_here();
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
        self.hold(vec![line], to.at);
    }

    fn take_here(&mut self) -> String {
        mem::take(&mut self.area).into_lines().into_iter().next().unwrap_or_default()
    }

    /// Hands lines to the text area, the cursor in the first.
    fn hold(&mut self, lines: Vec<String>, at: usize) {
        let column = lines.first().and_then(|line| line.get(..at)).map_or(0, |before| before.chars().count());
        self.area.set_max_histories(0);
        self.area.set_lines(lines, (0, column));
        self.at = at;
    }

    /// Puts `text` in the place of what stands between two places; the cursor goes behind it.
    fn replace(&mut self, from: Pos, to: Pos, text: &str) -> String {
        self.set_cursor(from);
        let mut removed = String::new();
        if to > from {
            let mut lines = vec![self.take_here()];
            for _ in from.row..to.row {
                lines.extend(self.below.pop());
            }
            removed = between(&lines, from, to);
            let count = removed.chars().count();
            self.hold(lines, from.at);
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
        self.touched = Some(self.touched.map_or(from, |touched| touched.min(from)));
        removed
    }

    /// Text of several characters; the lines it makes but the last are put above.
    fn insert(&mut self, text: &str) {
        let mut lines = if memchr::memchr(b'\r', text.as_bytes()).is_none() {
            self.area.insert_str(text);
            if self.area.lines().len() == 1 {
                return;
            }
            mem::take(&mut self.area).into_lines()
        } else {
            // The text area takes no carriage returns, and an undone deletion brings back what was there.
            let mut here = self.take_here();
            here.insert_str(self.at, text);
            here.split('\n').map(str::to_owned).collect()
        };
        let here = lines.pop().unwrap_or_default();
        self.above.append(&mut lines);
        self.hold(vec![here], end_of(Pos { row: 0, at: self.at }, text).at);
    }
}

/// The text between two places of which the first is in the first of `lines`.
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
