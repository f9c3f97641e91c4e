//! The Webhooks and Connections screens: namespaces, a list of documents, and the detail of the selected one.

pub(crate) mod detail;
mod detail_links;
mod detail_rows;
mod detail_search;
mod diagnostics;
pub(crate) mod empty;
mod filter;
mod list_columns;
mod list_context;
mod listing;
pub(crate) mod marks;
mod namespaces;
pub(crate) mod needs;
pub(crate) mod rows;
mod state;
mod update;
mod view;

pub use detail_links::LinkTarget;
pub use detail_search::{DetailSearch, SearchedText};
pub use filter::Filter;
pub use list_columns::{Column, ColumnChoice, ColumnList};
pub use list_context::ListContext;
pub use listing::{DocumentList, Sort};
pub use state::{BrowsePage, DetailDocument, DetailPane, DetailPosition, DetailText};
pub(crate) use update::{
    apply_delta, continue_filter, end_filter, go_to, nothing_selected, prepare_text, refilter,
    refresh_filtered, settle, show,
};

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange, refuse_paste};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{columns, prompt};
use crate::console::place::Place;
use crate::console::screens::plan::{clone, delete, rename, undo};
use crate::console::screens::{drafts, editor};
use crate::console::shell::layout::Pane;
use crate::console::widgets::{Movement, Surface, TextRun};
use crate::domain::ResourceKey;
use crate::inventory::Scope;

/// One of the two lists of documents.
pub(crate) enum Documents {
    Webhooks,
    Connections,
}

impl Component for Documents {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model);
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        let is_typing = model.place() == Place::Filter;
        let is_reading = model.browse().is_some_and(|browse| browse.focus == Pane::Detail);
        let is_searching = model.browse().is_some_and(|browse| browse.detail.search.typing.is_some());
        match action {
            Action::Accept if is_searching => detail_search::close(model, true),
            Action::Cancel | Action::Interrupt if is_searching => detail_search::close(model, false),
            Action::Accept => end_filter(model, true),
            Action::Cancel => end_filter(model, false),
            Action::Interrupt if is_typing => end_filter(model, false),
            Action::Complete if is_typing && !is_searching => update::complete_filter(model),
            Action::Open if is_reading => detail_links::follow(model),
            Action::Find => detail_search::open(model),
            Action::FindNext => detail_search::step(model, true),
            Action::FindPrevious => detail_search::step(model, false),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::step(model, by);
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        if model.browse().is_some_and(|browse| browse.detail.search.typing.is_some()) {
            return detail_search::type_text(model, |input| input.key(key));
        }
        let typed = |browse: &mut BrowsePage| browse.list.typing.is_some() && browse.list.filter.key(key);
        if model.browse_mut().is_some_and(|(browse, _)| typed(browse)) {
            refilter(model);
        }
    }

    fn typed(&self, model: &mut Model, text: &str) {
        if model.browse().is_some_and(|browse| browse.detail.search.typing.is_some()) {
            return detail_search::type_text(model, |input| {
                input.insert(text);
                true
            });
        }
        if let Some((browse, _)) = model.browse_mut().filter(|(browse, _)| browse.list.typing.is_some()) {
            browse.list.filter.insert(text);
            refilter(model);
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match model.browse_mut() {
            Some((browse, _)) if browse.is_typing() => self.typed(model, text),
            _ => refuse_paste(model),
        }
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let focused = model.focused();
        let focus = model.browse().map(|browse| browse.focus);
        match action {
            Action::UndoWrite => !model.undo_log.is_empty(),
            Action::RevealSecret | Action::SetSecret => !model.secret_targets().is_empty(),
            Action::Edit | Action::EditExternally | Action::Rename => {
                focused.is_some_and(|key| !key.is_foreign())
            }
            Action::Clone => marks::targets(model).first().is_some_and(|key| !key.is_foreign()),
            Action::Delete => !marks::targets(model).is_empty(),
            Action::Copy | Action::Mark => focused.is_some(),
            Action::Effective => focused.is_some_and(|key| matches!(key, ResourceKey::Webhook { .. })),
            Action::Open => match focus {
                Some(Pane::Detail) => model.browse().is_some_and(|browse| browse.detail.link.is_some()),
                focus => focus == Some(Pane::Namespaces) || focused.is_some(),
            },
            Action::DropUnseen => marks::unseen_count(model) > 0,
            Action::Sort => model.panes().items.width > 0,
            Action::Zoom => !model.panes().is_alone() || model.browse().is_some_and(|browse| browse.zoomed),
            Action::FindNext => model.browse().is_some_and(|browse| browse.detail.search.has_next()),
            Action::Find | Action::Wrap | Action::Layout => focused.is_some(),
            Action::Complete => model.browse().is_some_and(|browse| {
                let own = &model.context.receiver.own_rules;
                browse.list.typing.is_some() && Filter::complete(browse.list.filter.text(), own).is_some()
            }),
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        update::can_step(model, by)
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        view::next_changes(model, soonest);
    }

    fn tab_note(&self, model: &Model, counts: bool) -> TextRun {
        let scope = match self {
            Self::Webhooks => Scope::AllWebhooks,
            Self::Connections => Scope::Connections,
        };
        view::counts(model, &scope, counts)
    }
}

/// Actions on documents. They work from every tab, on the selection in a list if a list is in front.
pub(crate) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Left if update::scroll_aside(model, false) => {}
        Action::Right if update::scroll_aside(model, true) => {}
        Action::Left => update::focus(model, -1, false),
        Action::Right | Action::Open => update::focus(model, 1, false),
        Action::FocusNext => update::focus(model, 1, true),
        Action::FocusPrevious => update::focus(model, -1, true),
        Action::Back => update::back(model),
        Action::Filter => update::filter(model),
        Action::Sort => update::sort(model),
        Action::Zoom => update::zoom(model),
        Action::Wrap => update::wrap(model),
        Action::Layout => update::change_layout(model),
        Action::Wider => update::resize_pane(model, true),
        Action::Narrower => update::resize_pane(model, false),
        Action::ResetView => update::reset_view(model),
        Action::Columns => columns::open(model),
        Action::Copy => return update::copy(model),
        Action::New => prompt::new_document(model),
        Action::Clone => clone::ask_clone(model),
        Action::Rename => rename::ask_rename(model),
        Action::Mark => marks::toggle(model),
        Action::MarkAll => marks::toggle_all(model),
        Action::DropUnseen => marks::drop_unseen(model),
        Action::UndoWrite => return undo::undo_last(model),
        Action::Edit => editor::open(model),
        Action::EditExternally => return editor::external_editor::begin(model),
        Action::Delete => return delete::delete_targets(model),
        Action::Interrupt => return drafts::quit_or_ask(model),
        _ => {}
    }
    Vec::new()
}
