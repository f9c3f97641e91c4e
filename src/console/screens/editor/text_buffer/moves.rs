//! Cursor movement.

use tui_textarea::CursorMove;
use unicode_segmentation::UnicodeSegmentation;

use super::wrap::{at_column, columns};
use super::{Pos, TextBuffer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// A character to the left.
    Left,
    /// A character to the right.
    Right,
    /// A word to the left.
    WordLeft,
    /// A word to the right.
    WordRight,
    /// A row of the screen up.
    Up,
    /// A row of the screen down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// The start of the line.
    Home,
    /// The end of the line.
    End,
    /// The start of the text.
    Top,
    /// The end of the text.
    Bottom,
}

impl TextBuffer {
    /// Moves the cursor; `select` extends the selection.
    pub fn move_by(&mut self, motion: Motion, select: bool) {
        let anchor = if select { self.anchor.or(Some(self.cursor())) } else { None };
        let page = isize::try_from(self.page_height()).unwrap_or(1);
        match motion {
            Motion::Up => self.move_rows(-1),
            Motion::Down => self.move_rows(1),
            Motion::PageUp => self.move_rows(-page),
            Motion::PageDown => self.move_rows(page),
            Motion::WordLeft => self.move_word(CursorMove::WordBack),
            Motion::WordRight => self.move_word(CursorMove::WordForward),
            _ => {
                let to = self.target(motion);
                self.move_to(to);
            }
        }
        self.anchor = anchor;
    }

    fn target(&self, motion: Motion) -> Pos {
        let here = self.cursor();
        match motion {
            Motion::Left => self.left_of(here),
            Motion::Right => self.right_of(here),
            Motion::Home => Pos { row: here.row, at: 0 },
            Motion::End => Pos { row: here.row, at: self.current_line().len() },
            Motion::Top => Pos::default(),
            Motion::Bottom => self.end(),
            _ => here,
        }
    }

    /// The position one character before, or the end of the previous line.
    pub(crate) fn left_of(&self, pos: Pos) -> Pos {
        let before = self.line(pos.row).get(..pos.at).unwrap_or_default();
        match (before.graphemes(true).next_back(), pos.row.checked_sub(1)) {
            (Some(grapheme), _) => Pos { row: pos.row, at: pos.at - grapheme.len() },
            (None, Some(row)) => Pos { row, at: self.line(row).len() },
            (None, None) => pos,
        }
    }

    /// The position one character after, or the start of the next line.
    pub(crate) fn right_of(&self, pos: Pos) -> Pos {
        let after = self.line(pos.row).get(pos.at..).unwrap_or_default();
        match after.graphemes(true).next() {
            Some(grapheme) => Pos { row: pos.row, at: pos.at + grapheme.len() },
            None if pos.row + 1 < self.rows() => Pos { row: pos.row + 1, at: 0 },
            None => pos,
        }
    }

    /// Uses the `TextArea`'s word boundaries, and continues on the next line at the end of this one.
    fn move_word(&mut self, word: CursorMove) {
        let here = self.cursor();
        self.history.end_run();
        self.anchor = None;
        self.goal_column = None;
        self.area.move_cursor(word);
        let column = self.column();
        let line = self.current_line();
        let at = if line.is_ascii() {
            column.min(line.len())
        } else {
            line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
        };
        self.at = at;
        if at == here.at {
            let on = if word == CursorMove::WordBack { self.left_of(here) } else { self.right_of(here) };
            self.move_to(on);
        }
    }

    /// Moves up or down by visual rows, keeping the column.
    fn move_rows(&mut self, count: isize) {
        let here = self.cursor();
        let start = self.row_of(here);
        let before = self.line(here.row).get(start.at..here.at).unwrap_or_default();
        let aim = self.goal_column.unwrap_or_else(|| columns(before));
        let target = self.steps(start, count);
        let to = if target == start {
            if count < 0 { Pos { row: here.row, at: start.at } } else { self.end() }
        } else {
            let text = self.row_text(target);
            let mut at = target.at + at_column(text, aim);
            // The end of a wrapped row is the start of the next.
            if at == target.at + text.len() && at < self.line(target.row).len() && !text.is_empty() {
                at = self.left_of(Pos { row: target.row, at }).at;
            }
            Pos { row: target.row, at }
        };
        self.move_to(to);
        self.goal_column = Some(aim);
    }
}
