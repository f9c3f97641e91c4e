//! The namespaces pane: all, each namespace with its counts, and unrecognised keys.

use ratatui::layout::Rect;

use super::state::{BrowsePage, NamespaceList};
use super::view::{is_alone, is_focused};
use crate::console::model::Model;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{PaneTitle, Surface, TextRun, draw_title, first_row};
use crate::console::words;
use crate::inventory::{RowCounts, Scope};

pub(crate) fn draw(canvas: &mut Surface<'_>, model: &Model, browse: &BrowsePage, pane: Rect) {
    let rows = body_rows(pane);
    if rows.height < pane.height {
        let namespaces = model.inventory.namespaces().len();
        let count = match words::count_qualifiers(model).as_slice() {
            [] => words::grouped(namespaces),
            _ if namespaces == 0 => String::new(),
            doubts => doubts.join(" "),
        };
        let name = if is_alone(&model.panes()) {
            format!("{} {} namespaces", model.context.name, glyph::CRUMB)
        } else {
            "NAMESPACES".into()
        };
        let focused = is_focused(model, browse, Pane::Namespaces);
        draw_title(canvas, pane, PaneTitle { name, right: TextRun::of(StyleRole::Dim, count), focused });
    }
    let list = NamespaceList::of(&model.inventory);
    let selected = list.position(browse.listing.scope());
    let first = first_row(browse.namespace_offset, selected, list.len(), usize::from(rows.height));
    let foreign = model.inventory.counts(&Scope::Foreign);
    let mut scopes = std::iter::once(("all", model.inventory.counts(&Scope::AllWebhooks)))
        .chain(model.inventory.namespaces().map(|(namespace, tally)| (namespace.as_str(), tally)))
        .chain((foreign.total > 0).then_some(("unrecognised", foreign)))
        .enumerate()
        .skip(first);
    for row in 0..rows.height {
        let Some((at, (name, tally))) = scopes.next() else { break };
        let mut pen = canvas.row(rows, row);
        if at == selected {
            let focused = is_focused(model, browse, Pane::Namespaces);
            pen.highlight(if focused { StyleRole::Selection } else { StyleRole::IdleSelection });
        }
        pen.put(StyleRole::Accent, if at == selected { glyph::SELECTED } else { " " });
        pen.margin(1).put_right(&counts(model, tally)).margin(1).put(StyleRole::Text, name);
    }
}

/// `2✗ 4`: the broken ones, and all; the link state stands in the title.
fn counts(model: &Model, tally: RowCounts) -> TextRun {
    if words::count(tally.total, model).is_empty() {
        return TextRun::default();
    }
    let all = TextRun::of(StyleRole::Dim, words::grouped(tally.total));
    if tally.invalid == 0 {
        return all;
    }
    let mut phrase = TextRun::of(StyleRole::Bad, format!("{}{}", words::grouped(tally.invalid), glyph::BAD));
    phrase.join(" ", all);
    phrase
}
