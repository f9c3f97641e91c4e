//! Undo and redo in steps that a user expects: a word, a paste, a line break, a fix.

use std::collections::VecDeque;

use super::{Pos, TextBuffer};

/// The most undo steps.
const STEPS: usize = 10_000;

/// The most bytes of text in undo steps; the last step is kept whatever its size.
const BYTES: usize = if cfg!(test) { 256 << 10 } else { 16 << 20 };

/// A reversible edit.
pub(crate) enum TextEdit {
    Text {
        at: Pos,
        removed: String,
        inserted: String,
    },
    /// Adds or drops the byte order mark.
    ByteOrderMark,
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

#[derive(Default)]
pub(crate) struct UndoHistory {
    done: VecDeque<EditGroup>,
    undone: Vec<EditGroup>,
    bytes: usize,
    /// Whether the last step may still grow by a character.
    pub(super) running: bool,
}

impl UndoHistory {
    fn push(&mut self, step: EditGroup) {
        self.undone.clear();
        self.bytes += step.bytes();
        self.done.push_back(step);
        while self.done.len() > 1 && (self.done.len() > STEPS || self.bytes > BYTES) {
            let bytes = self.done.pop_front().map_or(0, |step| step.bytes());
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// Extends the last step by a typed or deleted character; returns whether it was possible.
    fn extend_last(&mut self, change: &TextEdit, after: Pos) -> bool {
        if !self.running || !self.undone.is_empty() {
            return false;
        }
        let Some(step) = self.done.back_mut() else { return false };
        let [TextEdit::Text { at, removed, inserted }] = step.changes.as_mut_slice() else { return false };
        let TextEdit::Text { at: next, removed: gone, inserted: typed } = change else { return false };
        let end = Pos { row: at.row, at: at.at + inserted.len() };
        if gone.is_empty() && !inserted.is_empty() && *next == end && continues_word(inserted, typed) {
            inserted.push_str(typed);
        } else if !typed.is_empty() || !inserted.is_empty() {
            return false;
        } else if next == at && continues_word(removed, gone) {
            removed.push_str(gone);
        } else if next.row == at.row && next.at + gone.len() == at.at && continues_word(gone, removed) {
            removed.insert_str(0, gone);
            *at = *next;
        } else {
            return false;
        }
        step.after = after;
        self.bytes += change.bytes();
        true
    }
}

/// Whether a word continues; blanks belong to the preceding word.
fn continues_word(before: &str, next: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match (before.chars().next_back(), next.chars().next()) {
        (Some(_), Some('\n')) => false,
        (Some(_), Some(next)) if next.is_whitespace() => true,
        (Some(before), Some(next)) => is_word(before) == is_word(next) && !before.is_whitespace(),
        _ => false,
    }
}

/// A typed text in pieces that are a step each.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = |at: &usize| {
            let (before, next) = rest.split_at_checked(*at).unwrap_or_default();
            !continues_word(before, next)
        };
        let end = rest.char_indices().map(|(at, _)| at).skip(1).find(ends).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

impl TextBuffer {
    /// Replaces ranges, one after the other, as one undo step. Returns whether the text changed.
    pub(crate) fn step<'t>(&mut self, edits: impl IntoIterator<Item = (Pos, Pos, &'t str)>) -> bool {
        let before = self.cursor();
        let edits = edits.into_iter().map(|(from, to, text)| self.replace(from, to, text));
        let changes = edits.filter(|change| change.bytes() > 0).collect();
        self.record(changes, before)
    }

    /// Drops the byte order mark, as one undo step.
    pub fn drop_byte_order_mark(&mut self) {
        if self.byte_order_mark {
            self.toggle_byte_order_mark();
            self.record(vec![TextEdit::ByteOrderMark], self.cursor());
        }
    }

    fn record(&mut self, changes: Vec<TextEdit>, before: Pos) -> bool {
        self.goal_column = None;
        self.anchor = None;
        self.history.running = false;
        let did = !changes.is_empty();
        if did {
            self.history.push(EditGroup { changes, before, after: self.cursor() });
        }
        did
    }

    /// A typed or deleted character, which may extend the previous step; it replaces the selection, if there
    /// is one.
    pub(crate) fn keystroke(&mut self, from: Pos, to: Pos, text: &str) -> bool {
        if let Some((from, to)) = self.selection() {
            return self.step([(from, to, text)]);
        }
        self.goal_column = None;
        self.anchor = None;
        if from == to && text.is_empty() {
            // At an end of the text; a new revision would wait for a check that nobody asks for.
            return false;
        }
        let before = self.cursor();
        let change = self.replace(from, to, text);
        if !self.history.extend_last(&change, self.cursor()) {
            self.record(vec![change], before);
        }
        self.history.running = true;
        true
    }

    /// Typed characters without a selection, in one edit; undo knows them by words, as if each had come alone.
    pub(crate) fn type_run(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        let mut before = self.cursor();
        self.replace(before, before, text);
        for word in words(text) {
            let after = end_of(before, word);
            let change = TextEdit::Text { at: before, removed: String::new(), inserted: word.to_owned() };
            if !self.history.extend_last(&change, after) {
                self.history.push(EditGroup { changes: vec![change], before, after });
            }
            self.history.running = true;
            before = after;
        }
        self.goal_column = None;
        self.anchor = None;
        true
    }

    /// Deletes characters without a selection, in one edit from the first of these positions to the last; undo
    /// knows them by words, as if each had gone alone.
    pub(crate) fn erase_run(&mut self, stops: &[Pos]) -> bool {
        let (Some(first), Some(last)) = (stops.first(), stops.last()) else { return false };
        let forward = first < last;
        self.goal_column = None;
        self.anchor = None;
        if first == last {
            return false;
        }
        let TextEdit::Text { mut removed, .. } = self.replace(*first.min(last), *first.max(last), "") else {
            return false;
        };
        for (before, after) in
            stops.iter().zip(stops.iter().skip(1)).filter(|(before, after)| before != after)
        {
            let (from, to) = (before.min(after), before.max(after));
            let bytes = if from.row == to.row { to.at - from.at } else { 1 };
            let rest = removed.split_off(if forward { bytes } else { removed.len() - bytes });
            let gone = if forward { std::mem::replace(&mut removed, rest) } else { rest };
            let (before, after) = if forward { (*first, *first) } else { (*before, *after) };
            let change = TextEdit::Text { at: after, removed: gone, inserted: String::new() };
            if !self.history.extend_last(&change, after) {
                self.history.push(EditGroup { changes: vec![change], before, after });
            }
            self.history.running = true;
        }
        true
    }

    pub fn can_undo(&self) -> bool {
        !self.history.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.history.undone.is_empty()
    }

    /// Undoes the last step; returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.history.done.pop_back() else { return false };
        self.history.bytes = self.history.bytes.saturating_sub(step.bytes());
        for change in step.changes.iter().rev() {
            self.replay(change, true);
        }
        self.move_to(step.before);
        self.history.undone.push(step);
        true
    }

    /// Redoes the step undone last; returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.history.undone.pop() else { return false };
        for change in &step.changes {
            self.replay(change, false);
        }
        self.move_to(step.after);
        self.history.bytes += step.bytes();
        self.history.done.push_back(step);
        true
    }

    fn replay(&mut self, change: &TextEdit, back: bool) {
        match change {
            TextEdit::Text { at, removed, inserted } => {
                let (old, new) = if back { (inserted, removed) } else { (removed, inserted) };
                self.replace(*at, end_of(*at, old), new);
            }
            TextEdit::ByteOrderMark => self.toggle_byte_order_mark(),
        }
    }

    fn toggle_byte_order_mark(&mut self) {
        self.byte_order_mark = !self.byte_order_mark;
        self.revision += 1;
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
