//! Messages to `update`: events with the time at which they arrived.

use std::time::Duration;

use crossterm::event::KeyEvent;

use super::compute::Computed;
use super::drafts::{DraftEntry, SavedDraft};
use super::external_editor::EditorEvent;
use super::request::RequestId;
use super::secret_jobs::SecretJobResult;
use crate::console::screens::secrets::{FolderPage, ListingEnd};
use crate::console::shell::layout::Size;
use crate::domain::{Health, LeaseId, Presence, SecretMetadata, SecretPath, SecretStoreStatus};
use crate::inventory::InventoryEvent;
use crate::provider::{Commit, CommitStatus, Error};

use super::stamp::Stamp;

#[derive(Debug)]
pub struct Message {
    pub at: Stamp,
    pub event: AppEvent,
}

#[derive(Debug)]
pub enum AppEvent {
    Key(KeyEvent),
    Paste(String),
    Resize(Size),
    /// The terminal is ours again after a suspend or an external editor.
    Resumed,
    /// A watch event whose documents have been scanned.
    Feed(InventoryEvent),
    /// The result of an effect.
    Answer(RequestId, Answer),
    /// New lines of confdeck's own log, already escaped.
    Log(Vec<String>),
    /// The time that `Model::next_wake` asked for has come.
    Wake,
    /// SIGTERM or SIGHUP: quit now.
    Terminate,
}

/// The result of an effect.
#[derive(Debug)]
pub enum Answer {
    /// Of `Effect::Commit`.
    Commit(Result<Commit, Error>),
    /// Of `Effect::Compute`.
    Computed(Computed),
    /// Of `Effect::FindOut`; an error says why the outcome is not known yet.
    Found(Result<CommitStatus, Error>),
    /// Of `Effect::Secret`.
    Secret(SecretJobResult),
    /// Of `Effect::ListSecrets`: one folder; repeated.
    SecretFolder(FolderPage),
    /// Of `Effect::ListSecrets`: how it ended.
    SecretListingEnded(ListingEnd),
    /// Of `Effect::SecretVersions`; `None` where there is no such secret.
    SecretVersions(Result<Option<SecretMetadata>, Error>),
    /// Why something that was done is not in the audit.
    AuditFailed(String),
    /// Of `Effect::CheckHealth`.
    Health(Vec<Health>),
    /// Of `Effect::AskLease`: the remaining time when the answer came.
    Lease(LeaseId, Option<Duration>),
    /// Of `Effect::Unlock`.
    Unlocked,
    /// Of `DraftJob::Save`: how many secrets were left out, or why it was not saved.
    DraftSaved(Result<usize, String>),
    /// Of `DraftJob::List`.
    Drafts(Vec<DraftEntry>),
    /// Of `DraftJob::Resume`: the draft, or why there is none.
    DraftResumed(Result<Box<SavedDraft>, String>),
    /// Of `DraftJob::Delete`: why it is still there.
    DraftDeleted(Result<(), String>),
    /// Of `Effect::EditExternally`; repeated.
    ExternalEditor(EditorEvent),
    /// Of `Effect::WatchPresence`: changes among the polled secrets; repeated.
    PresenceChanged(Vec<(SecretPath, Presence)>),
    /// Of `Effect::WatchPresence`: a change of whether the store of secrets answers.
    SecretReachability(SecretReachability),
    /// Health of the store of secrets: of `Effect::CheckHealth`, and unasked when an outage begins or ends.
    SecretHealth(Box<Health>),
    /// Of `Effect::Copy`: whether the text reached a clipboard.
    Copied(bool),
}

/// Whether the store of secrets answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReachability {
    pub standing: SecretStoreStatus,
    /// Why it does not answer; `None` if it does.
    pub reason: Option<String>,
}
