//! The frame being drawn, with the theme it is drawn in. Whatever lies outside is not drawn, so no
//! size can be too small.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Pen;
use crate::console::theme::{Ink, Theme, glyph};

/// The frame being drawn.
pub(in crate::console::view) struct Canvas<'f> {
    buffer: &'f mut Buffer,
    theme: &'f Theme,
    cursor: Option<Position>,
}

impl<'f> Canvas<'f> {
    pub(in crate::console::view) fn new(buffer: &'f mut Buffer, theme: &'f Theme) -> Self {
        Self { buffer, theme, cursor: None }
    }

    /// Where the terminal's cursor is to stand, if it is to be seen.
    pub(in crate::console::view) fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Puts the terminal's cursor somewhere.
    pub(in crate::console::view) fn set_cursor(&mut self, x: u16, y: u16) {
        let position = Position { x, y };
        if self.buffer.area.contains(position) {
            self.cursor = Some(position);
        }
    }

    /// Takes the cursor off what an overlay covers.
    pub(in crate::console::view) fn hide_cursor(&mut self) {
        self.cursor = None;
    }

    /// A pen at the start of one row of an area; it writes nothing if there is no such row.
    pub(in crate::console::view) fn row(&mut self, area: Rect, row: u16) -> Pen<'_> {
        let line = Rect { y: area.y.saturating_add(row), height: 1, ..area };
        let line = if row < area.height { line.intersection(self.buffer.area) } else { Rect::default() };
        Pen::new(self.buffer, self.theme, line)
    }

    /// Makes an area blank.
    pub(in crate::console::view) fn clear(&mut self, area: Rect) {
        let style = self.theme.style(Ink::Text);
        self.each(area, |cell| {
            cell.reset();
            cell.set_style(style);
        });
    }

    /// Lays a role over what is drawn already.
    pub(in crate::console::view) fn tint(&mut self, area: Rect, ink: Ink) {
        let style = self.theme.style(ink);
        self.each(area, |cell| {
            cell.set_style(style);
        });
    }

    /// A line down the first column of an area.
    pub(in crate::console::view) fn vertical(&mut self, area: Rect, ink: Ink) {
        for row in 0..area.height {
            self.row(Rect { width: 1, ..area }, row).put(ink, glyph::VERTICAL);
        }
    }

    fn each(&mut self, area: Rect, mut change: impl FnMut(&mut ratatui::buffer::Cell)) {
        for position in area.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                change(cell);
            }
        }
    }
}
