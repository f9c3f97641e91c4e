//! Writes one row from left to right. This is the only place where text becomes cells: everything passes
//! through [`Safe`], is measured as the terminal measures it, and is cut between graphemes.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::input::TextInput;
use super::text_run::{TextRun, width};
use crate::console::theme::{StyleRole, Theme, glyph};
use crate::text::Safe;

/// A position in a row, and the end of the row.
pub(crate) struct LineWriter<'c> {
    buffer: &'c mut Buffer,
    theme: &'c Theme,
    /// Where the next character goes.
    pub(crate) x: u16,
    y: u16,
    end: u16,
    /// Columns still to skip, if the row is scrolled sideways.
    skip: usize,
    /// Replaces the role of everything written.
    role_override: Option<StyleRole>,
    /// Whether a character that the terminal cannot show takes the columns of the original.
    keeps_columns: bool,
}

impl<'c> LineWriter<'c> {
    pub(crate) fn new(buffer: &'c mut Buffer, theme: &'c Theme, line: Rect) -> Self {
        let end = if line.height == 0 { line.x } else { line.right() };
        Self { buffer, theme, x: line.x, y: line.y, end, skip: 0, role_override: None, keeps_columns: false }
    }

    /// Columns left.
    pub(crate) fn remaining(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Reserves the last `columns`.
    pub(crate) fn margin(&mut self, columns: u16) -> &mut Self {
        self.end = self.end.saturating_sub(columns).max(self.x);
        self
    }

    /// Skips the first `columns` of what is written from now on.
    pub(crate) fn scroll(&mut self, columns: usize) -> &mut Self {
        self.skip = columns;
        self
    }

    /// Writes everything from now on, including the blanks, in one role, as for a selected row.
    pub(crate) fn highlight(&mut self, role: StyleRole) -> &mut Self {
        self.role_override = Some(role);
        let (style, line) =
            (self.theme.style(role), Rect { x: self.x, y: self.y, width: self.remaining(), height: 1 });
        self.buffer.set_style(line, style);
        self
    }

    /// Writes documents from now on, whose places are counted in columns; see [`Glyphs::spell`].
    ///
    /// [`Glyphs::spell`]: crate::console::theme::Glyphs::spell
    pub(crate) fn keep_columns(&mut self) -> &mut Self {
        self.keeps_columns = true;
        self
    }

    /// Leaves columns blank.
    pub(crate) fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }

    /// Moves to a column of the screen, unless it is already passed.
    pub(crate) fn move_to(&mut self, x: u16) -> &mut Self {
        self.x = self.x.max(x).min(self.end);
        self
    }

    /// Writes a text; if it does not fit, it ends in `…`.
    pub(crate) fn put<'t>(&mut self, role: StyleRole, text: impl Into<Safe<'t>>) -> &mut Self {
        let text = text.into();
        let text = match self.keeps_columns {
            true => Cow::Borrowed(text.as_str()),
            false => self.theme.glyphs().spell(text.as_str()),
        };
        let style = self.theme.style(self.role_override.unwrap_or(role));
        let fits = fits(&text, self.skip + usize::from(self.remaining()));
        let last = if fits { self.end } else { self.end.saturating_sub(1) };
        for grapheme in text.graphemes(true) {
            let width = grapheme.cell_width();
            if self.skip > 0 {
                let left_out = self.skip.min(usize::from(width));
                self.skip -= left_out;
                // A cut wide character is replaced by a blank.
                self.skip(width - u16::try_from(left_out).unwrap_or(width));
                continue;
            }
            if self.x.saturating_add(width) > last {
                break;
            }
            self.write_grapheme(grapheme, width, style);
        }
        if !fits && self.x < self.end {
            self.write_grapheme(
                glyph::MORE,
                1,
                self.theme.style(self.role_override.unwrap_or(StyleRole::Dim)),
            );
            self.x = self.end;
        }
        self
    }

    /// Writes an input, and returns the column of its cursor. A long text scrolls so that the cursor, and a
    /// blank for it, stay visible.
    pub(crate) fn put_input(&mut self, input: &TextInput) -> u16 {
        let before = Safe::new(input.before_cursor());
        let before = width(&Safe::new(&self.theme.glyphs().spell(before.as_str())));
        let left_out = (before + 2).saturating_sub(self.remaining());
        let cursor = self.x + before.saturating_sub(left_out);
        self.scroll(usize::from(left_out)).put(StyleRole::Text, input.text()).scroll(0).move_to(cursor + 1);
        cursor
    }

    /// Writes a text in a left-aligned column of fixed width.
    pub(crate) fn put_column<'t>(
        &mut self,
        width: u16,
        style: StyleRole,
        text: impl Into<Safe<'t>>,
    ) -> &mut Self {
        let (start, end) = (self.x, self.end);
        self.end = end.min(start.saturating_add(width));
        self.put(style, text);
        self.end = end;
        self.x = start;
        self.skip(width)
    }

    /// Writes a name in a column of fixed width. One that does not fit is shortened in the middle, so that
    /// names that differ at either end differ on the screen.
    pub(crate) fn put_name<'t>(
        &mut self,
        width: u16,
        style: StyleRole,
        name: impl Into<Safe<'t>>,
    ) -> &mut Self {
        let name = name.into();
        let spelled = self.theme.glyphs().spell(name.as_str());
        if width < 3 || fits(&spelled, usize::from(width)) {
            return self.put_column(width, style, name);
        }
        let start = self.x;
        let of_tail = (width - 1) / 2;
        let head = part(spelled.graphemes(true), width - 1 - of_tail);
        let tail = part(spelled.graphemes(true).rev(), of_tail);
        let [head, tail] =
            [spelled.get(..head), spelled.get(spelled.len() - tail..)].map(Option::unwrap_or_default);
        self.put(style, head).put(StyleRole::Dim, glyph::MORE).put(style, tail);
        self.x = start;
        self.skip(width)
    }

    pub(crate) fn put_run(&mut self, run: &TextRun) -> &mut Self {
        for (style, text) in run.spans() {
            self.put(*style, text.borrowed());
        }
        self
    }

    /// Writes a run at the right end of the row; the columns before it remain.
    pub(crate) fn put_right(&mut self, run: &TextRun) -> &mut Self {
        let width = run.width().min(self.remaining());
        let (start, end) = (self.x, self.end);
        self.x = end - width;
        self.put_run(run);
        self.x = start;
        self.end = end - width;
        self
    }

    /// Fills the rest of the row with a glyph.
    pub(crate) fn fill(&mut self, style: StyleRole, glyph: &str) {
        while self.remaining() > 0 {
            self.put(style, glyph);
        }
    }

    fn write_grapheme(&mut self, grapheme: &str, width: u16, style: Style) {
        let form = self.theme.glyphs().form(grapheme);
        // An ASCII fallback may be narrower than a wide original; repeating it keeps columns aligned.
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

/// Whether a text takes at most `columns`; reads no further than needed.
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

/// The bytes of the graphemes, in this order, that fit into `columns`.
fn part<'t>(graphemes: impl Iterator<Item = &'t str>, columns: u16) -> usize {
    let mut used = 0;
    let fits = |grapheme: &&str| {
        used += grapheme.cell_width();
        used <= columns
    };
    graphemes.take_while(fits).map(str::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::{ColorDepth, Glyphs};

    fn written(width: u16, glyphs: Glyphs, write: impl FnOnce(&mut LineWriter<'_>)) -> String {
        let theme = Theme::named("default", ColorDepth::None, glyphs).unwrap();
        let line = Rect { x: 0, y: 0, width, height: 1 };
        let mut buffer = Buffer::empty(line);
        write(&mut LineWriter::new(&mut buffer, &theme, line));
        // The hidden cell behind a wide character is blank in the buffer but does not appear on the screen.
        buffer.content().iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn text_is_cut_between_graphemes_with_a_mark() {
        let put = |width, text: &str| {
            written(width, Glyphs::Unicode, |line| {
                line.put(StyleRole::Text, text);
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
        let shown = written(30, Glyphs::Unicode, |line| {
            line.put(StyleRole::Text, "a\x1b[31m\u{202e}b\n");
        });
        assert_eq!(shown.trim_end(), "a␛[31m‹U+202E›b␊");
    }

    #[test]
    fn ascii_twins_keep_the_columns_of_a_document() {
        let shown = written(10, Glyphs::Ascii, |line| {
            line.keep_columns().put(StyleRole::Text, "▲ 日é→x");
        });
        assert_eq!(shown, "! ???>x   ");
    }

    #[test]
    fn two_names_differ_where_only_ascii_can_be_shown() {
        let shown = |name: &str| {
            written(24, Glyphs::Ascii, |line| {
                line.put(StyleRole::Text, Safe::name(name)).put(StyleRole::Dim, "→");
            })
        };
        assert_eq!(shown("café").trim_end(), r"caf\u{e9}>");
        assert_eq!(shown("cafe\u{301}").trim_end(), r"cafe\u{301}>");
        assert_eq!(shown(r"caf\u{e9}").trim_end(), r"caf\\u{e9}>");
        assert_eq!(shown("a›").trim_end(), r"a\u{203a}>");
    }

    #[test]
    fn a_scrolled_row_leaves_out_columns() {
        let shown = written(4, Glyphs::Unicode, |line| {
            line.scroll(3).put(StyleRole::Text, "ab日cdef");
        });
        assert_eq!(shown, " cd…");
    }

    #[test]
    fn a_long_name_is_shortened_in_the_middle() {
        let shown = |width, name: &str, glyphs| {
            written(20, glyphs, |line| {
                line.put_name(width, StyleRole::Text, name).put(StyleRole::Text, "|");
            })
        };
        assert_eq!(shown(10, "orders_eu_v1", Glyphs::Unicode).trim_end(), "order…u_v1|");
        assert_eq!(shown(10, "orders_eu_v2", Glyphs::Ascii).trim_end(), "order~u_v2|");
        assert_eq!(shown(12, "orders_eu_v2", Glyphs::Unicode).trim_end(), "orders_eu_v2|");
        assert_eq!(shown(3, "orders", Glyphs::Unicode).trim_end(), "o…s|");
        assert_eq!(shown(2, "orders", Glyphs::Unicode).trim_end(), "o…|");
    }

    #[test]
    fn the_right_side_has_its_room() {
        let shown = written(10, Glyphs::Unicode, |line| {
            line.put_right(&TextRun::of(StyleRole::Dim, "12")).put(StyleRole::Text, "production");
        });
        assert_eq!(shown, "product…12");
    }
}
