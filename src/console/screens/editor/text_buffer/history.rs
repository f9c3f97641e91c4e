//! Undo and redo, in steps as a user expects them: a word, a paste, an enter, a fix.

use std::collections::VecDeque;
use std::mem;

use super::{Pos, TextBuffer};

/// The most undo steps.
const STEPS: usize = 10_000;

/// The most bytes of text in undo steps; the last step is kept whatever its size.
const BYTES: usize = if cfg!(test) { 256 << 10 } else { 16 << 20 };

/// A reversible edit.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum TextEdit {
    Text {
        at: Pos,
        removed: String,
        inserted: String,
    },
    /// Adds or drops the byte order mark.
    ByteOrderMark,
}

impl std::fmt::Debug for TextEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({} bytes)", self.bytes())
    }
}

impl TextEdit {
    fn bytes(&self) -> usize {
        match self {
            Self::Text { removed, inserted, .. } => removed.len() + inserted.len(),
            Self::ByteOrderMark => 0,
        }
    }
}

/// What one undo reverts.
#[derive(Debug, Clone)]
struct EditGroup {
    changes: Vec<TextEdit>,
    before: Pos,
    after: Pos,
}

impl EditGroup {
    fn bytes(&self) -> usize {
        self.changes.iter().map(TextEdit::bytes).sum()
    }
}

#[derive(Debug, Default)]
pub(crate) struct UndoHistory {
    done: VecDeque<EditGroup>,
    undone: Vec<EditGroup>,
    bytes: usize,
    /// Whether the last step may still grow by a character.
    running: bool,
}

impl UndoHistory {
    /// Ends a typing run.
    pub(crate) fn end_run(&mut self) {
        self.running = false;
    }

    fn push(&mut self, step: EditGroup) {
        self.undone.clear();
        self.bytes += step.bytes();
        self.done.push_back(step);
        while self.done.len() > 1 && (self.done.len() > STEPS || self.bytes > BYTES) {
            let bytes = self.done.pop_front().map_or(0, |step| step.bytes());
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// Extends the last step by a typed or deleted character; returns whether it did.
    fn extend_last(&mut self, change: &TextEdit, after: Pos) -> bool {
        if !self.running || !self.undone.is_empty() {
            return false;
        }
        let Some(step) = self.done.back_mut() else { return false };
        let [TextEdit::Text { at, removed, inserted }] = step.changes.as_mut_slice() else { return false };
        let TextEdit::Text { at: next, removed: gone, inserted: typed } = change else { return false };
        let end = Pos { row: at.row, at: at.at + inserted.len() };
        let grown =
            if gone.is_empty() && !inserted.is_empty() && *next == end && continues_word(inserted, typed) {
                inserted.push_str(typed);
                true
            } else if typed.is_empty() && inserted.is_empty() && next == at && continues_word(removed, gone) {
                removed.push_str(gone);
                true
            } else if typed.is_empty()
                && inserted.is_empty()
                && next.row == at.row
                && next.at + gone.len() == at.at
                && continues_word(gone, removed)
            {
                removed.insert_str(0, gone);
                *at = *next;
                true
            } else {
                false
            };
        if grown {
            step.after = after;
            self.bytes += change.bytes();
        }
        grown
    }
}

/// Whether a word continues; blanks belong to the word before them.
fn continues_word(before: &str, next: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match (before.chars().next_back(), next.chars().next()) {
        (Some(_), Some('\n')) => false,
        (Some(_), Some(next)) if next.is_whitespace() => true,
        (Some(before), Some(next)) => is_word(before) == is_word(next) && !before.is_whitespace(),
        _ => false,
    }
}

impl TextBuffer {
    /// Runs `edit` as one undo step.
    pub(crate) fn step(&mut self, edit: impl FnOnce(&mut EditTransaction<'_>)) -> bool {
        self.goal_column = None;
        let before = self.cursor();
        let mut under_way = EditTransaction { buffer: self, changes: Vec::new() };
        edit(&mut under_way);
        let changes = mem::take(&mut under_way.changes);
        self.anchor = None;
        self.history.end_run();
        if changes.is_empty() {
            return false;
        }
        let after = self.cursor();
        self.history.push(EditGroup { changes, before, after });
        true
    }

    /// A typed or deleted character, which may extend the previous step.
    pub(crate) fn keystroke(&mut self, from: Pos, to: Pos, text: &str) -> bool {
        self.goal_column = None;
        self.anchor = None;
        let before = self.cursor();
        let removed = self.replace(from, to, text);
        if removed.is_empty() && text.is_empty() {
            return false;
        }
        let change = TextEdit::Text { at: from, removed, inserted: text.to_owned() };
        let after = self.cursor();
        if !self.history.extend_last(&change, after) {
            self.history.push(EditGroup { changes: vec![change], before, after });
        }
        self.history.running = true;
        true
    }

    /// Undoes the last step; returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.history.done.pop_back() else { return false };
        self.history.bytes = self.history.bytes.saturating_sub(step.bytes());
        for change in step.changes.iter().rev() {
            match change {
                TextEdit::Text { at, removed, inserted } => {
                    self.replace(*at, end_of(*at, inserted), removed);
                }
                TextEdit::ByteOrderMark => self.toggle_byte_order_mark(),
            }
        }
        self.move_to(step.before);
        self.history.undone.push(step);
        true
    }

    /// Redoes the step undone last; returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.history.undone.pop() else { return false };
        for change in &step.changes {
            match change {
                TextEdit::Text { at, removed, inserted } => {
                    self.replace(*at, end_of(*at, removed), inserted);
                }
                TextEdit::ByteOrderMark => self.toggle_byte_order_mark(),
            }
        }
        self.move_to(step.after);
        self.history.bytes += step.bytes();
        self.history.done.push_back(step);
        true
    }

    fn toggle_byte_order_mark(&mut self) {
        self.byte_order_mark = !self.byte_order_mark;
        self.revision += 1;
    }
}

/// An undo step in progress: its edits belong together.
pub(crate) struct EditTransaction<'p> {
    pub(crate) buffer: &'p mut TextBuffer,
    changes: Vec<TextEdit>,
}

impl EditTransaction<'_> {
    /// Replaces a range; the cursor goes to the end of the new text.
    pub(crate) fn replace(&mut self, from: Pos, to: Pos, text: &str) {
        let removed = self.buffer.replace(from, to, text);
        if !(removed.is_empty() && text.is_empty()) {
            self.changes.push(TextEdit::Text { at: from, removed, inserted: text.to_owned() });
        }
    }

    pub(crate) fn change(&mut self, change: TextEdit) {
        if change == TextEdit::ByteOrderMark {
            self.buffer.toggle_byte_order_mark();
        }
        self.changes.push(change);
    }
}

/// The end position of a text that starts at `at`.
pub(crate) fn end_of(at: Pos, text: &str) -> Pos {
    match text.rsplit_once('\n') {
        None => Pos { row: at.row, at: at.at + text.len() },
        Some((before, last)) => {
            Pos { row: at.row + memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1, at: last.len() }
        }
    }
}
