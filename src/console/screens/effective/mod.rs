//! The effective view of a webhook: its routes, its checks and its document as the receiver holds it, on a page that
//! follows what is stored and what is known of its secrets.

mod content;
mod state;
mod update;
mod view;

pub use state::EffectivePage;
#[cfg(test)]
pub(crate) use update::finish;
pub(crate) use update::{follow, open};

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::{Component, refuse_paste};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct EffectiveScreen;

impl Component for EffectiveScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, edit_layout(&model.frame(), true));
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        let is_typing = model.effective.as_ref()?.search.typing.is_some();
        match action {
            Action::Accept => update::end_typing(model, true),
            Action::Cancel | Action::Interrupt if is_typing => update::end_typing(model, false),
            Action::Find => update::begin_typing(model),
            Action::FindNext => update::step_search(model, true),
            Action::FindPrevious => update::step_search(model, false),
            Action::Back => update::back(model),
            Action::Effective | Action::Interrupt => model.effective = None,
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let height = usize::from(model.frame().body.height);
        if let Some(page) = &mut model.effective {
            page.scroll = by.scroll(page.scroll, page.row_count(), height);
        }
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        update::type_text(model, |input| input.key(key));
    }

    fn typed(&self, model: &mut Model, text: &str) {
        update::type_text(model, |input| {
            input.insert(text);
            true
        });
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match &model.effective {
            Some(page) if page.search.typing.is_some() => self.typed(model, text),
            _ => refuse_paste(model),
        }
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        match action {
            Action::FindNext | Action::FindPrevious => {
                model.effective.as_ref().is_some_and(|page| page.search.has_next())
            }
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let height = usize::from(model.frame().body.height);
        model.effective.as_ref().is_some_and(|page| by.can_scroll(page.scroll, page.row_count(), height))
    }
}
