//! Rows of cells under column headings where they fit, and lines of facts where they do not: nothing is cut.

use super::view::HealthLine;
use crate::console::theme::StyleRole;
use crate::console::widgets::{TextRun, width};
use crate::text::Safe;

/// Blanks between columns.
const GAP: u16 = 2;

pub(crate) struct GridRow {
    /// Leading cells: always shown, without their names where the grid is folded.
    pub(crate) head: Vec<GridCell>,
    pub(crate) cells: Vec<GridCell>,
    /// A line below it: why it is not healthy.
    pub(crate) note: Option<(StyleRole, String)>,
}

pub(crate) struct GridCell {
    pub(crate) name: &'static str,
    pub(crate) ink: StyleRole,
    pub(crate) text: Safe<'static>,
}

impl GridCell {
    pub(crate) fn new(name: &'static str, ink: StyleRole, text: impl Into<Safe<'static>>) -> Self {
        Self { name, ink, text: text.into() }
    }
}

/// The rows as lines of at most `room` columns.
pub(super) fn lines(rows: &[GridRow], room: u16) -> Vec<HealthLine> {
    let columns = columns(rows);
    let needed = columns.iter().fold(0_u16, |sum, (_, width)| sum.saturating_add(width + GAP));
    if needed <= room + GAP {
        table(rows, &columns, room)
    } else {
        rows.iter().flat_map(|row| folded(row, room)).collect()
    }
}

/// Every column name with the width of its widest cell, in the order of first use; empty columns are left out.
fn columns(rows: &[GridRow]) -> Vec<(&'static str, u16)> {
    let mut columns: Vec<(&'static str, u16)> = Vec::new();
    let heads = rows.iter().flat_map(|row| &row.head);
    // The row with the most cells sets the order.
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

fn table(rows: &[GridRow], columns: &[(&'static str, u16)], room: u16) -> Vec<HealthLine> {
    let names = columns.iter().fold(TextRun::default(), |line, (name, width)| {
        line.and(StyleRole::Dim, fill(&name.to_uppercase(), *width + GAP))
    });
    let mut lines = vec![HealthLine::of(names)];
    for row in rows {
        let cells: Vec<_> = row.head.iter().chain(&row.cells).collect();
        let line = columns.iter().fold(TextRun::default(), |line, (name, width)| {
            let cell = cells.iter().find(|cell| cell.name == *name);
            let (ink, text) = cell.map_or((StyleRole::Dim, ""), |cell| (cell.ink, cell.text.as_str()));
            line.and(ink, fill(text, *width + GAP))
        });
        lines.push(HealthLine::of(line));
        lines.extend(note(row, room));
    }
    lines
}

fn folded(row: &GridRow, room: u16) -> Vec<HealthLine> {
    let head = row.head.iter().filter(|cell| !cell.text.is_empty());
    let head = head.map(|cell| TextRun::of(cell.ink, cell.text.clone()));
    let mut line = TextRun::default();
    head.for_each(|cell| line.join("  ", cell));
    let facts = row.cells.iter().filter(|cell| !cell.text.is_empty());
    let facts = facts
        .map(|cell| TextRun::of(StyleRole::Dim, format!("{} ", cell.name)).and(cell.ink, cell.text.clone()));
    let mut lines = vec![HealthLine::of(line)];
    lines.extend(
        TextRun::pack(facts, room.saturating_sub(2)).into_iter().filter(|line| !line.is_empty()).map(inner),
    );
    lines.extend(note(row, room));
    lines
}

fn note(row: &GridRow, room: u16) -> Vec<HealthLine> {
    let Some((ink, note)) = &row.note else { return Vec::new() };
    TextRun::wrap(*ink, note, room.saturating_sub(2).max(8)).into_iter().map(inner).collect()
}

fn inner(words: TextRun) -> HealthLine {
    HealthLine { indent: super::view::INDENT + 2, run: words }
}

fn fill(text: &str, columns: u16) -> String {
    let blanks = columns.saturating_sub(width(&Safe::new(text)));
    format!("{text}{}", " ".repeat(usize::from(blanks)))
}
