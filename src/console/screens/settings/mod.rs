//! The Settings screen: the settings of an application in force, with where each value comes from and what it
//! hides.

mod detail;
mod filter;
mod picture;
mod state;
pub(crate) mod update;
mod view;

pub use filter::SettingFilter;
pub use picture::{SettingOrder, SettingRow, SettingsPicture};
pub use state::{SettingsPage, ShownSettings};
pub(crate) use view::{count, legend};

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange, refuse_paste};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{Movement, Surface, TextRun};

pub(crate) struct SettingsScreen;

impl Component for SettingsScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model);
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        update::act(model, action)
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::step(model, by);
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        let page = &mut model.settings;
        if page.list.typing.is_some() && page.list.filter.key(key) {
            page.apply_filter();
        }
    }

    fn typed(&self, model: &mut Model, text: &str) {
        let page = &mut model.settings;
        if page.list.typing.is_some() {
            page.list.filter.insert(text);
            page.apply_filter();
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match model.settings.list.typing {
            Some(_) => self.typed(model, text),
            None => refuse_paste(model),
        }
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        use Action as A;
        let page = &model.settings;
        match action {
            A::Open => page.list.selected.is_some() && page.focus != Pane::Detail,
            A::Copy => page.list.selected.is_some(),
            A::Zoom => page.zoomed || !model.panes().is_alone(),
            A::Back => page.zoomed || page.focus == Pane::Detail || !page.list.filter.text().is_empty(),
            A::Sort => model.panes().items.width > 0 && page.picture.is_some(),
            A::Filter | A::Pause => page.picture.is_some(),
            A::Complete => update::completed(model).is_some(),
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        update::can_step(model, by)
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        view::next_changes(model, soonest);
    }

    fn tab_note(&self, model: &Model, _counts: bool) -> TextRun {
        view::tab_note(model)
    }
}
