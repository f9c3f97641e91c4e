//! Messages to `update`: events with their time of arrival.

use std::time::Duration;

use crossterm::event::KeyEvent;

use super::compute::Computed;
use super::drafts::{DraftEntry, DraftSave, SavedDraft};
use super::external_editor::EditorEvent;
use super::request::RequestId;
use super::secret_jobs::SecretJobResult;
use super::view_settings::ViewSettings;
use crate::console::screens::secrets::{FolderPage, ListingEnd};
use crate::console::screens::settings::SettingsPicture;
use crate::console::shell::layout::Size;
use crate::domain::{Health, LeaseId, Presence, SecretMetadata, SecretPath, SecretStoreStatus};
use crate::inventory::InventoryEvent;
use crate::provider::{Commit, CommitStatus, Error};
use crate::terminal_input::{NotTaken, PastedText};

use super::stamp::Stamp;

#[derive(Debug)]
pub struct Message {
    pub at: Stamp,
    pub event: AppEvent,
}

#[derive(Debug)]
pub enum AppEvent {
    Key(KeyEvent),
    /// Keys that are text where they were typed, and have come at once: taken as one edit.
    Typed(String),
    /// A key that takes text back, as often as it has come at once: taken as one edit.
    Repeated(KeyEvent, usize),
    Paste(PastedText),
    /// Text has come that could not be decoded.
    LostText(NotTaken),
    Resize(Size),
    /// The terminal was reclaimed after a suspend or an external editor.
    Resumed,
    /// The machine was asleep since the last message.
    Slept,
    /// A watch event whose documents have been scanned.
    Feed(InventoryEvent),
    /// The result of an effect.
    Answer(RequestId, Answer),
    /// New lines of confdeck's own log, already escaped.
    Log(Vec<String>),
    /// The time that `Model::next_wake` requested has come.
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
    /// Of `Effect::FindOut`; the error says why the outcome is not known yet.
    Found(Result<CommitStatus, Error>),
    /// Of `Effect::Secret`.
    Secret(SecretJobResult),
    /// Of `Effect::ListSecrets`, once for each folder.
    SecretFolder(FolderPage),
    /// Of `Effect::ListSecrets`: how it ended.
    SecretListingEnded(ListingEnd),
    /// Of `Effect::SecretVersions`; `None` if the secret does not exist.
    SecretVersions(Result<Option<SecretMetadata>, Error>),
    /// Why a completed operation is not in the audit.
    AuditFailed(String),
    /// Of `Effect::CheckHealth`.
    Health(Vec<Health>),
    /// Of `Effect::AskLease`: the remaining time when the answer came.
    Lease(LeaseId, Option<Duration>),
    /// Of `Effect::Unlock`.
    Unlocked,
    /// Of `DraftJob::Save`: what the save did, or why it was not saved.
    DraftSaved(Result<DraftSave, String>),
    /// Of `DraftJob::List`.
    Drafts(Vec<DraftEntry>),
    /// Of `DraftJob::Resume`: the draft, or why it could not be resumed.
    DraftResumed(Result<Box<SavedDraft>, String>),
    /// Of `DraftJob::Delete`: the error says why it still exists.
    DraftDeleted(Result<(), String>),
    /// Of `DraftJob::LoadView`: what was kept, if anything can be read.
    ViewLoaded(Option<Box<ViewSettings>>),
    /// Of `DraftJob::SaveView`; the log says whether that failed.
    ViewSaved,
    /// Of `Effect::EditExternally`; sent repeatedly.
    ExternalEditor(EditorEvent),
    /// Of `Effect::WatchPresence`: changes among the polled secrets; sent repeatedly.
    PresenceChanged(Vec<(SecretPath, Presence)>),
    /// Of `Effect::WatchPresence`: the secret store became reachable or unreachable.
    SecretReachability(SecretReachability),
    /// Health of the secret store: of `Effect::CheckHealth`, and unrequested when an outage begins or ends.
    SecretHealth(Box<Health>),
    /// Of `Effect::ResolveContext`: the error says why its settings cannot be used.
    ContextResolved(Result<(), String>),
    /// Of `Effect::EnterContext`, if this context stays: its name, and why.
    ContextRefused(String, String),
    /// What the application is now, or why it cannot be opened; sent repeatedly, without a request.
    Settings(Result<Box<SettingsPicture>, String>),
    /// Of `Effect::Copy`: whether the text reached a clipboard.
    Copied(bool),
}

/// Whether the secret store answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReachability {
    pub standing: SecretStoreStatus,
    /// Why it does not answer; `None` if it does.
    pub reason: Option<String>,
}
