//! Actions on one secret: reveal, copy, set, delete, undelete, destroy, undo.

pub(crate) mod destroy;
pub(crate) mod reveal;
mod state;
mod targets;
mod update;
mod view;

pub use state::{
    PendingSecretWrite, PickerItems, REVEALED_FOR, RevealedValue, SecretAction, SecretActions, SecretPicker,
    SecretTarget, SecretUndoEntry, SecretUndoLog, SecretUndoReview, SecretWriteKind,
};
pub(crate) use targets::absence_reason;
pub(crate) use update::{begin, on_answer};
pub(crate) use view::{generate, value};

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{self, Overlay, dialog_area};
use crate::console::widgets::{Movement, Surface};

/// The choice between several secrets or fields.
pub(crate) struct SecretPickerDialog;

impl Component for SecretPickerDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::PickSecret(pick)) = &model.overlay {
            view::pick(surface, dialog_area(model), pick);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Accept => Some(update::accept(model)),
            _ => overlays::close_on_cancel(model, action),
        }
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let page = usize::from(model.frame().body.height);
        if let Some(Overlay::PickSecret(pick)) = &mut model.overlay {
            pick.list.height = page;
            pick.list.step(&(..pick.choices.len()), by);
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let Some(Overlay::PickSecret(pick)) = &model.overlay else { return false };
        by.can_step(&pick.list, &(..pick.choices.len()))
    }
}

/// A value shown on the screen for a short time.
pub(crate) struct RevealedValueDialog;

impl Component for RevealedValueDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::RevealedValue(shown)) = &model.overlay {
            view::shown(surface, model, dialog_area(model), shown);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        overlays::close_on_cancel(model, action)
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let (rows, page) = view::height(model);
        if let Some(Overlay::RevealedValue(shown)) = &mut model.overlay {
            shown.scroll = by.scroll(shown.scroll, rows, page);
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let (rows, page) = view::height(model);
        let Some(Overlay::RevealedValue(shown)) = &model.overlay else { return false };
        by.can_scroll(shown.scroll, rows, page)
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        soonest.include(view::countdown(model));
    }
}
