//! The namespaces pane: all, each namespace with its counts, and unrecognised keys.

use ratatui::layout::Rect;

use super::state::{BrowsePage, scope_row, scopes};
use crate::console::model::Model;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, draw_title, first_row, put_marker};
use crate::console::words;
use crate::inventory::RowCounts;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, browse: &BrowsePage, pane: Rect) {
    let rows = body_rows(pane);
    if rows.height < pane.height {
        let namespaces = model.inventory.namespaces().len();
        let count = match words::count_qualifiers(model).as_slice() {
            [] => words::grouped(namespaces),
            _ if namespaces == 0 => String::new(),
            doubts => doubts.join(" "),
        };
        let name = if model.panes().is_alone() { "namespaces" } else { "NAMESPACES" };
        let right = TextRun::of(StyleRole::Dim, count);
        draw_title(surface, pane, words::pane_title(model, Pane::Namespaces, name, right));
    }
    let selected = scope_row(&model.inventory, browse.listing.scope());
    let count = scopes(&model.inventory).count();
    let first = first_row(browse.namespace_offset, selected, count, usize::from(rows.height));
    for (row, (at, scope)) in (0..rows.height).zip(scopes(&model.inventory).enumerate().skip(first)) {
        let mut line = surface.row(rows, row);
        put_marker(&mut line, at == selected, model.has_focus(Pane::Namespaces));
        let tally = counts(model, model.inventory.counts(&scope));
        line.margin(1).put_right(&tally).margin(1).put(StyleRole::Text, words::scope(&scope));
    }
}

/// `2✗ 4`: the number of broken documents, and of all. The link state is in the title.
fn counts(model: &Model, tally: RowCounts) -> TextRun {
    if words::count(tally.total, model).is_empty() {
        return TextRun::default();
    }
    let all = TextRun::of(StyleRole::Dim, words::grouped(tally.total));
    if tally.invalid == 0 {
        return all;
    }
    let mut run = TextRun::of(StyleRole::Bad, format!("{}{}", words::grouped(tally.invalid), glyph::BAD));
    run.join(" ", all);
    run
}
