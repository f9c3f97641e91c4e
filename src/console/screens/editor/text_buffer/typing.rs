//! Editing at the cursor.

use std::borrow::Cow;

use super::history::end_of;
use super::{Pos, TextBuffer};

impl TextBuffer {
    /// Types a character, replacing the selection. Returns whether the text changed.
    pub fn type_char(&mut self, c: char) -> bool {
        if matches!(c, '}' | ']') && self.selection().is_none() && self.close_on_its_line(c) {
            return true;
        }
        let mut bytes = [0; 4];
        let text = c.encode_utf8(&mut bytes);
        match self.selection() {
            Some((from, to)) => self.step(|buffer| buffer.replace(from, to, text)),
            None => self.keystroke(self.cursor(), self.cursor(), text),
        }
    }

    /// Inserts a block of text with its line ends normalised, as one undo step.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = normalised(text);
        let (from, to) = self.selection().unwrap_or((self.cursor(), self.cursor()));
        self.step(|buffer| buffer.replace(from, to, &text))
    }

    /// Deletes the selection, or the character before the cursor.
    pub fn backspace(&mut self) -> bool {
        let here = self.cursor();
        self.delete_to(self.left_of(here), here)
    }

    /// Deletes the selection, or the character at the cursor.
    pub fn delete(&mut self) -> bool {
        let here = self.cursor();
        self.delete_to(here, self.right_of(here))
    }

    fn delete_to(&mut self, from: Pos, to: Pos) -> bool {
        match self.selection() {
            Some((from, to)) => self.step(|buffer| buffer.replace(from, to, "")),
            None => self.keystroke(from, to, ""),
        }
    }

    /// Applies several edits as one undo step, sorted and without overlaps. The cursor stays at the text
    /// it was at.
    pub fn apply(&mut self, edits: &[(Pos, Pos, String)]) -> bool {
        let cursor = self.cursor();
        let after = edits.iter().rev().fold(cursor, |at, (from, to, text)| shifted(at, *from, *to, text));
        let did = self.step(|buffer| {
            for (from, to, text) in edits.iter().rev() {
                buffer.replace(*from, *to, text);
            }
        });
        if did {
            self.move_to(after);
        }
        did
    }

    /// Replaces the whole text, as one undo step.
    pub fn set_text(&mut self, text: &str) -> bool {
        let text = normalised(text);
        if self.text_is(&text) {
            return false;
        }
        let (cursor, end) = (self.cursor(), self.end());
        self.step(|buffer| buffer.replace(Pos::default(), end, &text));
        self.move_to(cursor);
        true
    }
}

/// Converts line ends to line feeds.
fn normalised(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The position after an edit.
pub(crate) fn shifted(pos: Pos, from: Pos, to: Pos, text: &str) -> Pos {
    let end = end_of(from, text);
    match pos {
        _ if pos < from => pos,
        _ if pos < to => end,
        _ if pos.row == to.row => Pos { row: end.row, at: end.at + (pos.at - to.at) },
        _ => Pos { row: pos.row + end.row - to.row, at: pos.at },
    }
}
