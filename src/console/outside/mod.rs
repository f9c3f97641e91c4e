//! A draft in the user's own editor: a private file with placeholders, the program in the foreground
//! of the same terminal, and each save taken into the draft.
//!
//! A program that ends at once without having changed the file has handed it to a window elsewhere:
//! the file is watched on until the user says it is enough.

mod file;
mod program;
mod run;

pub(in crate::console) use file::sweep;
pub use program::ExternalEditor;
pub use run::{Outside, OutsideDraft};
pub(in crate::console) use run::{Running, start};

/// The folder of such files in the state folder.
pub const FOLDER: &str = "edit";
