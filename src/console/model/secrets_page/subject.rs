//! What a row of the tab Secrets is about.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::domain::{SecretField, SecretPath};
use crate::provider::env::variable_name;

/// Something that documents refer to, or that is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A secret in the store of secrets, or the variables of one webhook id.
    Path(SecretPath),
    /// The path of a vault reference that the receiver looks for in no store.
    Unread(Arc<str>),
    /// A variable of the receiver's environment.
    Variable(Arc<str>),
}

impl Subject {
    /// How it is written, without anything added; not yet safe to show, see `text::Safe`.
    pub fn text(&self) -> String {
        match self {
            Self::Path(SecretPath::Variables(id)) => {
                // One name stands for its like, which begin in the same way.
                let token = variable_name(id, SecretField::BEARER_TOKEN);
                format!("{}*", token.strip_suffix("TOKEN").unwrap_or(&token))
            }
            Self::Path(path) => path.to_string(),
            Self::Unread(path) => format!("vault:{path}"),
            Self::Variable(name) => format!("${name}"),
        }
    }

    /// The secret that can be looked at, if it is one.
    pub fn path(&self) -> Option<&SecretPath> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Whether it is a secret of a key-value engine.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Path(SecretPath::Kv { .. }))
    }

    /// Secrets first, then variables.
    fn group(&self) -> u8 {
        match self {
            Self::Path(SecretPath::Kv { .. }) => 0,
            Self::Unread(_) => 1,
            Self::Path(_) => 2,
            Self::Variable(_) => 3,
        }
    }
}

/// The order by path: secrets first, then variables, each by its text, which the caller keeps.
pub(super) fn by_path(a: (&Subject, &str), b: (&Subject, &str)) -> Ordering {
    a.0.group().cmp(&b.0.group()).then_with(|| a.1.cmp(b.1)).then_with(|| a.0.cmp(b.0))
}
