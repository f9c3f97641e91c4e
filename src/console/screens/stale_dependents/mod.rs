//! After a secret has changed: the documents that the receiver must read again.

mod state;
mod update;
mod view;

pub use state::{
    ChangedSecret, MAX_DEPENDENTS, RECEIVER_CACHE, SecretDependents, StaleDependents, StaleDependentsPage,
    StaleDependentsPart,
};
pub(crate) use update::{on_plan_written, on_secret_changed, plan_rewrite, show};
pub(crate) use view::cache_warning;

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct StaleDependentsScreen;

impl Component for StaleDependentsScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, edit_layout(&model.frame(), true));
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            // `:reread` shows it again.
            Action::Back | Action::Interrupt => model.secret_actions.stale_dependents.page = None,
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let (lines, page) = (view::height(model), usize::from(model.frame().body.height));
        if let Some(list) = &mut model.secret_actions.stale_dependents.page {
            list.scroll = by.scroll(list.scroll, lines, page);
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let (lines, page) = (view::height(model), usize::from(model.frame().body.height));
        let list = model.secret_actions.stale_dependents.page.as_ref();
        list.is_some_and(|list| by.can_scroll(list.scroll, lines, page))
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        soonest.include_wall(model, model.receiver_cache_expiry());
    }
}
