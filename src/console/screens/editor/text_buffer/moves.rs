//! Cursor movement, and the selection.

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
        let page = isize::try_from(self.viewport.height).unwrap_or(1);
        let here = self.cursor();
        match motion {
            Motion::Up => self.move_rows(-1),
            Motion::Down => self.move_rows(1),
            Motion::PageUp => self.move_rows(-page),
            Motion::PageDown => self.move_rows(page),
            Motion::WordLeft => self.move_word(CursorMove::WordBack),
            Motion::WordRight => self.move_word(CursorMove::WordForward),
            Motion::Left => self.move_to(self.left_of(here)),
            Motion::Right => self.move_to(self.right_of(here)),
            Motion::Home => self.move_to(Pos { row: here.row, at: 0 }),
            Motion::End => self.move_to(Pos { row: here.row, at: usize::MAX }),
            Motion::Top => self.move_to(Pos::default()),
            Motion::Bottom => self.move_to(self.end()),
        }
        self.anchor = anchor;
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

    /// Uses the `TextArea`'s word boundaries; at the end of a line it continues on the next one.
    fn move_word(&mut self, word: CursorMove) {
        let here = self.cursor();
        self.area.move_cursor(word);
        let line = self.line(here.row);
        let at = line.char_indices().nth(self.column()).map_or(line.len(), |(at, _)| at);
        self.move_to(match word {
            _ if at != here.at => Pos { row: here.row, at },
            CursorMove::WordBack => self.left_of(here),
            _ => self.right_of(here),
        });
    }

    /// Moves up or down by visual rows, keeping the column.
    fn move_rows(&mut self, count: isize) {
        let here = self.cursor();
        let start = self.start_of(here);
        let before = self.line(here.row).get(start.at..here.at).unwrap_or_default();
        let aim = self.goal_column.unwrap_or_else(|| columns(before));
        let target = self.steps(start, count);
        self.move_to(match target == start {
            true if count < 0 => start,
            true => self.end(),
            false => self.column_in(target, aim),
        });
        self.goal_column = Some(aim);
    }

    /// The position in a row that is nearest to a column.
    fn column_in(&self, row: Pos, column: usize) -> Pos {
        let (line, bytes) = (self.line(row.row), self.row_bytes(row));
        let text = line.get(bytes.clone()).unwrap_or_default();
        let to = Pos { row: row.row, at: bytes.start + at_column(text, column) };
        // The end of a wrapped row is also the start of the next row.
        if to.at == bytes.end && to.at < line.len() && !text.is_empty() { self.left_of(to) } else { to }
    }

    pub fn selection(&self) -> Option<(Pos, Pos)> {
        let (anchor, cursor) = (self.clamp(self.anchor?), self.cursor());
        (anchor != cursor).then(|| (anchor.min(cursor), anchor.max(cursor)))
    }

    /// Selects a range; the cursor goes to `to`.
    pub(crate) fn select(&mut self, from: Pos, to: Pos) {
        self.move_to(to);
        self.anchor = Some(self.clamp(from));
    }

    /// The selection, or an empty range at the cursor.
    pub(crate) fn selection_or_cursor(&self) -> (Pos, Pos) {
        self.selection().unwrap_or((self.cursor(), self.cursor()))
    }
}
