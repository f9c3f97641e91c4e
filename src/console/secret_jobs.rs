//! What a person has done with a secret on purpose: data that the runtime carries out, and what came
//! of it. Values are in there only inside of [`Hidden`].

use crate::domain::{FieldName, Generate, Hidden, Lacking, Presence, SecretPath, SecretText, SecretVersion};
use crate::provider::{Error, SecretCapabilities, SecretExpect, SecretFields};

/// Something to be done with a secret.
#[derive(Debug)]
pub enum SecretJob {
    /// Tell what is there now, and what this user may not do with it.
    Inspect(SecretPath),
    /// Make a value at random.
    Generate(Generate),
    /// Read one value, to be shown or copied.
    Reveal(RevealOrder),
    /// Write a new version.
    Write(Box<SecretWrite>),
    /// Read an older version and write its fields as the newest one.
    Restore(Restore),
    /// Delete a version, which can be undeleted.
    Delete(SecretPath, SecretVersion),
    /// Take such a delete back.
    Undelete(SecretPath, SecretVersion),
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

/// What came of a job.
#[derive(Debug)]
pub enum SecretTold {
    /// Of [`SecretJob::Inspect`].
    Inspected(Box<Inspection>),
    /// Of [`SecretJob::Generate`]; an error says why there is none.
    Generated(Result<Hidden<SecretText>, String>),
    /// Of [`SecretJob::Reveal`].
    Revealed(Box<Reading>),
    /// Of [`SecretJob::Write`], [`SecretJob::Restore`], [`SecretJob::Delete`] and [`SecretJob::Undelete`].
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
            Self::Write(_) | Self::Restore(_) | Self::Delete(..) | Self::Undelete(..) => true,
            Self::Inspect(_) | Self::Generate(_) | Self::Reveal(_) | Self::FindOut(_) => false,
        }
    }
}
