//! State of the actions on secrets: what was requested, what is revealed, what can be undone. Values are held
//! only while shown, and in the form.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use crate::console::action::Action;
use crate::console::request::{Pending, RequestId};
use crate::console::screens::secret_form::{SecretForm, SecretReview};
use crate::console::screens::stale_dependents::{SecretDependents, StaleDependents};
use crate::console::secret_jobs::RevealRequest;
use crate::console::widgets::ListState;
use crate::domain::{FieldName, SecretPath, SecretRight, SecretText, SecretVersion, VersionInfo};

/// How long a value is shown.
pub const REVEALED_FOR: Duration = Duration::from_secs(15);

/// The most writes remembered, one per secret path.
const MAX_DONE: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretAction {
    /// Show one field.
    Reveal,
    /// Put one field on the clipboard.
    Copy,
    /// Set one field.
    Set,
    /// Set several fields.
    SetFields,
    /// Undo the last write of this session.
    Undo,
    /// Delete the newest version.
    Delete,
    /// Undelete the newest version.
    Undelete,
    /// Destroy a version permanently.
    Destroy,
    /// Destroy all versions permanently.
    DestroyAll,
}

impl SecretAction {
    /// The action on secrets that a general action stands for, if any.
    pub fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::RevealSecret => Self::Reveal,
            Action::CopySecret => Self::Copy,
            Action::SetSecret => Self::Set,
            Action::SetFields => Self::SetFields,
            Action::UndoSecret => Self::Undo,
            Action::DeleteSecret => Self::Delete,
            Action::UndeleteSecret => Self::Undelete,
            Action::DestroySecret => Self::Destroy,
            Action::DestroyAll => Self::DestroyAll,
            _ => return None,
        })
    }

    /// The right that the action requires; `None` for writes, which depend on what is stored.
    pub fn right(self) -> Option<SecretRight> {
        match self {
            Self::Reveal | Self::Copy => Some(SecretRight::Reveal),
            Self::Set | Self::SetFields | Self::Undo => None,
            Self::Delete => Some(SecretRight::Delete),
            Self::Undelete => Some(SecretRight::Undelete),
            Self::Destroy => Some(SecretRight::Destroy),
            Self::DestroyAll => Some(SecretRight::DestroyAll),
        }
    }

    pub fn writes(self) -> bool {
        !matches!(self, Self::Reveal | Self::Copy)
    }

    /// Its word in the question of the picker: `reveal which field?`
    pub fn word(self) -> &'static str {
        match self {
            Self::Reveal => "reveal",
            Self::Copy => "copy",
            Self::Set | Self::SetFields => "set",
            Self::Undo => "undo",
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Destroy => "destroy",
            Self::DestroyAll => "destroy all of",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretTarget {
    pub path: SecretPath,
    pub field: Option<FieldName>,
}

#[derive(Default)]
pub struct SecretActions {
    /// The action that waits for the current state of its secret.
    pub pending: Pending<(SecretAction, SecretTarget)>,
    /// The form for a new version; it covers the body.
    pub form: Option<Box<SecretForm>>,
    /// The review of an undo; it covers the body.
    pub undo: Option<Box<SecretUndoReview>>,
    /// The number of values that were read in this session.
    pub reads: u64,
    /// Whether an arriving value may be shown: nothing has hidden it since it was requested.
    pub may_show: bool,
    /// The pending read of a value.
    pub reading: Pending<RevealRequest>,
    pub writing: Option<PendingSecretWrite>,
    pub undo_log: SecretUndoLog,
    pub stale_dependents: StaleDependents,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSecretWrite {
    /// The write itself, or the later request for its outcome.
    pub request: RequestId,
    pub path: SecretPath,
    pub description: String,
    /// The version it replaces.
    pub before: Option<SecretVersion>,
    pub kind: SecretWriteKind,
    /// The fields it changes; `None`: possibly all.
    pub fields: Option<BTreeSet<FieldName>>,
    /// Set while its outcome is unknown.
    pub unknown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretWriteKind {
    /// A new version from the form.
    Form {
        /// Whether the previous version can be read again, so that undo can restore it.
        undoable: bool,
    },
    /// An older version was written again.
    Restore,
    /// Another secret was written to this path, where there was none.
    Copy,
    /// A version was undeleted.
    Undelete,
    /// A version, or all of them, were deleted or destroyed.
    End,
}

/// A write of this session that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUndoEntry {
    /// The version before; `None` if no readable version existed.
    pub before: Option<SecretVersion>,
    /// The version written.
    pub after: SecretVersion,
    pub description: String,
    /// The fields it changed; `None`: possibly all.
    pub fields: Option<BTreeSet<FieldName>>,
}

/// The last write of each secret in this session.
#[derive(Debug, Default)]
pub struct SecretUndoLog(VecDeque<(SecretPath, SecretUndoEntry)>);

impl SecretUndoLog {
    pub fn of(&self, path: &SecretPath) -> Option<&SecretUndoEntry> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, done)| done)
    }

    /// Records a write; the oldest is dropped if there are too many.
    pub fn record(&mut self, path: SecretPath, done: SecretUndoEntry) {
        self.forget(&path);
        self.0.push_back((path, done));
        if self.0.len() > MAX_DONE {
            self.0.pop_front();
        }
    }

    /// Removes a write that can no longer be undone.
    pub fn forget(&mut self, path: &SecretPath) {
        self.0.retain(|(known, _)| known != path);
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUndoReview {
    pub path: SecretPath,
    pub entry: SecretUndoEntry,
    pub review: SecretReview,
    /// Why the store rejected it.
    pub conflict: Option<String>,
    /// The documents that depend on what it changes.
    pub dependents: SecretDependents,
    /// The last write that was sent.
    pub sent: Option<RequestId>,
}

/// A value on the screen.
pub struct RevealedValue {
    pub path: SecretPath,
    pub field: FieldName,
    pub version: Option<SecretVersion>,
    /// How many values were read to show it.
    pub read: usize,
    pub value: SecretText,
    /// When it is hidden.
    pub until: Duration,
    pub scroll: usize,
}

impl fmt::Debug for RevealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretShown({})", self.path)
    }
}

/// The picker for the target of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPicker {
    pub act: SecretAction,
    pub choices: PickerItems,
    pub list: ListState<usize>,
    /// When it was opened; keys in the first 300 ms are ignored.
    pub opened: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickerItems {
    /// Secrets, and fields of them, that the selected document needs.
    Targets(Vec<SecretTarget>),
    Fields(SecretPath, Vec<FieldName>),
    /// Newest first.
    Versions(SecretPath, Vec<VersionInfo>),
}

impl PickerItems {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Targets(targets) => targets.len(),
            Self::Fields(_, fields) => fields.len(),
            Self::Versions(_, versions) => versions.len(),
        }
    }
}

impl SecretActions {
    /// The review that covers the body: of an undo, or of the form.
    pub fn review(&self) -> Option<SecretReview> {
        self.undo.as_ref().map_or_else(|| self.form.as_ref()?.review, |undo| Some(undo.review))
    }

    /// As [`SecretActions::review`], mutably.
    pub fn review_mut(&mut self) -> Option<&mut SecretReview> {
        match &mut self.undo {
            Some(undo) => Some(&mut undo.review),
            None => self.form.as_mut()?.review.as_mut(),
        }
    }

    /// The form whose write has this request.
    pub fn sent_form(&mut self, request: RequestId) -> Option<&mut SecretForm> {
        self.form.as_deref_mut().filter(|form| form.sent == Some(request))
    }

    /// The undo whose write has this request.
    pub fn sent_undo(&mut self, request: RequestId) -> Option<&mut SecretUndoReview> {
        self.undo.as_deref_mut().filter(|undo| undo.sent == Some(request))
    }

    /// Whether the form or a review covers the body.
    pub fn covers_body(&self) -> bool {
        self.form.is_some() || self.undo.is_some()
    }
}
