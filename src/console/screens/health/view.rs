//! The tab Health: what there is to act on, how current the picture is, and what every backend reports of
//! itself.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `findings` | verdicts and findings, with what to do |
//! | `link` | the link to the store: state, retries, comparison, what happened so far |
//! | `secrets` | the secret store: its state, and how many values were read |
//! | `backend` | facts, members and certificates |
//! | `grid` | rows of cells, folded into lines where they do not fit |

use ratatui::layout::Rect;

use super::{backend, findings, link, secrets};
use crate::console::component::EarliestChange;
use crate::console::model::Model;
use crate::console::widgets::{ReviewPage, Surface, TextRun};
use crate::console::words;
use crate::domain::{Condition, Health};

/// Indent of what belongs to a heading.
pub(super) const INDENT: u16 = 3;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    page(model, area.width).draw(surface, area, model.health.scroll);
}

/// Number of lines of the page.
pub(crate) fn height(model: &Model) -> usize {
    page(model, model.frame().body.width).len()
}

fn page(model: &Model, width: u16) -> ReviewPage<'static> {
    let mut page = ReviewPage::new(width);
    findings::add(&mut page, model);
    page.blank();
    link::add(&mut page, model);
    for health in &model.health.backends {
        backend::add(&mut page, model, health);
    }
    secrets::add(&mut page, model);
    page
}

/// A heading, and the indent of what follows.
pub(super) fn heading(page: &mut ReviewPage<'_>, run: TextRun) {
    page.indent(0);
    page.push(run);
    page.indent(INDENT);
}

/// The worst condition of all backends, unless they are well.
pub(super) fn tab_note(model: &Model) -> TextRun {
    match model.health.all().map(Health::condition).max() {
        None | Some(Condition::Healthy) => TextRun::default(),
        Some(condition) => {
            let (glyph, role) = words::condition_badge(condition);
            TextRun::of(role, format!(" {glyph}"))
        }
    }
}

pub(super) fn next_changes(model: &Model, soonest: &mut EarliestChange) {
    let link = &model.link;
    soonest.include_age(link.since);
    if model.secret_link.standing.is_some() {
        soonest.include_age(model.secret_link.since);
    }
    if let Some(resync) = link.resync {
        soonest.include_age(resync.at);
    }
    if let Some(checked) = model.health.checked {
        soonest.include_age(checked);
    }
    let record = &link.history;
    let compared = record.last_check.map(|comparison| comparison.when);
    let resynced = record.last_resync.map(|resync| resync.at);
    let over = record.outage.as_ref().and_then(|outage| outage.ended);
    for moment in [record.last_progress, compared, resynced, over].into_iter().flatten() {
        soonest.include_age(moment);
    }
    backend::next_changes(model).for_each(|wait| soonest.include_in(Some(wait)));
}
