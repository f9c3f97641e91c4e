//! What is open above everything else: help, a line to type, a question.

use std::time::Duration;

use super::{Chooser, DraftsPage, GenerateEntry, Input, SecretPick, SecretShown, ValueEntry};
use crate::console::drafts::SavedId;
use crate::console::keymap::Place;
use crate::console::secret_jobs::RevealOrder;
use crate::domain::{Entry, Hidden, ResourceKey, SecretPath, SecretVersion, StoreId};

/// What is open above everything else.
#[derive(Debug)]
pub enum Overlay {
    /// The keys of a place.
    Help {
        /// Which place.
        place: Place,
        /// First line shown.
        scroll: usize,
    },
    /// A line to type.
    Prompt(Prompt),
    /// A question.
    Confirm(Confirm),
    /// Drafts, of this session and of ended ones.
    Drafts(DraftsPage),
    /// What a new document is to be of.
    Choose(Chooser),
    /// A secret, or a field of one, to be chosen.
    Pick(SecretPick),
    /// A secret value on the screen.
    Shown(SecretShown),
    /// A secret value being typed.
    Value(Hidden<Box<ValueEntry>>),
    /// What is to be made at random for it.
    Generate(GenerateEntry),
}

/// A line to type, and why.
#[derive(Debug)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed.
    pub input: Input,
    /// Why the last try was not taken.
    pub error: Option<String>,
    /// What the text could become, at most a handful.
    pub candidates: Vec<String>,
}

/// What a prompt is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A command or an address.
    Command,
    /// The address of a new document.
    New,
    /// The address of a copy.
    Clone(ResourceKey),
    /// The namespace to which all of these are copied.
    CloneTo(Vec<ResourceKey>),
    /// Another name for a document.
    Rename(ResourceKey),
    /// What must be typed before the plan is written; a paste is refused.
    Typed(String),
    /// The context's name, to open the gate; a paste is refused.
    Unlock,
    /// Another value for a clash of a merge.
    Value,
    /// Why a secret value is to be shown.
    Reason(RevealOrder),
    /// The path of what is to be destroyed for ever; a paste is refused.
    Destroy(Doomed),
    /// The name of another field of the secret that is being written.
    FieldName,
}

/// What is to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Which secret.
    pub path: SecretPath,
    /// Which version; `None` is all of them, and that there were any.
    pub version: Option<SecretVersion>,
    /// What else should be known.
    pub warnings: Vec<String>,
}

impl Doomed {
    /// `v2 of secret/app/orders`
    pub fn what(&self) -> String {
        match self.version {
            Some(version) => format!("{version} of {}", self.path),
            None => format!("{} with all its versions", self.path),
        }
    }
}

/// A question that names what it is about.
#[derive(Debug)]
pub struct Confirm {
    /// The question, naming its target.
    pub question: String,
    /// What else should be known, a line each.
    pub details: Vec<String>,
    /// What yes does.
    pub then: Then,
    /// When it was asked; keys of the first 300 ms are not answers.
    pub asked: Duration,
}

/// What a yes does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Delete this document, if it is still in this store, at its token.
    Delete {
        /// What was shown.
        entry: Box<Entry>,
        /// The store in which it was shown; tokens of another one mean nothing.
        store: Option<StoreId>,
    },
    /// Throw the draft away.
    Discard,
    /// Throw away a draft that an ended session left.
    DiscardSaved(SavedId),
    /// Leave although there is a draft.
    Quit,
    /// Delete the newest version of a secret.
    DeleteSecret {
        /// Which secret.
        path: SecretPath,
        /// Its newest version, as told.
        version: SecretVersion,
    },
    /// Undelete it.
    UndeleteSecret {
        /// Which secret.
        path: SecretPath,
        /// Its newest version, as told.
        version: SecretVersion,
    },
}
