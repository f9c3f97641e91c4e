//! What a person has done with a secret on purpose: data that the runtime carries out, and what came
//! of it. Values are in there only inside of [`Hidden`].

use crate::domain::{
    FieldName, Generate, Hidden, Lacking, Presence, SecretPath, SecretText, SecretVersion, Versions,
};
use crate::provider::{Error, SecretCapabilities, SecretExpect, SecretFields};

/// Something to be done with a secret.
#[derive(Debug)]
pub enum SecretJob {
    /// Tell what is there now and what this user may do with it; its versions too where asked for.
    Inspect {
        /// Which secret.
        path: SecretPath,
        /// Whether its versions are wanted.
        versions: bool,
    },
    /// Make a value at random.
    Generate(Generate),
    /// Read one value, to be shown or copied.
    Reveal(RevealOrder),
    /// Write a new version.
    Write(Box<SecretWrite>),
    /// Read an older version and write its fields as the newest one.
    Restore(Restore),
    /// Delete versions, take that back, or destroy.
    Change(VersionChange),
    /// Tell what is there after a write without an answer, as soon as somebody can.
    FindOut(SecretPath),
}

/// One value that a person asked to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealOrder {
    /// Of which secret.
    pub path: SecretPath,
    /// Which field.
    pub field: FieldName,
    /// Why, in that person's words.
    pub reason: String,
    /// Put on the clipboard instead of shown.
    pub copy: bool,
}

/// How a new version is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It holds these fields alone: there is nothing else, or all of it is replaced.
    Whole,
    /// These fields change; the others are not read.
    Patch,
    /// All fields are read, changed and written.
    ReadFirst,
}

/// A new version of a secret.
#[derive(Debug)]
pub struct SecretWrite {
    /// Which secret.
    pub path: SecretPath,
    /// How it is made.
    pub how: How,
    /// The condition.
    pub expect: SecretExpect,
    /// The new values.
    pub set: Hidden<SecretFields>,
    /// Fields that go.
    pub remove: Vec<FieldName>,
}

/// An older version that becomes the newest again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// Which secret.
    pub path: SecretPath,
    /// The version whose fields are written.
    pub from: SecretVersion,
    /// The version that must be the newest.
    pub newest: SecretVersion,
}

/// What happens to versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChange {
    /// Which secret.
    pub path: SecretPath,
    /// What happens.
    pub what: VersionAct,
    /// To which; none where all go.
    pub versions: Vec<SecretVersion>,
}

/// What can happen to versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionAct {
    /// Deleted, to be undeleted.
    Delete,
    /// Undeleted.
    Undelete,
    /// Their values destroyed for ever.
    Destroy,
    /// All of them and the metadata removed for ever.
    DestroyAll,
}

/// What came of a job.
#[derive(Debug)]
pub enum SecretTold {
    /// Of [`SecretJob::Inspect`].
    Inspected(Box<Inspection>),
    /// Of [`SecretJob::Generate`]; an error says why there is none.
    Generated(Result<Hidden<SecretText>, String>),
    /// Of [`SecretJob::Reveal`].
    Revealed(Box<Reading>),
    /// Of [`SecretJob::Write`], [`SecretJob::Restore`] and [`SecretJob::Change`].
    Written(Outcome),
    /// Of [`SecretJob::FindOut`]; an error says why nobody could tell.
    Found(Result<Presence, Error>),
}

/// What is known of a secret before something is done with it.
#[derive(Debug)]
pub struct Inspection {
    /// What its store can do.
    pub can: SecretCapabilities,
    /// What is there.
    pub presence: Result<Presence, Error>,
    /// What this user may not do with it; nothing where not even that may be asked.
    pub lacking: Lacking,
    /// Its versions, where they were asked for.
    pub versions: Option<Result<Option<Versions>, Error>>,
}

/// What a read brought.
#[derive(Debug)]
pub struct Reading {
    /// What came of it.
    pub found: Result<Found, Error>,
    /// How many values reached confdeck for it, whatever became of them.
    pub read: usize,
}

/// What was found where a value was asked for.
#[derive(Debug)]
pub enum Found {
    /// The value, to be shown.
    Value(Hidden<SecretText>, Option<SecretVersion>),
    /// It was put on the clipboard; `false` where no way was found.
    Copied(bool),
    /// The secret is there, the field is not.
    NoField,
    /// There is no secret, or none of its newest version.
    Nothing,
}

/// What came of a write.
#[derive(Debug)]
pub struct Outcome {
    /// The new version, where one was written and versions are kept.
    pub result: Result<Option<SecretVersion>, Error>,
    /// How many values were read for it.
    pub read: usize,
}

impl SecretJob {
    /// Whether it changes what is stored. Reading does not; it is counted and kept in the audit.
    pub fn writes(&self) -> bool {
        match self {
            Self::Write(_) | Self::Restore(_) | Self::Change(_) => true,
            Self::Inspect { .. } | Self::Generate(_) | Self::Reveal(_) | Self::FindOut(_) => false,
        }
    }
}

impl VersionAct {
    /// The word for it, as in `delete v3`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Destroy => "destroy",
            Self::DestroyAll => "destroy all versions",
        }
    }
}

impl VersionChange {
    /// What it does, in words: `delete v3 of kv/orders/secrets`.
    pub fn words(&self) -> String {
        let versions: Vec<_> = self.versions.iter().map(ToString::to_string).collect();
        match self.what {
            VersionAct::DestroyAll => format!("{} of {}", self.what.word(), self.path),
            what => format!("{} {} of {}", what.word(), versions.join(", "), self.path),
        }
    }
}
