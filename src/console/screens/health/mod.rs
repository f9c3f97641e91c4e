//! The Health screen: what needs attention, whether the snapshot is current, and every backend in detail.

pub(crate) mod backend;
mod grid;
mod state;
mod view;

pub use state::HealthPage;

use crate::console::component::{Component, EarliestChange};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::widgets::{Movement, Surface, TextRun};

/// Queries the health of every backend.
pub(crate) fn check(model: &mut Model) -> Effect {
    let request = model.next_request();
    model.health.asked = Some(request);
    model.health.asked_at = model.now.mono;
    Effect::CheckHealth(request)
}

pub(crate) struct HealthScreen;

impl Component for HealthScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, model.frame().body);
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let height = usize::from(model.frame().body.height);
        model.health.scroll = by.scroll(model.health.scroll, view::height(model), height);
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        by.can_scroll(model.health.scroll, view::height(model), usize::from(model.frame().body.height))
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        view::next_changes(model, soonest);
    }

    /// Opening the tab acknowledges what the last load changed, and queries the backends again.
    fn enter(&self, model: &mut Model) -> Vec<Effect> {
        model.link.resync = None;
        vec![check(model)]
    }

    fn tab_note(&self, model: &Model, _: bool) -> TextRun {
        view::tab_note(model)
    }
}
