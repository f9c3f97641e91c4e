//! What can happen to the console, each with the moment at which it arrived.

use std::time::{Duration, SystemTime};

use crossterm::event::KeyEvent;

use crate::domain::{Health, LeaseId, Presence, SecretPath, SecretStanding, Versions};
use crate::inventory::Feed;
use crate::provider::{Commit, Error, Found};

use super::drafts::{Listed, Saved};
use super::effect::Request;
use super::layout::Size;
use super::model::{Ended, Flaw, Listed as Folder, Look, Merging, NeedsRead, NotReady, Review};
use super::outside::Outside;
use super::secret_jobs::SecretTold;

/// A moment, twice: for ages and deadlines, and for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Since the program started; never goes back.
    pub mono: Duration,
    /// By the clock on the wall.
    pub wall: SystemTime,
}

impl Stamp {
    /// The moment of the start.
    pub fn start() -> Self {
        Self { mono: Duration::ZERO, wall: SystemTime::UNIX_EPOCH }
    }
}

/// Something that happened.
#[derive(Debug)]
pub struct Message {
    /// When it arrived.
    pub at: Stamp,
    /// What it is.
    pub event: Event,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A key, pressed or repeated.
    Key(KeyEvent),
    /// A bracketed paste, whole.
    Paste(String),
    /// The terminal has this size now.
    Resize(Size),
    /// The terminal was taken away for a while and is back.
    Resumed,
    /// The store said something; its documents have been scanned.
    Feed(Feed),
    /// An effect has finished.
    Answer(Request, Answer),
    /// New lines of confdeck's own log, already safe to show.
    Log(Vec<String>),
    /// The moment asked for by `Model::next_wake` has come.
    Wake,
    /// SIGTERM or SIGHUP: leave now.
    Terminate,
}

/// What came of an effect.
#[derive(Debug)]
pub enum Answer {
    /// Of `Effect::Commit`.
    Commit(Result<Commit, Error>),
    /// Of `Effect::Compare`, in its order.
    Compared(Vec<Look>),
    /// Of `Effect::FindOut`; an error says why nothing could be found out yet.
    Found(Result<Found, Error>),
    /// Of `Effect::Secret`.
    Secret(SecretTold),
    /// Of `Effect::ListSecrets`: one folder, again and again.
    SecretFolder(Folder),
    /// Of `Effect::ListSecrets`: it has ended, and how.
    SecretsListed(Ended),
    /// Of `Effect::SecretVersions`; `None` where there is no such secret.
    SecretVersions(Result<Option<Versions>, Error>),
    /// What was done is not in the audit, and why.
    Unaudited(String),
    /// Of `Effect::CheckHealth`.
    Health(Vec<Health>),
    /// Of `Effect::AskLease`; the time left when the answer came.
    Lease(LeaseId, Option<Duration>),
    /// Of `Effect::CheckDraft`.
    Checked(Vec<Flaw>),
    /// Of `Effect::PrepareReview`.
    Reviewed(Box<Result<Review, NotReady>>),
    /// Of `Effect::PrepareMerge`.
    Merged(Box<Result<Merging, String>>),
    /// Of `Effect::ReadNeeds`.
    NeedsRead(Box<NeedsRead>),
    /// Of `Effect::Unlock`.
    Unlocked,
    /// Of `Effect::SaveDraft`: how many secrets were left out, or why it was not saved.
    DraftSaved(Result<usize, String>),
    /// Of `Effect::LoadDrafts`.
    Drafts(Vec<Listed>),
    /// Of `Effect::TakeUpDraft`: the draft, or why there is none.
    DraftTaken(Result<Box<Saved>, String>),
    /// Of `Effect::ThrowAwayDraft`: why it is still there.
    DraftThrownAway(Result<(), String>),
    /// Of `Effect::EditOutside`, again and again.
    Outside(Outside),
    /// Of `Effect::Look`, again and again: what is known of secrets in sight, where it has changed.
    Seen(Vec<(SecretPath, Presence)>),
    /// Of `Effect::Look` too: whether the store of secrets answers, where that has changed.
    SecretReach(Reach),
    /// Of `Effect::CheckHealth`, about the store of secrets; unasked when it answers no more, or again.
    SecretHealth(Box<Health>),
    /// Of `Effect::Copy`: whether a way to the clipboard was found.
    Copied(bool),
}

/// Whether the store of secrets answers who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// How it stands.
    pub standing: SecretStanding,
    /// Why it does not answer; `None` if it does.
    pub why: Option<String>,
}
