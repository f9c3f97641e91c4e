//! What a person has done with a secret on purpose: data that the runtime carries out, and what came
//! of it. Values are in there only inside of [`Hidden`].

use crate::domain::{
    FieldName, Generate, Hidden, Lacking, Presence, SecretPath, SecretText, SecretVersion, Versions,
};
use crate::provider::{Error, SecretCapabilities, SecretExpect, SecretFields};

/// Something to be done with a secret.
#[derive(Debug)]
pub enum SecretJob {
    /// Tell what is there now, and what this user may not do with it.
    Inspect(SecretPath),
    /// The same, with the versions that are kept.
    Versions(SecretPath),
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
    /// Destroy a version for ever.
    Destroy(SecretPath, SecretVersion),
    /// Destroy all versions for ever, and that there were any.
    DestroyAll(SecretPath),
    /// Tell what is there after a write without an answer, as soon as somebody can.
    FindOut(SecretPath),
}

/// Where a value goes that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlet {
    /// On the screen, for a short time.
    Screen,
    /// On the clipboard; it never comes back to the model.
    Clipboard,
}

/// One value that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealOrder {
    /// Of which secret.
    pub path: SecretPath,
    /// Which field.
    pub field: FieldName,
    /// Why, in that person's words.
    pub reason: String,
    /// Where it goes.
    pub to: Outlet,
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
    /// Of [`SecretJob::Inspect`] and [`SecretJob::Versions`].
    Inspected(Box<Inspection>),
    /// Of [`SecretJob::Generate`]; an error says why there is none.
    Generated(Result<Hidden<SecretText>, String>),
    /// Of [`SecretJob::Reveal`].
    Revealed(Box<Reading>),
    /// Of every job that writes.
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
    /// The versions that are kept, where they were asked for and could be told.
    pub versions: Option<Versions>,
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
    /// The value went to the clipboard.
    Copied(Option<SecretVersion>),
    /// There is no way to the clipboard for it.
    NotCopied,
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
            Self::Destroy(..) | Self::DestroyAll(_) => true,
            Self::Inspect(_) | Self::Versions(_) | Self::Generate(_) => false,
            Self::Reveal(_) | Self::FindOut(_) => false,
        }
    }
}
