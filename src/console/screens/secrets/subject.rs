//! What a row of the tab Secrets stands for.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::domain::{SecretField, SecretPath};
use crate::provider::env::variable_name;

/// Something that documents refer to, or that is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSubject {
    /// A secret in the store of secrets, or the variables of one webhook id.
    Path(SecretPath),
    /// The path of a vault reference that the receiver resolves in no store.
    Unread(Arc<str>),
    /// A variable of the receiver's environment.
    Variable(Arc<str>),
}

impl SecretSubject {
    /// Its text, without decoration; not yet safe to show, see `text::Safe`.
    pub fn text(&self) -> String {
        match self {
            Self::Path(SecretPath::Variables(id)) => {
                // All variables of an id share this prefix.
                let token = variable_name(id, SecretField::BEARER_TOKEN);
                format!("{}*", token.strip_suffix("TOKEN").unwrap_or(&token))
            }
            Self::Path(path) => path.to_string(),
            Self::Unread(path) => format!("vault:{path}"),
            Self::Variable(name) => format!("${name}"),
        }
    }

    pub fn path(&self) -> Option<&SecretPath> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
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

/// The order by path: secrets first, then variables, each by its text, which the caller caches.
pub(crate) fn by_path(a: (&SecretSubject, &str), b: (&SecretSubject, &str)) -> Ordering {
    a.0.group().cmp(&b.0.group()).then_with(|| a.1.cmp(b.1)).then_with(|| a.0.cmp(b.0))
}
