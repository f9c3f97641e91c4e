//! [`Merged`]: a document as a receiver uses it, with secrets in it.

use serde_json::Value;
use zeroize::Zeroize;

use crate::domain::reference::VaultField;
use crate::domain::{FieldName, SecretPath, SecretVersion};

/// Whether a merged document holds secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Secrets {
    /// Every reference is resolved, and the webhook's own secrets are merged in.
    Include,
    /// No secret is read: references to Vault, in secret fields, or that may lead to one stay as
    /// written, and own secrets are left out. What the document itself holds in plain text stays too:
    /// this is no mask, see `text::Masked`.
    Exclude,
}

/// A document with its references resolved and its own secrets merged in.
///
/// It is wiped when its last owner drops it, has no `Debug`, `Clone` or `Serialize`, and never
/// becomes a [`crate::domain::Document`] again: what is written back is based on
/// [`super::UnifiedConfigManager::get`].
pub struct Merged {
    json: Value,
    sources: Vec<Source>,
    fallbacks: Vec<VaultField>,
}

/// A secret that a merged document was made with; no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: SecretPath,
    /// Which fields of it were used; none where it or they are not there.
    pub fields: Vec<FieldName>,
    /// Which version, where versions are kept.
    pub version: Option<SecretVersion>,
}

impl Merged {
    /// Takes a document over before anything secret is put into it, so that it is wiped whatever
    /// happens then.
    pub(super) fn new(json: Value) -> Self {
        Self { json, sources: Vec::new(), fallbacks: Vec::new() }
    }

    pub(super) fn json_mut(&mut self) -> &mut Value {
        &mut self.json
    }

    pub(super) fn made_of(&mut self, source: Source) {
        match self.sources.iter_mut().find(|known| known.path == source.path) {
            Some(known) => known.fields.extend(source.fields),
            None => self.sources.push(source),
        }
    }

    pub(super) fn fell_back(&mut self, field: VaultField) {
        self.fallbacks.push(field);
    }

    /// The secrets that were read for it.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The fields of Vault that could not be read just then, and whose default stands in the document
    /// instead, as it does in a receiver whose Vault is away.
    pub fn fallbacks(&self) -> &[VaultField] {
        &self.fallbacks
    }

    /// The document: an object. A copy of it is not wiped.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

impl Drop for Merged {
    fn drop(&mut self) {
        wipe(&mut self.json);
    }
}

/// Overwrites every text of a value. Names of members are no secrets.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_wiped_and_nothing_else() {
        let mut value = serde_json::json!({"a": "x", "b": [1, true, null, {"c": ["y"]}]});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": "", "b": [1, true, null, {"c": [""]}]}));
    }
}
