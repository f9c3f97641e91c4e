//! Saved drafts: autosave, the list of them, and what is offered at start and on leaving.

mod autosave;
mod quit;
mod state;
mod status;
pub(crate) mod switch;
mod update;
mod view;

pub use autosave::AutosaveState;
pub(crate) use quit::{ask_to_leave, quit_now, quit_or_ask};
pub use state::{DraftRow, DraftsPage, SavedDrafts};
pub use status::DraftStatus;
pub(crate) use update::{
    follow, on_closed, on_loaded, on_saved, on_taken, on_thrown_away, show, throw_away, wake,
};

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{self, Overlay, dialog_area};
use crate::console::widgets::{Movement, Surface};

pub(crate) struct DraftsDialog;

impl Component for DraftsDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Drafts(page)) = &model.overlay {
            view::draw(surface, model, dialog_area(model), page);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::ResumeDraft => return Some(update::take_up(model)),
            Action::DeleteDraft => update::ask_throw_away(model),
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::step(model, by);
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let Some(Overlay::Drafts(page)) = &model.overlay else { return false };
        by.can_step(&page.list, &model.draft_rows())
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        view::age_changes(model).for_each(|wait| soonest.include_in(Some(wait)));
    }
}
