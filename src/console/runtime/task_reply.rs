//! What a task tells the event loop.

use crate::console::external_editor::EditorEvent;
use crate::console::message::Answer;
use crate::console::secret_jobs::RevealReport;

/// The result of a task.
#[derive(Debug)]
pub(super) enum TaskReply {
    /// The answer to the effect.
    Answer(Answer),
    /// An event of the external editor.
    ExternalEditor(EditorEvent),
    /// No program took the text: the event loop, which owns the terminal, sends it there.
    CopyByTerminal(String),
    /// As [`Self::CopyByTerminal`], for the secret value in the report.
    CopySecretByTerminal(Box<RevealReport>),
}
