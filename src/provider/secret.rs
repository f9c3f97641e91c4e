//! The traits that a store of secrets is reached through: one that tells which exist, another that
//! hands values out, a third that writes them. Who holds no revealer reads no secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Error, Result};
use crate::domain::{
    FieldName, Health, Lacking, Presence, SecretField, SecretFolder, SecretPath, SecretStanding, SecretText,
    SecretValue, SecretVersion, Versions,
};

/// What a store of secrets can do; callers ask before they offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretCapabilities {
    /// Presence can be told without reading a value.
    pub presence: bool,
    /// Every write makes a version, and a write can ask for the version that it replaces.
    pub versions: bool,
    /// A write can change some fields without reading the others.
    pub patch: bool,
    /// Folders can be listed.
    pub list: bool,
    /// Anything can be written at all.
    pub write: bool,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretName {
    /// A secret.
    Secret(SecretPath),
    /// A folder below; a secret of the same name may stand beside it.
    Folder(SecretFolder),
    /// A name that no path of ours can hold; not yet safe to show.
    Odd(String),
}

/// Tells which secrets exist, never what they are.
#[async_trait]
pub trait SecretReader: Send + Sync {
    /// What this store can do.
    fn capabilities(&self) -> SecretCapabilities;

    /// Whether a secret is there, and which fields it has. One request.
    ///
    /// # Errors
    /// Those that mean the provider as a whole cannot be used; what is wrong with one secret is a
    /// state of [`Presence`].
    async fn presence(&self, path: &SecretPath) -> Result<Presence>;

    /// What is in a folder, sorted.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission; [`Error::Unsupported`] where nothing can be listed.
    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretName>>;

    /// The versions of a secret; `None` where there is no such secret.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission; [`Error::Unsupported`] where none are kept.
    async fn versions(&self, path: &SecretPath) -> Result<Option<Versions>>;

    /// What this user may not do with each of these, in their order. One request.
    ///
    /// # Errors
    /// [`Error::Denied`] where not even that may be asked: then nobody knows before trying.
    async fn lacking(&self, paths: &[SecretPath]) -> Result<Vec<Lacking>>;

    /// How the store is.
    async fn health(&self) -> Health;

    /// How it stood when it answered last, or did not. Asks nothing.
    fn standing(&self) -> SecretStanding;

    /// Tries again at once what waits for a later attempt, such as a login.
    fn retry_now(&self) {}

    /// Ends what runs in the background.
    async fn shutdown(&self);
}

/// Hands out values. Every call is a read that the caller counts and keeps in the audit.
#[async_trait]
pub trait SecretRevealer: Send + Sync {
    /// The fields of a secret's newest version, or of one that is named; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission; [`Error::Invalid`] for a value that cannot be
    /// handed out, naming where it is.
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<Revealed>>;
}

/// What must be true of a secret for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretExpect {
    /// There is none, and there never was one whose versions are still listed.
    Absent,
    /// This is its newest version, also if that is deleted or destroyed.
    Version(SecretVersion),
    /// Anything: the write replaces what it does not know. Built only in `cli`, and for a store
    /// without versions.
    Anything,
}

/// Writes secrets.
#[async_trait]
pub trait SecretWriter: Send + Sync {
    /// Writes all fields of a new version; answers its number where versions are kept.
    ///
    /// # Errors
    /// [`Error::SecretConflict`] if the condition fails; [`Error::Unsupported`] for a condition that
    /// the store cannot keep; [`Error::SecretUnknown`] when no answer came.
    async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>>;

    /// Writes a new version that differs in these fields, without reading the others.
    ///
    /// # Errors
    /// As [`SecretWriter::put`]; [`Error::Unsupported`] or [`Error::Denied`] where it is not possible:
    /// the caller may then read, change and put, once it has said so.
    async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>>;

    /// Deletes versions; they can be undeleted.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unsupported`] where no versions are kept.
    async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()>;

    /// Takes that back.
    ///
    /// # Errors
    /// As [`SecretWriter::delete`].
    async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()>;

    /// Destroys the values of versions for ever.
    ///
    /// # Errors
    /// As [`SecretWriter::delete`].
    async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()>;

    /// Removes all versions and the metadata for ever.
    ///
    /// # Errors
    /// [`Error::Denied`] with the missing permission.
    async fn destroy_all(&self, path: &SecretPath) -> Result<()>;
}

/// What a user of one store of secrets is given: the reader always, the writer where writing is
/// allowed, and the means to get a revealer, so that nobody holds one who has not asked to read.
#[derive(Clone)]
pub struct SecretAccess {
    /// Tells which secrets exist.
    pub reader: Arc<dyn SecretReader>,
    /// Writes them; `None` is read-only.
    pub writer: Option<Arc<dyn SecretWriter>>,
    revealer: Arc<dyn Fn() -> Arc<dyn SecretRevealer> + Send + Sync>,
}

impl SecretAccess {
    /// Access whose revealer is made by `revealer` when somebody reveals.
    pub fn new(
        reader: Arc<dyn SecretReader>,
        writer: Option<Arc<dyn SecretWriter>>,
        revealer: impl Fn() -> Arc<dyn SecretRevealer> + Send + Sync + 'static,
    ) -> Self {
        Self { reader, writer, revealer: Arc::new(revealer) }
    }

    /// What reads values. Drop it when the read is done.
    pub fn revealer(&self) -> Arc<dyn SecretRevealer> {
        (self.revealer)()
    }
}

/// One version that was read.
#[derive(Default)]
pub struct Revealed {
    /// What it holds.
    pub fields: SecretFields,
    /// Its number, where versions are kept.
    pub version: Option<SecretVersion>,
}

/// The values of one secret, by field; wiped when dropped.
#[derive(Default)]
pub struct SecretFields(BTreeMap<FieldName, SecretValue>);

impl SecretFields {
    /// The value of one of a webhook's own secrets; `None` for null, which is no token.
    pub fn own(&self, field: SecretField) -> Option<SecretText> {
        self.get(field.as_str()).and_then(|value| value.as_text().or_else(|| value.as_reference()))
    }

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&SecretValue> {
        self.0.get(field)
    }

    /// Sets a field.
    pub fn set(&mut self, field: FieldName, value: SecretValue) {
        self.0.insert(field, value);
    }

    /// Leaves a field out.
    pub fn remove(&mut self, field: &str) -> Option<SecretValue> {
        self.0.remove(field)
    }

    /// All fields, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&FieldName, &SecretValue)> {
        self.0.iter()
    }

    /// Others that hold the same, for a caller who needs two: a copy is made on purpose only.
    #[must_use]
    pub fn copied(&self) -> Self {
        self.iter().map(|(name, value)| (name.clone(), value.copied())).collect()
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field at all.
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

/// An answer of a store that keeps no versions, lists nothing or writes nothing.
pub(crate) fn unsupported(what: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::Unsupported { what: what.into(), remedy: remedy.into() }
}

/// Refuses what a merge patch would do otherwise than asked: null removes a field, and an object is
/// merged with the one that is there.
pub(crate) fn check_patch(path: &SecretPath, fields: &SecretFields) -> Result<()> {
    if fields.is_empty() {
        return Err(Error::Invalid { reason: format!("no field of {path} was named to change") });
    }
    match fields.iter().find(|(_, value)| !value.is_scalar()) {
        None => Ok(()),
        Some((name, _)) => Err(unsupported(
            format!("changing only the field {:?} of {path} to null, a list or an object", name.as_str()),
            "a merge patch would merge or remove it; read the secret and write all of its fields",
        )),
    }
}

/// An answer to a wish to delete, undelete or destroy no version at all.
pub(crate) fn no_versions_named(path: &SecretPath) -> Error {
    Error::Invalid { reason: format!("no version of {path} was named") }
}

/// An answer to a patch of a secret that has no fields to change.
pub(crate) fn nothing_to_patch(path: &SecretPath) -> Error {
    let reason =
        format!("{path} has no fields now, so none of them can be changed; write all of them instead");
    Error::Invalid { reason }
}
