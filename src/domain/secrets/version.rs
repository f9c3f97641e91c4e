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

/// What is known of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInfo {
    pub version: SecretVersion,
    /// When it was written, by the server's clock.
    pub written: Option<SystemTime>,
    /// Whether its value is still there.
    pub state: VersionState,
}

/// Whether the value of a version is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    Available,
    /// It was deleted, and can be undeleted.
    Deleted(Option<SystemTime>),
    /// Its value is gone for ever.
    Destroyed,
}

/// What a server reports about a secret without reading it: KV 2's `metadata`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretMetadata {
    /// The newest; `None` where only metadata was ever written.
    pub current: Option<SecretVersion>,
    /// All that the server still lists, the newest first.
    pub list: Vec<VersionInfo>,
    /// How many the server keeps; `None` leaves it to the mount, whose own default is 10.
    pub max: Option<u64>,
    /// Whether the secret asks every writer for check-and-set.
    pub cas_required: bool,
    /// After which time a new version is deleted by itself.
    pub delete_after: Option<Duration>,
    /// When the first was written.
    pub created: Option<SystemTime>,
    /// When anything changed last.
    pub updated: Option<SystemTime>,
    /// Metadata that users wrote beside it: names and texts, no secrets by their purpose, yet not
    /// safe to show as they are.
    pub custom: Vec<(String, String)>,
}
