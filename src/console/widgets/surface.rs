//! The frame being drawn, with its theme. Drawing outside of it is ignored, so no size is too small.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::line_writer::LineWriter;
use super::text_run::TextRun;
use crate::console::theme::{Glyphs, StyleRole, Theme};

pub(crate) struct Surface<'f> {
    buffer: &'f mut Buffer,
    theme: &'f Theme,
    /// Where the terminal's cursor is shown, if it is.
    pub(crate) cursor: Option<Position>,
}

impl<'f> Surface<'f> {
    pub(crate) fn new(buffer: &'f mut Buffer, theme: &'f Theme) -> Self {
        Self { buffer, theme, cursor: None }
    }

    pub(crate) fn glyphs(&self) -> Glyphs {
        self.theme.glyphs()
    }

    pub(crate) fn set_cursor(&mut self, x: u16, y: u16) {
        let position = Position { x, y };
        if self.buffer.area.contains(position) {
            self.cursor = Some(position);
        }
    }

    /// A writer at the start of a row of an area; it writes nothing if the row does not exist.
    pub(crate) fn row(&mut self, area: Rect, row: u16) -> LineWriter<'_> {
        let line = Rect { y: area.y.saturating_add(row), height: 1, ..area };
        let line = if row < area.height { line.intersection(self.buffer.area) } else { Rect::default() };
        LineWriter::new(self.buffer, self.theme, line)
    }

    /// Writes lines, starting at a row of an area, as many as there is room for.
    pub(crate) fn put_lines<'l>(
        &mut self,
        area: Rect,
        first: u16,
        lines: impl IntoIterator<Item = &'l TextRun>,
    ) {
        for (row, line) in (first..area.height).zip(lines) {
            self.row(area, row).put_run(line);
        }
    }

    pub(crate) fn clear(&mut self, area: Rect) {
        let style = self.theme.style(StyleRole::Text);
        self.each(area, |cell| {
            cell.reset();
            cell.set_style(style);
        });
    }

    /// Changes the style of what is already drawn.
    pub(crate) fn set_style(&mut self, area: Rect, role: StyleRole) {
        let style = self.theme.style(role);
        self.each(area, |cell| {
            cell.set_style(style);
        });
    }

    fn each(&mut self, area: Rect, mut change: impl FnMut(&mut ratatui::buffer::Cell)) {
        for position in area.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                change(cell);
            }
        }
    }
}
