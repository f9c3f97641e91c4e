//! Columns with aligned widths: each as wide as its visible content; the lowest priority is dropped first.

use ratatui::layout::Rect;

use super::line_writer::LineWriter;
use super::surface::Surface;
use super::text_run::width;
use crate::console::theme::{Glyphs, StyleRole};
use crate::text::Safe;

/// Blanks between columns.
const GAP: u16 = 2;

/// How the cells of a column are placed and shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Tells rows apart: it gets its width before all others, and is shortened in the middle. The last of
    /// them matters most.
    Identity,
    Words,
    /// Aligned at the right.
    Number,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct TableColumn {
    /// Shown in the header row.
    pub(crate) name: &'static str,
    /// The smallest useful width.
    pub(crate) min_width: u16,
    /// The lowest is dropped first, and the highest grows first.
    pub(crate) priority: u8,
    pub(crate) kind: ColumnKind,
}

/// The visible rows of a table, cell by cell.
pub(crate) struct TextTable<'t> {
    pub(crate) columns: &'t [TableColumn],
    /// Each row has one cell per column.
    pub(crate) rows: Vec<Vec<(StyleRole, Safe<'t>)>>,
}

impl TextTable<'_> {
    /// The width of each column within `room`; 0 for dropped columns. The names of the rows have up to
    /// `identity` columns of it, and what they need of them is theirs first.
    pub(crate) fn widths(&self, room: u16, identity: u16, glyphs: Glyphs) -> Vec<u16> {
        let columns = self.columns.iter().enumerate();
        let natural: Vec<u16> = columns.map(|(at, column)| self.natural_width(at, column, glyphs)).collect();
        let mut widths = vec![0; natural.len()];
        let mut rest = room + GAP;
        for (at, width) in self.identities(&natural, identity.min(room)) {
            rest = rest.saturating_sub(width + GAP);
            set(&mut widths, at, width);
        }
        let least =
            |at: usize, column: &TableColumn| natural.get(at).map_or(0, |own| column.min_width.min(*own));
        let mut others: Vec<(usize, &TableColumn)> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(at, column)| column.kind != ColumnKind::Identity && natural.get(*at) > Some(&0))
            .collect();
        others.sort_by_key(|(_, column)| std::cmp::Reverse(column.priority));
        while others.iter().map(|(at, column)| least(*at, column) + GAP).sum::<u16>() > rest {
            others.pop();
        }
        rest -= others.iter().map(|(at, column)| least(*at, column) + GAP).sum::<u16>();
        for (at, column) in others {
            let (own, least) = (natural.get(at).copied().unwrap_or(0), least(at, column));
            let width = own.min(least + rest);
            rest -= width - least;
            set(&mut widths, at, width);
        }
        widths
    }

    /// The columns of names with their widths: the last in full if it fits, the one before with what is left,
    /// but both at least with their least widths as far as there is room.
    fn identities(&self, natural: &[u16], room: u16) -> Vec<(usize, u16)> {
        let shown = self.columns.iter().zip(natural).enumerate();
        let mut shown =
            shown.filter(|(_, (column, own))| column.kind == ColumnKind::Identity && **own > 0).rev();
        let Some((at, (column, own))) = shown.next() else { return Vec::new() };
        let Some((before, (other, other_own))) = shown.next() else { return vec![(at, (*own).min(room))] };
        let least = other.min_width.min(*other_own);
        let both = room.saturating_sub(GAP);
        if both < least + column.min_width.min(*own) {
            return vec![(at, (*own).min(room))];
        }
        let width = (*own).min(both - least);
        vec![(before, (*other_own).min(both - width)), (at, width)]
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
            match column.kind {
                ColumnKind::Identity => line.put_name(*width, style, text),
                ColumnKind::Words => line.put_column(*width, style, text),
                ColumnKind::Number => {
                    let before = width.saturating_sub(super::text_run::width(&text));
                    line.skip(before).put_column(width - before, style, text)
                }
            };
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

fn set(widths: &mut [u16], at: usize, width: u16) {
    if let Some(place) = widths.get_mut(at) {
        *place = width;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::console::theme::{ColorDepth, Theme};

    const ID: TableColumn = TableColumn { name: "ID", min_width: 6, priority: 9, kind: ColumnKind::Identity };
    const COLUMNS: [TableColumn; 3] = [
        ID,
        TableColumn { name: "MODULE", min_width: 6, priority: 5, kind: ColumnKind::Words },
        TableColumn { name: "TOKEN", min_width: 5, priority: 1, kind: ColumnKind::Number },
    ];

    fn row<'t>(cells: impl IntoIterator<Item = &'t str>) -> Vec<(StyleRole, Safe<'t>)> {
        cells.into_iter().map(|text| (StyleRole::Text, Safe::name(text))).collect()
    }

    fn widths(room: u16) -> Vec<u16> {
        let rows = vec![row(["github_events", "redis_publish", "48190"])];
        TextTable { columns: &COLUMNS, rows }.widths(room, room, Glyphs::Unicode)
    }

    #[test]
    fn the_name_comes_first_and_the_least_wanted_column_goes_first() {
        assert_eq!(widths(80), [13, 13, 5]);
        assert_eq!(widths(30), [13, 8, 5]);
        assert_eq!(widths(27), [13, 12, 0]);
        assert_eq!(widths(20), [13, 0, 0]);
        assert_eq!(widths(10), [10, 0, 0]);
        assert_eq!(widths(0), [0, 0, 0]);
    }

    #[test]
    fn a_namespace_gives_way_to_the_id_down_to_a_rest() {
        let namespace =
            TableColumn { name: "NAMESPACE", min_width: 4, priority: 8, kind: ColumnKind::Identity };
        let columns = [namespace, ID];
        let widths = |room| {
            let rows = vec![row(["production", "github_events"])];
            TextTable { columns: &columns, rows }.widths(room, room, Glyphs::Unicode)
        };
        assert_eq!(widths(25), [10, 13]);
        assert_eq!(widths(20), [5, 13]);
        assert_eq!(widths(18), [4, 12]);
        assert_eq!(widths(12), [4, 6]);
        assert_eq!(widths(11), [0, 11]);
    }

    /// The rows of a table as they are drawn, and the widths of its columns.
    fn drawn(names: &[String], room: u16, glyphs: Glyphs) -> (Vec<String>, Vec<u16>) {
        let rows = names.iter().map(|name| row([name.as_str(), "redis_publish", "48190"])).collect();
        let table = TextTable { columns: &COLUMNS, rows };
        let widths = table.widths(room, room, glyphs);
        let theme = Theme::named("default", ColorDepth::None, glyphs).unwrap();
        let line = |at| {
            let area = Rect { x: 0, y: 0, width: room, height: 1 };
            let mut buffer = Buffer::empty(area);
            table.draw_row(&mut LineWriter::new(&mut buffer, &theme, area), at, &widths);
            buffer.content().iter().map(|cell| cell.symbol().to_owned()).collect()
        };
        ((0..names.len()).map(line).collect(), widths)
    }

    proptest! {
        #[test]
        fn names_that_differ_at_either_end_never_look_alike(
            middle in "[a-z\u{e9}\u{65e5}_-]{0,40}",
            ends in ("[a-z]", "[a-z]"),
            room in 5u16..60,
            glyphs in prop::sample::select(vec![Glyphs::Unicode, Glyphs::Ascii]),
        ) {
            let (one, other) = ends;
            prop_assume!(one != other);
            for [first, last] in [[format!("{one}{middle}x"), format!("{other}{middle}x")],
                                  [format!("x{middle}{one}"), format!("x{middle}{other}")]] {
                let (lines, _) = drawn(&[first, last], room, glyphs);
                prop_assert_ne!(&lines[0], &lines[1]);
            }
        }

        #[test]
        fn no_column_overlaps_another(
            names in prop::collection::vec("[a-z_]{1,60}", 1..4),
            room in 0u16..200,
        ) {
            let (lines, widths) = drawn(&names, room, Glyphs::Unicode);
            let shown = widths.iter().filter(|width| **width > 0);
            let used = shown.clone().map(|width| width + GAP).sum::<u16>().saturating_sub(GAP);
            prop_assert!(used <= room, "{widths:?} in {room}");
            let [id, module, _] = widths.as_slice() else { unreachable!() };
            for line in lines.iter().filter(|_| *module > 0) {
                let after: String = line.chars().skip(usize::from(*id)).take(2).collect();
                prop_assert_eq!(after, "  ");
            }
        }
    }
}
