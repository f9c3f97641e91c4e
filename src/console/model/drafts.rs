//! The drafts of this session and of earlier ones.

use std::time::Duration;

use super::{Model, Tone};
use crate::console::screens::drafts::DraftRow;
use crate::console::screens::editor::Draft;

impl Model {
    /// The rows of the page that lists drafts: this session's first.
    pub fn draft_rows(&self) -> Vec<DraftRow<'_>> {
        let here = self.drafts.values().map(|edit| DraftRow::ThisSession(edit));
        here.chain(self.saved_drafts.offered.iter().map(DraftRow::EndedSession)).collect()
    }

    /// Every draft of this session, including the open one.
    pub fn edits_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.edit.iter_mut().chain(self.drafts.values_mut()).map(|edit| &mut **edit)
    }

    /// When a draft is saved next, or the state folder should have answered.
    pub(crate) fn next_save(&self) -> Option<Duration> {
        let edits = self.edit.iter().chain(self.drafts.values());
        let saves = edits.flat_map(|edit| [edit.autosave.due(), edit.autosave.overdue_at()]);
        saves.chain([self.saved_drafts.listed_by]).flatten().min()
    }

    /// Whether a draft is being resumed or discarded. A second request would drop the first answer, and with
    /// it the draft.
    pub(crate) fn is_draft_busy(&mut self) -> bool {
        let busy = self.saved_drafts.pending.is_pending();
        if busy {
            self.notify(Tone::Plain, "the last one is still under way; a moment");
        }
        busy
    }
}
