//! A list tab: namespaces, items and the detail of the selected one, in as many panes as fit.

pub(in crate::console) mod detail;
pub(super) mod empty;
pub(in crate::console) mod items;
mod namespaces;

use super::widgets::{Surface, draw_rules};
use super::words;
use crate::console::layout::{Pane, PaneLayout};
use crate::console::model::{BrowsePage, Model};
use crate::console::theme::StyleRole;

pub(super) fn draw(canvas: &mut Surface<'_>, model: &Model) {
    let Some(browse) = model.browse() else { return };
    let panes = model.panes();
    namespaces::draw(canvas, model, browse, panes.namespaces);
    items::draw(canvas, model, browse, panes.items);
    detail::draw(canvas, model, browse, panes.detail);
    if words::may_be_outdated(&model.link) {
        canvas.set_style(model.frame().body, StyleRole::Stale);
    }
    draw_rules(canvas, &[panes.namespaces, panes.items, panes.detail]);
}

/// Whether only one pane is shown, so that its title has to include the context.
fn is_alone(panes: &PaneLayout) -> bool {
    [panes.namespaces, panes.items, panes.detail].iter().filter(|pane| pane.width > 0).count() < 2
}

/// Whether keys go to the pane.
fn is_focused(model: &Model, browse: &BrowsePage, pane: Pane) -> bool {
    browse.focus == pane && model.overlay.is_none()
}
