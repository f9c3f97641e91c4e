//! The Items pane: the rows of a list, with the columns that fit.

use ratatui::layout::Rect;

use super::diagnostics::{dangling, first_of, problems_of};
use super::list_columns::{Column, table_columns};
use super::listing::Sort;
use super::state::BrowsePage;
use crate::check::rules::OPEN_TO_ANYONE;
use crate::check::{NeedMark, Problem};
use crate::console::model::{FRESH_FOR, Model};
use crate::console::screens::browse::{empty, needs};
use crate::console::shell::layout::{Pane, item_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{PaneTitle, Surface, TextRun, TextTable, draw_rows, draw_title};
use crate::console::words;
use crate::domain::json::Severity;
use crate::inventory::{RowRef, Scope};
use crate::text::Safe;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, browse: &BrowsePage, pane: Rect) {
    let area = item_rows(pane);
    let heads = pane.height - area.height;
    if heads > 0 {
        draw_title(surface, pane, title(model, browse));
    }
    if browse.listing.len(&model.inventory) == 0 {
        empty::draw(surface, model, browse, area);
        return;
    }
    let rows: Vec<RowRef<'_>> = visible(model, browse).collect();
    let found: Vec<_> = rows.iter().map(|row| problems_of(model, *row)).collect();
    let scope = browse.listing.scope();
    let chosen = model.view.settings.columns.in_scope(scope);
    let columns = table_columns(model, scope, &chosen);
    let cells =
        rows.iter().zip(&found).map(|(row, found)| cells(model, scope, &chosen, *row, found)).collect();
    let table = TextTable { columns: &columns, rows: cells };
    let first = browse.list.first_row(browse.listing.len(&model.inventory), area.height);
    let selected = (browse.list.cursor.checked_sub(first), model.has_focus(Pane::Items));
    draw_rows(surface, area, &table, (heads > 1, model.identity_room()), selected, |at| {
        let Some((row, found)) = rows.get(at).zip(found.get(at)) else { return [(StyleRole::Text, " "); 2] };
        let is_marked = !browse.marks.is_empty() && browse.marks.contains(&row.key());
        [mark(model, *row, found), (StyleRole::Accent, if is_marked { glyph::MARKED } else { " " })]
    });
}

pub(crate) fn visible<'m>(model: &'m Model, browse: &'m BrowsePage) -> impl Iterator<Item = RowRef<'m>> {
    let area = item_rows(model.panes().items);
    let height = if area.width == 0 { 0 } else { area.height };
    let first = browse.list.first_row(browse.listing.len(&model.inventory), height);
    let slots = browse.listing.slots_from(&model.inventory, first).take(usize::from(height));
    slots.filter_map(|slot| model.inventory.row(slot))
}

/// When a row stops being marked as fresh; `None` if it is not fresh.
pub(crate) fn fresh_until(model: &Model, row: RowRef<'_>) -> Option<std::time::Duration> {
    row.observed().map(|at| at + FRESH_FOR).filter(|ends| *ends > model.now.mono)
}

fn title(model: &Model, browse: &BrowsePage) -> PaneTitle {
    let listing = &browse.listing;
    let mut right = TextRun::default();
    if listing.sort() != Sort::Id {
        right = TextRun::of(StyleRole::Dim, format!("by {}", listing.sort().word()));
    }
    let count = words::count(listing.len(&model.inventory), model);
    if !count.is_empty() {
        let partial = if listing.is_partial() { glyph::MORE } else { "" };
        right.join("  ", TextRun::of(StyleRole::Dim, format!("{count}{partial}")));
    }
    words::pane_title(model, Pane::Items, words::scope(listing.scope()), right)
}

fn cells<'m>(
    model: &'m Model,
    scope: &Scope,
    columns: &[Column],
    row: RowRef<'m>,
    found: &[Problem],
) -> Vec<(StyleRole, Safe<'m>)> {
    let mut cells = Vec::with_capacity(columns.len() + 1);
    for column in columns {
        if *column == Column::Id && *scope == Scope::AllWebhooks {
            let namespace = row.namespace().map_or("", |namespace| namespace.as_str());
            cells.push((StyleRole::Dim, Safe::name(namespace)));
        }
        cells.push(match column {
            Column::Id => {
                let is_fresh = fresh_until(model, row).is_some();
                (if is_fresh { StyleRole::Fresh } else { StyleRole::Text }, Safe::name(row.short()))
            }
            Column::Secrets => secrets(model, row),
            Column::Connection => connection(row, found),
            Column::Auth => auth(model, row, found),
            Column::Module => module(row),
            Column::UsedBy => used_by(model, row),
            Column::Token => (StyleRole::Dim, Safe::display(&row.token())),
            Column::Changed => match row.observed() {
                Some(at) => (StyleRole::Text, model.age(at).text.into()),
                None => (StyleRole::Dim, Safe::literal(glyph::NONE)),
            },
        });
    }
    cells
}

/// The mark for the secrets that it needs.
fn secrets(model: &Model, row: RowRef<'_>) -> (StyleRole, Safe<'static>) {
    if model.context.secrets.is_none() {
        return (StyleRole::Dim, Safe::literal(""));
    }
    if row.is_invalid() {
        return (StyleRole::Dim, Safe::literal(glyph::NONE));
    }
    // Needs that were not computed yet are shown as still being queried.
    let (glyph, style) = needs::mark_badge(model.need_mark(&row.key()).unwrap_or(NeedMark::Asking));
    (style, Safe::literal(glyph))
}

fn module(row: RowRef<'_>) -> (StyleRole, Safe<'_>) {
    match row.module() {
        _ if row.is_invalid() => (StyleRole::Bad, Safe::literal("broken")),
        Some(module) => (StyleRole::Text, Safe::name(module)),
        None => (StyleRole::Dim, Safe::literal(glyph::NONE)),
    }
}

fn connection<'m>(row: RowRef<'m>, found: &[Problem]) -> (StyleRole, Safe<'m>) {
    match row.connection() {
        Some(name) if dangling(found, name).is_some() => (StyleRole::Warning, Safe::name(name)),
        Some(name) => (StyleRole::Text, Safe::name(name)),
        None => (StyleRole::Dim, Safe::literal(glyph::NONE)),
    }
}

/// What a request without credentials gets: in, or refused by which kinds, or an error whatever it brings.
fn auth(model: &Model, row: RowRef<'_>, found: &[Problem]) -> (StyleRole, Safe<'static>) {
    let auth = row.auth();
    if row.is_invalid() {
        return (StyleRole::Dim, Safe::literal(glyph::NONE));
    }
    if let Some(words) = words::shut(auth)
        && (auth.breaks() || !needs::may_complete(model, row.own()))
    {
        return (StyleRole::Bad, words.into());
    }
    if first_of(found, &OPEN_TO_ANYONE).is_some() {
        return (StyleRole::Warning, Safe::literal("open"));
    }
    if auth.is_open() {
        return (StyleRole::Text, needs::own_auth(model, &row.key()).join(" ").into());
    }
    let words: Vec<&str> = auth.iter().map(|auth| auth.word).collect();
    (StyleRole::Text, words.join(" ").into())
}

fn used_by(model: &Model, row: RowRef<'_>) -> (StyleRole, Safe<'static>) {
    let name = String::from_utf8_lossy(row.short());
    match model.inventory.dependents(&name).len() {
        0 => (StyleRole::Dim, Safe::literal(glyph::NONE)),
        count => (StyleRole::Text, words::grouped(count).into()),
    }
}

/// The mark before a row: broken, fresh, or with a warning.
fn mark(model: &Model, row: RowRef<'_>, found: &[Problem]) -> (StyleRole, &'static str) {
    let has = |severity| found.iter().any(|found| found.severity == severity);
    if has(Severity::Error) {
        (StyleRole::Bad, glyph::BAD)
    } else if fresh_until(model, row).is_some() {
        (StyleRole::Fresh, glyph::FRESH)
    } else if has(Severity::Warning) {
        (StyleRole::Warning, glyph::WARNING)
    } else {
        (StyleRole::Text, " ")
    }
}
