//! The editor: the draft with highlighted JSON, the cursor, what is marked, and the problem at the
//! cursor in words. Only what is on the screen is read; a JSON string never goes past its line, so each
//! line stands for itself, and of a long one only the part that is shown is cut into lexemes.

mod highlight;
mod problem;

use std::ops::Range;

use ratatui::layout::Rect;

use super::widgets::{Canvas, Phrase};
use super::words;
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::layout::{EditFrame, editor_gutter};
use crate::console::model::{Base, Edit, Model, Pos, Row, Upstream};
use crate::console::theme::{Ink, glyph};
use crate::domain::json::Severity;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, parts: EditFrame) {
    title(canvas, model, edit, parts.title);
    text(canvas, edit, parts.text);
    if edit.find.typing {
        problem::find_line(canvas, edit, parts.problem);
    } else {
        problem::draw(canvas, edit, parts.problem);
    }
}

fn title(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, area: Rect) {
    let (verb, base) = match &edit.base {
        Base::Stored(entry) => ("EDIT", format!("base {}", words::token(model, entry.token))),
        Base::Absent { .. } => ("NEW", "not stored yet".to_owned()),
    };
    let left = Phrase::of(Ink::FocusedTitle, verb).and(Ink::Text, " ").and(Ink::Strong, edit.key.to_string());
    let merges = key_for(Place::Editor, Action::Merge).unwrap_or_default();
    let moved =
        |what: &str| Phrase::of(Ink::Warning, format!("{} upstream {what}: {merges} merges", glyph::WARNING));
    let draft = words::draft(model, edit);
    let upstream = match edit.upstream {
        Upstream::Unchanged if edit.store.as_ref() != model.inventory.store() => moved("ANOTHER STORE"),
        Upstream::Unchanged => Phrase::of(Ink::Dim, "upstream UNCHANGED"),
        Upstream::Changed => moved("CHANGED"),
        Upstream::Hidden => Phrase::of(Ink::Warning, format!("{} upstream OUT OF SIGHT", glyph::WARNING)),
        Upstream::Deleted => moved("DELETED"),
    };
    let base = Phrase::of(Ink::Dim, base);
    // The first is left out first: what is not saved is worth more than the base.
    let lacks = edit.saving.failed || edit.saving.withheld > 0;
    let mut facts = if lacks { vec![base, draft, upstream] } else { vec![draft, base, upstream] };
    let revealed = edit.revealed();
    if revealed > 0 {
        let words = format!("{} {} revealed", glyph::WARNING, words::plural(revealed, "value"));
        facts.push(Phrase::of(Ink::Warning, words));
    }
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1);
    // What is edited comes before what is known about it; what happened upstream goes last.
    let needed = |facts: &[Phrase]| facts.iter().map(|fact| fact.width() + 3).sum::<u16>();
    while facts.len() > 1 && left.width() + needed(&facts) > pen.room() {
        facts.remove(0);
    }
    let mut right = Phrase::default();
    for fact in facts {
        right.join(" · ", fact);
    }
    pen.right(&right).margin(2).phrase(&left);
}

/// The rows on the screen, and where their text begins.
struct Sheet<'e> {
    edit: &'e Edit,
    area: Rect,
    gutter: u16,
    rows: Vec<Row>,
}

fn text(canvas: &mut Canvas<'_>, edit: &Edit, area: Rect) {
    let gutter = editor_gutter(area, edit.pad.rows());
    let mut rows = edit.pad.shown();
    rows.truncate(usize::from(area.height));
    let sheet = Sheet { edit, area, gutter, rows };
    sheet.lines(canvas);
    sheet.marks(canvas);
    sheet.cursor(canvas);
}

impl Sheet<'_> {
    fn lines(&self, canvas: &mut Canvas<'_>) {
        let mut y = 0;
        // The rows of one line are cut into lexemes together: where a string begins is found by reading
        // the line from its start.
        for rows in self.rows.chunk_by(|one, next| one.line == next.line) {
            let [first, ..] = rows else { continue };
            let shown = first.bytes.start..rows.last().map_or(first.bytes.end, |last| last.bytes.end);
            let pieces = highlight::pieces(self.edit.pad.line(first.line), shown);
            for row in rows {
                self.line(canvas, y, row, &pieces);
                y += 1;
            }
        }
    }

    fn line(&self, canvas: &mut Canvas<'_>, y: u16, row: &Row, pieces: &[(Range<usize>, Ink)]) {
        let digits = usize::from(self.gutter.saturating_sub(2));
        let mut pen = canvas.row(self.area, y);
        let (ink, mark) = self.mark_of(row);
        pen.cell(1, ink, mark);
        let begins = row.bytes.start == 0 || !self.edit.pad.wraps();
        let number = if begins { format!("{:>digits$} ", row.line + 1) } else { String::new() };
        pen.cell(self.gutter.saturating_sub(1), Ink::LineNumber, number);
        let line = self.edit.pad.line(row.line);
        let from = pieces.partition_point(|(bytes, _)| bytes.end <= row.bytes.start);
        for (bytes, ink) in pieces.iter().skip(from).take_while(|(bytes, _)| bytes.start < row.bytes.end) {
            let bytes = bytes.start.max(row.bytes.start)..bytes.end.min(row.bytes.end);
            pen.put(*ink, line.get(bytes).unwrap_or_default());
            if pen.room() == 0 {
                break;
            }
        }
    }

    /// The glyph before a row: the worst of the problems that begin in it.
    fn mark_of(&self, row: &Row) -> (Ink, &'static str) {
        let begins = |pos: Pos| {
            pos.row == row.line && row.bytes.start <= pos.at && (pos.at < row.bytes.end || self.is_end(row))
        };
        let here = self.edit.flaws.list().iter().filter(|flaw| begins(flaw.from));
        let mut mark = (Ink::Text, " ");
        for flaw in here {
            match flaw.problem.severity {
                Severity::Error => return (Ink::Bad, glyph::BAD),
                Severity::Warning => mark = (Ink::Warning, glyph::WARNING),
            }
        }
        mark
    }

    fn is_end(&self, row: &Row) -> bool {
        row.bytes.end == self.edit.pad.line(row.line).len()
    }

    /// Lays over the text what is selected, looked for, wrong or matching.
    fn marks(&self, canvas: &mut Canvas<'_>) {
        if let Some(needle) = self.edit.find.needle().filter(|_| self.edit.find.marked) {
            for (y, row) in (0..).zip(&self.rows) {
                for found in needle.within(self.edit.pad.line(row.line), row.bytes.clone()) {
                    self.tint_in(canvas, y, row, found, Ink::Match);
                }
            }
        }
        for flaw in self.edit.flaws.list() {
            let to = if flaw.to > flaw.from { flaw.to } else { Pos { at: flaw.to.at + 1, ..flaw.to } };
            self.tint(canvas, flaw.from, to, Ink::Problem);
        }
        if let Some((here, other)) = self.edit.outline.here().bracket {
            for at in [Some(here), other].into_iter().flatten() {
                self.tint(canvas, at, Pos { at: at.at + 1, ..at }, Ink::Bracket);
            }
        }
        if let Some((from, to)) = self.edit.pad.selection() {
            self.tint(canvas, from, to, Ink::Selection);
        }
    }

    /// Tints what lies between two places, as far as it is on the screen.
    fn tint(&self, canvas: &mut Canvas<'_>, from: Pos, to: Pos, ink: Ink) {
        for (y, row) in (0..).zip(&self.rows) {
            if row.line < from.row || row.line > to.row {
                continue;
            }
            let start = if row.line == from.row { from.at } else { 0 };
            let end = if row.line == to.row { to.at } else { usize::MAX };
            self.tint_in(canvas, y, row, start..end, ink);
        }
    }

    fn tint_in(&self, canvas: &mut Canvas<'_>, y: u16, row: &Row, bytes: Range<usize>, ink: Ink) {
        let clipped = bytes.start.max(row.bytes.start)..bytes.end.min(row.bytes.end);
        // The end of a line can be marked too, and a selection goes past it.
        let past_end = bytes.end > row.bytes.end && self.is_end(row) && bytes.start <= row.bytes.end;
        if clipped.is_empty() && !past_end {
            return;
        }
        let column = |at: usize| row.columns_to(&self.edit.pad, at);
        let from = column(clipped.start.min(row.bytes.end));
        let to = column(clipped.end.max(clipped.start)) + usize::from(past_end);
        let x = self.gutter.saturating_add(u16::try_from(from).unwrap_or(u16::MAX));
        let width = u16::try_from(to - from.min(to)).unwrap_or(u16::MAX);
        let width = width.min(self.area.width.saturating_sub(x));
        canvas.tint(Rect { x: self.area.x.saturating_add(x), y: self.area.y + y, width, height: 1 }, ink);
    }

    fn cursor(&self, canvas: &mut Canvas<'_>) {
        if self.edit.find.typing {
            return;
        }
        let cursor = self.edit.pad.cursor();
        let found =
            (0u16..).zip(&self.rows).find_map(|(y, row)| Some((y, row.column(&self.edit.pad, cursor)?)));
        let Some((y, column)) = found else { return };
        let x = u16::try_from(column).unwrap_or(u16::MAX).saturating_add(self.gutter);
        if x < self.area.width {
            canvas.set_cursor(self.area.x + x, self.area.y + y);
        }
    }
}
