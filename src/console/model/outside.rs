//! A draft that is in another program.

use crate::console::effect::Request;
use crate::domain::ResourceKey;

/// The open draft while another program has it.
#[derive(Debug, Clone)]
pub struct Away {
    /// The question.
    pub request: Request,
    /// Which draft.
    pub key: ResourceKey,
    /// Its text when it went.
    pub before: String,
    /// Whether it was opened only to go there.
    pub opened: bool,
    /// Whether the program has handed it on, and its file is watched from the editor.
    pub watching: bool,
    /// Whether its last save could not be taken.
    pub refused: bool,
}
