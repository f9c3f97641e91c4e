//! Replies of tasks to the event loop.

use crate::config::Settings;
use crate::console::external_editor::EditorEvent;
use crate::console::message::Answer;
use crate::console::secret_jobs::RevealReport;

#[derive(Debug)]
pub(super) enum TaskReply {
    Answer(Answer),
    ExternalEditor(EditorEvent),
    /// The settings of another context, or why they cannot be used.
    Context(Result<Box<Settings>, String>),
    /// No program accepted the text: the event loop, which owns the terminal, sends it there.
    CopyByTerminal(String),
    /// Like [`Self::CopyByTerminal`], for the secret value in the report.
    CopySecretByTerminal(Box<RevealReport>),
}
