//! Overlays: help, prompts, questions and lists above the screen.

use std::time::Duration;

use crate::console::drafts::DraftId;
use crate::console::overlays::chooser::Chooser;
use crate::console::overlays::columns::ColumnsPage;
use crate::console::overlays::messages::MessagesPage;
use crate::console::place::Place;
use crate::console::screens::drafts::DraftsPage;
use crate::console::screens::secret_form::{GeneratePrompt, ValuePrompt};
use crate::console::screens::secrets::actions::{RevealedValue, SecretPicker};
use crate::console::secret_jobs::{RevealRequest, SecretJob};
use crate::console::widgets::TextInput;
use crate::domain::{Entry, Opaque, ResourceKey, SecretPath, SecretVersion, StoreId};

/// An overlay above the screen.
#[derive(Debug)]
pub enum Overlay {
    /// The keys of a mode.
    Help {
        place: Place,
        scroll: usize,
    },
    Prompt(Prompt),
    Confirm(Confirm),
    /// Drafts of this session and of earlier ones.
    Drafts(DraftsPage),
    /// What the user was told.
    Messages(MessagesPage),
    /// The kind of a new document.
    Choose(Chooser),
    /// The columns of a list.
    Columns(ColumnsPage),
    /// A choice of a secret or a field.
    PickSecret(SecretPicker),
    RevealedValue(RevealedValue),
    Value(Opaque<Box<ValuePrompt>>),
    /// A random value for it.
    Generate(GeneratePrompt),
}

impl Overlay {
    /// The place whose keys are live.
    pub fn place(&self) -> Place {
        match self {
            Self::Help { .. } => Place::Help,
            Self::Prompt(_) => Place::Prompt,
            Self::Confirm(_) => Place::Confirm,
            Self::Drafts(_) => Place::Drafts,
            Self::Messages(page) if page.list.typing.is_some() => Place::MessageFilter,
            Self::Messages(_) => Place::Messages,
            Self::Choose(_) => Place::Choose,
            Self::Columns(_) => Place::Columns,
            Self::PickSecret(_) => Place::PickSecret,
            Self::RevealedValue(_) => Place::RevealedValue,
            Self::Value(_) => Place::Value,
            Self::Generate(_) => Place::Generate,
        }
    }
}

#[derive(Debug)]
pub struct Prompt {
    pub purpose: PromptPurpose,
    pub input: TextInput,
    /// Why the last input was rejected.
    pub error: Option<String>,
    /// Completions; only a few.
    pub candidates: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptPurpose {
    /// A command or an address.
    Command,
    /// The address of a new document.
    New,
    /// The address of a copy.
    Clone(ResourceKey),
    /// The namespace to copy these documents to.
    CloneTo(Vec<ResourceKey>),
    /// The new name of a document.
    Rename(ResourceKey),
    /// Text that confirms a plan; a paste is refused.
    Typed(String),
    /// The name of what is written although it darkens the receiver; a paste is refused.
    Force(ForcedWrite),
    /// The context's name, to unlock writing; a paste is refused.
    Unlock,
    /// An edited value for a clash of a merge.
    Value,
    /// The reason for revealing a secret value.
    Reason(RevealRequest),
    /// The path of the secret to destroy, typed to confirm; a paste is refused.
    Destroy(DestroyTarget),
    /// The name of another field of the secret being written.
    FieldName,
}

/// A write that is stopped unless its target's name is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForcedWrite {
    /// What must be typed.
    pub name: String,
    /// Why it is stopped.
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyTarget {
    pub path: SecretPath,
    /// `None`: all versions.
    pub version: Option<SecretVersion>,
    pub warnings: Vec<String>,
}

impl DestroyTarget {
    /// `v2 of secret/app/orders`
    pub fn describe(&self) -> String {
        match self.version {
            Some(version) => format!("{version} of {}", self.path),
            None => format!("{} with all its versions", self.path),
        }
    }
}

#[derive(Debug)]
pub struct Confirm {
    pub question: String,
    pub details: Vec<String>,
    /// The action that yes confirms.
    pub action: ConfirmAction,
    /// When it was asked; keys in the first 300 ms do not answer it.
    pub asked: Duration,
}

/// The action that yes confirms.
#[derive(Debug)]
pub enum ConfirmAction {
    /// Deletes this document if it still has this token in this store.
    Delete {
        entry: Box<Entry>,
        /// The store in which it was shown; tokens of another store cannot be compared.
        store: Option<StoreId>,
    },
    /// Discards the draft.
    Discard,
    /// Discards a draft of an earlier session.
    DiscardSaved(DraftId),
    /// Quits despite an open draft.
    Quit,
    /// Goes to this context, although a draft is not saved whole.
    SwitchContext(String),
    /// Deletes or undeletes the version of a secret that was the newest when it was shown; with a
    /// description.
    Secret(SecretJob, String),
}
