//! What was done, in steps as a person thinks of them: a word, a paste, an enter, a fix.

use std::collections::VecDeque;
use std::mem;

use super::{Pad, Pos};

/// The most steps kept.
const STEPS: usize = 10_000;

/// The most bytes of text kept in steps; the last step is kept whatever its size.
const BYTES: usize = if cfg!(test) { 256 << 10 } else { 16 << 20 };

/// One edit, from which the text before it and after it follow from each other.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Text in the place of other text.
    Text { at: Pos, removed: String, inserted: String },
    /// The byte order mark comes or goes.
    Mark,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({} bytes)", self.bytes())
    }
}

impl Change {
    fn bytes(&self) -> usize {
        match self {
            Self::Text { removed, inserted, .. } => removed.len() + inserted.len(),
            Self::Mark => 0,
        }
    }
}

/// What one press of undo takes back.
#[derive(Debug, Clone)]
struct Step {
    changes: Vec<Change>,
    before: Pos,
    after: Pos,
}

impl Step {
    fn bytes(&self) -> usize {
        self.changes.iter().map(Change::bytes).sum()
    }
}

/// The steps that were done, and those that were taken back.
#[derive(Debug, Default)]
pub(super) struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    bytes: usize,
    /// Whether the last step may still grow by a character.
    running: bool,
}

impl History {
    /// Ends a run of typing.
    pub(super) fn rest(&mut self) {
        self.running = false;
    }

    fn push(&mut self, step: Step) {
        self.undone.clear();
        self.bytes += step.bytes();
        self.done.push_back(step);
        while self.done.len() > 1 && (self.done.len() > STEPS || self.bytes > BYTES) {
            let bytes = self.done.pop_front().map_or(0, |step| step.bytes());
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// Lets the last step grow by a typed or deleted character; says whether it did.
    fn grow(&mut self, change: &Change, after: Pos) -> bool {
        if !self.running || !self.undone.is_empty() {
            return false;
        }
        let Some(step) = self.done.back_mut() else { return false };
        let [Change::Text { at, removed, inserted }] = step.changes.as_mut_slice() else { return false };
        let Change::Text { at: next, removed: gone, inserted: typed } = change else { return false };
        let end = Pos { row: at.row, at: at.at + inserted.len() };
        let grown = if gone.is_empty() && !inserted.is_empty() && *next == end && goes_on(inserted, typed) {
            inserted.push_str(typed);
            true
        } else if typed.is_empty() && inserted.is_empty() && next == at && goes_on(removed, gone) {
            removed.push_str(gone);
            true
        } else if typed.is_empty()
            && inserted.is_empty()
            && next.row == at.row
            && next.at + gone.len() == at.at
            && goes_on(gone, removed)
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

/// Whether a word goes on; blanks belong to the word before them.
fn goes_on(before: &str, next: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match (before.chars().next_back(), next.chars().next()) {
        (Some(_), Some('\n')) => false,
        (Some(_), Some(next)) if next.is_whitespace() => true,
        (Some(before), Some(next)) => is_word(before) == is_word(next) && !before.is_whitespace(),
        _ => false,
    }
}

impl Pad {
    /// Makes one step of what `edit` does. A step within a step is part of it.
    pub(super) fn step(&mut self, edit: impl FnOnce(&mut StepPad<'_>)) -> bool {
        self.aim = None;
        let before = self.cursor();
        let mut under_way = StepPad { pad: self, changes: Vec::new() };
        edit(&mut under_way);
        let changes = mem::take(&mut under_way.changes);
        self.anchor = None;
        self.history.rest();
        if changes.is_empty() {
            return false;
        }
        let after = self.cursor();
        self.history.push(Step { changes, before, after });
        true
    }

    /// One typed or deleted character, which may belong to the step before it.
    pub(super) fn stroke(&mut self, from: Pos, to: Pos, text: &str) -> bool {
        self.aim = None;
        self.anchor = None;
        let before = self.cursor();
        let removed = self.replace(from, to, text);
        if removed.is_empty() && text.is_empty() {
            return false;
        }
        let change = Change::Text { at: from, removed, inserted: text.to_owned() };
        let after = self.cursor();
        if !self.history.grow(&change, after) {
            self.history.push(Step { changes: vec![change], before, after });
        }
        self.history.running = true;
        true
    }

    /// Takes the last step back; says whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.history.done.pop_back() else { return false };
        self.history.bytes = self.history.bytes.saturating_sub(step.bytes());
        for change in step.changes.iter().rev() {
            match change {
                Change::Text { at, removed, inserted } => {
                    self.replace(*at, end_of(*at, inserted), removed);
                }
                Change::Mark => self.flip_mark(),
            }
        }
        self.go(step.before);
        self.history.undone.push(step);
        true
    }

    /// Does the step again that was taken back last; says whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.history.undone.pop() else { return false };
        for change in &step.changes {
            match change {
                Change::Text { at, removed, inserted } => {
                    self.replace(*at, end_of(*at, removed), inserted);
                }
                Change::Mark => self.flip_mark(),
            }
        }
        self.go(step.after);
        self.history.bytes += step.bytes();
        self.history.done.push_back(step);
        true
    }

    fn flip_mark(&mut self) {
        self.mark = !self.mark;
        self.revision += 1;
    }
}

/// A step under way: what is edited through it belongs together.
pub(super) struct StepPad<'p> {
    pub(super) pad: &'p mut Pad,
    changes: Vec<Change>,
}

impl StepPad<'_> {
    /// Puts text in the place of other text; the cursor goes behind it.
    pub(super) fn replace(&mut self, from: Pos, to: Pos, text: &str) {
        let removed = self.pad.replace(from, to, text);
        if !(removed.is_empty() && text.is_empty()) {
            self.changes.push(Change::Text { at: from, removed, inserted: text.to_owned() });
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        if change == Change::Mark {
            self.pad.flip_mark();
        }
        self.changes.push(change);
    }
}

/// Where a text ends that begins at `at`.
pub(super) fn end_of(at: Pos, text: &str) -> Pos {
    match text.rsplit_once('\n') {
        None => Pos { row: at.row, at: at.at + text.len() },
        Some((before, last)) => {
            Pos { row: at.row + memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1, at: last.len() }
        }
    }
}
