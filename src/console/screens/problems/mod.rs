//! The Problems screen: what is wrong with all documents, worst first, and the way to each place.

mod detail;
mod rows;
mod state;
pub(crate) mod update;
mod view;

pub use rows::{ProblemId, ProblemOrder, ProblemRows};
pub use state::ProblemsPage;

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange, refuse_paste};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::screens::browse::Filter;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{Movement, Surface, TextRun};
use crate::console::words;
use crate::domain::ResourceKey;

pub(crate) struct ProblemsScreen;

impl Component for ProblemsScreen {
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
        let list = &mut model.problems.list;
        if list.typing.is_some() && list.filter.key(key) {
            update::refilter(model);
        }
    }

    fn typed(&self, model: &mut Model, text: &str) {
        let list = &mut model.problems.list;
        if list.typing.is_some() {
            list.filter.insert(text);
            update::refilter(model);
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match model.problems.list.typing {
            Some(_) => self.typed(model, text),
            None => refuse_paste(model),
        }
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        use Action as A;
        let page = &model.problems;
        match action {
            A::Open | A::Copy | A::Mark => page.list.selected.is_some(),
            A::Effective => model.focused().is_some_and(|key| matches!(key, ResourceKey::Webhook { .. })),
            A::Edit | A::EditExternally => model.focused().is_some_and(|key| !key.is_foreign()),
            A::Zoom => page.zoomed || !model.panes().is_alone(),
            A::Back => page.zoomed || page.focus == Pane::Detail || !page.list.filter.text().is_empty(),
            A::Sort => model.panes().items.width > 0,
            A::UndoWrite => !model.undo_log.is_empty(),
            A::Complete => {
                let own = &model.context.receiver.own_rules;
                page.list.typing.is_some() && Filter::complete(page.list.filter.text(), own).is_some()
            }
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
        words::severity_note(model, model.checks.index.total())
    }
}
