//! A list tab: namespaces, items and the detail of the selected one, in as many panes as fit.

use super::detail::lease_words;
use super::needs;
use super::rows::{fresh_until, visible};
use crate::console::component::EarliestChange;
use crate::console::model::Model;
use crate::console::shell::layout::Pane;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun, draw_rules};
use crate::console::words;
use crate::inventory::Scope;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model) {
    let Some(browse) = model.browse() else { return };
    let panes = model.panes();
    super::namespaces::draw(surface, model, browse, panes.namespaces);
    super::rows::draw(surface, model, browse, panes.items);
    super::detail::draw(surface, model, browse, panes.detail);
    if words::may_be_outdated(&model.link) {
        surface.set_style(model.frame().body, StyleRole::Stale);
    }
    draw_rules(surface, &[panes.namespaces, panes.items, panes.detail]);
}

/// How many documents a tab has, and what is wrong with them.
pub(super) fn counts(model: &Model, scope: &Scope, counts: bool) -> TextRun {
    let tally = model.inventory.counts(scope);
    let mut note = TextRun::default();
    let count = words::count(tally.total, model);
    if counts && !count.is_empty() {
        note = note.and(StyleRole::Dim, format!(" {count}"));
    }
    note.join("", words::severity_note(model, model.severity_counts(scope)));
    note
}

pub(super) fn next_changes(model: &Model, soonest: &mut EarliestChange) {
    let Some(browse) = model.browse() else { return };
    for row in visible(model, browse) {
        soonest.include(fresh_until(model, row));
        row.observed().into_iter().for_each(|at| soonest.include_age(at));
    }
    let detail_shown = browse.focus == Pane::Detail || model.panes().detail.width > 0;
    if let Some(shown) = browse.detail.shown.as_ref().filter(|_| detail_shown)
        && let Some(row) = model.inventory.get(&shown.key)
    {
        row.observed().into_iter().for_each(|at| soonest.include_age(at));
        needs::age_changes(model, &shown.key).for_each(|wait| soonest.include_in(Some(wait)));
        if let Some(lease) = row.lease() {
            soonest.include_in(lease_words(model, lease).changes_in);
        }
    }
}
