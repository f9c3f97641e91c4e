//! The editor: a draft of one document, its diagnostics, its search, and the external editor.

mod diagnostics;
mod external_edit;
pub(in crate::console) mod external_editor;
mod find;
pub(in crate::console) mod fixes;
mod highlight;
mod outline;
mod problem;
mod review_input;
mod saved;
pub(in crate::console) mod search;
mod state;
pub(in crate::console) mod text_buffer;
pub(in crate::console) mod typing;
mod update;
mod view;

pub use diagnostics::{Diagnostic, Diagnostics, DiagnosticsInput, DraftFix, MAX_DIAGNOSTICS};
pub use external_edit::ExternalEdit;
pub use find::{MatchCount, Needle, TextSearch};
pub use outline::{CursorPath, JsonPathTracker};
pub use review_input::ReviewInput;
pub use state::{Base, Draft, DraftStage, NotReady, Review, Upstream};
pub use text_buffer::{Pos, TextBuffer};
pub(in crate::console) use update::{
    ask_discard, back_to_draft, begin, discard, leave, open, resume, scroll_review, toggle_full, too_soon,
    write,
};
pub(in crate::console) use view::draw;
