//! A list tab: namespaces, items and the detail of the selected one, in as many panes as fit.

pub(in crate::console) mod detail;
pub(super) mod empty;
pub(in crate::console) mod items;
mod namespaces;

use super::widgets::{Canvas, rules};
use super::words;
use crate::console::layout::{Pane, Panes};
use crate::console::model::{Browse, Model};
use crate::console::theme::Ink;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model) {
    let Some(browse) = model.browse() else { return };
    let panes = model.panes();
    namespaces::draw(canvas, model, browse, panes.namespaces);
    items::draw(canvas, model, browse, panes.items);
    detail::draw(canvas, model, browse, panes.detail);
    if words::is_old(&model.link) {
        canvas.tint(model.frame().body, Ink::Stale);
    }
    rules(canvas, &[panes.namespaces, panes.items, panes.detail]);
}

/// Whether only one pane is shown, so that its title has to say where one is.
fn is_alone(panes: &Panes) -> bool {
    [panes.namespaces, panes.items, panes.detail].iter().filter(|pane| pane.width > 0).count() < 2
}

/// Whether keys go to a pane.
fn is_focused(model: &Model, browse: &Browse, pane: Pane) -> bool {
    browse.focus == pane && model.overlay.is_none()
}
