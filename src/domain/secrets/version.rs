//! The versions that a key-value engine keeps of a secret.

use std::fmt;
use std::time::{Duration, SystemTime};

/// The number of one version, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretVersion(pub u64);

/// `v3`.
impl fmt::Display for SecretVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// The metadata of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInfo {
    pub version: SecretVersion,
    /// When it was written, by the server's clock.
    pub written: Option<SystemTime>,
    /// Whether its value still exists.
    pub state: VersionState,
}

/// Whether the value of a version still exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    Available,
    /// It was deleted, and can be undeleted.
    Deleted(Option<SystemTime>),
    /// Its value is gone permanently.
    Destroyed,
}

/// What a server reports about a secret without reading it: KV 2's `metadata`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretMetadata {
    /// The newest version; `None` where only metadata was ever written.
    pub current: Option<SecretVersion>,
    /// All versions that the server still lists, newest first.
    pub list: Vec<VersionInfo>,
    /// How many versions the server keeps; `None` leaves it to the mount, whose own default is 10.
    pub max: Option<u64>,
    /// Whether the secret requires check-and-set from every writer.
    pub cas_required: bool,
    /// The time after which the server deletes a new version.
    pub delete_after: Option<Duration>,
    /// When the first version was written.
    pub created: Option<SystemTime>,
    /// The time of the last change.
    pub updated: Option<SystemTime>,
    /// Metadata that users added: names and texts, which are not meant to contain secrets but are not
    /// safe to show unescaped.
    pub custom: Vec<(String, String)>,
}
