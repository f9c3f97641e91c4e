//! Encodes cells as bytes: positions, colours, attributes, and clusters that terminals measure differently.
//!
//! A terminal may give a cluster such as Thai SARA AM, a flag or a Devanagari vowel sign fewer or more columns
//! than it is drawn in here, and does not say so. A row that holds one, or held one, is therefore written as a
//! whole: cleared, each cluster followed by a cursor position, and cleared behind its end. What it shows then
//! depends on what is in it alone.

use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthChar;

use crate::console::theme::ansi_index;

/// Attributes by their code, see ECMA-48.
const ATTRIBUTES: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// Characters whose width every terminal agrees on, besides ASCII: Latin, Greek and Cyrillic, punctuation with
/// arrows and lines, kana, Han, Hangul syllables, full-width forms.
const SETTLED: [(char, char, usize); 8] = [
    ('\u{a1}', '\u{2ff}', 1),
    ('\u{370}', '\u{58f}', 1),
    ('\u{2010}', '\u{2bff}', 1),
    ('\u{3001}', '\u{303e}', 2),
    ('\u{3041}', '\u{30ff}', 2),
    ('\u{4e00}', '\u{9fff}', 2),
    ('\u{ac00}', '\u{d7a3}', 2),
    ('\u{ff01}', '\u{ff60}', 2),
];

/// Encodes each frame as the difference from the one before.
pub(super) struct FrameEncoder {
    shown: Buffer,
    /// Whether a row of what is shown holds a cluster of doubtful width.
    doubtful: Vec<bool>,
    /// Whether the screen must be cleared first.
    unknown: bool,
}

impl FrameEncoder {
    /// Starts from a cleared screen.
    pub(super) fn new(area: Rect) -> Self {
        Self { shown: Buffer::empty(area), doubtful: vec![false; usize::from(area.height)], unknown: false }
    }

    /// Something else may be on the screen.
    pub(super) fn forget(&mut self) {
        self.unknown = true;
    }

    /// Appends what turns the last frame into this one; returns whether anything was needed.
    pub(super) fn encode(&mut self, frame: &Buffer, out: &mut Vec<u8>) -> io::Result<bool> {
        let before = out.len();
        if self.unknown || self.shown.area != frame.area {
            *self = Self::new(frame.area);
            out.extend_from_slice(b"\x1b[0m\x1b[2J");
        }
        let mut pen = Pen::new(out);
        let mut row = None;
        for (x, y, cell) in self.shown.diff_iter(frame) {
            let whole = match row {
                Some((known, whole)) if known == y => whole,
                _ => {
                    let is = (0..frame.area.width).filter_map(|x| frame.cell((x, y))).any(is_doubtful);
                    let was = self.doubtful.get_mut(usize::from(y)).map(|was| std::mem::replace(was, is));
                    let whole = is || was == Some(true);
                    if whole {
                        pen.put_row(frame, y)?;
                    }
                    row = Some((y, whole));
                    whole
                }
            };
            if !whole {
                pen.put(x, y, cell)?;
            }
        }
        pen.end()?;
        if row.is_some() {
            self.shown.clone_from(frame);
        }
        Ok(out.len() > before)
    }
}

/// Whether terminals may give this another width than it is drawn with.
fn is_doubtful(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    if symbol.len() == 1 {
        return false;
    }
    let mut characters = symbol.chars();
    let (Some(only), None) = (characters.next(), characters.next()) else { return true };
    let settles = |(first, last, width): &(char, char, usize)| {
        (*first..=*last).contains(&only) && only.width() == Some(*width)
    };
    !SETTLED.iter().any(settles)
}

/// As much of a cluster as fits into some columns of a terminal that adds up the widths of its characters, so
/// that none goes on in the next row.
fn fitting(symbol: &str, columns: u16) -> &str {
    let mut used = 0;
    let beyond = symbol.char_indices().find(|(_, character)| {
        used += usize::from(character.encode_utf8(&mut [0; 4]).cell_width());
        used > usize::from(columns)
    });
    symbol.get(..beyond.map_or(symbol.len(), |(at, _)| at)).unwrap_or_default()
}

/// Where the next character goes, and how it looks.
struct Pen<'o> {
    out: &'o mut Vec<u8>,
    /// `None` if a terminal may be elsewhere.
    position: Option<(u16, u16)>,
    style: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }
}

impl<'o> Pen<'o> {
    fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, position: None, style: Look::PLAIN }
    }

    /// Writes a cell whose width every terminal agrees on.
    fn put(&mut self, x: u16, y: u16, cell: &Cell) -> io::Result<()> {
        self.move_to(x, y)?;
        self.look(Look::of(cell))?;
        self.out.extend_from_slice(cell.symbol().as_bytes());
        self.position = Some((x + cell.cell_width().max(1), y));
        Ok(())
    }

    /// Writes a row as a whole, whatever it showed before.
    fn put_row(&mut self, frame: &Buffer, y: u16) -> io::Result<()> {
        let width = frame.area.width;
        self.move_to(0, y)?;
        self.look(Look::PLAIN)?;
        self.out.extend_from_slice(b"\x1b[2K");
        let is_blank = |x: &u16| frame.cell((*x, y)).is_none_or(|cell| *cell == Cell::EMPTY);
        let end = (0..width).rev().find(|x| !is_blank(x)).map_or(0, |last| last + 1);
        let mut x = 0;
        while let Some(cell) = frame.cell((x, y)).filter(|_| x < end) {
            let columns = cell.cell_width().max(1);
            if is_doubtful(cell) {
                self.put_doubtful(x, y, cell, columns, width - x)?;
            } else {
                self.put(x, y, cell)?;
            }
            x += columns;
        }
        if x < width {
            // Also of what the last cluster overran.
            self.move_to(x, y)?;
            self.look(Look::PLAIN)?;
            self.out.extend_from_slice(b"\x1b[K");
        }
        Ok(())
    }

    /// Writes a cluster over blanks in its own colours, which stay where a terminal gives it fewer columns.
    fn put_doubtful(&mut self, x: u16, y: u16, cell: &Cell, columns: u16, left: u16) -> io::Result<()> {
        self.move_to(x, y)?;
        self.look(Look::of(cell))?;
        self.out.extend(std::iter::repeat_n(b' ', usize::from(columns)));
        self.position = None;
        self.move_to(x, y)?;
        self.out.extend_from_slice(fitting(cell.symbol(), left).as_bytes());
        self.position = None;
        Ok(())
    }

    fn move_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        if self.position == Some((x, y)) {
            return Ok(());
        }
        self.position = Some((x, y));
        put_cursor(self.out, x, y)
    }

    fn look(&mut self, style: Look) -> io::Result<()> {
        if self.style == style {
            return Ok(());
        }
        self.style = style;
        self.out.extend_from_slice(b"\x1b[0");
        for (_, code) in ATTRIBUTES.iter().filter(|(attribute, _)| style.modifier.contains(*attribute)) {
            write!(self.out, ";{code}")?;
        }
        put_color(self.out, style.fg, 30)?;
        put_color(self.out, style.bg, 40)?;
        self.out.push(b'm');
        Ok(())
    }

    /// Leaves the terminal with plain attributes.
    fn end(mut self) -> io::Result<()> {
        self.look(Look::PLAIN)
    }
}

/// The sequence that moves the cursor.
pub(super) fn put_cursor(out: &mut Vec<u8>, x: u16, y: u16) -> io::Result<()> {
    write!(out, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1)
}

/// A colour's parameters; `base` is 30 for the foreground and 40 for the background. The sixteen have codes of
/// their own, which terminals know that do not know an index of 256.
fn put_color(out: &mut Vec<u8>, color: Color, base: u8) -> io::Result<()> {
    match (color, ansi_index(color)) {
        (Color::Reset, _) => Ok(()),
        (_, Some(index @ 0..8)) => write!(out, ";{}", base + index),
        (_, Some(index)) => write!(out, ";{}", base + 60 + index - 8),
        (Color::Indexed(index), None) => write!(out, ";{};5;{index}", base + 8),
        (Color::Rgb(r, g, b), None) => write!(out, ";{};2;{r};{g};{b}", base + 8),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn encoded(draw: impl FnOnce(&mut Buffer)) -> String {
        let area = Rect::new(0, 0, 8, 1);
        let mut frame = Buffer::empty(area);
        draw(&mut frame);
        let mut out = Vec::new();
        FrameEncoder::new(area).encode(&frame, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_sixteen_colours_are_sent_by_codes_that_every_terminal_knows() {
        let sent = |style: Style| encoded(|frame| frame.set_string(0, 0, "x", style));
        for (style, codes) in [
            (Style::new().red(), "0;31"),
            (Style::new().gray().on_blue(), "0;37;44"),
            (Style::new().dark_gray().bold(), "0;1;90"),
            (Style::new().light_cyan().on_light_red().reversed(), "0;7;96;101"),
            (Style::new().fg(Color::White), "0;97"),
            (Style::new().fg(Color::Indexed(208)), "0;38;5;208"),
            (Style::new().bg(Color::Rgb(1, 2, 3)), "0;48;2;1;2;3"),
        ] {
            assert_eq!(sent(style), format!("\x1b[1;1H\x1b[{codes}mx\x1b[0m"));
        }
    }

    #[test]
    fn a_row_with_a_cluster_of_doubtful_width_is_cleared_and_placed_cluster_by_cluster() {
        let sent = encoded(|frame| frame.set_string(0, 0, "aกำb", Style::new()));
        let parts = ["\x1b[1;1H\x1b[2K", "a", "  \x1b[1;2Hกำ", "\x1b[1;4Hb", "\x1b[K"];
        assert_eq!(sent, parts.concat());
        let settled = encoded(|frame| frame.set_string(0, 0, "aé日b", Style::new()));
        assert_eq!(settled, "\x1b[1;1Haé日b");
    }

    #[test]
    fn no_cluster_reaches_past_the_last_column() {
        assert_eq!(fitting("👍🏽", 4), "👍🏽");
        assert_eq!(fitting("👍🏽", 2), "👍");
        assert_eq!(fitting("กำ", 2), "กำ");
        assert_eq!(fitting("e\u{301}", 1), "e\u{301}");
    }
}
