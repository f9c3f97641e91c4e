//! The Secrets screen: which secrets exist, their dependents, and which are stored without a reference.

pub mod actions;
pub(crate) mod badges;
pub(crate) mod detail;
mod front;
mod index;
mod listing;
mod rows;
mod secret_state;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use index::{SecretCount, SecretEntry, SecretPart, SecretSubject};
pub use listing::{FolderPage, ListingEnd, ListingProgress, MAX_FOLDERS, MAX_NAMES_LISTED};
pub use rows::SecretRows;
pub use secret_state::{NotVisible, SecretState, SecretsView, newest_version};
pub use state::{MAX_FIELDS, MAX_VERSIONS, SecretFieldRow, SecretsPage, Selection, VersionHistory};
pub(crate) use update::{follow, on_folder_listed, on_listing_ended, on_versions, retry, wake};
#[cfg(test)]
pub(crate) use view::rows;

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange, refuse_paste};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{Movement, Surface, TextRun};
use crate::domain::Presence;

pub(crate) struct SecretsScreen;

impl Component for SecretsScreen {
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
        let page = &mut model.secrets_page;
        if page.list.typing.is_some() && page.list.filter.key(key) {
            page.apply_filter();
        }
    }

    fn typed(&self, model: &mut Model, text: &str) {
        let page = &mut model.secrets_page;
        if page.list.typing.is_some() {
            page.list.filter.insert(text);
            page.apply_filter();
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match model.secrets_page.list.typing {
            Some(_) => self.typed(model, text),
            None => refuse_paste(model),
        }
    }

    /// Based on the presence known so far.
    fn is_possible(&self, model: &Model, action: Action) -> bool {
        use Action as A;
        let page = &model.secrets_page;
        let target = model.secret_target();
        let presence = target.as_ref().and_then(|target| model.presence_cache.presence(&target.path));
        match action {
            A::Zoom => page.opened && (page.zoomed || !model.panes().is_alone()),
            A::Sort => page.opened && model.panes().items.width > 0,
            A::Filter | A::Pause => page.opened,
            // A path has no words to offer.
            A::Complete => false,
            A::Back => page.zoomed || page.focus == Pane::Detail || !page.list.filter.text().is_empty(),
            A::Copy => page.list.selected.is_some(),
            A::Open if page.focus == Pane::Detail => {
                matches!(page.detail_selection, Some(Selection::Holder(_)))
            }
            A::Open => page.list.selected.is_some(),
            A::RevealSecret | A::SetSecret | A::SetFields => target.is_some(),
            A::CopySecret => target.is_some() && model.context.may_copy_secrets,
            A::UndoSecret => {
                target.is_some_and(|target| model.secret_actions.undo_log.of(&target.path).is_some())
            }
            A::DeleteSecret => matches!(presence, Some(Presence::Present(_))),
            A::UndeleteSecret => matches!(presence, Some(Presence::Deleted { .. })),
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let page = &model.secrets_page;
        by.can_step(&page.list, &page.rows)
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        view::next_changes(model).for_each(|wait| soonest.include_in(wait));
    }

    fn tab_note(&self, model: &Model, counts: bool) -> TextRun {
        badges::tally(model, counts)
    }
}
