//! Operations on secrets as data, carried out by the runtime, and their results. Values appear only inside
//! `Hidden`.

use crate::domain::{
    FieldName, MissingRights, Opaque, Presence, SecretGenerator, SecretMetadata, SecretPath, SecretText,
    SecretVersion,
};
use crate::provider::{Error, SecretCapabilities};
pub use crate::write::{RestoreRequest, SecretWrite, SecretWriteMode, SecretWriteOutcome};

#[derive(Debug)]
pub enum SecretJob {
    /// Queries presence, and what this user may not do with the secret.
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
    /// Deletes a version; it can be undeleted.
    Delete(SecretPath, SecretVersion),
    Undelete(SecretPath, SecretVersion),
    /// Destroys a version for ever.
    Destroy(SecretPath, SecretVersion),
    /// Destroys all versions and the metadata for ever.
    DestroyAll(SecretPath),
    /// Queries presence after a write without an answer, until the store answers.
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
    /// For the audit.
    pub reason: String,
    pub destination: RevealDestination,
}

/// The result of a job.
#[derive(Debug)]
pub enum SecretJobResult {
    /// Of [`SecretJob::Inspect`] and [`SecretJob::Versions`].
    Inspected(Box<Inspection>),
    /// Of [`SecretJob::Generate`]; an error says why there is no value.
    Generated(Result<Opaque<SecretText>, String>),
    /// Of [`SecretJob::Reveal`].
    Revealed(Box<RevealReport>),
    /// Of every job that writes.
    Written(SecretWriteOutcome),
    /// Of [`SecretJob::FindOut`]; an error says why it is not known.
    Found(Result<Presence, Error>),
}

/// What is known of a secret before an operation on it.
#[derive(Debug)]
pub struct Inspection {
    pub capabilities: SecretCapabilities,
    pub presence: Result<Presence, Error>,
    /// What this user may not do with it; empty where even that may not be queried.
    pub lacking: MissingRights,
    /// The stored versions, where they were asked for and could be listed.
    pub versions: Option<SecretMetadata>,
}

/// The result of a read.
#[derive(Debug)]
pub struct RevealReport {
    pub result: Result<RevealOutcome, Error>,
    /// How many values confdeck received for it, used or not.
    pub values_read: usize,
}

/// What was found instead of, or as, the requested value.
#[derive(Debug)]
pub enum RevealOutcome {
    /// The value, to be shown or copied.
    Value(Opaque<SecretText>, Option<SecretVersion>),
    Copied(Option<SecretVersion>),
    /// No clipboard takes it.
    NotCopied,
    /// The secret exists without this field.
    NoField,
    /// There is no secret, or its newest version is deleted.
    Nothing,
}

impl SecretJob {
    /// Whether it changes what is stored. Reading does not; it is counted and recorded in the audit.
    pub fn writes(&self) -> bool {
        match self {
            Self::Write(_) | Self::Restore(_) | Self::Delete(..) | Self::Undelete(..) => true,
            Self::Destroy(..) | Self::DestroyAll(_) => true,
            Self::Inspect(_) | Self::Versions(_) | Self::Generate(_) => false,
            Self::Reveal(_) | Self::FindOut(_) => false,
        }
    }
}
