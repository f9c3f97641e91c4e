//! The drafts page: drafts of this session, and of earlier ones.

use std::time::Duration;

use ratatui::layout::Rect;

use super::state::{DraftRow, DraftsPage};
use super::status::DraftStatus;
use super::update::retype_note;
use crate::console::age::TimedText;
use crate::console::drafts::{DraftEntry, DraftSummary};
use crate::console::model::Model;
use crate::console::screens::editor::{Draft, Upstream};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ColumnKind, Surface, TableColumn, TextRun, TextTable, dialog, first_row};
use crate::console::words;
use crate::text::Safe;

/// The most columns of the table.
const COLUMNS: u16 = 100;

const TABLE: [TableColumn; 5] = [
    TableColumn { name: "DRAFT OF", min_width: 16, priority: 9, kind: ColumnKind::Identity },
    TableColumn { name: "TYPED", min_width: 5, priority: 6, kind: ColumnKind::Number },
    TableColumn { name: "LINES", min_width: 18, priority: 4, kind: ColumnKind::Words },
    TableColumn { name: "BASE", min_width: 27, priority: 8, kind: ColumnKind::Words },
    TableColumn { name: "SECRETS", min_width: 9, priority: 5, kind: ColumnKind::Words },
];

/// Rows below the table: a blank and notes about the selected draft.
const BELOW: u16 = 3;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect, page: &DraftsPage) {
    let rows = model.draft_rows();
    let cells: Vec<_> = rows.iter().map(|row| cells(model, row)).collect();
    let wanted = rows.len() + usize::from(1 + BELOW);
    let inside = dialog(surface, area, &words::plural(rows.len(), "draft"), COLUMNS, wanted);
    let cursor = page.list.place(&rows);
    let below = BELOW.min(inside.height.saturating_sub(2));
    let height = usize::from(inside.height.saturating_sub(1 + below)).max(1);
    let top = first_row(page.list.offset, cursor, rows.len(), height);
    let columns = words::with_times(model, &TABLE, "TYPED");
    let table = TextTable { columns: &columns, rows: cells };
    let list = Rect { x: inside.x + 2, width: inside.width.saturating_sub(2), ..inside };
    // Where an address is very long, its base stays visible too.
    let widths = table.widths(list.width, list.width / 2, surface.glyphs());
    table.draw_header(surface, list, 0, &widths);
    for (line, row) in (1..).zip(top..rows.len().min(top + height)) {
        if row == cursor {
            surface.row(inside, line).put(StyleRole::Accent, glyph::SELECTED);
        }
        let mut writer = surface.row(list, line);
        table.draw_row(&mut writer, row, &widths);
    }
    let Some(selected) = rows.get(cursor) else { return };
    let about = TextRun::wrap(StyleRole::Dim, &about(model, selected), inside.width);
    surface.put_lines(inside, inside.height.saturating_sub(below) + 1, &about);
}

/// The time until the age of each listed draft changes.
pub(crate) fn age_changes(model: &Model) -> impl Iterator<Item = Duration> {
    let typed = |listed: &DraftEntry| Some(since(model, listed.summary.as_ref().ok()?)?.changes_in);
    model.saved_drafts.offered.iter().filter_map(typed).flatten()
}

/// The age of a draft; `None` if the clock was set back.
fn since(model: &Model, summary: &DraftSummary) -> Option<TimedText> {
    let is_past = summary.at <= model.now.wall;
    (is_past || model.absolute_times).then(|| model.age(summary.at))
}

fn cells(model: &Model, row: &DraftRow<'_>) -> Vec<(StyleRole, Safe<'static>)> {
    let safe = |text: String| Safe::new(&text).into_owned();
    match row {
        DraftRow::ThisSession(edit) => {
            let key = (StyleRole::Text, safe(edit.key.to_string()));
            let typed = (StyleRole::Dim, Safe::literal("here"));
            let lines = (StyleRole::Dim, safe(words::plural(edit.buffer.rows(), "line")));
            vec![key, typed, lines, open_draft_base(edit), withheld_cell(edit.autosave.withheld)]
        }
        DraftRow::EndedSession(DraftEntry { summary: Ok(summary), .. }) => {
            let standing = DraftStatus::of(model, summary);
            let other = standing == DraftStatus::OtherContext;
            let dim = |style| if other { StyleRole::Dim } else { style };
            let typed = since(model, summary).map(|since| since.text).unwrap_or_default();
            let lines = format!("{}, {} new", words::plural(summary.lines, "line"), summary.changed);
            let (style, base) = base(model, summary, standing);
            vec![
                (dim(StyleRole::Text), safe(summary.key.to_string())),
                (StyleRole::Dim, safe(typed)),
                (StyleRole::Dim, safe(lines)),
                (dim(style), safe(base)),
                withheld_cell(summary.withheld),
            ]
        }
        DraftRow::EndedSession(DraftEntry { id, summary: Err(_) }) => {
            let nothing = || (StyleRole::Dim, Safe::literal(""));
            let base = (StyleRole::Bad, Safe::literal("unreadable"));
            vec![(StyleRole::Dim, safe(id.name())), nothing(), nothing(), base, nothing()]
        }
    }
}

fn open_draft_base(edit: &Draft) -> (StyleRole, Safe<'static>) {
    match edit.upstream {
        Upstream::Unchanged => (StyleRole::Dim, Safe::literal("as stored now")),
        Upstream::Changed => (StyleRole::Warning, Safe::literal("changed since")),
        Upstream::Deleted => (StyleRole::Warning, Safe::literal("deleted since")),
        Upstream::Hidden => (StyleRole::Warning, Safe::literal("out of sight")),
    }
}

fn withheld_cell(withheld: usize) -> (StyleRole, Safe<'static>) {
    match withheld {
        0 => (StyleRole::Dim, Safe::literal("")),
        count => (StyleRole::Warning, Safe::new(&format!("{count} missing")).into_owned()),
    }
}

fn base(model: &Model, summary: &DraftSummary, standing: DraftStatus) -> (StyleRole, String) {
    let token = |token| words::token(model, token);
    match (standing, summary.token.map(token)) {
        (DraftStatus::AsStored, Some(base)) => (StyleRole::Dim, format!("{base}, as stored now")),
        (DraftStatus::AsStored, None) => (StyleRole::Dim, "not stored yet".into()),
        (DraftStatus::StoredNow(now), Some(base)) => {
            (StyleRole::Warning, format!("{base}, older: {} now", token(now)))
        }
        (DraftStatus::StoredNow(now), None) => (StyleRole::Warning, format!("created since: {}", token(now))),
        (DraftStatus::Deleted, _) => (StyleRole::Warning, "deleted since".into()),
        (DraftStatus::OtherStore, _) => (StyleRole::Warning, "of another store".into()),
        (DraftStatus::OtherContext, _) => (StyleRole::Dim, format!("context {}", summary.context)),
        (DraftStatus::Unknown, _) => (StyleRole::Dim, "not known from here".into()),
    }
}

/// Facts about the selected draft that matter before it is written.
fn about(model: &Model, row: &DraftRow<'_>) -> String {
    let summary = match row {
        DraftRow::ThisSession(_) => return "Kept in this session.".into(),
        DraftRow::EndedSession(DraftEntry { summary: Ok(summary), .. }) => summary,
        DraftRow::EndedSession(DraftEntry { summary: Err(reason), .. }) => {
            return format!("It is left alone: {reason}.");
        }
    };
    let mut about = match DraftStatus::of(model, summary) {
        DraftStatus::AsStored => "Its text comes back whole.".to_owned(),
        DraftStatus::StoredNow(_) => {
            "Its text comes back whole; what is stored is merged in before it is written.".into()
        }
        DraftStatus::Deleted => "What it was based on was deleted; written, it is a new document.".into(),
        DraftStatus::OtherStore => {
            "It began in another store: it is merged with what this one holds before it is written.".into()
        }
        DraftStatus::OtherContext => {
            format!("Open confdeck on {} to go on with it.", summary.context)
        }
        DraftStatus::Unknown => "What is stored now is not known yet.".into(),
    };
    if summary.withheld > 0 {
        about += &format!(" {}.", retype_note(summary.withheld));
    }
    about
}
