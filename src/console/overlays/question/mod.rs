//! A yes-or-no question that names its target.

mod update;
mod view;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{self, ConfirmAction, Overlay, dialog_area};
use crate::console::screens::drafts;
use crate::console::widgets::Surface;

pub(crate) struct Question;

impl Component for Question {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Confirm(confirm)) = &model.overlay {
            view::draw(surface, model, dialog_area(model), confirm);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        let quits = matches!(&model.overlay, Some(Overlay::Confirm(confirm)) if confirm.action == ConfirmAction::Quit);
        match action {
            Action::Confirm => Some(update::confirm(model)),
            // A second time over the question about drafts, it quits.
            Action::Interrupt if quits => Some(drafts::quit_now(model)),
            _ => overlays::close_on_cancel(model, action),
        }
    }
}
