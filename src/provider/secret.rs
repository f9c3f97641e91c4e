//! The traits of a secret store: one lists secrets and their metadata, one reads values, one writes.
//! Code without a [`SecretRevealer`] cannot read a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::version_change::presence_in_metadata;
use super::{Error, Result};
use crate::domain::{
    FieldName, Health, KvPath, MissingRights, Mount, Presence, SecretField, SecretFolder, SecretMetadata,
    SecretPath, SecretRight, SecretStoreStatus, SecretText, SecretValue, SecretVersion, escape,
};

/// What a secret store can do; callers check before they offer an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretCapabilities {
    /// Every write makes a version, and a write can be conditional on the version it replaces.
    pub versions: bool,
    /// A write can change some fields without reading the others.
    pub patch: bool,
    pub write: bool,
}

/// One item of a folder's listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretListItem {
    Secret(SecretPath),
    /// A folder below; a secret of the same name may exist beside it.
    Folder(SecretFolder),
    /// A name that is not a valid path; not escaped for display.
    Invalid(String),
}

/// Lists secrets and reads their metadata, never their values.
#[async_trait]
pub trait SecretReader: Send + Sync {
    fn capabilities(&self) -> SecretCapabilities;

    /// Whether a secret exists, and which fields it has. One request.
    ///
    /// # Errors
    /// Only errors that make the whole provider unusable; a problem with a single secret is a state of
    /// [`Presence`].
    async fn presence(&self, path: &SecretPath) -> Result<Presence>;

    /// As [`SecretReader::presence`], of one version; the fields are told where that needs no further request.
    ///
    /// # Errors
    /// Those of [`SecretReader::presence`]; [`Error::Unsupported`] where no versions are kept.
    async fn version_presence(&self, path: &SecretPath, version: SecretVersion) -> Result<Presence> {
        presence_in_metadata(self.versions(path).await, version)
    }

    /// The items of a folder, sorted.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission; [`Error::Unsupported`] where nothing can be listed.
    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>>;

    /// The versions of a secret; `None` if the secret does not exist.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission; [`Error::Unsupported`] where none are kept.
    async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>>;

    /// The rights that this user lacks on each of these secrets, in the same order. One request.
    ///
    /// # Errors
    /// [`Error::Denied`] where the rights cannot be queried: then only an attempt can tell.
    async fn missing_rights(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>>;

    async fn health(&self) -> Health;

    /// The status after the last request. Makes no request.
    fn last_status(&self) -> SecretStoreStatus;

    /// Retries at once whatever waits for a later attempt, such as a login.
    fn retry_now(&self) {}

    /// Ends background tasks.
    async fn shutdown(&self);
}

/// Reads values. The caller records every call in the audit log.
#[async_trait]
pub trait SecretRevealer: Send + Sync {
    /// The fields of a secret's newest version, or of the given one; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission; [`Error::Invalid`] for a value of an unsupported
    /// shape, naming where it is.
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<SecretData>>;
}

/// The precondition of a secret write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretExpect {
    /// The secret does not exist, nor any metadata of an earlier one.
    Absent,
    /// This is its newest version, even if it is deleted or destroyed.
    Version(SecretVersion),
    /// No condition: the write replaces whatever is there. Built only in `cli`, and for a store
    /// without versions.
    Anything,
}

/// One change of a secret.
#[derive(Clone, Copy)]
pub enum SecretChange<'a> {
    /// See [`SecretWriter::put`].
    Put(&'a SecretFields, SecretExpect),
    /// See [`SecretWriter::patch`].
    Patch(&'a SecretFields, SecretExpect),
    Delete(&'a [SecretVersion]),
    Undelete(&'a [SecretVersion]),
    Destroy(&'a [SecretVersion]),
    DestroyAll,
}

impl SecretChange<'_> {
    /// The right it needs, as far as that is known without checking whether the secret exists.
    pub(crate) fn right(self) -> SecretRight {
        match self {
            Self::Put(_, SecretExpect::Absent) => SecretRight::Create,
            Self::Put(..) => SecretRight::Update,
            Self::Patch(..) => SecretRight::Patch,
            Self::Delete(_) => SecretRight::Delete,
            Self::Undelete(_) => SecretRight::Undelete,
            Self::Destroy(_) => SecretRight::Destroy,
            Self::DestroyAll => SecretRight::DestroyAll,
        }
    }
}

#[async_trait]
pub trait SecretWriter: Send + Sync {
    /// Applies one change; returns the number of the version that it wrote, if it wrote one and the store
    /// keeps versions.
    ///
    /// # Errors
    /// Those of the method for that change.
    async fn apply(&self, path: &SecretPath, change: SecretChange<'_>) -> Result<Option<SecretVersion>>;

    /// Writes all fields of a new version; returns its number where versions are kept.
    ///
    /// # Errors
    /// [`Error::SecretConflict`] if the condition fails; [`Error::Unsupported`] for a condition that
    /// the store cannot check; [`Error::SecretUnknown`] if no answer came.
    async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        self.apply(path, SecretChange::Put(fields, expect)).await
    }

    /// Writes a new version that differs in these fields, without reading the others.
    ///
    /// # Errors
    /// As [`SecretWriter::put`]; [`Error::Unsupported`] or [`Error::Denied`] where a patch is not possible:
    /// the caller may then read, change and put, but must first tell the user so.
    async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        self.apply(path, SecretChange::Patch(fields, expect)).await
    }

    /// Deletes versions; they can be undeleted. As with the methods below, `Ok` says that the store accepted it,
    /// which a key-value engine does also for a version that it does not have;
    /// [`change_versions`](super::change_versions) looks what came of it.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unsupported`] where no versions are kept.
    async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.apply(path, SecretChange::Delete(versions)).await.map(drop)
    }

    /// Undoes [`SecretWriter::delete`].
    ///
    /// # Errors
    /// As [`SecretWriter::delete`].
    async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.apply(path, SecretChange::Undelete(versions)).await.map(drop)
    }

    /// Destroys the values of versions permanently.
    ///
    /// # Errors
    /// As [`SecretWriter::delete`].
    async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.apply(path, SecretChange::Destroy(versions)).await.map(drop)
    }

    /// Removes all versions and the metadata permanently.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission.
    async fn destroy_all(&self, path: &SecretPath) -> Result<()> {
        self.apply(path, SecretChange::DestroyAll).await.map(drop)
    }
}

/// Access to one secret store: the reader always, the writer where writing is allowed, and a factory of
/// revealers, so that a revealer exists only while a value is read.
#[derive(Clone)]
pub struct SecretAccess {
    pub reader: Arc<dyn SecretReader>,
    /// `None` where access is read-only.
    pub writer: Option<Arc<dyn SecretWriter>>,
    revealer: Arc<dyn Fn() -> Arc<dyn SecretRevealer> + Send + Sync>,
}

impl SecretAccess {
    pub fn new(
        reader: Arc<dyn SecretReader>,
        writer: Option<Arc<dyn SecretWriter>>,
        revealer: impl Fn() -> Arc<dyn SecretRevealer> + Send + Sync + 'static,
    ) -> Self {
        Self { reader, writer, revealer: Arc::new(revealer) }
    }

    /// A store that implements all three traits; the writer is left out unless `writable`.
    pub(crate) fn of_store<S>(store: Arc<S>, writable: bool) -> Self
    where
        S: SecretReader + SecretWriter + SecretRevealer + 'static,
    {
        let writer = writable.then(|| Arc::clone(&store) as Arc<dyn SecretWriter>);
        let revealer = Arc::clone(&store) as Arc<dyn SecretRevealer>;
        Self::new(store, writer, move || Arc::clone(&revealer))
    }

    /// A new revealer. Drop it when the read is done.
    pub fn revealer(&self) -> Arc<dyn SecretRevealer> {
        (self.revealer)()
    }
}

/// Mount and path of a secret in a key-value engine.
#[derive(Clone, Copy)]
pub(crate) struct KvLocation<'a> {
    pub(crate) mount: &'a Mount,
    pub(crate) path: &'a KvPath,
    pub(crate) secret_path: &'a SecretPath,
}

impl<'a> KvLocation<'a> {
    pub(crate) fn of(secret_path: &'a SecretPath) -> Result<Self> {
        match secret_path {
            SecretPath::Kv { mount, path } => Ok(Self { mount, path, secret_path }),
            SecretPath::Variables(_) => Err(Error::unsupported(
                format!("looking for {secret_path}"),
                "this context keeps its secrets in Vault or OpenBao",
            )),
        }
    }

    /// The API path of the secret in an engine of KV 1.
    #[cfg(feature = "vault")]
    pub(crate) fn plain_path(self) -> String {
        format!("{}/{}", self.mount.as_str(), self.path.as_str())
    }

    /// The API path of the secret below an endpoint of KV 2.
    pub(crate) fn endpoint_path(self, endpoint: &str) -> String {
        format!("{}/{endpoint}/{}", self.mount.as_str(), self.path.as_str())
    }

    /// The permission that a right needs in a KV 2 engine: `read on secret/data/a`.
    pub(crate) fn permission(self, right: SecretRight) -> String {
        let (capability, endpoint) = right.in_kv_2();
        format!("{capability} on {}", escape(self.endpoint_path(endpoint).as_bytes()))
    }
}

/// The fields of one version.
#[derive(Default)]
pub struct SecretData {
    pub fields: SecretFields,
    /// Its number, where versions are kept.
    pub version: Option<SecretVersion>,
}

/// The values of one secret, by field; wiped when dropped.
#[derive(Default)]
pub struct SecretFields(BTreeMap<FieldName, SecretValue>);

impl SecretFields {
    /// The text of one of a webhook's own secrets; `None` for null, which is not a token.
    pub fn field_text(&self, field: SecretField) -> Option<SecretText> {
        self.get(field.as_str()).and_then(|value| value.as_text().or_else(|| value.as_reference()))
    }

    pub fn get(&self, field: &str) -> Option<&SecretValue> {
        self.0.get(field)
    }

    pub fn set(&mut self, field: FieldName, value: SecretValue) {
        self.0.insert(field, value);
    }

    pub fn remove(&mut self, field: &str) -> Option<SecretValue> {
        self.0.remove(field)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&FieldName, &SecretValue)> {
        self.0.iter()
    }

    /// An explicit copy; there is no `Clone`, so that none is made by accident.
    #[must_use]
    pub fn copied(&self) -> Self {
        self.iter().map(|(name, value)| (name.clone(), value.copied())).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for SecretFields {
    type Item = (FieldName, SecretValue);
    type IntoIter = std::collections::btree_map::IntoIter<FieldName, SecretValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(FieldName, SecretValue)> for SecretFields {
    fn from_iter<I: IntoIterator<Item = (FieldName, SecretValue)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl FromIterator<(SecretField, SecretText)> for SecretFields {
    fn from_iter<I: IntoIterator<Item = (SecretField, SecretText)>>(fields: I) -> Self {
        fields.into_iter().map(|(field, text)| (field.name(), SecretValue::text(&text))).collect()
    }
}

/// Rejects what a merge patch would not store as given: null removes a field, and an object is merged
/// with the current one.
pub(crate) fn check_patch(path: &SecretPath, fields: &SecretFields) -> Result<()> {
    if fields.is_empty() {
        return Err(Error::invalid(format!("no field of {path} was named to change")));
    }
    match fields.iter().find(|(_, value)| !value.is_scalar()) {
        None => Ok(()),
        Some((name, _)) => Err(Error::unsupported(
            format!("changing only the field \"{name}\" of {path} to null, a list or an object"),
            "a merge patch would merge or remove it; read the secret and write all of its fields",
        )),
    }
}

pub(crate) fn shut_down() -> Error {
    Error::unavailable("the store of secrets was shut down; open it anew")
}

/// The error of a delete, undelete or destroy without versions.
pub(crate) fn no_versions_named(path: &SecretPath) -> Error {
    Error::invalid(format!("no version of {path} was named"))
}

/// The error of a patch of a secret without fields.
pub(crate) fn nothing_to_patch(path: &SecretPath) -> Error {
    let reason =
        format!("{path} has no fields now, so none of them can be changed; write all of them instead");
    Error::invalid(reason)
}
