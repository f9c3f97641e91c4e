//! What is wrong with the values of layers, each with the place to correct and no value.

use std::sync::Arc;

use thiserror::Error;

use super::{RuleViolation, SettingPath, ValueFault, ValueOrigin, ValuePlace};

/// Why the values of layers are not put in force. It holds no value, because any of them may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingFault {
    #[error("{path}: {fault} ({origin}); correct it there")]
    Value { path: SettingPath, origin: ValueOrigin, fault: ValueFault },
    /// A required setting; the fault says how it is set.
    #[error("{path}: {fault}")]
    Missing { path: SettingPath, fault: ValueFault },
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
    #[error("{} (rule {}, {}); change one of its settings", .0.message, .0.rule, .0.place)]
    Rule(RuleViolation),
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
            Self::Missing { .. } | Self::Rule(_) => None,
        }
    }
}
