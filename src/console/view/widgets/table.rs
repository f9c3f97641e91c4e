//! Columns that share a width: each as wide as what is visible needs, the least wanted left out first.

use ratatui::layout::Rect;

use super::{Canvas, Pen, width};
use crate::console::theme::Ink;
use crate::text::Safe;

/// Blanks between columns.
const GAP: u16 = 2;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(in crate::console::view) struct Column {
    /// Its name, in the table's first row.
    pub(in crate::console::view) name: &'static str,
    /// The least it is of use with.
    pub(in crate::console::view) least: u16,
    /// Columns with a lower number are left out first.
    pub(in crate::console::view) worth: u8,
    /// Numbers stand at the right.
    pub(in crate::console::view) right: bool,
}

/// The visible rows of a table, cell by cell.
pub(in crate::console::view) struct Table<'t> {
    /// Its columns.
    pub(in crate::console::view) columns: &'t [Column],
    /// Its rows; each has as many cells as there are columns.
    pub(in crate::console::view) rows: Vec<Vec<(Ink, Safe<'t>)>>,
}

impl Table<'_> {
    /// How wide each column is in a room; 0 for those left out.
    pub(in crate::console::view) fn widths(&self, room: u16) -> Vec<u16> {
        let natural: Vec<u16> =
            self.columns.iter().enumerate().map(|(at, column)| self.natural(at, column)).collect();
        let mut kept: Vec<usize> = (0..self.columns.len()).filter(|at| natural.get(*at) > Some(&0)).collect();
        let least = |at: &usize| {
            let natural = natural.get(*at).copied().unwrap_or(0);
            self.columns.get(*at).map_or(0, |column| column.least.min(natural))
        };
        while kept.len() > 1 && kept.iter().map(|at| least(at) + GAP).sum::<u16>() > room + GAP {
            let worst =
                kept.iter().copied().min_by_key(|at| self.columns.get(*at).map(|column| column.worth));
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

    /// Draws the names of the columns.
    pub(in crate::console::view) fn names(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        row: u16,
        widths: &[u16],
    ) {
        let mut pen = canvas.row(area, row);
        let names = self.columns.iter().map(|column| (Ink::Dim, Safe::literal(column.name)));
        self.line(&mut pen, names, widths);
    }

    /// Draws one row where the pen stands.
    pub(in crate::console::view) fn row(&self, pen: &mut Pen<'_>, row: usize, widths: &[u16]) {
        let cells = self.rows.get(row).into_iter().flatten();
        self.line(pen, cells.map(|(ink, text)| (*ink, text.borrowed())), widths);
    }

    fn line<'s>(&self, pen: &mut Pen<'_>, cells: impl Iterator<Item = (Ink, Safe<'s>)>, widths: &[u16]) {
        let mut first = true;
        for ((column, (ink, text)), width) in self.columns.iter().zip(cells).zip(widths) {
            if *width == 0 {
                continue;
            }
            if !std::mem::take(&mut first) {
                pen.skip(GAP);
            }
            let before = if column.right { width.saturating_sub(super::width(&text)) } else { 0 };
            pen.skip(before).cell(width - before, ink, text);
        }
    }

    /// What a column needs for everything visible; 0 where there is nothing to say.
    fn natural(&self, at: usize, column: &Column) -> u16 {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        match cells.map(|(_, text)| width(text)).max() {
            Some(0) => 0,
            widest => widest.unwrap_or(0).max(u16::try_from(column.name.len()).unwrap_or(u16::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { name: "ID", least: 6, worth: 9, right: false },
        Column { name: "MODULE", least: 6, worth: 5, right: false },
        Column { name: "TOKEN", least: 5, worth: 1, right: true },
    ];

    fn widths(room: u16) -> Vec<u16> {
        let row = ["github_events", "redis_publish", "48190"].map(|text| (Ink::Text, Safe::literal(text)));
        Table { columns: &COLUMNS, rows: vec![row.to_vec()] }.widths(room)
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
