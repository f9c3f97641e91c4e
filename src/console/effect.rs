//! What must be done outside: data that the runtime carries out, and answers with a message.

use super::drafts::{SavedId, Unsaved};
use super::outside::OutsideDraft;
use crate::domain::{LeaseId, ResourceKey, SecretFolder, SecretPath};
use crate::provider::Op;

use super::model::{Ask, Check, Finish, NeedsAsk, Sides};
use super::secret_jobs::SecretJob;

/// Which question an answer belongs to; an answer to an older one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Request(pub u64);

/// Something only the runtime can do.
#[derive(Debug)]
pub enum Effect {
    /// Write, through the gate.
    Commit(Request, Vec<Op>),
    /// Compare what is too large to be compared on the loop.
    Compare(Request, Vec<Sides>),
    /// Find out what became of an earlier commit whose answer was lost, by reading its keys again.
    FindOut {
        /// This question.
        request: Request,
        /// The commit's own.
        of: Request,
        /// What it was to do.
        ops: Vec<Op>,
    },
    /// Do something with a secret.
    Secret(Request, SecretJob),
    /// Look at these secrets, and at no others, until another list comes: the most important first.
    Look(Vec<SecretPath>),
    /// Look at this one at once if it is looked at: it was written.
    LookAgain(SecretPath),
    /// Look at all of them at once: the store is said to have changed.
    LookAtAll,
    /// List what is stored from these folders down, in place of what is being listed; none ends it.
    ListSecrets(Request, Vec<SecretFolder>),
    /// Ask for the versions of a secret.
    SecretVersions(Request, SecretPath),
    /// Keep in the audit what was done without a write.
    Audited(Note),
    /// Open the gate; sent only after the context's name was typed.
    Unlock(Request),
    /// Close the gate.
    Lock,
    /// Ask every backend how it is.
    CheckHealth(Request),
    /// Ask how long a lease has left.
    AskLease(Request, LeaseId),
    /// Look for problems in a draft too large for the loop.
    CheckDraft(Request, Check),
    /// Make the review of a draft too large for the loop.
    PrepareReview(Request, Box<Finish>),
    /// Merge a draft too large for the loop.
    PrepareMerge(Request, Box<Ask>),
    /// Read what a document too large for the loop needs.
    ReadNeeds(Request, Box<NeedsAsk>),
    /// Cut every back-off short.
    Retry,
    /// Open the watch anew, because what was held back while paused was too much.
    Reload,
    /// Put a text on the clipboard.
    Copy(Request, String),
    /// Save a draft.
    SaveDraft(Request, Box<Unsaved>),
    /// Remove the saved form of a draft.
    RemoveDraft(ResourceKey),
    /// Tell which drafts ended sessions left.
    LoadDrafts(Request),
    /// Make one of those a draft of this session.
    TakeUpDraft(Request, SavedId),
    /// Throw one of those away.
    ThrowAwayDraft(Request, SavedId),
    /// Give a draft to the user's own editor, with the terminal.
    EditOutside(Request, Box<OutsideDraft>),
    /// Wait no more for what is saved there.
    EndOutside(Request),
    /// Print this once the terminal has been given back.
    Farewell(String),
    /// Hand the terminal back to the shell until it continues us.
    Suspend,
    /// Forget what the terminal shows and draw everything.
    Redraw,
    /// Leave with this exit code.
    Quit(u8),
}

/// Something that is kept in the audit, and is no write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Secret values of a document were shown.
    Revealed {
        /// Which document.
        key: ResourceKey,
        /// How many values.
        count: usize,
    },
}

impl Effect {
    /// Whether it changes what is stored. Such an effect leaves `update` through an open gate alone.
    pub fn writes(&self) -> bool {
        match self {
            Self::Commit(..) => true,
            Self::Secret(_, job) => job.writes(),
            Self::Compare(..) | Self::Look(_) | Self::LookAgain(_) | Self::LookAtAll => false,
            Self::FindOut { .. } | Self::Audited(_) | Self::Unlock(_) | Self::Lock => false,
            Self::ListSecrets(..) | Self::SecretVersions(..) => false,
            Self::CheckHealth(_) | Self::AskLease(..) | Self::Retry | Self::Reload => false,
            Self::CheckDraft(..) | Self::PrepareReview(..) | Self::PrepareMerge(..) => false,
            Self::ReadNeeds(..) => false,
            Self::Copy(..) | Self::Suspend | Self::Redraw | Self::Farewell(_) | Self::Quit(_) => false,
            // Our own files.
            Self::SaveDraft(..) | Self::RemoveDraft(_) | Self::LoadDrafts(_) => false,
            Self::TakeUpDraft(..) | Self::ThrowAwayDraft(..) => false,
            Self::EditOutside(..) | Self::EndOutside(_) => false,
        }
    }
}
