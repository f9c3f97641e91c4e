//! Editing a draft in the user's own editor: a private file with placeholders, the program in the foreground
//! of the same terminal, and each save applied to the draft.
//!
//! A program that exits at once without changing the file has passed it to another window. The file is then
//! watched until the user stops that.

mod file;
mod program;
mod run;

pub(crate) use file::remove_leftovers;
pub use program::ExternalEditor;
pub use run::{EditorEvent, ExternalDraft};
pub(crate) use run::{EditorProcess, start};

/// The name of the folder for these files in the state folder.
pub const FOLDER: &str = "edit";
