//! The namespaces pane: all, each namespace with its counts, and unrecognised keys.

use ratatui::layout::Rect;

use super::state::{BrowsePage, scope_row, scopes};
use crate::check::SeverityCounts;
use crate::console::model::Model;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun, draw_title, first_row, put_marker};
use crate::console::words;
use crate::inventory::Scope;

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
        let tally = counts(model, &scope);
        line.margin(1).put_right(&tally).margin(1).put(StyleRole::Text, words::scope(&scope));
    }
}

/// `2✗ 4`: the worst problems of its documents, and how many these are. The link state is in the title.
fn counts(model: &Model, scope: &Scope) -> TextRun {
    let total = model.inventory.counts(scope).total;
    if words::count(total, model).is_empty() {
        return TextRun::default();
    }
    let SeverityCounts { errors, warnings, .. } = model.severity_counts(scope);
    let worst = match errors {
        0 => SeverityCounts { warnings, ..SeverityCounts::default() },
        _ => SeverityCounts { errors, ..SeverityCounts::default() },
    };
    let mut run = words::severity_counts(model, worst);
    run.join(" ", TextRun::of(StyleRole::Dim, words::grouped(total)));
    run
}
