//! A list tab: namespaces, items and the detail of the selected one, in as many panes as fit.

use crate::console::model::Model;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, draw_rules};
use crate::console::words;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model) {
    let Some(browse) = model.browse() else { return };
    let panes = model.panes();
    super::namespaces::draw(canvas, model, browse, panes.namespaces);
    super::items::draw(canvas, model, browse, panes.items);
    super::detail::draw(canvas, model, browse, panes.detail);
    if words::may_be_outdated(&model.link) {
        canvas.set_style(model.frame().body, StyleRole::Stale);
    }
    draw_rules(canvas, &[panes.namespaces, panes.items, panes.detail]);
}
