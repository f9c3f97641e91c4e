//! Drafts: of this session, and what ended ones left.

use std::time::Duration;

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Column, Table, dialog};
use super::super::words;
use crate::console::age::age;
use crate::console::drafts::{Listed, Summary};
use crate::console::model::{DraftRow, DraftsPage, Edit, Model, Standing, Upstream};
use crate::console::theme::{Ink, glyph};
use crate::text::Safe;

/// The room for the table, where the terminal has it.
const COLUMNS: u16 = 100;

const TABLE: [Column; 5] = [
    Column { name: "DRAFT OF", least: 16, worth: 9, right: false },
    Column { name: "TYPED", least: 5, worth: 6, right: true },
    Column { name: "LINES", least: 18, worth: 4, right: false },
    Column { name: "BASE", least: 27, worth: 8, right: false },
    Column { name: "SECRETS", least: 9, worth: 5, right: false },
];

/// Lines below the table: a blank one and what is to be known of the selected draft.
const BELOW: u16 = 3;

pub(in crate::console::view) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, page: &DraftsPage) {
    let rows = model.draft_rows();
    let cells: Vec<_> = rows.iter().map(|row| cells(model, row)).collect();
    let columns = COLUMNS.min(area.width.saturating_sub(4));
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(1 + BELOW);
    let inside = dialog(canvas, area, &words::plural(rows.len(), "draft"), columns, wanted);
    let cursor = page.cursor.min(rows.len().saturating_sub(1));
    let below = BELOW.min(inside.height.saturating_sub(2));
    let height = usize::from(inside.height.saturating_sub(1 + below)).max(1);
    let top = (cursor + 1).saturating_sub(height);
    let table = Table { columns: &TABLE, rows: cells };
    let widths = table.widths(inside.width.saturating_sub(2));
    let list = Rect { x: inside.x + 2, width: inside.width.saturating_sub(2), ..inside };
    table.names(canvas, list, 0, &widths);
    for (line, row) in (1..).zip(top..rows.len().min(top + height)) {
        if row == cursor {
            canvas.row(inside, line).put(Ink::Accent, glyph::SELECTED);
        }
        let mut pen = canvas.row(list, line);
        table.row(&mut pen, row, &widths);
    }
    let Some(selected) = rows.get(cursor) else { return };
    let about = words::wrap(&about(model, selected), inside.width);
    let first = inside.height.saturating_sub(below) + 1;
    for (line, text) in (first..inside.height).zip(about) {
        canvas.row(inside, line).put(Ink::Dim, text);
    }
}

/// When the age of a draft that is shown steps.
pub(in crate::console::view) fn ages(model: &Model) -> impl Iterator<Item = Duration> {
    let typed = |listed: &Listed| Some(since(model, listed.what.as_ref().ok()?)?.changes_in);
    model.shelf.offered.iter().filter_map(typed).flatten()
}

/// How long ago a draft was typed; nothing where the clock went back.
fn since(model: &Model, summary: &Summary) -> Option<crate::console::age::Spoken> {
    model.now.wall.duration_since(summary.at).ok().map(age)
}

type Cells = Vec<(Ink, Safe<'static>)>;

fn cells(model: &Model, row: &DraftRow<'_>) -> Cells {
    let safe = |text: String| Safe::new(&text).into_owned();
    match row {
        DraftRow::Here(edit) => {
            let lines = safe(words::plural(edit.pad.rows(), "line"));
            let key = (Ink::Text, safe(edit.key.to_string()));
            let typed = (Ink::Dim, Safe::literal("here"));
            vec![key, typed, (Ink::Dim, lines), here(edit), missing(edit.saving.withheld)]
        }
        DraftRow::Left(Listed { what: Ok(summary), .. }) => {
            let standing = Standing::of(model, summary);
            let other = standing == Standing::OtherContext;
            let dim = |ink| if other { Ink::Dim } else { ink };
            let typed = since(model, summary).map(|since| since.text).unwrap_or_default();
            let lines = format!("{}, {} new", words::plural(summary.lines, "line"), summary.changed);
            let (ink, base) = base(model, summary, standing);
            vec![
                (dim(Ink::Text), safe(summary.key.to_string())),
                (Ink::Dim, safe(typed)),
                (Ink::Dim, safe(lines)),
                (dim(ink), safe(base)),
                missing(summary.withheld),
            ]
        }
        DraftRow::Left(Listed { id, what: Err(_) }) => {
            let nothing = || (Ink::Dim, Safe::literal(""));
            let base = (Ink::Bad, Safe::literal("unreadable"));
            vec![(Ink::Dim, safe(id.name())), nothing(), nothing(), base, nothing()]
        }
    }
}

fn here(edit: &Edit) -> (Ink, Safe<'static>) {
    match edit.upstream {
        Upstream::Unchanged => (Ink::Dim, Safe::literal("as stored now")),
        Upstream::Changed => (Ink::Warning, Safe::literal("changed since")),
        Upstream::Deleted => (Ink::Warning, Safe::literal("deleted since")),
        Upstream::Hidden => (Ink::Warning, Safe::literal("out of sight")),
    }
}

fn missing(withheld: usize) -> (Ink, Safe<'static>) {
    match withheld {
        0 => (Ink::Dim, Safe::literal("")),
        count => (Ink::Warning, Safe::new(&format!("{count} missing")).into_owned()),
    }
}

fn base(model: &Model, summary: &Summary, standing: Standing) -> (Ink, String) {
    let token = |token| words::token(model, token);
    let base = summary.token.map(token);
    match standing {
        Standing::AsStored => match base {
            Some(base) => (Ink::Dim, format!("{base}, as stored now")),
            None => (Ink::Dim, "not stored yet".into()),
        },
        Standing::StoredNow(now) => match base {
            Some(base) => (Ink::Warning, format!("{base}, older: {} now", token(now))),
            None => (Ink::Warning, format!("created since: {}", token(now))),
        },
        Standing::Deleted => (Ink::Warning, "deleted since".into()),
        Standing::OtherStore => (Ink::Warning, "of another store".into()),
        Standing::OtherContext => (Ink::Dim, format!("context {}", summary.context)),
        Standing::Unknown => (Ink::Dim, "not known from here".into()),
    }
}

/// What the selected draft needs before it can be written.
fn about(model: &Model, row: &DraftRow<'_>) -> String {
    let summary = match row {
        DraftRow::Here(_) => return "Kept in this session.".into(),
        DraftRow::Left(Listed { what: Ok(summary), .. }) => summary,
        DraftRow::Left(Listed { what: Err(reason), .. }) => return format!("It is left alone: {reason}."),
    };
    let mut about = match Standing::of(model, summary) {
        Standing::AsStored => "Its text comes back whole.".to_owned(),
        Standing::StoredNow(_) => {
            "Its text comes back whole; what is stored is merged in before it is written.".into()
        }
        Standing::Deleted => "What it was based on was deleted; written, it is a new document.".into(),
        Standing::OtherStore => {
            "It began in another store: it is merged with what this one holds before it is written.".into()
        }
        Standing::OtherContext => {
            format!("Open confdeck on {} to go on with it.", summary.context)
        }
        Standing::Unknown => "What is stored now is not known yet.".into(),
    };
    match summary.withheld {
        0 => {}
        1 => about += " 1 secret must be typed again.",
        count => about += &format!(" {count} secrets must be typed again."),
    }
    about
}
