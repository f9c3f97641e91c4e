//! Text that goes in and out at the cursor.

use std::borrow::Cow;

use super::history::end_of;
use super::{Pad, Pos};

impl Pad {
    /// Types a character in the place of what is selected. Says whether the text changed.
    pub fn type_char(&mut self, c: char) -> bool {
        if matches!(c, '}' | ']') && self.selection().is_none() && self.close_on_its_line(c) {
            return true;
        }
        let mut bytes = [0; 4];
        let text = c.encode_utf8(&mut bytes);
        match self.selection() {
            Some((from, to)) => self.step(|pad| pad.replace(from, to, text)),
            None => self.stroke(self.cursor(), self.cursor(), text),
        }
    }

    /// Puts a block of text in, as it is but for its line ends. One step.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = normalised(text);
        let (from, to) = self.selection().unwrap_or((self.cursor(), self.cursor()));
        self.step(|pad| pad.replace(from, to, &text))
    }

    /// Takes out what is selected, or the character before the cursor.
    pub fn backspace(&mut self) -> bool {
        let here = self.cursor();
        self.delete_to(self.left_of(here), here)
    }

    /// Takes out what is selected, or the character at the cursor.
    pub fn delete(&mut self) -> bool {
        let here = self.cursor();
        self.delete_to(here, self.right_of(here))
    }

    fn delete_to(&mut self, from: Pos, to: Pos) -> bool {
        match self.selection() {
            Some((from, to)) => self.step(|pad| pad.replace(from, to, "")),
            None => self.stroke(from, to, ""),
        }
    }

    /// Makes several edits as one step, given from the first to the last; what they take out does not
    /// overlap. The cursor stays at what it stood at.
    pub fn apply(&mut self, edits: &[(Pos, Pos, String)]) -> bool {
        let cursor = self.cursor();
        let after = edits.iter().rev().fold(cursor, |at, (from, to, text)| shifted(at, *from, *to, text));
        let did = self.step(|pad| {
            for (from, to, text) in edits.iter().rev() {
                pad.replace(*from, *to, text);
            }
        });
        if did {
            self.go(after);
        }
        did
    }

    /// Puts another text in the place of the whole. One step.
    pub fn set_text(&mut self, text: &str) -> bool {
        let text = normalised(text);
        if self.says(&text) {
            return false;
        }
        let (cursor, end) = (self.cursor(), self.end());
        self.step(|pad| pad.replace(Pos::default(), end, &text));
        self.go(cursor);
        true
    }
}

/// With line feeds alone.
fn normalised(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Where a place is after an edit.
pub(super) fn shifted(pos: Pos, from: Pos, to: Pos, text: &str) -> Pos {
    let end = end_of(from, text);
    match pos {
        _ if pos < from => pos,
        _ if pos < to => end,
        _ if pos.row == to.row => Pos { row: end.row, at: end.at + (pos.at - to.at) },
        _ => Pos { row: pos.row + end.row - to.row, at: pos.at },
    }
}
