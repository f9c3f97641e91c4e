//! The traits that a store of secrets is reached through: one that tells which exist, another that
//! hands values out. Who holds no revealer reads no secret.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::Result;
use crate::domain::{Presence, SecretField, SecretPath, SecretText};

/// Tells which secrets exist, never what they are.
#[async_trait]
pub trait SecretReader: Send + Sync {
    /// Whether a secret is there, and which fields it has.
    ///
    /// # Errors
    /// Those that mean the provider as a whole cannot be used; what is wrong with one secret is a
    /// state of [`Presence`].
    async fn presence(&self, path: &SecretPath) -> Result<Presence>;
}

/// Hands out values.
#[async_trait]
pub trait SecretRevealer: Send + Sync {
    /// The fields of a secret; none where there is no secret.
    ///
    /// # Errors
    /// [`super::Error::Invalid`] for a value that is not text, naming where it is set.
    async fn reveal(&self, path: &SecretPath) -> Result<SecretFields>;
}

/// The values of one secret, by field; wiped when dropped.
#[derive(Default)]
pub struct SecretFields(BTreeMap<SecretField, SecretText>);

impl SecretFields {
    /// The value of a field.
    pub fn get(&self, field: SecretField) -> Option<&SecretText> {
        self.0.get(&field)
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(SecretField, SecretText)> for SecretFields {
    fn from_iter<I: IntoIterator<Item = (SecretField, SecretText)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}
