//! Editing at the cursor.

use super::history::end_of;
use super::{Pos, TextBuffer};

impl TextBuffer {
    /// Types a character, replacing the selection. Returns whether the text changed.
    pub fn type_char(&mut self, c: char) -> bool {
        let mut bytes = [0; 4];
        let text: &str = c.encode_utf8(&mut bytes);
        let closes = matches!(c, '}' | ']') && self.selection().is_none() && self.close_on_its_line(text);
        closes || self.keystroke(self.cursor(), self.cursor(), text)
    }

    /// Types characters that have come at once: the same as one after the other, in at most three edits.
    pub fn type_text(&mut self, text: &str) -> bool {
        let mut typed = text.chars();
        let replaces = self.selection().is_some() && typed.next().is_some_and(|c| self.type_char(c));
        let text = typed.as_str();
        // A bracket may stand alone on its line after blanks.
        let mut word = text.trim_start().chars();
        let blanks = text.strip_suffix(word.as_str()).unwrap_or_default();
        let indents = self.type_run(blanks);
        let begins = word.next().is_some_and(|c| self.type_char(c));
        self.type_run(word.as_str()) || begins || indents || replaces
    }

    /// Inserts a block of text with its line ends normalised, as one undo step.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = normalised(text);
        let (from, to) = self.selection_or_cursor();
        self.step([(from, to, text.as_str())])
    }

    /// Deletes the selection, or the character before the cursor.
    pub fn backspace(&mut self) -> bool {
        let here = self.cursor();
        self.keystroke(self.left_of(here), here, "")
    }

    /// Deletes the selection, or the character at the cursor.
    pub fn delete(&mut self) -> bool {
        let here = self.cursor();
        self.keystroke(here, self.right_of(here), "")
    }

    /// Deletes forward or backward as often as the key has come at once: the same as one after the other.
    pub fn delete_run(&mut self, forward: bool, count: usize) -> bool {
        if self.selection().is_some() {
            let did = if forward { self.delete() } else { self.backspace() };
            return count > 1 && self.delete_run(forward, count - 1) || did;
        }
        let next = |at: &Pos| Some(if forward { self.right_of(*at) } else { self.left_of(*at) });
        let stops: Vec<_> = std::iter::successors(Some(self.cursor()), next).take(count + 1).collect();
        self.erase_run(&stops)
    }

    /// Applies several edits as one undo step; they must be sorted and must not overlap. The cursor stays at
    /// the same text.
    pub fn apply(&mut self, edits: &[(Pos, Pos, String)]) -> bool {
        let cursor = self.cursor();
        let after = edits.iter().rev().fold(cursor, |at, (from, to, text)| shifted(at, *from, *to, text));
        let did = self.step(edits.iter().rev().map(|(from, to, text)| (*from, *to, text.as_str())));
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
        self.step([(Pos::default(), end, text.as_str())]);
        self.move_to(cursor);
        true
    }
}

/// Converts line ends to line feeds.
fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The position after an edit.
fn shifted(pos: Pos, from: Pos, to: Pos, text: &str) -> Pos {
    let end = end_of(from, text);
    match pos {
        _ if pos < from => pos,
        _ if pos < to => end,
        _ if pos.row == to.row => Pos { row: end.row, at: end.at + (pos.at - to.at) },
        _ => Pos { row: pos.row + end.row - to.row, at: pos.at },
    }
}
