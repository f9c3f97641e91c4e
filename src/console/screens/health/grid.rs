//! Rows of cells under column headings if they fit, otherwise lines of facts: nothing is cut.

use crate::console::theme::StyleRole;
use crate::console::widgets::{ReviewPage, TextRun, width};
use crate::text::Safe;

/// Indent of the lines under a heading.
pub(super) const INDENT: u16 = 3;

/// Blanks between columns.
const GAP: u16 = 2;

pub(crate) struct GridRow {
    pub(crate) cells: Vec<GridCell>,
    /// This many leading cells are always shown; in a folded grid without their names.
    pub(crate) heads: usize,
    /// The reason why it is not healthy, on a line below.
    pub(crate) note: Option<(StyleRole, String)>,
}

pub(crate) struct GridCell {
    pub(crate) name: &'static str,
    pub(crate) style: StyleRole,
    pub(crate) text: Safe<'static>,
}

impl GridCell {
    pub(crate) fn new(name: &'static str, style: StyleRole, text: impl Into<Safe<'static>>) -> Self {
        Self { name, style, text: text.into() }
    }
}

/// Adds the rows, if there are any, after a blank line.
pub(super) fn add(page: &mut ReviewPage<'_>, rows: Vec<GridRow>) {
    if rows.is_empty() {
        return;
    }
    page.blank();
    let columns = columns(&rows);
    let needed = columns.iter().fold(0_u16, |sum, (_, width)| sum.saturating_add(width + GAP));
    let fits = needed <= page.room + GAP;
    if fits {
        page.push(columns.iter().fold(TextRun::default(), |line, (name, width)| {
            line.and(StyleRole::Dim, fill(&name.to_uppercase(), *width))
        }));
    }
    for row in &rows {
        if fits {
            page.push(columns.iter().fold(TextRun::default(), |line, (name, width)| {
                let cell = row.cells.iter().find(|cell| cell.name == *name);
                let (style, text) =
                    cell.map_or((StyleRole::Dim, ""), |cell| (cell.style, cell.text.as_str()));
                line.and(style, fill(text, *width))
            }));
            page.indent(INDENT + 2);
        } else {
            fold(page, row);
        }
        if let Some((style, note)) = &row.note {
            let note = page.glyphs.spell(note);
            page.extend(TextRun::wrap(*style, &note, page.room.max(8)));
        }
        page.indent(INDENT);
    }
}

/// Every column name with the width of its widest cell, in order of first use; empty columns are omitted.
fn columns(rows: &[GridRow]) -> Vec<(&'static str, u16)> {
    let mut columns: Vec<(&'static str, u16)> = Vec::new();
    // The row with the most cells determines the order.
    let most = rows.iter().max_by_key(|row| row.cells.len());
    for cell in most.into_iter().chain(rows).flat_map(|row| &row.cells) {
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

/// The row as one line of its leading cells, followed by indented lines of the others.
fn fold(page: &mut ReviewPage<'_>, row: &GridRow) {
    let (heads, facts) = row.cells.split_at_checked(row.heads).unwrap_or_default();
    let mut line = TextRun::default();
    for cell in heads.iter().filter(|cell| !cell.text.is_empty()) {
        line.join("  ", TextRun::of(cell.style, cell.text.clone()));
    }
    page.push(line);
    page.indent(INDENT + 2);
    let facts = facts.iter().filter(|cell| !cell.text.is_empty()).map(|cell| {
        let run = TextRun::of(StyleRole::Dim, format!("{} ", cell.name)).and(cell.style, cell.text.clone());
        run.spelled(page.glyphs)
    });
    let lines = TextRun::pack(facts, page.room);
    page.extend(lines.into_iter().filter(|line| !line.is_empty()).collect());
}

/// A text in a column, and the gap after it.
fn fill(text: &str, columns: u16) -> String {
    let blanks = (columns + GAP).saturating_sub(width(&Safe::new(text)));
    format!("{text}{}", " ".repeat(usize::from(blanks)))
}
