//! Editing a draft in the user's own editor: a private file with placeholders, the program in the
//! foreground of the same terminal, and each save taken into the draft.
//!
//! A program that exits at once without having changed the file has passed it to a window elsewhere: the
//! file is then watched until the user stops that.

mod file;
mod program;
mod run;

pub(crate) use file::remove_leftovers;
pub use program::ExternalEditor;
pub use run::{EditorEvent, ExternalDraft};
pub(crate) use run::{EditorProcess, start};

/// The name of the folder of such files in the state folder.
pub const FOLDER: &str = "edit";
