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

use super::backend;
use crate::console::component::EarliestChange;
use crate::console::model::Model;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun, clamp_scroll};
use crate::console::words;
use crate::domain::{Condition, Health};

/// Indent of what belongs to a heading.
pub(super) const INDENT: u16 = 4;

/// Width of a label.
pub(super) const LABEL: u16 = 12;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let lines = lines(model, area.width);
    let first = clamp_scroll(model.health.scroll, lines.len(), area.height);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        surface.row(area, row).margin(1).skip(line.indent).put_run(&line.run);
    }
}

/// Number of lines of the page.
pub(crate) fn height(model: &Model) -> usize {
    lines(model, model.frame().body.width).len()
}

pub(super) struct HealthLine {
    pub(super) indent: u16,
    pub(super) run: TextRun,
}

impl HealthLine {
    pub(super) fn heading(run: TextRun) -> Self {
        Self { indent: 1, run }
    }

    pub(super) fn of(run: TextRun) -> Self {
        Self { indent: INDENT, run }
    }

    pub(super) fn blank() -> Self {
        Self { indent: 0, run: TextRun::default() }
    }
}

fn lines(model: &Model, width: u16) -> Vec<HealthLine> {
    let room = width.saturating_sub(INDENT + 1);
    let mut lines = super::findings::lines(model, room);
    lines.push(HealthLine::blank());
    lines.extend(super::link::lines(model, room));
    for health in &model.health.backends {
        lines.extend(super::backend::lines(model, health, room));
    }
    lines.extend(super::secrets::lines(model, room));
    lines
}

/// Labelled words, wrapped beside their label.
pub(super) fn labelled(label: &str, ink: StyleRole, words: &str, room: u16) -> Vec<HealthLine> {
    TextRun::labelled(label, LABEL, ink, words, room).into_iter().map(HealthLine::of).collect()
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
