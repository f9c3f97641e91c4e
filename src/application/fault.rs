//! What is wrong with the values of layers, each with the place to correct and no value.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::{SettingPath, SettingSpec, SpecPlace, ValueOrigin, ValuePlace};

/// Why the values of layers are not put in force. It holds no value, because any of them may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingFault {
    #[error("{path}: {reason} ({origin}); correct it there")]
    Value { path: SettingPath, origin: ValueOrigin, reason: String },
    #[error("{path}: it is required and has no value; set it{ways}")]
    Missing { path: SettingPath, ways: SettingWays },
    #[error("{path}: it is one value, and {origin} has the section {member} in its place; remove that")]
    Section { path: SettingPath, member: SettingPath, origin: ValueOrigin },
    #[error("{path}: {above} is a value and no section ({origin}); remove it, or make it a section")]
    Covered { path: SettingPath, above: SettingPath, origin: ValueOrigin },
    #[error("{path}: it is there twice ({first}, and {origin}); remove one of them")]
    Twice { path: SettingPath, first: ValuePlace, origin: ValueOrigin },
    #[error("{path}: it lies in {above}, which is a value ({first}, and {origin}); remove one of them")]
    Within { path: SettingPath, above: SettingPath, first: ValuePlace, origin: ValueOrigin },
    #[error("{path}: a member of it has an empty name ({origin}); name it")]
    EmptyName { path: SettingPath, origin: ValueOrigin },
    #[error(
        "{message} (rule {id}, {}:{}:{}); change one of its settings",
        place.path.display(), place.line, place.column
    )]
    Rule { id: Arc<str>, message: String, place: SpecPlace },
}

impl SettingFault {
    /// The setting that is at fault; `None` if it is a rule over several.
    pub fn path(&self) -> Option<&SettingPath> {
        match self {
            Self::Value { path, .. }
            | Self::Missing { path, .. }
            | Self::Section { path, .. }
            | Self::Covered { path, .. }
            | Self::Twice { path, .. }
            | Self::Within { path, .. }
            | Self::EmptyName { path, .. } => Some(path),
            Self::Rule { .. } => None,
        }
    }

    /// The layer that is at fault, where it is one alone.
    pub fn layer(&self) -> Option<&Arc<str>> {
        match self {
            Self::Value { origin, .. }
            | Self::Section { origin, .. }
            | Self::Covered { origin, .. }
            | Self::Twice { origin, .. }
            | Self::Within { origin, .. }
            | Self::EmptyName { origin, .. } => Some(&origin.layer),
            Self::Missing { .. } | Self::Rule { .. } => None,
        }
    }
}

/// How a setting is set besides in a file: its variable, and its key in etcd.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingWays {
    variable: Option<Arc<str>>,
    etcd_key: Option<Arc<str>>,
}

impl SettingWays {
    pub(super) fn of(spec: &SettingSpec) -> Self {
        Self { variable: spec.variable.clone(), etcd_key: spec.etcd_key.clone() }
    }
}

/// ` in one of its layers, as DATABASE_URL, or as the key Database/Url of etcd`
impl fmt::Display for SettingWays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(" in one of the layers")?;
        if let Some(variable) = &self.variable {
            write!(f, ", as {variable} in the environment")?;
        }
        if let Some(key) = &self.etcd_key {
            write!(f, ", as the key {key} in etcd")?;
        }
        Ok(())
    }
}
