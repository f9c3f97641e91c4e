//! The editor: a draft of one document, its diagnostics, its search, and the external editor.

mod completion;
mod diagnostics;
mod document_check;
mod external_edit;
pub(crate) mod external_editor;
mod find;
pub(crate) mod fixes;
mod go_to;
mod highlight;
mod outline;
mod problem;
mod saved;
pub(crate) mod search;
mod state;
pub(crate) mod text_buffer;
pub(crate) mod typing;
mod update;
mod view;

pub use completion::CompletionPopup;
pub use diagnostics::{BufferDiagnostic, Diagnostics, DiagnosticsInput, DraftFix, SHORT_PAUSE};
#[cfg(test)]
pub(crate) use document_check::finish as finish_checks;
pub use external_edit::ExternalEdit;
pub use find::{MatchCount, Needle, TextSearch};
pub(crate) use go_to::go_to_problem;
pub use outline::{CursorPath, JsonPathTracker};
pub use state::{Base, Draft, DraftStage, Upstream};
pub use text_buffer::{Pos, TextBuffer};
pub(crate) use update::{ask_discard, back_to_draft, begin, discard, open, resume};

use crossterm::event::{KeyCode, KeyEvent};

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::{drafts, merge, review};
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct Editor;

impl Component for Editor {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        let Some(edit) = &model.edit else { return };
        view::draw(surface, model, edit, edit_layout(&model.frame(), false));
        if model.place() == Place::Completion {
            completion::draw(surface, model, edit);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        if model.place() == Place::Completion && completion::act(model, action) {
            return Some(Vec::new());
        }
        let place = model.place();
        match action {
            Action::Complete => completion::open(model),
            Action::Review => return Some(review::review(model)),
            Action::Undo => typing::undo(model, true),
            Action::Redo => typing::undo(model, false),
            Action::Find => search::open(model),
            Action::FindNext => search::step(model, true),
            Action::FindPrevious => search::step(model, false),
            Action::NextProblem => fixes::step(model, true),
            Action::PreviousProblem => fixes::step(model, false),
            Action::Fix => fixes::fix(model),
            Action::Indent => typing::indent(model, true),
            Action::Outdent => typing::indent(model, false),
            Action::Wrap => typing::wrap(model),
            Action::RevealDraft => return Some(typing::reveal(model)),
            Action::Discard => update::close(model),
            Action::Merge => merge::open(model),
            Action::Back | Action::Interrupt if place == Place::Find => search::close(model),
            Action::Back if model.external_edit.is_some() => {
                return Some(external_editor::end(model).into_iter().collect());
            }
            Action::Back => update::leave(model),
            Action::Interrupt => return Some(leave_and_ask(model)),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let Some(edit) = &model.edit else { return false };
        match action {
            Action::Undo => edit.buffer.can_undo(),
            Action::Redo => edit.buffer.can_redo(),
            Action::NextProblem | Action::PreviousProblem => !edit.diagnostics.list().is_empty(),
            Action::Fix => fixes::has_fix(edit),
            Action::RevealDraft => !edit.concealed_secrets.is_empty(),
            Action::FindNext | Action::FindPrevious => edit.find.has_next(),
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, _by: Movement) -> bool {
        model.place() == Place::Completion
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        completion::step(model, by);
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        match model.place() {
            Place::Find => search::key(model, key),
            _ => {
                typing::key(model, key);
                completion::follow(model, matches!(key.code, KeyCode::Char(_)));
            }
        }
    }

    fn typed(&self, model: &mut Model, text: &str) {
        match model.place() {
            Place::Find => search::typed(model, text),
            _ => {
                typing::typed(model, text);
                completion::follow(model, true);
            }
        }
    }

    fn repeated(&self, model: &mut Model, key: KeyEvent, count: usize) {
        match model.place() {
            Place::Find => search::repeated(model, key, count),
            _ => {
                typing::repeated(model, key, count);
                completion::follow(model, false);
            }
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match model.place() {
            Place::Find => search::typed(model, text),
            _ => {
                typing::paste(model, text);
                completion::follow(model, false);
            }
        }
    }
}

/// Keeps the draft, and asks whether to quit the console.
pub(crate) fn leave_and_ask(model: &mut Model) -> Vec<Effect> {
    update::back_to_draft(model);
    update::leave(model);
    drafts::ask_to_leave(model)
}
