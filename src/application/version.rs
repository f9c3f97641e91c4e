//! Versions: immutable pictures of all settings, with what changed from one to the next.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use itertools::{EitherOrBoth, Itertools as _};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::effective::{EffectiveValue, EffectiveValues, tree_of};
use super::layer::Layer;
use super::read::{Misfit, read};
use super::{LayerRevision, SettingPath, SettingPathError, SettingValue, ValueOrigin};

/// An immutable picture of all settings. Values that belong together are read from one version.
#[derive(Clone)]
pub struct ApplicationVersion {
    pub(super) number: u64,
    pub(super) created: SystemTime,
    pub(super) hash: Arc<str>,
    pub(super) layers: Arc<[LayerStamp]>,
    /// What the layers held, for a revert.
    pub(super) contents: Arc<[Arc<Layer>]>,
    pub(super) changes: Arc<[SettingChange]>,
    pub(super) values: Arc<EffectiveValues>,
}

/// A layer as a version was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerStamp {
    pub name: Arc<str>,
    pub revision: LayerRevision,
}

/// A setting that has another value than before.
#[derive(Clone)]
pub struct SettingChange {
    pub path: SettingPath,
    /// `None` if there was none.
    pub before: Option<Arc<EffectiveValue>>,
    /// `None` if there is none any more.
    pub after: Option<Arc<EffectiveValue>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingChangeKind {
    Added,
    Modified,
    Deleted,
}

impl SettingChangeKind {
    /// The word shown: `added`, `modified`, `deleted`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
        }
    }
}

impl SettingChange {
    pub(super) fn added(after: Arc<EffectiveValue>) -> Self {
        Self { path: after.path().clone(), before: None, after: Some(after) }
    }

    pub(super) fn modified(before: Arc<EffectiveValue>, after: Arc<EffectiveValue>) -> Self {
        Self { path: after.path().clone(), before: Some(before), after: Some(after) }
    }

    pub(super) fn deleted(before: Arc<EffectiveValue>) -> Self {
        Self { path: before.path().clone(), before: Some(before), after: None }
    }

    pub fn kind(&self) -> SettingChangeKind {
        match (&self.before, &self.after) {
            (None, _) => SettingChangeKind::Added,
            (Some(_), Some(_)) => SettingChangeKind::Modified,
            (Some(_), None) => SettingChangeKind::Deleted,
        }
    }
}

/// Why a value is not given to the program. It quotes no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GetSettingError {
    #[error(transparent)]
    Path(#[from] SettingPathError),
    #[error("{path}: no layer has a value of it, which is to be {expected}; set it in one of them")]
    Missing { path: SettingPath, expected: String },
    #[error("{path}: it is {found} and not {expected} ({origin}); correct it there")]
    WrongType { path: SettingPath, expected: String, found: String, origin: Box<ValueOrigin> },
    #[error("all settings together are a section and not {expected}; read them as a structure or a map")]
    NotASection { expected: String },
}

impl ApplicationVersion {
    pub(super) fn new(
        number: u64,
        created: SystemTime,
        contents: Arc<[Arc<Layer>]>,
        changes: Vec<SettingChange>,
        values: Arc<EffectiveValues>,
    ) -> Self {
        let mut digest = Sha256::new();
        values.within(None).for_each(|value| digest.update(value.digest()));
        let stamp = |it: &Arc<Layer>| LayerStamp { name: it.name.clone(), revision: it.revision.clone() };
        let layers = contents.iter().map(stamp).collect();
        Self { number, created, hash: hex(digest), layers, contents, changes: changes.into(), values }
    }

    /// Counted from 1, across restarts where versions are kept on disk.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it was accepted.
    pub fn created(&self) -> SystemTime {
        self.created
    }

    /// SHA-256 in hex, over paths and values; of secrets over the paths alone. Processes with the same
    /// settings have the same hash.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The layers that it was made of, lowest first.
    pub fn layers(&self) -> &[LayerStamp] {
        &self.layers
    }

    /// What is different from the version before, in the order of paths; nothing in the first one.
    pub fn changes(&self) -> &[SettingChange] {
        &self.changes
    }

    /// The value at a path, as JSON, with its origin; `None` if there is none, or the path is a section.
    ///
    /// # Errors
    /// The text is no path.
    pub fn value(&self, path: &str) -> Result<Option<&EffectiveValue>, SettingPathError> {
        Ok(self.values.find(path)?.map(|value| &**value))
    }

    /// All values in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &EffectiveValue> {
        self.values.within(None).map(|value| &**value)
    }

    /// The value at a path, or the section there, as a type of the program. A duration, which is in seconds,
    /// can be read as a [`std::time::Duration`].
    ///
    /// # Errors
    /// There is none, it has another type, or the text is no path.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GetSettingError> {
        if let Some(found) = self.values.find(path)? {
            return self.read(Some(found.path()), found.value().expose());
        }
        let path: SettingPath = path.parse()?;
        match self.values.tree(Some(&path)) {
            Some(section) => self.read(Some(&path), section.expose()),
            None => Err(GetSettingError::Missing { path, expected: expected::<T>() }),
        }
    }

    /// The value at a path, or the section there, or `default` where there is none.
    ///
    /// # Errors
    /// It has another type, or the text is no path.
    pub fn get_or<T: DeserializeOwned>(&self, path: &str, default: T) -> Result<T, GetSettingError> {
        match self.get(path) {
            // A member that a section lacks is not the section itself.
            Err(GetSettingError::Missing { path: ref missing, .. })
                if path.parse().as_ref() == Ok(missing) =>
            {
                Ok(default)
            }
            found => found,
        }
    }

    /// The section at a path as a type of the program. One that no layer has is empty, so that a type with
    /// defaults for all its members can be read.
    ///
    /// # Errors
    /// A member is missing or has another type, or the text is no path.
    pub fn section<T: DeserializeOwned>(&self, path: &str) -> Result<T, GetSettingError> {
        if let Some(found) = self.values.find(path)? {
            return self.read(Some(found.path()), found.value().expose());
        }
        let path: SettingPath = path.parse()?;
        self.read(Some(&path), self.tree_or_empty(Some(&path)).expose())
    }

    /// All settings as one type of the program.
    ///
    /// # Errors
    /// A member is missing or has another type.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, GetSettingError> {
        self.read(None, self.tree_or_empty(None).expose())
    }

    /// The settings that are chosen, as an object with an object for each section.
    pub fn tree_where(&self, chosen: impl Fn(&EffectiveValue) -> bool) -> SettingValue {
        let values = self.iter().filter(|value| chosen(value));
        tree_of(0, values.map(|value| (value.path(), value.value())))
    }

    fn tree_or_empty(&self, section: Option<&SettingPath>) -> SettingValue {
        self.values.tree(section).unwrap_or_else(|| SettingValue::new(Value::Object(Map::new())))
    }

    /// What is different from another version, in the order of paths.
    pub fn changes_since(&self, other: &Self) -> Vec<SettingChange> {
        let pairs =
            other.values.within(None).merge_join_by(self.values.within(None), |a, b| a.path().cmp(b.path()));
        pairs
            .filter_map(|pair| match pair {
                EitherOrBoth::Left(before) => Some(SettingChange::deleted(before.clone())),
                EitherOrBoth::Right(after) => Some(SettingChange::added(after.clone())),
                EitherOrBoth::Both(before, after) => (!Arc::ptr_eq(before, after)
                    && before.value() != after.value())
                .then(|| SettingChange::modified(before.clone(), after.clone())),
            })
            .collect()
    }

    fn read<T: DeserializeOwned>(
        &self,
        path: Option<&SettingPath>,
        value: &Value,
    ) -> Result<T, GetSettingError> {
        read(value).map_err(|misfit| self.told(path, misfit, expected::<T>()))
    }

    /// Where in the settings the misfit is, and where that comes from.
    fn told(&self, path: Option<&SettingPath>, misfit: Misfit, whole: String) -> GetSettingError {
        let names = path.into_iter().flat_map(SettingPath::names).chain(misfit.trail());
        let Ok(at) = SettingPath::new(names.map(Arc::<str>::from)) else {
            return GetSettingError::NotASection { expected: whole };
        };
        let holder = self.values.get(&at).or_else(|| {
            let above = at.sections().rev().find_map(|section| self.values.get(&section));
            above.or_else(|| self.values.within(Some(&at)).next())
        });
        let origin = holder.map(|holder| Box::new(holder.origin().clone()));
        match (origin, misfit.found) {
            (Some(origin), Some(found)) => {
                GetSettingError::WrongType { path: at, expected: misfit.expected, found, origin }
            }
            _ => GetSettingError::Missing { path: at, expected: misfit.expected },
        }
    }
}

/// The name of a type as programmers know it, without the modules it is in.
fn expected<T>() -> String {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name).to_owned()
}

/// A digest in hex.
pub(super) fn hex(digest: Sha256) -> Arc<str> {
    let mut text = String::new();
    for byte in digest.finalize() {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}
