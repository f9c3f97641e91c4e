//! The chooser of a template for a new document, narrowed by typing.

mod state;
mod update;
mod view;

pub use state::Chooser;
pub(crate) use update::ask;

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{self, Overlay, dialog_area};
use crate::console::widgets::{Movement, Surface};

pub(crate) struct ChooserDialog;

impl Component for ChooserDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Choose(chooser)) = &model.overlay {
            view::draw(surface, dialog_area(model), chooser);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Accept => update::accept(model),
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let page = usize::from(model.frame().body.height);
        if let Some(Overlay::Choose(chooser)) = &mut model.overlay {
            update::step(chooser, by, page);
        }
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        update::key(model, key);
    }

    fn paste(&self, model: &mut Model, text: &str) {
        update::paste(model, text);
    }
}
