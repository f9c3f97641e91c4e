//! What the tab shows of an application at one moment: its snapshot, and a row for each setting. Made by the task
//! that follows the application, because it costs as much as there are settings.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::application::{
    ApplicationSnapshot, LayerCondition, LayerStatus, SettingPath, SettingSpec, SettingValue, SourceValue,
};
use crate::text::MASK;

/// The most characters of a value that a row holds: more do not fit on a line.
const MOST_SHOWN: usize = 200;

/// An application at one moment, with the rows that show it.
pub struct SettingsPicture {
    pub snapshot: ApplicationSnapshot,
    /// In the order of their paths: settings that have a value, that are declared, or that a layer has wrong.
    pub rows: Vec<SettingRow>,
    /// The settings that are read from each variable, and from each key of etcd.
    pub readers: BTreeMap<Arc<str>, BTreeSet<SettingPath>>,
}

/// A setting as the list shows it. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    pub path: SettingPath,
    /// The path as it is written.
    pub text: String,
    /// The value in force, masked if it is a secret; `None` if there is none.
    pub value: Option<String>,
    /// The layer that it comes from.
    pub layer: Option<Arc<str>>,
    pub secret: bool,
    /// How many lower layers have it too.
    pub shadows: usize,
    /// Whether a layer has what does not fit its declaration, in force or not, or it lacks a value that it needs.
    pub invalid: bool,
    /// Whether the layer it comes from is not what its source has now.
    pub stale: bool,
    /// Whether the newest version has another value, which a rollback keeps back.
    pub rolled_back: bool,
    /// When this process last saw it change, as far as it keeps versions.
    pub changed: Option<SystemTime>,
}

impl fmt::Debug for SettingsPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsPicture").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}

impl SettingsPicture {
    pub fn new(snapshot: ApplicationSnapshot) -> Self {
        let (rows, readers) = (rows(&snapshot), snapshot.readers());
        Self { snapshot, rows, readers }
    }

    /// The row of a setting.
    pub fn row(&self, path: &SettingPath) -> Option<&SettingRow> {
        self.position(path).ok().and_then(|at| self.rows.get(at))
    }

    pub fn position(&self, path: &SettingPath) -> Result<usize, usize> {
        self.rows.binary_search_by(|row| row.path.cmp(path))
    }

    /// How a layer stands.
    pub fn layer(&self, name: &str) -> Option<&LayerStatus> {
        self.snapshot.layers().iter().find(|layer| *layer.name == *name)
    }
}

fn rows(snapshot: &ApplicationSnapshot) -> Vec<SettingRow> {
    let version = snapshot.version();
    let wrong: BTreeSet<&SettingPath> =
        snapshot.layers().iter().flat_map(|layer| &layer.faults).filter_map(|fault| fault.path()).collect();
    let mut paths: BTreeSet<&SettingPath> = version.iter().map(|value| value.path()).collect();
    paths.extend(snapshot.declared().map(|(path, _)| path));
    paths.extend(&wrong);
    // The newest change of each: what comes later replaces what comes first.
    let mut changed = BTreeMap::new();
    for version in snapshot.versions().iter().rev() {
        changed.extend(version.changes().iter().map(|change| (&change.path, version.created())));
    }
    let newest = snapshot.pinned().and_then(|_| snapshot.versions().first());
    let held_back: BTreeSet<SettingPath> = newest
        .map(|newest| newest.changes_since(version).into_iter().map(|change| change.path).collect())
        .unwrap_or_default();
    let stale: BTreeSet<&str> =
        snapshot.layers().iter().filter(|it| is_stale(it)).map(|it| &*it.name).collect();
    let row = |path: &SettingPath| {
        let explanation = snapshot.explain(path);
        let (value, spec) = (explanation.in_force.as_deref(), explanation.spec.as_ref());
        let secret = value.is_some_and(|it| it.is_secret()) || spec.is_some_and(|spec| spec.secret);
        let layer = value.map(|value| Arc::clone(&value.origin().layer));
        SettingRow {
            text: path.to_string(),
            value: value.map(|it| cut(shown_value(it.value(), spec, secret))),
            secret,
            shadows: explanation.shadows().count(),
            invalid: wrong.contains(path) || explanation.ladder.iter().any(|step| step.fault.is_some()),
            stale: layer.as_deref().is_some_and(|layer| stale.contains(layer)),
            rolled_back: held_back.contains(path),
            changed: changed.get(path).copied(),
            layer,
            path: path.clone(),
        }
    };
    paths.into_iter().map(row).collect()
}

/// Whether what a layer gives is not what its source has now.
pub(super) fn is_stale(layer: &LayerStatus) -> bool {
    matches!(layer.condition, LayerCondition::Stale { .. } | LayerCondition::Remembered { .. })
}

/// A value as people write it, or its mask.
pub(super) fn shown_value(value: &SettingValue, spec: Option<&SettingSpec>, secret: bool) -> String {
    match (secret, spec) {
        (true, _) => MASK.to_owned(),
        (false, Some(spec)) => spec.value_text(value.expose()),
        (false, None) => value.expose().to_string(),
    }
}

/// A value as its layer has it, or its mask.
pub(super) fn source_value(value: &SourceValue, spec: Option<&SettingSpec>, secret: bool) -> String {
    match value {
        SourceValue::Typed(value) => shown_value(value, spec, secret),
        SourceValue::Text(_) if secret => MASK.to_owned(),
        SourceValue::Text(text) => text.to_string(),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// How the rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SettingOrder {
    #[default]
    Path,
    /// What changed last comes first; what has not changed is in the order of paths.
    Changed,
}

impl SettingOrder {
    pub(super) fn compare(self, a: &SettingRow, b: &SettingRow) -> Ordering {
        let by_path = || a.path.cmp(&b.path);
        match self {
            Self::Path => by_path(),
            Self::Changed => b.changed.cmp(&a.changed).then_with(by_path),
        }
    }
}
