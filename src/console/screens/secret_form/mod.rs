//! A new version of a secret: the form, its review and its undo.

mod state;
pub(crate) mod undo;
mod update;
mod view;

pub use state::{
    FieldChange, GeneratePrompt, NewSecretValue, SecretBase, SecretForm, SecretFormRow, SecretReview,
    ValuePrompt, is_plain_field,
};
pub(crate) use update::{add_field, change_version, on_generated, open, rebase};

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{Overlay, dialog_area};
use crate::console::screens::secrets::actions;
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};
use crate::terminal_input::NotTaken;

/// The form, and its review.
pub(crate) struct SecretFormScreen;

impl Component for SecretFormScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, edit_layout(&model.frame(), true));
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Review => update::review(model),
            Action::Write if model.secret_actions.undo.is_some() => return Some(undo::write(model)),
            Action::Write => return Some(update::write(model)),
            Action::EnterValue => update::enter_value(model),
            Action::AddField => update::ask_name(model),
            Action::RemoveField => update::toggle_removal(model),
            Action::Rebase => return Some(update::ask_rebase(model)),
            Action::Back | Action::Interrupt => update::back(model),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::step(model, by);
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let form = model.secret_actions.form.as_ref();
        match action {
            Action::Rebase => form.is_some_and(|form| form.conflict.is_some()),
            Action::RemoveField => form.is_some_and(|form| form.cursor < form.rows.len()),
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        update::can_step(model, by)
    }
}

/// The dialog for a value being typed, or for the parameters of a generated one.
pub(crate) struct ValueDialog;

impl Component for ValueDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        match &model.overlay {
            Some(Overlay::Value(entry)) => actions::value(surface, dialog_area(model), &entry.0),
            Some(Overlay::Generate(generate)) => actions::generate(surface, dialog_area(model), generate),
            _ => {}
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Accept if matches!(model.overlay, Some(Overlay::Generate(_))) => {
                return Some(update::generate(model));
            }
            Action::Accept => update::accept(model, false),
            Action::Review => update::accept(model, true),
            Action::Generate => update::ask_generate(model),
            Action::Cancel | Action::Interrupt => update::cancel_value(model),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        if let Some(Overlay::Generate(generate)) = &mut model.overlay {
            update::step_alphabet(generate, by);
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        match &model.overlay {
            Some(Overlay::Generate(generate)) => update::next_alphabet(generate, by) != generate.alphabet,
            _ => false,
        }
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        update::key(model, key);
    }

    fn paste(&self, model: &mut Model, text: &str) {
        update::paste(model, text);
    }

    fn lost_text(&self, model: &mut Model, why: NotTaken) {
        update::lost_text(model, why);
    }
}
