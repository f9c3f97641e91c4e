//! Columns with aligned widths: each as wide as its visible content; the lowest priority is dropped first.

use ratatui::layout::Rect;

use super::line_writer::LineWriter;
use super::surface::Surface;
use super::text_run::width;
use crate::console::theme::{Glyphs, StyleRole};
use crate::text::Safe;

/// Blanks between columns.
const GAP: u16 = 2;

#[derive(Debug, Clone, Copy)]
pub(crate) struct TableColumn {
    /// Shown in the header row.
    pub(crate) name: &'static str,
    /// The smallest useful width.
    pub(crate) min_width: u16,
    /// The lowest is dropped first.
    pub(crate) priority: u8,
    /// For numbers.
    pub(crate) align_right: bool,
}

/// The visible rows of a table, cell by cell.
pub(crate) struct TextTable<'t> {
    pub(crate) columns: &'t [TableColumn],
    /// Each row has one cell per column.
    pub(crate) rows: Vec<Vec<(StyleRole, Safe<'t>)>>,
}

impl TextTable<'_> {
    /// The width of each column within `room`; 0 for dropped columns.
    pub(crate) fn widths(&self, room: u16, glyphs: Glyphs) -> Vec<u16> {
        let columns = self.columns.iter().enumerate();
        let natural: Vec<u16> = columns.map(|(at, column)| self.natural_width(at, column, glyphs)).collect();
        let mut kept: Vec<usize> = (0..self.columns.len()).filter(|at| natural.get(*at) > Some(&0)).collect();
        let least = |at: &usize| {
            let natural = natural.get(*at).copied().unwrap_or(0);
            self.columns.get(*at).map_or(0, |column| column.min_width.min(natural))
        };
        while kept.len() > 1 && kept.iter().map(|at| least(at) + GAP).sum::<u16>() > room + GAP {
            let worst =
                kept.iter().copied().min_by_key(|at| self.columns.get(*at).map(|column| column.priority));
            kept.retain(|at| Some(*at) != worst);
        }
        let mut spare = (room + GAP).saturating_sub(kept.iter().map(|at| least(at) + GAP).sum());
        let mut widths = vec![0; self.columns.len()];
        for at in kept {
            let wanted = natural.get(at).copied().unwrap_or(0);
            let width = wanted.min(least(&at).saturating_add(spare));
            spare -= width.saturating_sub(least(&at));
            if let Some(place) = widths.get_mut(at) {
                *place = width.min(room);
            }
        }
        widths
    }

    pub(crate) fn draw_header(&self, surface: &mut Surface<'_>, area: Rect, row: u16, widths: &[u16]) {
        let mut line = surface.row(area, row);
        let names = self.columns.iter().map(|column| (StyleRole::Dim, Safe::literal(column.name)));
        self.draw_cells(&mut line, names, widths);
    }

    pub(crate) fn draw_row(&self, line: &mut LineWriter<'_>, row: usize, widths: &[u16]) {
        let cells = self.rows.get(row).into_iter().flatten();
        self.draw_cells(line, cells.map(|(style, text)| (*style, text.borrowed())), widths);
    }

    fn draw_cells<'s>(
        &self,
        line: &mut LineWriter<'_>,
        cells: impl Iterator<Item = (StyleRole, Safe<'s>)>,
        widths: &[u16],
    ) {
        let mut first = true;
        for ((column, (style, text)), width) in self.columns.iter().zip(cells).zip(widths) {
            if *width == 0 {
                continue;
            }
            if !std::mem::take(&mut first) {
                line.skip(GAP);
            }
            let before =
                if column.align_right { width.saturating_sub(super::text_run::width(&text)) } else { 0 };
            line.skip(before).put_column(width - before, style, text);
        }
    }

    /// The width that shows all visible content; 0 if there is none.
    fn natural_width(&self, at: usize, column: &TableColumn, glyphs: Glyphs) -> u16 {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        match cells.map(|(_, text)| width(&Safe::new(&glyphs.spell(text.as_str())))).max() {
            Some(0) => 0,
            widest => widest.unwrap_or(0).max(u16::try_from(column.name.len()).unwrap_or(u16::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [TableColumn; 3] = [
        TableColumn { name: "ID", min_width: 6, priority: 9, align_right: false },
        TableColumn { name: "MODULE", min_width: 6, priority: 5, align_right: false },
        TableColumn { name: "TOKEN", min_width: 5, priority: 1, align_right: true },
    ];

    fn widths(room: u16) -> Vec<u16> {
        let row =
            ["github_events", "redis_publish", "48190"].map(|text| (StyleRole::Text, Safe::literal(text)));
        TextTable { columns: &COLUMNS, rows: vec![row.to_vec()] }.widths(room, Glyphs::Unicode)
    }

    #[test]
    fn the_least_wanted_column_goes_first() {
        assert_eq!(widths(80), [13, 13, 5]);
        assert_eq!(widths(30), [13, 8, 5]);
        assert_eq!(widths(20), [12, 6, 0]);
        assert_eq!(widths(10), [10, 0, 0]);
        assert_eq!(widths(0), [0, 0, 0]);
    }
}
