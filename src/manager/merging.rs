//! From a stored document to a [`Merged`] one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::cache::{Cache, Clock};
use super::merged::{Merged, Secrets};
use super::own::{self, Empty};
use crate::domain::reference::{Extent, Sources, Unresolved, Variables, resolve};
use crate::domain::{DocumentKind, Entry, ResourceKey, SecretPath};
use crate::provider::env::{EnvSecrets, EnvVariables, variable_name};
use crate::provider::{Error, Result, SecretRevealer};
use crate::settings::SecretSource;

/// What a merge reads beside the document, and what it has made.
pub(super) struct Merging {
    variables: Arc<EnvVariables>,
    own: EnvSecrets,
    cache: Cache,
}

impl Merging {
    pub(super) fn new(source: &SecretSource, clock: Clock) -> Result<Self> {
        match source {
            SecretSource::Env(variables) => Ok(Self {
                variables: Arc::clone(variables),
                own: EnvSecrets::new(Arc::clone(variables)),
                cache: Cache::new(clock),
            }),
            SecretSource::Vault { origin, .. } => Err(Error::Unsupported {
                what: format!("merging secrets from Vault, as {origin} asks,"),
                remedy: "documents are merged with environment variables alone; set SECRETS_BACKEND=env"
                    .into(),
            }),
        }
    }

    /// One document, merged now or a while ago.
    pub(super) async fn merged(&self, entry: &Entry, secrets: Secrets) -> Result<Arc<Merged>> {
        let Entry { key, document, .. } = entry;
        if let Some(merged) = self.cache.get(key, secrets, document) {
            return Ok(merged);
        }
        let merged = Arc::new(self.merge(entry, secrets).await?);
        self.cache.put(key, secrets, document.clone(), Arc::clone(&merged));
        Ok(merged)
    }

    /// Drops what was made of a key's documents.
    pub(super) fn forget(&self, key: &ResourceKey) {
        self.cache.forget(key);
    }

    async fn merge(&self, entry: &Entry, secrets: Secrets) -> Result<Merged> {
        let key = &entry.key;
        if key.is_foreign() {
            return Err(Error::Unsupported {
                what: format!("merging {key}"),
                remedy: "the receiver ignores keys of this shape; it can be viewed and deleted".into(),
            });
        }
        let mut merged = Merged::new(Value::Object(parse(entry)?));
        let variables: &dyn Variables = &*self.variables;
        let from = Sources { variables, vault: &BTreeMap::new() };
        let extent = match secrets {
            Secrets::Include => Extent::Everything,
            Secrets::Exclude => Extent::WithoutSecrets(DocumentKind::of(key)),
        };
        resolve(merged.json_mut(), from, extent).map_err(|problem| unresolved(key, &problem))?;
        if secrets == Secrets::Include {
            self.merge_own(key, &mut merged).await?;
        }
        Ok(merged)
    }

    async fn merge_own(&self, key: &ResourceKey, merged: &mut Merged) -> Result<()> {
        let (ResourceKey::Webhook { id, .. }, Some(webhook)) = (key, merged.json_mut().as_object_mut())
        else {
            return Ok(());
        };
        let revealed = self.own.reveal(&SecretPath::Variables(id.clone()), None).await?;
        own::merge(webhook, &revealed.unwrap_or_default().fields).map_err(|Empty(field)| Error::Invalid {
            reason: format!(
                "{key} cannot be merged: {} is empty, and would let everybody in; give it a value, or unset it",
                variable_name(id, field)
            ),
        })
    }
}

fn parse(entry: &Entry) -> Result<Map<String, Value>> {
    let invalid = |problem: String| Error::Invalid {
        reason: format!("{} cannot be merged: it is {problem}; the receiver skips it too", entry.key),
    };
    serde_json::from_slice::<Value>(entry.document.as_bytes())
        .map_err(|error| invalid(format!("not JSON at line {}, column {}", error.line(), error.column())))
        .and_then(|value| match value {
            Value::Object(members) => Ok(members),
            _ => Err(invalid("not a JSON object".into())),
        })
}

fn unresolved(key: &ResourceKey, problem: &Unresolved) -> Error {
    let remedy = match problem {
        Unresolved::Vault { .. } => {
            "this version reads no Vault: give the reference a default, or leave secrets out"
        }
        Unresolved::IllFormed { .. } => "correct it; the receiver refuses it even with a default",
        Unresolved::NotText { .. } => "set it anew where this process is started",
        Unresolved::TooLarge { .. } => "use fewer references, or shorter values",
    };
    Error::Invalid { reason: format!("{key} cannot be merged: {problem}; {remedy}") }
}
