//! Writing on one row, from left to right. The one place where text becomes cells: everything goes
//! through [`Safe`], is measured as the terminal measures it, and is cut between graphemes.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::Phrase;
use crate::console::theme::{Ink, Theme, glyph};
use crate::text::Safe;

/// A place on a row, and how far it reaches.
pub(in crate::console::view) struct Pen<'c> {
    buffer: &'c mut Buffer,
    theme: &'c Theme,
    x: u16,
    y: u16,
    end: u16,
    /// Columns still to leave out, for a row that is scrolled sideways.
    skip: usize,
    /// Laid over everything written.
    over: Option<Ink>,
}

impl<'c> Pen<'c> {
    pub(super) fn new(buffer: &'c mut Buffer, theme: &'c Theme, line: Rect) -> Self {
        let end = if line.height == 0 { line.x } else { line.right() };
        Self { buffer, theme, x: line.x, y: line.y, end, skip: 0, over: None }
    }

    /// Columns left.
    pub(in crate::console::view) fn room(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Where the next character goes.
    pub(in crate::console::view) fn x(&self) -> u16 {
        self.x
    }

    /// Keeps the last `columns` free.
    pub(in crate::console::view) fn margin(&mut self, columns: u16) -> &mut Self {
        self.end = self.end.saturating_sub(columns).max(self.x);
        self
    }

    /// Leaves out the first `columns` of what is written from now on.
    pub(in crate::console::view) fn scroll(&mut self, columns: usize) -> &mut Self {
        self.skip = columns;
        self
    }

    /// Writes everything from now on, and the blanks between, in one role: a selected row.
    pub(in crate::console::view) fn highlight(&mut self, ink: Ink) -> &mut Self {
        self.over = Some(ink);
        let (style, line) =
            (self.theme.style(ink), Rect { x: self.x, y: self.y, width: self.room(), height: 1 });
        self.buffer.set_style(line, style);
        self
    }

    /// Leaves columns blank.
    pub(in crate::console::view) fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }

    /// Goes on at a column of the row's own, if it is not past it.
    pub(in crate::console::view) fn to(&mut self, x: u16) -> &mut Self {
        self.x = self.x.max(x).min(self.end);
        self
    }

    /// Writes a text; what does not fit ends in `…`.
    pub(in crate::console::view) fn put<'t>(&mut self, ink: Ink, text: impl Into<Safe<'t>>) -> &mut Self {
        let text = text.into();
        let style = self.theme.style(self.over.unwrap_or(ink));
        let fits = fits(text.as_str(), self.skip + usize::from(self.room()));
        let last = if fits { self.end } else { self.end.saturating_sub(1) };
        for grapheme in text.as_str().graphemes(true) {
            let width = grapheme.cell_width();
            if self.skip > 0 {
                let left_out = self.skip.min(usize::from(width));
                self.skip -= left_out;
                // A wide character cut in half leaves a blank.
                self.skip(width - u16::try_from(left_out).unwrap_or(width));
                continue;
            }
            if self.x.saturating_add(width) > last {
                break;
            }
            self.cells(grapheme, width, style);
        }
        if !fits && self.x < self.end {
            self.cells(glyph::MORE, 1, self.theme.style(self.over.unwrap_or(Ink::Dim)));
            self.x = self.end;
        }
        self
    }

    /// Writes a text in a column of a fixed width, left-aligned.
    pub(in crate::console::view) fn cell<'t>(
        &mut self,
        width: u16,
        ink: Ink,
        text: impl Into<Safe<'t>>,
    ) -> &mut Self {
        let (start, end) = (self.x, self.end);
        self.end = end.min(start.saturating_add(width));
        self.put(ink, text);
        self.end = end;
        self.x = start;
        self.skip(width)
    }

    /// Writes the pieces of a phrase.
    pub(in crate::console::view) fn phrase(&mut self, phrase: &Phrase) -> &mut Self {
        for (ink, text) in phrase.pieces() {
            self.put(*ink, text.borrowed());
        }
        self
    }

    /// Writes a phrase so that it ends where the row does; the room before it is what is left.
    pub(in crate::console::view) fn right(&mut self, phrase: &Phrase) -> &mut Self {
        let width = phrase.width().min(self.room());
        let (start, end) = (self.x, self.end);
        self.x = end - width;
        self.phrase(phrase);
        self.x = start;
        self.end = end - width;
        self
    }

    /// Fills the rest of the row.
    pub(in crate::console::view) fn fill(&mut self, ink: Ink, glyph: &str) {
        while self.room() > 0 {
            self.put(ink, glyph);
        }
    }

    fn cells(&mut self, grapheme: &str, width: u16, style: Style) {
        let form = self.theme.glyphs().form(grapheme);
        // A twin is narrower than a wide original; it is repeated, so that columns stay where they are.
        let (step, count) = if form.cell_width() < width { (1, width) } else { (width, 1) };
        for _ in 0..count {
            if let Some(cell) = self.buffer.cell_mut((self.x, self.y)) {
                cell.set_symbol(form).set_style(style);
            }
            for hidden in 1..step {
                if let Some(cell) = self.buffer.cell_mut((self.x + hidden, self.y)) {
                    cell.reset();
                }
            }
            self.x += step;
        }
    }
}

/// Whether a text takes at most so many columns; looks no further than needed.
fn fits(text: &str, columns: usize) -> bool {
    if text.is_ascii() {
        return text.len() <= columns;
    }
    let mut used = 0;
    text.graphemes(true).all(|grapheme| {
        used += usize::from(grapheme.cell_width());
        used <= columns
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::{Depth, Glyphs};

    fn written(width: u16, glyphs: Glyphs, write: impl FnOnce(&mut Pen<'_>)) -> String {
        let theme = Theme::named("default", Depth::None, glyphs).unwrap();
        let line = Rect { x: 0, y: 0, width, height: 1 };
        let mut buffer = Buffer::empty(line);
        write(&mut Pen::new(&mut buffer, &theme, line));
        // A hidden cell behind a wide character is blank in the buffer and not on the screen.
        buffer.content().iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn text_is_cut_between_graphemes_with_a_mark() {
        let put = |width, text: &str| {
            written(width, Glyphs::Unicode, |pen| {
                pen.put(Ink::Text, text);
            })
        };
        assert_eq!(put(6, "orders"), "orders");
        assert_eq!(put(5, "orders"), "orde…");
        assert_eq!(put(1, "orders"), "…");
        assert_eq!(put(0, "orders"), "");
        assert_eq!(put(3, "ae\u{301}iou"), "ae\u{301}…");
        assert_eq!(put(4, "日本語"), "日 … ", "half a wide character is none");
    }

    #[test]
    fn nothing_reaches_a_cell_unsanitized() {
        let shown = written(30, Glyphs::Unicode, |pen| {
            pen.put(Ink::Text, "a\x1b[31m\u{202e}b\n");
        });
        assert_eq!(shown.trim_end(), "a␛[31m‹U+202E›b␊");
    }

    #[test]
    fn ascii_twins_keep_the_columns() {
        let shown = written(10, Glyphs::Ascii, |pen| {
            pen.put(Ink::Text, "▲ 日é→x");
        });
        assert_eq!(shown, "! ???>x   ");
    }

    #[test]
    fn a_scrolled_row_leaves_out_columns() {
        let shown = written(4, Glyphs::Unicode, |pen| {
            pen.scroll(3).put(Ink::Text, "ab日cdef");
        });
        assert_eq!(shown, " cd…");
    }

    #[test]
    fn the_right_side_has_its_room() {
        let shown = written(10, Glyphs::Unicode, |pen| {
            pen.right(&Phrase::of(Ink::Dim, "12")).put(Ink::Text, "production");
        });
        assert_eq!(shown, "product…12");
    }
}
