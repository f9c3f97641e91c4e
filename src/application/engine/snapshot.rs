//! A running application at one moment, for whoever shows it: what is in force, why, and how its layers stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::super::declarations::Declarations;
use super::super::ladder::ladder;
use super::super::picture::Picture;
use super::super::{
    ApplicationVersion, LayerStatus, PinnedVersion, SettingExplanation, SettingPath, SettingSpec, ValuePlace,
};
use super::Application;
use crate::domain::Health;

/// A running application at one moment. It never changes, and what is read from it belongs together. Values in
/// it may be secrets.
#[derive(Clone)]
pub struct ApplicationSnapshot {
    name: Arc<str>,
    version: Arc<ApplicationVersion>,
    versions: Vec<Arc<ApplicationVersion>>,
    pinned: Option<PinnedVersion>,
    layers: Vec<LayerStatus>,
    health: Health,
    picture: Picture,
    declared: Arc<Declarations>,
}

impl ApplicationSnapshot {
    /// The name of the application.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version in force.
    pub fn version(&self) -> &Arc<ApplicationVersion> {
        &self.version
    }

    /// The versions that are kept, the newest first.
    pub fn versions(&self) -> &[Arc<ApplicationVersion>] {
        &self.versions
    }

    /// The rollback in force, if there is one.
    pub fn pinned(&self) -> Option<PinnedVersion> {
        self.pinned
    }

    /// How each layer stands, highest first.
    pub fn layers(&self) -> &[LayerStatus] {
        &self.layers
    }

    /// Whether the settings are well, with what to do about what is not.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The settings that the application file declares, in the order of their paths.
    pub fn declared(&self) -> impl Iterator<Item = (&SettingPath, &SettingSpec)> {
        self.declared.settings.iter()
    }

    /// Why a setting has the value it has, as [`Application::explain`] tells.
    pub fn explain(&self, path: &SettingPath) -> SettingExplanation {
        SettingExplanation {
            path: path.clone(),
            in_force: self.version.values.get(path).cloned(),
            ladder: ladder(&self.picture, &self.declared, path),
            spec: self.declared.settings.get(path).cloned(),
        }
    }

    /// The settings that layers have from each variable, itself or replaced in a text, and from each key of etcd.
    pub fn readers(&self) -> BTreeMap<Arc<str>, BTreeSet<SettingPath>> {
        let mut readers: BTreeMap<Arc<str>, BTreeSet<SettingPath>> = BTreeMap::new();
        for (path, value) in self.picture.layers.iter().flat_map(|layer| &layer.values) {
            let names = match &value.place {
                ValuePlace::File { variables, .. } => variables.as_slice(),
                ValuePlace::Variable(name) | ValuePlace::EtcdKey { key: name, .. } => {
                    std::slice::from_ref(name)
                }
                _ => &[],
            };
            for name in names {
                readers.entry(name.clone()).or_default().insert(path.clone());
            }
        }
        readers
    }
}

impl fmt::Debug for ApplicationSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ApplicationSnapshot");
        shown.field("name", &self.name).field("version", &self.version.number());
        shown.field("pinned", &self.pinned).finish_non_exhaustive()
    }
}

/// The snapshots of an application from now on: one at once, then the newest one after each change of a value, of
/// a layer's standing or of a rollback. Whoever is slow misses those in between.
#[must_use = "nothing is told before it is asked"]
pub struct ApplicationSnapshots {
    application: Application,
    changes: watch::Receiver<()>,
}

impl ApplicationSnapshots {
    /// The next snapshot. Nothing is lost if this is not awaited to its end.
    pub async fn next(&mut self) -> ApplicationSnapshot {
        // The sender lives as long as the application.
        let _ = self.changes.changed().await;
        self.application.snapshot()
    }
}

impl Application {
    /// What is in force now, why, and how the layers stand.
    pub fn snapshot(&self) -> ApplicationSnapshot {
        let health = self.health();
        let (version, versions, pinned, layers, picture, declared) = {
            let state = self.shared().state.lock();
            (
                state.in_force().cloned().unwrap_or_else(|| self.version()),
                state.versions().cloned().collect(),
                state
                    .pin
                    .as_ref()
                    .map(|pin| PinnedVersion { version: pin.version.number(), newer: pin.newer }),
                state.layers.iter().rev().map(|it| it.status()).collect(),
                state.picture.clone(),
                state.declared.clone(),
            )
        };
        let name = self.0.name.clone();
        ApplicationSnapshot { name, version, versions, pinned, layers, health, picture, declared }
    }

    /// The snapshots from now on.
    pub fn snapshots(&self) -> ApplicationSnapshots {
        let mut changes = self.shared().standing.subscribe();
        changes.mark_changed();
        ApplicationSnapshots { application: self.clone(), changes }
    }
}
