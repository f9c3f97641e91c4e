//! Drafts on disk: they survive a crash, a closed terminal and a lost connection, and are offered at the
//! next start.
//!
//! | module | what it does |
//! | --- | --- |
//! | `saved_draft` | the contents and the format of a file |
//! | `folder` | all such folders: writes drafts, finds those of ended sessions |
//! | `worker` | the thread that does the I/O, one job after the other |
//!
//! A file has placeholders in place of the document's secrets, and `‹kept:0›` in place of a typed one.

mod folder;
mod saved_draft;
mod worker;

pub use folder::{DraftEntry, DraftFolder, DraftFolderError, DraftId, DraftSave};
pub use saved_draft::{DraftSummary, SavedDraft, SavedDraftBase, UnsavedDraft};
pub use worker::DraftJob;
pub(super) use worker::{DraftJobResult, DraftWorker};

/// The name of this folder in the state folder.
pub const FOLDER: &str = "drafts";
