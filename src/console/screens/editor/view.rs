//! The editor: the draft with highlighted JSON, the cursor, the selection, and the problem at the cursor in
//! words. Only visible rows are read. A JSON string never spans lines, so each line is highlighted on its
//! own, and of a long line only the visible part is tokenized.

use std::cmp::Reverse;
use std::ops::Range;

use ratatui::layout::Rect;

use super::diagnostics::BufferDiagnostic;
use super::problem::{problem_role, severity_badge};
use super::state::{Base, Draft, Upstream};
use super::text_buffer::Pos;
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::editor::text_buffer::VisualRow;
use crate::console::shell::layout::{EditLayout, editor_gutter};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun};
use crate::console::words;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, edit: &Draft, parts: EditLayout) {
    title(surface, model, edit, parts.title);
    text(surface, edit, parts.text);
    if edit.find.typing {
        super::problem::find_line(surface, edit, parts.problem);
    } else {
        super::problem::draw(surface, model, edit, parts.problem);
    }
}

fn title(surface: &mut Surface<'_>, model: &Model, edit: &Draft, area: Rect) {
    let (verb, base) = match &edit.base {
        Base::Stored(entry) => ("EDIT", format!("base {}", words::token(model, entry.token))),
        Base::Absent { .. } => ("NEW", "not stored yet".to_owned()),
    };
    let left = TextRun::of(StyleRole::FocusedTitle, verb)
        .and(StyleRole::Text, " ")
        .and(StyleRole::Strong, edit.key.to_string());
    let merges = model.keymap.key(Place::Editor, Action::Merge).unwrap_or_default();
    let warn = |words: String| TextRun::of(StyleRole::Warning, format!("{} {words}", glyph::WARNING));
    let moved = |what: &str| warn(format!("upstream {what}: {merges} merges"));
    let draft = draft(model, edit);
    let upstream = match edit.upstream {
        Upstream::Unchanged if edit.store.as_ref() != model.inventory.store() => moved("ANOTHER STORE"),
        Upstream::Unchanged => TextRun::of(StyleRole::Dim, "upstream UNCHANGED"),
        Upstream::Changed => moved("CHANGED"),
        Upstream::Hidden => warn("upstream OUT OF SIGHT".into()),
        Upstream::Deleted => moved("DELETED"),
    };
    let base = TextRun::of(StyleRole::Dim, base);
    // The first fact is dropped first: unsaved changes matter more than the base.
    let lacks = edit.autosave.failed || edit.autosave.withheld > 0;
    let mut facts = if lacks { vec![base, draft, upstream] } else { vec![draft, base, upstream] };
    let revealed = edit.revealed();
    if revealed > 0 {
        facts.push(warn(format!("{} revealed", words::plural(revealed, "value"))));
    }
    let mut line = surface.row(area, 0);
    line.skip(1).margin(1);
    // The key takes precedence over the facts about it; the upstream state is dropped last.
    let needed = |facts: &[TextRun]| facts.iter().map(|fact| fact.width() + 3).sum::<u16>();
    while facts.len() > 1 && left.width() + needed(&facts) > line.remaining() {
        facts.remove(0);
    }
    let mut right = TextRun::default();
    for fact in facts {
        right.join(" · ", fact);
    }
    line.put_right(&right).margin(2).put_run(&left);
}

/// The visible rows, and where their text begins.
struct EditorViewport<'e> {
    edit: &'e Draft,
    area: Rect,
    gutter: u16,
    rows: Vec<VisualRow>,
}

fn text(surface: &mut Surface<'_>, edit: &Draft, area: Rect) {
    let gutter = editor_gutter(area, edit.buffer.rows());
    let mut rows = edit.buffer.visual_rows();
    rows.truncate(usize::from(area.height));
    let viewport = EditorViewport { edit, area, gutter, rows };
    viewport.lines(surface);
    viewport.marks(surface);
    viewport.cursor(surface);
}

impl EditorViewport<'_> {
    fn lines(&self, surface: &mut Surface<'_>) {
        let mut y = 0;
        // The rows of one line are tokenized together: finding where a string begins requires reading the
        // line from its start.
        for rows in self.rows.chunk_by(|one, next| one.line == next.line) {
            let [first, ..] = rows else { continue };
            let shown = first.bytes.start..rows.last().map_or(first.bytes.end, |last| last.bytes.end);
            let pieces = super::highlight::highlight(self.edit.buffer.line(first.line), shown);
            for row in rows {
                self.line(surface, y, row, &pieces);
                y += 1;
            }
        }
    }

    fn line(&self, surface: &mut Surface<'_>, y: u16, row: &VisualRow, pieces: &[(Range<usize>, StyleRole)]) {
        let digits = usize::from(self.gutter.saturating_sub(2));
        let mut writer = surface.row(self.area, y);
        let (style, mark) = self.mark_of(row);
        writer.put_column(1, style, mark);
        let begins = row.bytes.start == 0 || !self.edit.buffer.wraps();
        let number = if begins { format!("{:>digits$} ", row.line + 1) } else { String::new() };
        writer.put_column(self.gutter.saturating_sub(1), StyleRole::LineNumber, number);
        let line = self.edit.buffer.line(row.line);
        let from = pieces.partition_point(|(bytes, _)| bytes.end <= row.bytes.start);
        for (bytes, style) in pieces.iter().skip(from).take_while(|(bytes, _)| bytes.start < row.bytes.end) {
            let bytes = bytes.start.max(row.bytes.start)..bytes.end.min(row.bytes.end);
            writer.keep_columns().put(*style, line.get(bytes).unwrap_or_default());
            if writer.remaining() == 0 {
                break;
            }
        }
    }

    /// The problems that are about a place in the text, and not about all of it.
    fn placed(&self) -> impl Iterator<Item = &BufferDiagnostic> {
        self.edit.diagnostics.list().iter().filter(|flaw| flaw.found.place.is_some())
    }

    /// The mark before a row: that of the worst problem beginning in it.
    fn mark_of(&self, row: &VisualRow) -> (StyleRole, &'static str) {
        let buffer = &self.edit.buffer;
        let here = self.placed().filter(|flaw| row.holds(buffer, flaw.from));
        let worst = here.min_by_key(|flaw| flaw.found.severity);
        worst.map_or((StyleRole::Text, " "), |flaw| severity_badge(flaw.found.severity))
    }

    /// Overlays matches, problems, brackets and the selection.
    fn marks(&self, surface: &mut Surface<'_>) {
        if let Some(needle) = self.edit.find.needle().filter(|_| self.edit.find.marked) {
            for (y, row) in (0..).zip(&self.rows) {
                for found in needle.within(self.edit.buffer.line(row.line), row.bytes.clone()) {
                    self.tint_in(surface, y, row, found, StyleRole::Match);
                }
            }
        }
        let mut flaws: Vec<_> = self.placed().collect();
        // The worst is seen where several are in one place.
        flaws.sort_by_key(|flaw| Reverse(flaw.found.severity));
        for flaw in flaws {
            let to = if flaw.to > flaw.from { flaw.to } else { Pos { at: flaw.to.at + 1, ..flaw.to } };
            self.tint(surface, flaw.from, to, problem_role(flaw.found.severity));
        }
        if let Some((here, other)) = self.edit.outline.cursor_path().bracket {
            for at in [Some(here), other].into_iter().flatten() {
                self.tint(surface, at, Pos { at: at.at + 1, ..at }, StyleRole::Bracket);
            }
        }
        if let Some((from, to)) = self.edit.buffer.selection() {
            self.tint(surface, from, to, StyleRole::Selection);
        }
    }

    /// Styles the range between two positions, as far as it is visible.
    fn tint(&self, surface: &mut Surface<'_>, from: Pos, to: Pos, style: StyleRole) {
        for (y, row) in (0..).zip(&self.rows) {
            if row.line < from.row || row.line > to.row {
                continue;
            }
            let start = if row.line == from.row { from.at } else { 0 };
            let end = if row.line == to.row { to.at } else { usize::MAX };
            self.tint_in(surface, y, row, start..end, style);
        }
    }

    fn tint_in(
        &self,
        surface: &mut Surface<'_>,
        y: u16,
        row: &VisualRow,
        bytes: Range<usize>,
        style: StyleRole,
    ) {
        let clipped = bytes.start.max(row.bytes.start)..bytes.end.min(row.bytes.end);
        // The end of a line can be marked too, and a selection extends past it.
        let past_end =
            bytes.end > row.bytes.end && row.is_end(&self.edit.buffer) && bytes.start <= row.bytes.end;
        if clipped.is_empty() && !past_end {
            return;
        }
        let column = |at: usize| row.columns_to(&self.edit.buffer, at);
        let from = column(clipped.start.min(row.bytes.end));
        let to = column(clipped.end.max(clipped.start)) + usize::from(past_end);
        let x = self.gutter.saturating_add(u16::try_from(from).unwrap_or(u16::MAX));
        let width = u16::try_from(to - from.min(to)).unwrap_or(u16::MAX);
        let width = width.min(self.area.width.saturating_sub(x));
        surface.set_style(
            Rect { x: self.area.x.saturating_add(x), y: self.area.y + y, width, height: 1 },
            style,
        );
    }

    fn cursor(&self, surface: &mut Surface<'_>) {
        if self.edit.find.typing {
            return;
        }
        let cursor = self.edit.buffer.cursor();
        let mut rows = (0u16..).zip(&self.rows);
        let found = rows.find_map(|(y, row)| Some((y, row.column(&self.edit.buffer, cursor)?)));
        let Some((y, column)) = found else { return };
        let x = u16::try_from(column).unwrap_or(u16::MAX).saturating_add(self.gutter);
        if x < self.area.width {
            surface.set_cursor(self.area.x + x, self.area.y + y);
        }
    }
}

/// Whether the draft is saved.
fn draft(model: &Model, edit: &Draft) -> TextRun {
    let saving = &edit.autosave;
    if !edit.is_changed() {
        return TextRun::of(StyleRole::Dim, "draft unchanged");
    }
    if saving.failed {
        return TextRun::of(StyleRole::Warning, format!("{} draft NOT saved", glyph::WARNING));
    }
    if !saving.is_current() || !model.saved_drafts.on_disk.contains(&edit.key) {
        return TextRun::of(StyleRole::Dim, "draft changed");
    }
    match saving.withheld {
        0 => TextRun::of(StyleRole::Dim, "draft saved"),
        1 => TextRun::of(StyleRole::Text, "1 typed secret not saved"),
        count => TextRun::of(StyleRole::Text, format!("{count} typed secrets not saved")),
    }
}
