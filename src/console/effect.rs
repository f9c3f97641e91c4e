//! Effects: requests of `update` to the runtime, as data; most are answered with a message.

use std::time::Duration;

use super::action::Action;
use super::compute::Compute;
use super::drafts::DraftJob;
use super::external_editor::ExternalDraft;
use super::secret_jobs::SecretJob;
use crate::domain::{LeaseId, ResourceKey, SecretFolder, SecretPath, SecretStoreStatus};
use crate::provider::Op;

pub use super::request::{Pending, RequestId};

#[derive(Debug)]
pub enum Effect {
    /// Commits, unless the gate is closed.
    Commit(RequestId, Vec<Op>),
    /// A pure job; a small one is done before `update` returns.
    Compute(RequestId, Compute),
    /// Runs an action, as its key would; done before `update` returns.
    Act(Action),
    /// Determines the outcome of a commit whose answer was lost, by reading its keys again.
    FindOut {
        request: RequestId,
        commit: RequestId,
        ops: Vec<Op>,
    },
    Secret(RequestId, SecretJob),
    /// Polls the presence of exactly these secrets until the next list; the most important first.
    WatchPresence(Vec<SecretPath>),
    /// Queries this secret at once if it is polled, because it was written.
    RefreshPresence(SecretPath),
    /// Queries all polled secrets at once, because the store may have changed.
    RefreshAllPresence,
    /// Logs that the store of secrets has another status.
    LogSecretStatus(SecretStatusChange),
    /// Lists secrets recursively from these folders, replacing a running listing; an empty list stops it.
    ListSecrets(RequestId, Vec<SecretFolder>),
    SecretVersions(RequestId, SecretPath),
    /// Records an operation other than a write in the audit.
    RecordAudit(AuditNote),
    /// Unlocks the gate; sent only after the context's name was typed.
    Unlock(RequestId),
    Lock,
    CheckHealth(RequestId),
    /// Queries the remaining time of a lease.
    AskLease(RequestId, LeaseId),
    /// Ends every back-off.
    Retry,
    /// Opens the watch again, because too many events were held back while paused.
    Reload,
    Copy(RequestId, String),
    Draft(DraftJob),
    /// Opens a draft in the user's own editor, which gets the terminal.
    EditExternally(RequestId, Box<ExternalDraft>),
    /// Stops waiting for saves of that editor.
    StopExternalEditor(RequestId),
    /// Reads the settings of a context.
    ResolveContext(RequestId, String),
    /// Replaces this model by one of the context whose settings were read last.
    EnterContext {
        name: String,
        /// Although a draft cannot be saved.
        accepts_loss: bool,
    },
    /// Prints this after the terminal is restored.
    PrintOnExit(String),
    /// Suspends the process until the shell continues it.
    Suspend,
    /// Clears the terminal and draws everything again.
    Redraw,
    Quit(u8),
}

/// How the status of the store of secrets changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretStatusChange {
    pub backend: &'static str,
    pub status: SecretStoreStatus,
    /// Why secrets cannot be watched, if they cannot.
    pub reason: Option<String>,
    /// The status before, and how long it lasted.
    pub before: Option<(SecretStoreStatus, Duration)>,
}

/// An audit record of an operation other than a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditNote {
    Revealed { key: ResourceKey, count: usize },
}

impl Effect {
    /// Whether it changes what is stored. `update` returns such an effect only while the gate is open.
    pub fn writes(&self) -> bool {
        match self {
            Self::Commit(..) => true,
            Self::Secret(_, job) => job.writes(),
            Self::Act(_)
            | Self::Compute(..)
            | Self::WatchPresence(_)
            | Self::RefreshPresence(_)
            | Self::RefreshAllPresence => false,
            Self::FindOut { .. } | Self::RecordAudit(_) | Self::Unlock(_) | Self::Lock => false,
            Self::ListSecrets(..) | Self::SecretVersions(..) | Self::LogSecretStatus(_) => false,
            Self::CheckHealth(_) | Self::AskLease(..) | Self::Retry | Self::Reload => false,
            Self::Copy(..) | Self::Suspend | Self::Redraw | Self::PrintOnExit(_) | Self::Quit(_) => false,
            Self::ResolveContext(..) | Self::EnterContext { .. } => false,
            // These change only our own files.
            Self::Draft(_) | Self::EditExternally(..) | Self::StopExternalEditor(_) => false,
        }
    }
}
