//! Drafts on disk: kept through a crash, a closed terminal and a lost line, and offered at the next
//! start.
//!
//! | part | what it does |
//! | --- | --- |
//! | `saved` | what a file holds, and its format |
//! | `session` | a folder of this process's own, held by a lock for as long as it lives |
//! | `folder` | all such folders: writes drafts, finds those nobody holds any more |
//! | `worker` | the thread that does it, one order after the other |
//!
//! A file holds placeholders where the document has secrets, and `‹kept:0›` where one was typed.

mod folder;
mod saved;
mod session;
mod worker;

pub use folder::{Folder, FolderError, Listed, SavedId};
pub use saved::{Saved, SavedBase, Summary, Unsaved};
pub use session::Session;
pub(super) use worker::{Order, Outcome, Worker};

/// The folder of drafts in the state folder.
pub const FOLDER: &str = "drafts";
