//! What the tab Secrets knows of each secret: how the receiver resolves it, and its presence.

use std::borrow::Cow;

use super::secret_state::NotVisible;
use crate::check::SecretLookup;
use crate::console::model::PresenceCache;
use crate::domain::{Presence, SecretPath};

#[derive(Clone, Copy)]
pub struct SecretsView<'m> {
    pub lookup: &'m SecretLookup,
    pub presence_cache: &'m PresenceCache,
}

impl<'m> SecretsView<'m> {
    /// The presence of a secret; `Ok(None)` while it is not known yet.
    ///
    /// # Errors
    /// [`NotVisible`] if it cannot be read from here.
    pub fn look(self, path: &SecretPath) -> Result<Option<Cow<'m, Presence>>, NotVisible> {
        match path {
            SecretPath::Variables(id) => {
                self.lookup.own_variables(id).map(|presence| Some(Cow::Owned(presence))).ok_or(NotVisible)
            }
            SecretPath::Kv { .. } if !self.lookup.can_read_kv => Err(NotVisible),
            SecretPath::Kv { .. } => Ok(self.presence_cache.presence(path).map(Cow::Borrowed)),
        }
    }
}
