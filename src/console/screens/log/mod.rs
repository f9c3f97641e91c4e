//! The screen Log: the last lines of confdeck's own log.

mod state;
mod view;

pub use state::{LOG_LINES, LogPage};

use crate::console::component::Component;
use crate::console::model::Model;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct LogScreen;

impl Component for LogScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, model.frame().body);
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let height = usize::from(model.frame().body.height);
        // The newest line is at the bottom: moving down reduces `back`.
        let last = model.log.lines.len().saturating_sub(1);
        let to = by.apply(last.saturating_sub(model.log.back), model.log.lines.len(), height);
        model.log.back = last.saturating_sub(to);
    }
}
