//! The review of a draft before it is written.

mod judgement;
pub(crate) mod sections;
mod state;
mod update;
mod view;

pub(crate) use judgement::{judge, reasons};
pub use state::{NotReady, Review, ReviewInput};
pub(crate) use update::{on_forced, review};

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::screens::{editor, merge};
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct ReviewScreen;

impl Component for ReviewScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, edit_layout(&model.frame(), true));
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Write => return Some(update::write(model)),
            Action::FullDiff => update::toggle_full(model),
            Action::Merge => merge::open(model),
            Action::Back => editor::back_to_draft(model),
            Action::Interrupt => return Some(editor::leave_and_ask(model)),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::scroll(model, by);
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        update::can_scroll(model, by)
    }
}
