//! Rows of cells under headings where they fit, and lines of facts where they do not: nothing is cut.

use super::super::widgets::{Phrase, width};
use super::super::words::pack;
use super::Line;
use crate::console::theme::Ink;
use crate::text::Safe;

/// Blanks between columns.
const GAP: u16 = 2;

/// Something with cells by name.
pub(super) struct Row {
    /// Its first cells: always shown, without a name where the grid folds.
    pub(super) head: Vec<Cell>,
    /// The rest.
    pub(super) cells: Vec<Cell>,
    /// What stands under it: why it is not well.
    pub(super) note: Option<(Ink, String)>,
}

/// A named value.
pub(super) struct Cell {
    pub(super) name: &'static str,
    pub(super) ink: Ink,
    pub(super) text: Safe<'static>,
}

impl Cell {
    pub(super) fn new(name: &'static str, ink: Ink, text: impl Into<Safe<'static>>) -> Self {
        Self { name, ink, text: text.into() }
    }
}

/// The rows as lines of at most so many columns.
pub(super) fn lines(rows: &[Row], room: u16) -> Vec<Line> {
    let columns = columns(rows);
    let needed = columns.iter().fold(0_u16, |sum, (_, width)| sum.saturating_add(width + GAP));
    if needed <= room + GAP {
        table(rows, &columns, room)
    } else {
        rows.iter().flat_map(|row| folded(row, room)).collect()
    }
}

/// Every name with the width of its widest cell, in the order of first use; those that nobody has
/// anything to say under are left out.
fn columns(rows: &[Row]) -> Vec<(&'static str, u16)> {
    let mut columns: Vec<(&'static str, u16)> = Vec::new();
    let heads = rows.iter().flat_map(|row| &row.head);
    // Whoever says most sets the order.
    let most = rows.iter().max_by_key(|row| row.cells.len()).into_iter().flat_map(|row| &row.cells);
    for cell in heads.chain(most).chain(rows.iter().flat_map(|row| &row.cells)) {
        let width = width(&cell.text);
        match columns.iter_mut().find(|(name, _)| *name == cell.name) {
            Some((_, known)) => *known = width.max(*known),
            None => columns.push((cell.name, width)),
        }
    }
    columns.retain(|(_, width)| *width > 0);
    let least = |name: &str| u16::try_from(name.len()).unwrap_or(u16::MAX);
    columns.into_iter().map(|(name, width)| (name, width.max(least(name)))).collect()
}

fn table(rows: &[Row], columns: &[(&'static str, u16)], room: u16) -> Vec<Line> {
    let names = columns.iter().fold(Phrase::default(), |line, (name, width)| {
        line.and(Ink::Dim, fill(&name.to_uppercase(), *width + GAP))
    });
    let mut lines = vec![Line::of(names)];
    for row in rows {
        let cells: Vec<_> = row.head.iter().chain(&row.cells).collect();
        let line = columns.iter().fold(Phrase::default(), |line, (name, width)| {
            let cell = cells.iter().find(|cell| cell.name == *name);
            let (ink, text) = cell.map_or((Ink::Dim, ""), |cell| (cell.ink, cell.text.as_str()));
            line.and(ink, fill(text, *width + GAP))
        });
        lines.push(Line::of(line));
        lines.extend(note(row, room));
    }
    lines
}

fn folded(row: &Row, room: u16) -> Vec<Line> {
    let head = row.head.iter().filter(|cell| !cell.text.is_empty());
    let head = head.map(|cell| Phrase::of(cell.ink, cell.text.clone()));
    let mut line = Phrase::default();
    head.for_each(|cell| line.join("  ", cell));
    let facts = row.cells.iter().filter(|cell| !cell.text.is_empty());
    let facts =
        facts.map(|cell| Phrase::of(Ink::Dim, format!("{} ", cell.name)).and(cell.ink, cell.text.clone()));
    let mut lines = vec![Line::of(line)];
    lines.extend(pack(facts, room.saturating_sub(2)).into_iter().filter(|line| !line.is_empty()).map(inner));
    lines.extend(note(row, room));
    lines
}

fn note(row: &Row, room: u16) -> Vec<Line> {
    let Some((ink, note)) = &row.note else { return Vec::new() };
    let lines = super::super::words::wrap(note, room.saturating_sub(2).max(8));
    lines.into_iter().map(|line| inner(Phrase::of(*ink, line))).collect()
}

fn inner(words: Phrase) -> Line {
    Line { indent: super::INDENT + 2, words }
}

/// A text and the blanks behind it.
pub(super) fn padded(ink: Ink, text: &str, columns: u16) -> Phrase {
    Phrase::of(ink, fill(text, columns))
}

fn fill(text: &str, columns: u16) -> String {
    let blanks = columns.saturating_sub(width(&Safe::new(text)));
    format!("{text}{}", " ".repeat(usize::from(blanks)))
}
