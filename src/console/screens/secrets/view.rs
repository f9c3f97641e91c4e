//! The tab Secrets: which exist, what depends on them, and what is stored without a reference.

use std::time::Duration;

use crate::console::model::Model;
use crate::console::shell::layout::{Pane, secret_panes};
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, draw_rules};
use crate::console::words;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model) {
    let panes = model.panes();
    super::list::draw(surface, model, panes.items);
    super::detail::draw(surface, model, panes.detail);
    if words::may_be_outdated(&model.link) {
        surface.set_style(model.frame().body, StyleRole::Stale);
    }
    draw_rules(surface, &[panes.items, panes.detail]);
}

/// Rows that the list has, or would have, and whether it is visible.
pub(crate) fn rows(model: &Model) -> (usize, bool) {
    let shown = model.panes().items;
    let is_seen = shown.width > 0;
    let pane = match is_seen {
        true => shown,
        false => secret_panes(model.frame().body, Pane::Items, false).items,
    };
    (usize::from(super::list::areas(model, pane).0.height), is_seen)
}

/// In how long anything shown changes.
pub(crate) fn next_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    super::list::next_changes(model).chain(super::detail::next_changes(model))
}
