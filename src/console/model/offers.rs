//! What this console offers at all, tabs and actions, and what it allows now.

use super::{Model, Tone, WriteAccess};
use crate::console::action::Action;
use crate::console::screens::tab::Tab;

impl Model {
    /// Whether this console has a tab: that of settings is there for an application.
    pub fn shows_tab(&self, tab: Tab) -> bool {
        tab != Tab::Settings || self.context.application.is_some()
    }

    /// Whether this console offers an action: none that writes without a writer, and none that shows a tab which
    /// is not there.
    pub fn offers(&self, action: Action) -> bool {
        let may_write = self.lock != WriteAccess::ReadOnly || !action.needs_writer();
        may_write && Tab::of(action).is_none_or(|tab| self.shows_tab(tab))
    }

    /// Whether writing is unlocked.
    pub fn may_write(&self) -> bool {
        matches!(self.lock, WriteAccess::Open(_))
    }

    /// Whether a write may begin; otherwise reports why not.
    pub fn passes_gate(&mut self) -> bool {
        let Some(refusal) = self.lock.refusal() else { return true };
        self.notify(Tone::Bad, refusal);
        false
    }
}
