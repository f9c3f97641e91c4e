//! Operations on secrets as data, carried out by the runtime, and their results. Values are in `Opaque`.

use crate::domain::{
    FieldName, MissingRights, Opaque, Presence, SecretGenerator, SecretMetadata, SecretPath, SecretText,
    SecretVersion,
};
use crate::provider::{Error, SecretCapabilities};
pub use crate::write::{CopyRequest, RestoreRequest, SecretWrite, SecretWriteMode, SecretWriteOutcome};

#[derive(Debug)]
pub enum SecretJob {
    /// Queries presence, and which rights on the secret this user lacks.
    Inspect(SecretPath),
    /// As [`Self::Inspect`], with the list of versions.
    Versions(SecretPath),
    /// Generates a random value.
    Generate(SecretGenerator),
    /// Reads one value, to show or copy it.
    Reveal(RevealRequest),
    /// Writes a new version.
    Write(Box<SecretWrite>),
    /// Reads an older version and writes its fields as a new one.
    Restore(RestoreRequest),
    /// Reads a secret and writes its fields to another path, where there is none.
    Copy(CopyRequest),
    /// Deletes a version; it can be undeleted.
    Delete(SecretPath, SecretVersion),
    Undelete(SecretPath, SecretVersion),
    /// Destroys a version permanently.
    Destroy(SecretPath, SecretVersion),
    /// Destroys all versions and the metadata permanently.
    DestroyAll(SecretPath),
    /// After a write without an answer, queries presence until the store answers.
    FindOut(SecretPath),
}

/// Where a revealed value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevealDestination {
    Screen,
    /// The clipboard; the value never reaches the model.
    Clipboard,
}

/// A request to read one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealRequest {
    pub path: SecretPath,
    pub field: FieldName,
    /// Recorded in the audit.
    pub reason: String,
    pub destination: RevealDestination,
}

#[derive(Debug)]
pub enum SecretJobResult {
    /// Of [`SecretJob::Inspect`] and [`SecretJob::Versions`].
    Inspected(Box<Inspection>),
    /// Of [`SecretJob::Generate`]; the error says why there is no value.
    Generated(Result<Opaque<SecretText>, String>),
    /// Of [`SecretJob::Reveal`].
    Revealed(Box<RevealReport>),
    /// Of every job that writes.
    Written(SecretWriteOutcome),
    /// Of [`SecretJob::FindOut`]; the error says why the state is unknown.
    Found(Result<Presence, Error>),
}

/// What is known about a secret before an operation on it.
#[derive(Debug)]
pub struct Inspection {
    pub capabilities: SecretCapabilities,
    pub presence: Result<Presence, Error>,
    /// The rights this user lacks; empty if they may not be queried either.
    pub lacking: MissingRights,
    /// The stored versions, if they were requested and could be listed.
    pub versions: Option<SecretMetadata>,
}

/// The result of a read.
#[derive(Debug)]
pub struct RevealReport {
    pub result: Result<RevealOutcome, Error>,
    /// How many values confdeck received for it, used or not.
    pub values_read: usize,
}

/// The requested value, or why there is none.
#[derive(Debug)]
pub enum RevealOutcome {
    /// The value, to be shown or copied.
    Value(Opaque<SecretText>, Option<SecretVersion>),
    Copied(Option<SecretVersion>),
    /// No clipboard accepted the value.
    NotCopied,
    /// The secret exists without this field.
    NoField,
    /// There is no secret, or its newest version is deleted.
    Nothing,
}

impl SecretJob {
    /// Whether it changes what is stored. Reading does not; reads are counted and recorded in the audit.
    pub fn writes(&self) -> bool {
        match self {
            Self::Write(_) | Self::Restore(_) | Self::Copy(_) | Self::Delete(..) | Self::Undelete(..) => true,
            Self::Destroy(..) | Self::DestroyAll(_) => true,
            Self::Inspect(_) | Self::Versions(_) | Self::Generate(_) => false,
            Self::Reveal(_) | Self::FindOut(_) => false,
        }
    }
}
