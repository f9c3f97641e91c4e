//! Resolves references and merges own secrets: from a stored document to a [`MergedDocument`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt, stream};

use super::cache::MergedCache;
use super::merged::{MergedDocument, MergedSecret, SecretMode};
use super::own_secrets::{self, EmptySecret};
use crate::check::SecretLookup;
use crate::domain::json::JsonValue;
use crate::domain::reference::{
    ReferenceSources, ResolveError, ResolveScope, Variable, Variables, VaultField, resolve, vault_fields,
};
use crate::domain::{
    Entry, FieldName, Masking, OWN_VARIABLES, OwnMembers, ResourceKey, SecretField, SecretNames, SecretPath,
    SecretText, escape,
};
use crate::provider::env::{EnvSecrets, EnvVariables, variable_name};
use crate::provider::{Error, Result, SecretAccess, SecretData, SecretRevealer};

/// How many secrets of one document are read concurrently.
const AT_ONCE: usize = 8;

/// The remedy where own secrets may not be read.
const OWN_SECRETS_REMEDY: &str = "grant it, say where own secrets are (VAULT_MOUNT_POINT), or that none are \
                                  merged (CONFDECK_RECEIVER_MERGES_OWN_SECRETS=false)";

/// Where one receiver finds what its documents need.
pub(super) struct SecretMerger {
    /// The variables that references name, and those that hold own secrets; `None` if they are not visible.
    pub(super) variables: Option<Arc<EnvVariables>>,
    pub(super) access: SecretAccess,
    /// Where in the secret store the receiver looks.
    pub(super) lookup: SecretLookup,
    /// What counts as a secret where none are to be included.
    pub(super) secret_names: SecretNames,
}

/// A merger that keeps what it has merged.
pub(super) struct CachedMerger {
    pub(super) merger: SecretMerger,
    pub(super) cache: MergedCache,
}

/// The variables, which may not be visible, and the names that were asked for, by what there was.
struct AskedVariables<'v> {
    variables: Option<&'v EnvVariables>,
    unseen: RefCell<BTreeSet<String>>,
    unset: RefCell<BTreeSet<String>>,
    filled: RefCell<BTreeSet<String>>,
}

impl Variables for AskedVariables<'_> {
    fn variable(&self, name: &str) -> Variable {
        let found = self.variables.map_or(Variable::NotVisible, |variables| variables.variable(name));
        let names = match &found {
            Variable::NotVisible => &self.unseen,
            Variable::Unset => &self.unset,
            Variable::Text(_) | Variable::NotText => &self.filled,
        };
        names.borrow_mut().insert(name.to_owned());
        found
    }
}

/// The secrets that one document needs, each path read once.
type RevealedSecrets = BTreeMap<SecretPath, Result<Option<SecretData>>>;

impl CachedMerger {
    /// One merged document, from the cache if possible.
    pub(super) async fn merged(&self, entry: &Entry, secrets: SecretMode) -> Result<Arc<MergedDocument>> {
        let Entry { key, document, .. } = entry;
        if let Some(merged) = self.cache.get(key, secrets, document) {
            return Ok(merged);
        }
        let since = self.cache.generation();
        let merged = Arc::new(self.merger.merge(entry, secrets).await?);
        // A document with a fallback is not cached, so that the next call tries Vault again.
        if merged.fallbacks().is_empty() {
            self.cache.put(key, secrets, document.clone(), Arc::clone(&merged), since);
        }
        Ok(merged)
    }
}

impl SecretMerger {
    pub(super) async fn merge(&self, entry: &Entry, secrets: SecretMode) -> Result<MergedDocument> {
        let key = &entry.key;
        if key.is_foreign() {
            return Err(Error::unsupported(
                format!("merging {key}"),
                "the receiver ignores keys of this shape; it can be viewed and deleted",
            ));
        }
        let mut merged = MergedDocument::new(read(entry)?);
        match secrets {
            SecretMode::Include => self.include(key, &mut merged).await?,
            SecretMode::Exclude => {
                let masking = Masking::of(key, &self.secret_names);
                self.replace(&mut merged, &BTreeMap::new(), ResolveScope::WithoutSecrets(&masking))
                    .map_err(|problem| self.unresolved(key, &problem))?;
            }
        }
        Ok(merged)
    }

    async fn include(&self, key: &ResourceKey, merged: &mut MergedDocument) -> Result<()> {
        let lookup = &self.lookup;
        let fields: Vec<_> = vault_fields(merged.json())
            .into_iter()
            .filter_map(|field| Some((lookup.reference_path(&field.path)?, field)))
            .collect();
        let own = lookup.own_path(key);
        if let (Some(SecretPath::Variables(id)), None) = (&own, &self.variables) {
            let open = merged.json().as_object().map(|webhook| OwnMembers::of(webhook).fields());
            let open =
                OWN_VARIABLES.into_iter().filter(|field| open.is_some_and(|open| open.contains(*field)));
            merged.unknown_variables.extend(open.map(|field| variable_name(id, field)));
        }
        let own = own.filter(|path| self.variables.is_some() || !matches!(path, SecretPath::Variables(_)));
        let read = self.read(fields.iter().map(|(path, _)| path).chain(&own).cloned().collect()).await;
        self.resolve(key, merged, &fields, &read)?;
        match own {
            Some(path) => merge_own(key, merged, &path, &read),
            None => Ok(()),
        }
    }

    /// Replaces references, and takes down the variables that cannot be seen.
    fn replace(
        &self,
        merged: &mut MergedDocument,
        vault: &BTreeMap<VaultField, SecretText>,
        scope: ResolveScope<'_>,
    ) -> std::result::Result<(), ResolveError> {
        let [unseen, unset, filled] = std::array::from_fn(|_| RefCell::default());
        let asked = AskedVariables { variables: self.variables.as_deref(), unseen, unset, filled };
        let replaced = resolve(&mut merged.json, ReferenceSources { variables: &asked, vault }, scope);
        merged.unknown_variables.extend(asked.unseen.into_inner());
        merged.unset_variables.extend(asked.unset.into_inner());
        merged.variables.extend(asked.filled.into_inner());
        replaced
    }

    async fn read(&self, paths: BTreeSet<SecretPath>) -> RevealedSecrets {
        let revealer = self.access.revealer();
        let variables = self.variables.clone().map(EnvSecrets::new);
        let read = async |path: SecretPath| {
            let revealed = match (&path, &variables) {
                (SecretPath::Variables(_), Some(variables)) => variables.reveal(&path, None).await,
                _ => revealer.reveal(&path, None).await,
            };
            (path, revealed)
        };
        stream::iter(paths).map(read).buffer_unordered(AT_ONCE).collect().await
    }

    fn resolve(
        &self,
        key: &ResourceKey,
        merged: &mut MergedDocument,
        fields: &[(SecretPath, VaultField)],
        read: &RevealedSecrets,
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
                    merged.add_source(source(path, revealed, used));
                }
                Some(Err(error)) => drop(failed.insert(field, error)),
                None => {}
            }
        }
        self.replace(merged, &vault, ResolveScope::Everything).map_err(|problem| match &problem {
            ResolveError::Vault { field, .. } if failed.contains_key(field) => {
                failed.get(field).map_or_else(|| self.unresolved(key, &problem), |error| Error::clone(error))
            }
            _ => self.unresolved(key, &problem),
        })?;
        failed.keys().for_each(|field| merged.fallbacks.push((*field).clone()));
        Ok(())
    }

    fn unresolved(&self, key: &ResourceKey, problem: &ResolveError) -> Error {
        let remedy = match problem {
            ResolveError::Vault { .. } if self.lookup.references.is_none() => {
                "this receiver reads no Vault: give the reference a default, or leave secrets out"
            }
            ResolveError::Vault { .. } => "write that secret, or give the reference a default",
            ResolveError::IllFormed { .. } => "correct it; the receiver refuses it even with a default",
            ResolveError::NotText { .. } => "set it anew where this process is started",
            ResolveError::TooLarge { .. } => "use fewer references, or shorter values",
        };
        Error::invalid(format!("{key} cannot be merged: {problem}; {remedy}"))
    }
}

fn source(
    path: &SecretPath,
    revealed: Option<&SecretData>,
    fields: impl IntoIterator<Item = FieldName>,
) -> MergedSecret {
    let version = revealed.and_then(|revealed| revealed.version);
    MergedSecret { path: path.clone(), fields: fields.into_iter().collect(), version }
}

/// Merges a webhook's own secrets. Failing to read them is an error: without them the webhook might accept
/// unauthenticated requests. Where there is no engine at all, there are none.
fn merge_own(
    key: &ResourceKey,
    merged: &mut MergedDocument,
    path: &SecretPath,
    read: &RevealedSecrets,
) -> Result<()> {
    let revealed = match read.get(path) {
        Some(Err(Error::NoMount { mount })) => {
            merged.missing_mount = Some(mount.clone());
            None
        }
        Some(Err(Error::Denied { permission, .. })) => {
            return Err(Error::Denied { permission: permission.clone(), remedy: OWN_SECRETS_REMEDY });
        }
        Some(Err(error)) => return Err(error.clone()),
        Some(Ok(revealed)) => revealed.as_ref(),
        None => None,
    };
    let there = |field: &SecretField| revealed.is_some_and(|it| it.fields.get(field.as_str()).is_some());
    let fields = SecretField::ALL.into_iter().filter(there).map(SecretField::name);
    merged.add_source(source(path, revealed, fields));
    let (Some(webhook), Some(revealed)) = (merged.json.as_object_mut(), revealed) else {
        return Ok(());
    };
    let used = own_secrets::merge(webhook, &revealed.fields).map_err(|EmptySecret(field)| {
        let place = match path {
            SecretPath::Variables(id) => escape(variable_name(id, field).as_bytes()).into_owned(),
            _ => format!("{path}#{}", field.as_str()),
        };
        Error::invalid(format!(
                "{key} cannot be merged: {place} is empty, and would let everybody in; give it a value, or remove it"
            ))
    })?;
    merged.added =
        (!used.is_empty()).then(|| source(path, Some(revealed), used.iter().map(|used| used.name())));
    Ok(())
}

/// A document as the receiver reads it.
fn read(entry: &Entry) -> Result<JsonValue> {
    let invalid = |problem: String| {
        Error::invalid(format!("{} cannot be merged: it is {problem}; the receiver skips it too", entry.key))
    };
    let text = entry
        .document
        .text()
        .map_err(|error| invalid(format!("not text at byte {}", error.valid_up_to())))?;
    match JsonValue::read(text) {
        Ok(value @ JsonValue::Object(_)) => Ok(value),
        Ok(_) => Err(invalid("not a JSON object".into())),
        Err(error) => Err(invalid(format!("not JSON at line {}, column {}", error.line, error.column))),
    }
}
