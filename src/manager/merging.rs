//! From a stored document to a [`Merged`] one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt, stream};
use serde_json::{Map, Value};

use super::cache::{Cache, Clock};
use super::merged::{Merged, Secrets, Source};
use super::own::{self, Empty};
use crate::check::Eyes;
use crate::domain::reference::{Extent, Sources, Unresolved, Variables, VaultField, resolve, vault_fields};
use crate::domain::{DocumentKind, Entry, FieldName, ResourceKey, SecretField, SecretPath, SecretText};
use crate::provider::env::{EnvSecrets, EnvVariables, variable_name};
use crate::provider::{Error, Result, Revealed, SecretAccess, SecretRevealer};

/// How many secrets of one document are read at once.
const AT_ONCE: usize = 8;

/// Where a merge looks.
#[derive(Clone)]
pub(super) struct Places {
    /// The variables of references, and of own secrets that are kept in variables.
    pub(super) variables: Arc<EnvVariables>,
    /// The store of secrets.
    pub(super) access: SecretAccess,
    /// Where in it the receiver looks.
    pub(super) eyes: Eyes,
}

/// What a merge reads beside the document, and what it has made.
pub(super) struct Merging {
    places: Places,
    cache: Cache,
}

/// What was read of the secrets that one document needs, each path once.
type Read = BTreeMap<SecretPath, Result<Option<Revealed>>>;

impl Merging {
    pub(super) fn new(places: Places, clock: Clock) -> Self {
        Self { places, cache: Cache::new(clock) }
    }

    /// One document, merged now or a while ago.
    pub(super) async fn merged(&self, entry: &Entry, secrets: Secrets) -> Result<Arc<Merged>> {
        let Entry { key, document, .. } = entry;
        if let Some(merged) = self.cache.get(key, secrets, document) {
            return Ok(merged);
        }
        let since = self.cache.changes();
        let merged = Arc::new(self.merge(entry, secrets).await?);
        // A default that stands in while Vault is away is asked for again.
        if merged.fallbacks().is_empty() {
            self.cache.put(key, secrets, document.clone(), Arc::clone(&merged), since);
        }
        Ok(merged)
    }

    /// Drops what was made of a key's documents.
    pub(super) fn forget(&self, key: &ResourceKey) {
        self.cache.forget(key);
    }

    /// Drops what was made with a secret.
    pub(super) fn forget_secret(&self, path: &SecretPath) {
        self.cache.forget_secret(path);
    }

    /// Drops everything.
    pub(super) fn forget_all(&self) {
        self.cache.forget_all();
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
        match secrets {
            Secrets::Include => self.include(key, &mut merged).await?,
            Secrets::Exclude => {
                let variables: &dyn Variables = &*self.places.variables;
                let from = Sources { variables, vault: &BTreeMap::new() };
                let extent = Extent::WithoutSecrets(DocumentKind::of(key));
                resolve(merged.json_mut(), from, extent).map_err(|problem| self.unresolved(key, &problem))?;
            }
        }
        Ok(merged)
    }

    async fn include(&self, key: &ResourceKey, merged: &mut Merged) -> Result<()> {
        let eyes = &self.places.eyes;
        let fields: Vec<_> = vault_fields(merged.json())
            .into_iter()
            .filter_map(|field| Some((eyes.reference_path(&field.path)?, field)))
            .collect();
        let own = eyes.own_path(key);
        let read = self.read(fields.iter().map(|(path, _)| path).chain(&own).cloned().collect()).await;
        self.resolve(key, merged, &fields, &read)?;
        match own {
            Some(path) => merge_own(key, merged, &path, &read),
            None => Ok(()),
        }
    }

    async fn read(&self, paths: BTreeSet<SecretPath>) -> Read {
        let revealer = self.places.access.revealer();
        let variables = EnvSecrets::new(Arc::clone(&self.places.variables));
        let read = async |path: SecretPath| {
            let revealed = match &path {
                SecretPath::Variables(_) => variables.reveal(&path, None).await,
                _ => revealer.reveal(&path, None).await,
            };
            (path, revealed)
        };
        stream::iter(paths).map(read).buffer_unordered(AT_ONCE).collect().await
    }

    fn resolve(
        &self,
        key: &ResourceKey,
        merged: &mut Merged,
        fields: &[(SecretPath, VaultField)],
        read: &Read,
    ) -> Result<()> {
        let mut vault: BTreeMap<VaultField, SecretText> = BTreeMap::new();
        let mut failed: BTreeMap<&VaultField, &Error> = BTreeMap::new();
        for (path, field) in fields {
            match read.get(path) {
                Some(Ok(revealed)) => {
                    let revealed = revealed.as_ref();
                    let value = revealed.and_then(|it| it.fields.get(&field.field)?.as_reference());
                    let used = value.is_some().then(|| FieldName::new(&field.field));
                    vault.extend(value.map(|value| (field.clone(), value)));
                    merged.made_of(source(path, revealed, used));
                }
                Some(Err(error)) => drop(failed.insert(field, error)),
                None => {}
            }
        }
        let variables: &dyn Variables = &*self.places.variables;
        let from = Sources { variables, vault: &vault };
        resolve(merged.json_mut(), from, Extent::Everything).map_err(|problem| match &problem {
            Unresolved::Vault { field, .. } if failed.contains_key(field) => {
                failed.get(field).map_or_else(|| self.unresolved(key, &problem), |error| Error::clone(error))
            }
            _ => self.unresolved(key, &problem),
        })?;
        failed.keys().for_each(|field| merged.fell_back((*field).clone()));
        Ok(())
    }

    fn unresolved(&self, key: &ResourceKey, problem: &Unresolved) -> Error {
        let remedy = match problem {
            Unresolved::Vault { .. } if self.places.eyes.references.is_none() => {
                "this receiver reads no Vault: give the reference a default, or leave secrets out"
            }
            Unresolved::Vault { .. } => "write that secret, or give the reference a default",
            Unresolved::IllFormed { .. } => "correct it; the receiver refuses it even with a default",
            Unresolved::NotText { .. } => "set it anew where this process is started",
            Unresolved::TooLarge { .. } => "use fewer references, or shorter values",
        };
        Error::Invalid { reason: format!("{key} cannot be merged: {problem}; {remedy}") }
    }
}

fn source(
    path: &SecretPath,
    revealed: Option<&Revealed>,
    fields: impl IntoIterator<Item = FieldName>,
) -> Source {
    let version = revealed.and_then(|revealed| revealed.version);
    Source { path: path.clone(), fields: fields.into_iter().collect(), version }
}

/// Merges a webhook's own secrets. Where they cannot be read there is no merged document: without them
/// it might let everybody in.
fn merge_own(key: &ResourceKey, merged: &mut Merged, path: &SecretPath, read: &Read) -> Result<()> {
    let revealed = match read.get(path) {
        Some(Ok(revealed)) => revealed.as_ref(),
        Some(Err(error)) => return Err(error.clone()),
        None => None,
    };
    let there = |field: &SecretField| revealed.is_some_and(|it| it.fields.get(field.as_str()).is_some());
    let fields = SecretField::ALL.into_iter().filter(there).map(SecretField::name);
    merged.made_of(source(path, revealed, fields));
    let (Some(webhook), Some(revealed)) = (merged.json_mut().as_object_mut(), revealed) else {
        return Ok(());
    };
    own::merge(webhook, &revealed.fields).map_err(|Empty(field)| {
        let place = match path {
            SecretPath::Variables(id) => variable_name(id, field),
            _ => format!("{path}#{}", field.as_str()),
        };
        Error::Invalid {
            reason: format!(
                "{key} cannot be merged: {place} is empty, and would let everybody in; give it a value, or remove it"
            ),
        }
    })
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
