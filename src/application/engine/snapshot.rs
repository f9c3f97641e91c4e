//! A running application at one moment, for whoever shows it: what is in force, why, and how its layers stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::super::ladder::ladder;
use super::super::picture::Picture;
use super::super::{
    ApplicationSpec, ApplicationVersion, LayerStatus, PinnedVersion, SettingExplanation, SettingPath,
    SettingSpec, ValuePlace,
};
use super::Application;
use super::state::{ApplicationState, Pin};
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
    declared: Arc<ApplicationSpec>,
}

impl ApplicationSnapshot {
    pub(super) fn of(name: &Arc<str>, state: &ApplicationState, health: Health) -> Self {
        let pinned = |pin: &Pin| PinnedVersion { version: pin.version.number(), newer: pin.newer };
        Self {
            name: name.clone(),
            // There is one from the start on.
            version: state.in_force().cloned().unwrap_or_else(ApplicationVersion::none),
            versions: state.versions().cloned().collect(),
            pinned: state.pin.as_ref().map(pinned),
            layers: state.layers.iter().rev().map(|it| it.status()).collect(),
            health,
            picture: state.picture.clone(),
            declared: state.declared.clone(),
        }
    }

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
        let state = self.shared().state.lock();
        ApplicationSnapshot::of(&self.0.name, &state, health)
    }

    /// The snapshots from now on.
    pub fn snapshots(&self) -> ApplicationSnapshots {
        let mut changes = self.shared().standing.subscribe();
        changes.mark_changed();
        ApplicationSnapshots { application: self.clone(), changes }
    }
}

/// An application whose layers tests load at moments that they name, without a runtime.
#[cfg(test)]
pub(crate) mod fixture {
    use std::time::{Duration, SystemTime};

    use futures::FutureExt;

    use super::super::super::{ApplicationSpec, Source};
    use super::super::defaults::DefaultsSource;
    use super::super::health::health;
    use super::super::state::LayerAnswer;
    use super::*;

    pub(crate) struct StillApplication {
        name: Arc<str>,
        state: ApplicationState,
    }

    impl StillApplication {
        /// With sources that answer at once, by their layers.
        pub(crate) fn new(mut spec: ApplicationSpec, sources: Vec<(&str, Arc<dyn Source>)>) -> Self {
            let defaults: Arc<dyn Source> = Arc::new(DefaultsSource::new(&spec));
            let layers = std::mem::take(&mut spec.layers);
            let name = spec.name.clone();
            let mut state = ApplicationState::new(Arc::new(spec), 10, 0);
            for layer in layers {
                let given = sources.iter().find(|(name, _)| **name == *layer.name);
                let source = given.map_or_else(|| defaults.clone(), |(_, source)| source.clone());
                state.add(layer, source).unwrap();
            }
            Self { name, state }
        }

        /// Loads all layers.
        pub(crate) fn load(&mut self, now: SystemTime) {
            let answers = self.state.layers.iter().map(|layer| LayerAnswer {
                layer: layer.spec.name.clone(),
                load: layer.source.load(layer.known.as_ref()).now_or_never().unwrap(),
                remembered: None,
            });
            let answers = answers.collect();
            self.state.judge(answers, false, now);
        }

        pub(crate) fn roll_back(&mut self, steps: usize) {
            self.state.roll_back(steps).unwrap();
        }

        pub(crate) fn snapshot(&self, now: SystemTime) -> ApplicationSnapshot {
            let layers: Vec<_> = self.state.layers.iter().rev().map(|it| it.status()).collect();
            let healthy_sources = layers.iter().filter(|it| it.failure.is_none()).count();
            let metrics = super::super::ApplicationMetrics { healthy_sources, ..self.state.metrics.clone() };
            let pin = self.state.pin.as_ref();
            let health = health(&layers, &metrics, pin, None, (now, Duration::from_secs(120)));
            ApplicationSnapshot::of(&self.name, &self.state, health)
        }
    }
}
