//! The keys of a place, in groups.

mod view;

#[cfg(test)]
pub(crate) use view::offered;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{Overlay, dialog_area};
use crate::console::widgets::{Movement, Surface};

pub(crate) struct HelpDialog;

impl Component for HelpDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Help { place, scroll }) = &model.overlay {
            view::draw(surface, model, dialog_area(model), *place, *scroll);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        matches!(action, Action::Back | Action::Interrupt).then(|| {
            model.overlay = None;
            Vec::new()
        })
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let page = usize::from(model.frame().body.height);
        if let Some(Overlay::Help { place, scroll }) = &mut model.overlay {
            *scroll = by.apply(*scroll, model.keymap.bindings(*place).count(), page);
        }
    }
}
