//! Saved drafts: autosave, the list of them, and what is offered at start and on leaving.

mod state;
mod update;
mod view;

pub use state::{AutosaveState, DraftRow, DraftStatus, DraftsPage, SavedDrafts};
pub(in crate::console) use update::{
    ask_throw_away, ask_to_leave, follow, is_busy, on_closed, on_loaded, on_saved, on_taken, on_thrown_away,
    quit_now, quit_or_ask, show, step, take_up, throw_away, wake,
};
pub(in crate::console) use view::{age_changes, draw};
