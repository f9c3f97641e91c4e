//! What is done with secrets on purpose: what was asked for, what is shown of it, what can be taken
//! back. Nothing in here holds a value but the one being shown and those in the form.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::{Duration, SystemTime};

use super::{Holders, Rereads, SecretForm};
use crate::console::effect::Request;
use crate::console::secret_jobs::{Restore, RevealOrder};
use crate::domain::{FieldName, SecretPath, SecretRight, SecretText, SecretVersion, VersionInfo};

/// How long a value is shown.
pub const SHOWN_FOR: Duration = Duration::from_secs(15);

/// The most writes of secrets that are remembered, of a path each.
const MAX_DONE: usize = 1_000;

/// Something a person can do with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretAct {
    /// Show one field.
    Reveal,
    /// Put one field on the clipboard.
    Copy,
    /// Set one field.
    Set,
    /// Set several fields.
    SetFields,
    /// Take the last write of this session back.
    Undo,
    /// Delete the newest version.
    Delete,
    /// Undelete the newest version.
    Undelete,
    /// Destroy a version for ever.
    Destroy,
    /// Destroy all versions for ever.
    DestroyAll,
}

impl SecretAct {
    /// The right without which it cannot be done; of a write it depends on what is there.
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

    /// Whether it changes what is stored.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Reveal | Self::Copy)
    }

    /// What is to be chosen for it: `reveal which field?`
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

/// What something is done with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretTarget {
    /// The secret.
    pub path: SecretPath,
    /// The field, if one is meant.
    pub field: Option<FieldName>,
}

/// Everything that is under way with secrets.
#[derive(Default)]
pub struct Hands {
    /// What waits for what is there now.
    pub asking: Option<Asking>,
    /// A new version in the making; it covers the body.
    pub form: Option<Box<SecretForm>>,
    /// A write that is about to be taken back; it covers the body too.
    pub undo: Option<Box<SecretUndo>>,
    /// How many values reached confdeck in this session because of what is done here.
    pub reads: u64,
    /// Whether a value that comes may be shown: nothing has hidden it since it was asked for.
    pub waits: bool,
    /// A value that was asked for and has not come.
    pub reading: Option<(Request, RevealOrder)>,
    /// A write without an answer.
    pub writing: Option<SecretWriting>,
    /// The last write of each secret in this session.
    pub done: SecretWrites,
    /// What of that the receiver has to read again.
    pub rereads: Rereads,
}

/// An act that waits for what is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The question.
    pub request: Request,
    /// What is to be done.
    pub act: SecretAct,
    /// With what.
    pub target: SecretTarget,
}

/// A write of a secret that has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretWriting {
    /// The write, or the question what became of it.
    pub request: Request,
    /// Which secret.
    pub path: SecretPath,
    /// What it does, in words.
    pub what: String,
    /// The version it was to replace.
    pub before: Option<SecretVersion>,
    /// What kind of write it is.
    pub kind: WriteKind,
    /// Which fields it changes; `None`: all of them may be.
    pub fields: Option<BTreeSet<FieldName>>,
    /// Set while nobody knows whether it was done.
    pub unknown: bool,
}

/// What follows a write that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// A new version by the form.
    Form {
        /// Whether what was there can be read again, and not only deleted anew.
        returns: bool,
    },
    /// An older version written again.
    Restore,
    /// A version undeleted.
    Undelete,
    /// A version, or all of them, deleted or destroyed.
    End,
}

impl WriteKind {
    /// Whether it makes no new version.
    pub fn makes_none(self) -> bool {
        matches!(self, Self::Undelete | Self::End)
    }
}

/// A write of this session that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretDone {
    /// What was there; `None` if nothing was that could be read again.
    pub before: Option<SecretVersion>,
    /// What it wrote.
    pub after: SecretVersion,
    /// What it did, in words.
    pub what: String,
    /// When it was acknowledged.
    pub when: SystemTime,
    /// Which fields it changed; `None`: all of them may be.
    pub fields: Option<BTreeSet<FieldName>>,
}

/// The last write of each secret in this session.
#[derive(Debug, Default)]
pub struct SecretWrites {
    by_path: BTreeMap<SecretPath, SecretDone>,
    order: VecDeque<SecretPath>,
}

impl SecretWrites {
    /// The last write of one.
    pub fn of(&self, path: &SecretPath) -> Option<&SecretDone> {
        self.by_path.get(path)
    }

    /// Whether there was none at all.
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Takes one in; the oldest is forgotten where there are too many.
    pub fn take(&mut self, path: SecretPath, done: SecretDone) {
        self.forget(&path);
        self.order.push_back(path.clone());
        self.by_path.insert(path, done);
        if self.order.len() > MAX_DONE
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_path.remove(&oldest);
        }
    }

    /// It cannot be taken back any more.
    pub fn forget(&mut self, path: &SecretPath) {
        if self.by_path.remove(path).is_some() {
            self.order.retain(|known| known != path);
        }
    }
}

/// The review of a write that is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUndo {
    /// Which secret.
    pub path: SecretPath,
    /// The write.
    pub done: SecretDone,
    /// When it was opened.
    pub opened: Duration,
    /// First line shown.
    pub scroll: usize,
    /// What the store had against it.
    pub clash: Option<String>,
    /// Who depends on what it changes.
    pub holders: Holders,
    /// The last try.
    pub sent: Option<Request>,
}

impl SecretUndo {
    /// What is read and written, where there is something to read.
    pub fn restore(&self) -> Option<Restore> {
        let from = self.done.before?;
        Some(Restore { path: self.path.clone(), from, newest: self.done.after })
    }
}

/// A value on the screen.
pub struct SecretShown {
    /// Of which secret.
    pub path: SecretPath,
    /// Which field.
    pub field: FieldName,
    /// Of which version.
    pub version: Option<SecretVersion>,
    /// How many values were read for it.
    pub read: usize,
    /// The value.
    pub value: SecretText,
    /// When it goes.
    pub until: Duration,
    /// First line shown.
    pub scroll: usize,
}

impl fmt::Debug for SecretShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretShown({})", self.path)
    }
}

/// Something to be chosen before an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPick {
    /// For what.
    pub act: SecretAct,
    /// What there is.
    pub choices: PickFrom,
    /// The selected one.
    pub cursor: usize,
    /// When it was opened; keys of the first 300 ms take nothing.
    pub opened: Duration,
}

/// What can be chosen from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickFrom {
    /// Secrets, and fields of them, that the selected document needs.
    Targets(Vec<SecretTarget>),
    /// The fields of one.
    Fields(SecretPath, Vec<FieldName>),
    /// Its versions, the newest first.
    Versions(SecretPath, Vec<VersionInfo>),
}

impl PickFrom {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Targets(targets) => targets.len(),
            Self::Fields(_, fields) => fields.len(),
            Self::Versions(_, versions) => versions.len(),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Hands {
    /// Whether what covers the body is a review.
    pub fn reviews(&self) -> bool {
        self.undo.is_some() || self.form.as_ref().is_some_and(|form| form.review.is_some())
    }

    /// Whether something that was begun covers the body.
    pub fn covers(&self) -> bool {
        self.form.is_some() || self.undo.is_some()
    }
}
