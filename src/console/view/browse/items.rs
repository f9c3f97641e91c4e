//! The pane Items: the rows of a list, with the columns that fit.

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Column, Phrase, Table, Title, heading};
use super::super::{needs, words};
use super::namespaces::first_row;
use super::{empty, is_alone, is_focused};
use crate::console::layout::{Pane, item_rows};
use crate::console::model::{Browse, FRESH_FOR, Model, Sort};
use crate::console::theme::{Ink, glyph};
use crate::domain::{ConnectionName, ResourceKey};
use crate::inventory::{RowRef, Scope};
use crate::text::Safe;

/// The columns of webhooks of one namespace; those of all begin with [`NAMESPACE`].
const WEBHOOKS: [Column; 7] = [
    Column { name: "ID", least: 12, worth: 90, right: false },
    SECRETS,
    Column { name: "MODULE", least: 8, worth: 70, right: false },
    Column { name: "CONN", least: 8, worth: 60, right: false },
    Column { name: "AUTH", least: 8, worth: 40, right: false },
    Column { name: "TOKEN", least: 12, worth: 30, right: true },
    Column { name: "CHANGED", least: 7, worth: 50, right: true },
];
const NAMESPACE: Column = Column { name: "NAMESPACE", least: 10, worth: 80, right: false };
/// The mark of what a document needs; nothing stands in it where this console reaches no secrets.
const SECRETS: Column = Column { name: "SEC", least: 3, worth: 85, right: false };
const CONNECTIONS: [Column; 6] = [
    Column { name: "NAME", least: 10, worth: 90, right: false },
    SECRETS,
    Column { name: "TYPE", least: 8, worth: 70, right: false },
    Column { name: "USED BY", least: 7, worth: 60, right: true },
    Column { name: "TOKEN", least: 12, worth: 30, right: true },
    Column { name: "CHANGED", least: 7, worth: 50, right: true },
];
const FOREIGN: [Column; 3] = [
    Column { name: "KEY", least: 10, worth: 90, right: false },
    Column { name: "TOKEN", least: 12, worth: 30, right: true },
    Column { name: "CHANGED", least: 7, worth: 50, right: true },
];

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, browse: &Browse, pane: Rect) {
    let area = item_rows(pane);
    let heads = pane.height - area.height;
    if heads > 0 {
        heading(canvas, pane, title(model, browse));
    }
    if browse.listing.len(&model.inventory) == 0 {
        empty::draw(canvas, model, browse, area);
        return;
    }
    let columns = columns(browse.listing.scope());
    let rows: Vec<RowRef<'_>> = visible(model, browse).collect();
    let cells = rows.iter().map(|row| cells(model, browse.listing.scope(), *row)).collect();
    let table = Table { columns: &columns, rows: cells };
    // Columns for the selection, the state and the mark, and one at the right end.
    let widths = table.widths(area.width.saturating_sub(4));
    if heads > 1 {
        let names = Rect { x: area.x + 3, y: area.y - 1, width: area.width.saturating_sub(3), height: 1 };
        table.names(canvas, names, 0, &widths);
    }
    let first = first(model, browse, area.height);
    for (at, row) in rows.iter().enumerate() {
        let Ok(line) = u16::try_from(at) else { break };
        let mut pen = canvas.row(area, line);
        let is_selected = first + at == browse.cursor;
        if is_selected {
            let focused = is_focused(model, browse, Pane::Items);
            pen.highlight(if focused { Ink::Selection } else { Ink::IdleSelection });
        }
        pen.put(Ink::Accent, if is_selected { glyph::SELECTED } else { " " });
        let (ink, mark) = mark(model, *row);
        pen.put(ink, mark);
        let is_marked = !browse.marks.is_empty() && browse.marks.has(&row.key());
        pen.put(Ink::Accent, if is_marked { glyph::MARKED } else { " " }).margin(1);
        table.row(&mut pen, at, &widths);
    }
}

/// The rows that are on the screen.
pub(in crate::console) fn visible<'m>(
    model: &'m Model,
    browse: &'m Browse,
) -> impl Iterator<Item = RowRef<'m>> {
    let area = item_rows(model.panes().items);
    let height = if area.width == 0 { 0 } else { area.height };
    let first = first(model, browse, height);
    let slots = browse.listing.slots_from(&model.inventory, first).take(usize::from(height));
    slots.filter_map(|slot| model.inventory.row(slot))
}

/// Whether a row changed a moment ago; and until when it says so.
pub(in crate::console::view) fn fresh_until(model: &Model, row: RowRef<'_>) -> Option<std::time::Duration> {
    row.observed().map(|at| at + FRESH_FOR).filter(|ends| *ends > model.now.mono)
}

fn first(model: &Model, browse: &Browse, height: u16) -> usize {
    first_row(browse.offset, browse.cursor, browse.listing.len(&model.inventory), height)
}

fn title(model: &Model, browse: &Browse) -> Title {
    let listing = &browse.listing;
    let scope = words::scope(listing.scope());
    let name = match is_alone(&model.panes()) {
        true => format!("{} {} {scope}", model.context.name, glyph::CRUMB),
        false => scope.to_owned(),
    };
    let mut right = Phrase::default();
    if listing.sort() != Sort::Id {
        right = Phrase::of(Ink::Dim, format!("by {}", listing.sort().word()));
    }
    let count = words::count(listing.len(&model.inventory), model);
    if !count.is_empty() {
        let partial = if listing.is_partial() { glyph::MORE } else { "" };
        right.join("  ", Phrase::of(Ink::Dim, format!("{count}{partial}")));
    }
    Title { name, right, focused: is_focused(model, browse, Pane::Items) }
}

fn columns(scope: &Scope) -> Vec<Column> {
    match scope {
        Scope::AllWebhooks => std::iter::once(NAMESPACE).chain(WEBHOOKS).collect(),
        Scope::Namespace(_) => WEBHOOKS.to_vec(),
        Scope::Connections => CONNECTIONS.to_vec(),
        Scope::Foreign => FOREIGN.to_vec(),
    }
}

fn cells<'m>(model: &'m Model, scope: &Scope, row: RowRef<'m>) -> Vec<(Ink, Safe<'m>)> {
    let name_ink = if fresh_until(model, row).is_some() { Ink::Fresh } else { Ink::Text };
    let name = (name_ink, Safe::bytes(row.short()));
    let token = (Ink::Dim, Safe::display(&row.token()));
    let changed = match row.observed() {
        Some(at) => (Ink::Text, words::ago(model, at).text.into()),
        None => (Ink::Dim, Safe::literal(glyph::NONE)),
    };
    match scope {
        Scope::Foreign => vec![name, token, changed],
        Scope::Connections => {
            vec![name, secrets(model, row), module(row), used_by(model, row), token, changed]
        }
        Scope::Namespace(_) => {
            vec![
                name,
                secrets(model, row),
                module(row),
                connection(model, row),
                auth(model, row),
                token,
                changed,
            ]
        }
        Scope::AllWebhooks => {
            let namespace = row.namespace().map_or("", |namespace| namespace.as_str());
            let namespace = (Ink::Dim, Safe::new(namespace));
            let (secrets, auth) = (secrets(model, row), auth(model, row));
            vec![namespace, name, secrets, module(row), connection(model, row), auth, token, changed]
        }
    }
}

/// Whether what it needs is there.
fn secrets(model: &Model, row: RowRef<'_>) -> (Ink, Safe<'static>) {
    if model.context.secrets.is_none() {
        return (Ink::Dim, Safe::literal(""));
    }
    if row.troubled() {
        return (Ink::Dim, Safe::literal(glyph::NONE));
    }
    let (glyph, ink) = needs::look(needs::mark(model, &row.key()));
    (ink, Safe::literal(glyph))
}

fn module(row: RowRef<'_>) -> (Ink, Safe<'_>) {
    match row.module() {
        _ if row.troubled() => (Ink::Bad, Safe::literal("broken")),
        Some(module) => (Ink::Text, Safe::new(module)),
        None => (Ink::Dim, Safe::literal(glyph::NONE)),
    }
}

fn connection<'m>(model: &Model, row: RowRef<'m>) -> (Ink, Safe<'m>) {
    match row.connection() {
        Some(name) if is_dangling(model, row) => (Ink::Warning, Safe::new(name)),
        Some(name) => (Ink::Text, Safe::new(name)),
        None => (Ink::Dim, Safe::literal(glyph::NONE)),
    }
}

fn auth(model: &Model, row: RowRef<'_>) -> (Ink, Safe<'static>) {
    let auth = row.auth();
    if row.troubled() {
        return (Ink::Dim, Safe::literal(glyph::NONE));
    }
    if auth.is_open() {
        let own = needs::own_auth(model, &row.key());
        if !own.is_empty() {
            return (Ink::Text, own.join(" ").into());
        }
        return (Ink::Warning, Safe::literal("none"));
    }
    let words: Vec<&str> = auth.iter().map(crate::inventory::Auth::word).collect();
    (Ink::Text, words.join(" ").into())
}

fn used_by(model: &Model, row: RowRef<'_>) -> (Ink, Safe<'static>) {
    let name = String::from_utf8_lossy(row.short());
    match model.inventory.dependents(&name).len() {
        0 => (Ink::Dim, Safe::literal(glyph::NONE)),
        count => (Ink::Text, words::grouped(count).into()),
    }
}

/// The mark before a row: broken, in doubt, or fresh.
fn mark(model: &Model, row: RowRef<'_>) -> (Ink, &'static str) {
    if row.troubled() {
        (Ink::Bad, glyph::BAD)
    } else if fresh_until(model, row).is_some() {
        (Ink::Fresh, glyph::FRESH)
    } else if is_dangling(model, row) || is_unroutable(row) || needs::clashes(model, &row.key()) {
        (Ink::Warning, glyph::WARNING)
    } else {
        (Ink::Text, " ")
    }
}

fn is_unroutable(row: RowRef<'_>) -> bool {
    matches!(row.key(), ResourceKey::Webhook { id, .. } if id.unroutable().is_some())
}

/// Whether a webhook names a connection that does not exist.
fn is_dangling(model: &Model, row: RowRef<'_>) -> bool {
    row.connection().is_some_and(|name| lacks_connection(model, name))
}

/// Whether a connection is known not to exist: nobody knows while a load runs, or where it may not be read.
pub(super) fn lacks_connection(model: &Model, name: &str) -> bool {
    let knows =
        model.context.capabilities.connections && model.link.had_picture && !model.inventory.is_loading();
    let sees = || {
        ConnectionName::new(name)
            .is_ok_and(|name| model.inventory.coverage().sees(&ResourceKey::connection(name)))
    };
    let whole = !model.inventory.coverage().is_partial();
    knows && !model.inventory.has_connection(name) && (whole || sees())
}
