//! What the tab Secrets knows of each secret: through the receiver's eyes, and from what the store told.

use std::borrow::Cow;

use super::state::{NotVisible, Outlook};
use crate::check::Eyes;
use crate::console::model::Sight;
use crate::domain::{FieldState, Presence, ResourceKey, SecretPath};

/// The receiver's eyes, and what was seen so far.
#[derive(Clone, Copy)]
pub struct Vista<'m> {
    /// Where the receiver looks.
    pub eyes: &'m Eyes,
    /// What the store has told.
    pub sight: &'m Sight,
}

impl<'m> Vista<'m> {
    /// What is known of a secret; `Ok(None)` while nobody has told yet.
    ///
    /// # Errors
    /// [`NotVisible`] where it can be seen from nowhere here.
    pub fn look(self, path: &SecretPath) -> Result<Option<Cow<'m, Presence>>, NotVisible> {
        match path {
            SecretPath::Variables(id) => {
                self.eyes.own_variables(id).map(|presence| Some(Cow::Owned(presence))).ok_or(NotVisible)
            }
            SecretPath::Kv { .. } if !self.eyes.sees_kv => Err(NotVisible),
            SecretPath::Kv { .. } => Ok(self.sight.presence(path).map(Cow::Borrowed)),
        }
    }
}

impl Outlook for Vista<'_> {
    fn reference(&self, path: &str) -> Option<SecretPath> {
        self.eyes.reference_path(path)
    }

    fn own(&self, key: &ResourceKey) -> Option<SecretPath> {
        self.eyes.own_path(key)
    }

    fn presence(&self, path: &SecretPath) -> Result<Option<Cow<'_, Presence>>, NotVisible> {
        self.look(path)
    }

    fn variable(&self, name: &str) -> Result<Option<FieldState>, NotVisible> {
        self.eyes.variable(name).ok_or(NotVisible)
    }
}
