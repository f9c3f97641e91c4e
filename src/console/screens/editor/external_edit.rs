//! A draft in an external editor.

use crate::console::request::RequestId;
use crate::domain::ResourceKey;

/// The open draft while an external editor has it.
#[derive(Debug, Clone)]
pub struct ExternalEdit {
    pub request: RequestId,
    pub key: ResourceKey,
    /// Its text when the editor was started.
    pub before: String,
    /// Whether the draft was opened only for the external editor.
    pub opened: bool,
    /// Whether the editor returned at once, and its file is watched while the draft is open here.
    pub watching: bool,
    /// Whether the last save in the external editor was rejected.
    pub refused: bool,
}
