//! The tab Secrets: which exist, who depends on them, and what is stored that nothing here refers to.

mod detail;
mod empty;
mod lines;
mod list;
mod notes;
mod states;

use std::time::Duration;

pub(in crate::console) use detail::place as detail_place;
pub(super) use states::tally;

use super::widgets::{Canvas, rules};
use super::words;
use crate::console::layout::{Pane, secret_panes};
use crate::console::model::Model;
use crate::console::theme::Ink;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model) {
    let panes = model.panes();
    list::draw(canvas, model, panes.items);
    detail::draw(canvas, model, panes.detail);
    if words::is_old(&model.link) {
        canvas.tint(model.frame().body, Ink::Stale);
    }
    rules(canvas, &[panes.items, panes.detail]);
}

/// How many rows the list shows, or would show, and whether it is seen.
pub(in crate::console) fn rows(model: &Model) -> (usize, bool) {
    let shown = model.panes().items;
    let is_seen = shown.width > 0;
    let pane = match is_seen {
        true => shown,
        false => secret_panes(model.frame().body, Pane::Items, false).items,
    };
    (usize::from(list::areas(model, pane).0.height), is_seen)
}

/// After which times something shown says something else.
pub(super) fn moments(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    list::moments(model).chain(detail::moments(model))
}

/// Whether keys go to a pane.
fn is_focused(model: &Model, pane: Pane) -> bool {
    model.secrets_page.focus == pane && model.overlay.is_none()
}

/// Whether only one pane is shown, so that its title has to say where one is.
fn is_alone(model: &Model) -> bool {
    let panes = model.panes();
    panes.items.width == 0 || panes.detail.width == 0
}
