//! The pane Namespaces: all, each with its counts, and the keys that are of no namespace.

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Phrase, Title, heading};
use super::super::words;
use super::{is_alone, is_focused};
use crate::console::layout::{Pane, body_rows};
use crate::console::model::{Browse, Model, NamespaceList};
use crate::console::theme::{Ink, glyph};
use crate::inventory::{Scope, Tally};

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, browse: &Browse, pane: Rect) {
    let rows = body_rows(pane);
    if rows.height < pane.height {
        let namespaces = model.inventory.namespaces().len();
        let count = match words::doubts(model).as_slice() {
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
        heading(canvas, pane, Title { name, right: Phrase::of(Ink::Dim, count), focused });
    }
    let list = NamespaceList::of(&model.inventory);
    let selected = list.position(browse.listing.scope());
    let first = first_row(browse.namespace_offset, selected, list.len(), rows.height);
    let foreign = model.inventory.tally(&Scope::Foreign);
    let mut scopes = std::iter::once(("all", model.inventory.tally(&Scope::AllWebhooks)))
        .chain(model.inventory.namespaces().map(|(namespace, tally)| (namespace.as_str(), tally)))
        .chain((foreign.total > 0).then_some(("unrecognised", foreign)))
        .enumerate()
        .skip(first);
    for row in 0..rows.height {
        let Some((at, (name, tally))) = scopes.next() else { break };
        let mut pen = canvas.row(rows, row);
        if at == selected {
            let focused = is_focused(model, browse, Pane::Namespaces);
            pen.highlight(if focused { Ink::Selection } else { Ink::IdleSelection });
        }
        pen.put(Ink::Accent, if at == selected { glyph::SELECTED } else { " " });
        pen.margin(1).right(&counts(model, tally)).margin(1).put(Ink::Text, name);
    }
}

/// `2✗ 4`: those in trouble, and all; the state that goes with the counts stands in the title.
fn counts(model: &Model, tally: Tally) -> Phrase {
    if words::count(tally.total, model).is_empty() {
        return Phrase::default();
    }
    let all = Phrase::of(Ink::Dim, words::grouped(tally.total));
    if tally.troubled == 0 {
        return all;
    }
    let mut phrase = Phrase::of(Ink::Bad, format!("{}{}", words::grouped(tally.troubled), glyph::BAD));
    phrase.join(" ", all);
    phrase
}

/// The first row shown: the remembered one, unless the selected row would be out of sight.
pub(super) fn first_row(offset: usize, selected: usize, len: usize, height: u16) -> usize {
    let height = usize::from(height).max(1);
    offset.min(selected).max((selected + 1).saturating_sub(height)).min(len.saturating_sub(height.min(len)))
}
