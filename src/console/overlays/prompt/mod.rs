//! A line to type: commands and addresses with completion, names, reasons, confirmations.

mod ask;
mod update;
mod view;

pub(crate) use ask::{ask, new_document, unlock};

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{self, Overlay, PromptPurpose, dialog_area};
use crate::console::widgets::Surface;

pub(crate) struct PromptDialog;

impl Component for PromptDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Prompt(prompt)) = &model.overlay {
            view::draw(surface, model, dialog_area(model), prompt);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Accept => return Some(update::accept(model)),
            Action::Complete => update::complete(model),
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        update::key(model, key);
    }

    fn paste(&self, model: &mut Model, text: &str) {
        update::paste(model, text);
    }

    /// What unlocks or confirms has to be typed in full.
    fn is_possible(&self, model: &Model, action: Action) -> bool {
        use PromptPurpose as P;
        let Some(Overlay::Prompt(prompt)) = &model.overlay else { return false };
        let is_typed_in_full = matches!(
            prompt.purpose,
            P::Unlock | P::Typed(_) | P::Value | P::Reason(_) | P::Destroy(_) | P::FieldName
        );
        action != Action::Complete || !is_typed_in_full
    }
}
