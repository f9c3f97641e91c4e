//! The three-way merge of a draft with what is stored now.

mod state;
mod update;
mod view;

pub use state::{MERGE_COLUMNS_FROM, MergeInput, MergeState};
pub(crate) use update::{conflict, follow, open, take_value};

use crate::compare::merge::ConflictChoice;
use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::screens::editor;
use crate::console::screens::editor::DraftStage;
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct MergeScreen;

impl Component for MergeScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, edit_layout(&model.frame(), true));
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Review => return Some(update::finish(model)),
            Action::FullDiff => update::toggle_full(model),
            Action::TakeMine => update::choose(model, &ConflictChoice::Mine),
            Action::TakeTheirs => update::choose(model, &ConflictChoice::Theirs),
            Action::TakeAllMine => update::choose_all(model, &ConflictChoice::Mine),
            Action::TakeAllTheirs => update::choose_all(model, &ConflictChoice::Theirs),
            Action::TakeValue => update::ask_value(model),
            Action::Back => editor::back_to_draft(model),
            Action::Interrupt => return Some(editor::leave_and_ask(model)),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::step(model, by);
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let Some(DraftStage::Merge(merging)) = model.edit.as_ref().map(|edit| &edit.stage) else {
            return false;
        };
        let chosen = merging.choices.get(merging.selected);
        match action {
            Action::TakeMine => chosen.is_some_and(|choice| *choice != Some(ConflictChoice::Mine)),
            Action::TakeTheirs => chosen.is_some_and(|choice| *choice != Some(ConflictChoice::Theirs)),
            Action::TakeValue => chosen.is_some(),
            Action::TakeAllMine | Action::TakeAllTheirs => merging.undecided_count() > 0,
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        update::can_step(model, by)
    }
}
