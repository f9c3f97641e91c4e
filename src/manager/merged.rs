//! [`MergedDocument`]: a document as a receiver uses it, including its secrets.

use std::collections::BTreeSet;

use crate::domain::json::JsonValue;
use crate::domain::reference::VaultField;
use crate::domain::{FieldName, Mount, SecretPath, SecretVersion};

/// Whether a merged document contains secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretMode {
    /// Every reference is resolved, and the webhook's own secrets are merged in.
    Include,
    /// No secret is read: references to Vault, references in secret fields, and references that may lead to a
    /// secret stay as written, and own secrets are left out. Plaintext secrets in the document stay too; to
    /// mask them see `text::Masked`.
    Exclude,
}

/// A document with its references resolved and its own secrets merged in.
///
/// It is wiped on drop, is not `Debug`, `Clone` or `Serialize`, and cannot be turned back into a
/// [`crate::domain::Document`]: to write a document, read it with
/// [`super::UnifiedConfigManager::get`].
pub struct MergedDocument {
    pub(super) json: JsonValue,
    sources: Vec<MergedSecret>,
    pub(super) fallbacks: Vec<VaultField>,
    pub(super) added: Option<MergedSecret>,
    pub(super) unknown_variables: BTreeSet<String>,
    pub(super) variables: BTreeSet<String>,
    pub(super) unset_variables: BTreeSet<String>,
    pub(super) missing_mount: Option<Mount>,
}

/// A secret that a merged document uses, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedSecret {
    pub path: SecretPath,
    /// The fields that were used; empty if the secret or the fields do not exist.
    pub fields: Vec<FieldName>,
    /// `None` if the store has no versions.
    pub version: Option<SecretVersion>,
}

impl MergedDocument {
    /// Takes ownership of a document before secrets are merged, so that it is wiped even if that fails.
    pub(super) fn new(json: JsonValue) -> Self {
        Self {
            json,
            sources: Vec::new(),
            fallbacks: Vec::new(),
            added: None,
            unknown_variables: BTreeSet::new(),
            variables: BTreeSet::new(),
            unset_variables: BTreeSet::new(),
            missing_mount: None,
        }
    }

    pub(super) fn add_source(&mut self, source: MergedSecret) {
        match self.sources.iter_mut().find(|known| known.path == source.path) {
            Some(known) => known.fields.extend(source.fields),
            None => self.sources.push(source),
        }
    }

    /// The secrets that were read for it.
    pub fn sources(&self) -> &[MergedSecret] {
        &self.sources
    }

    /// The Vault fields that could not be read and whose default was used instead, as a receiver does when
    /// its Vault is unreachable.
    pub fn fallbacks(&self) -> &[VaultField] {
        &self.fallbacks
    }

    /// Which of its own secrets were merged in, and from where.
    pub fn added(&self) -> Option<&MergedSecret> {
        self.added.as_ref()
    }

    /// The variables it needs that cannot be seen from here: references to them stay as written, and own
    /// secrets in them are left out.
    pub fn unknown_variables(&self) -> &BTreeSet<String> {
        &self.unknown_variables
    }

    /// The variables whose values were filled in.
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    /// The variables that it names and that are not set: a default or a text stands in their place.
    pub fn unset_variables(&self) -> &BTreeSet<String> {
        &self.unset_variables
    }

    /// The mount of own secrets, if there is no engine at it: there are none, then.
    pub fn missing_mount(&self) -> Option<&Mount> {
        self.missing_mount.as_ref()
    }

    /// The document, always a JSON object, its numbers as they are written. Copies of it are not wiped.
    pub fn json(&self) -> &JsonValue {
        &self.json
    }
}

impl Drop for MergedDocument {
    fn drop(&mut self) {
        self.json.wipe();
    }
}
