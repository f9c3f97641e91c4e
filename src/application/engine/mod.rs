//! A running application: its settings in force, kept up to date by a task for each layer.

mod builder;
mod defaults;
mod follow;
mod health;
mod layer_state;
mod metrics;
mod report;
mod running;
mod snapshot;
mod state;
mod state_folder;
mod updates;
mod writes;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::ladder::ladder;
use super::{
    ApplicationSpec, ApplicationVersion, GetSettingError, LayerSpec, SettingExplanation, SettingPath, Source,
};
use crate::domain::Health;

pub use builder::ApplicationBuilder;
use follow::{ReloadReason, follow};
pub use layer_state::{LayerCondition, LayerFailure, LayerStatus};
pub use metrics::{ApplicationMetrics, RELOAD_BUCKETS};
pub use report::{ReloadReport, ReloadStatus, RollbackError, StartError, UnknownLayerError};
use running::RunningApplication;
#[cfg(test)]
pub(crate) use snapshot::fixture;
pub use snapshot::{ApplicationSnapshot, ApplicationSnapshots};
pub use state_folder::{KeptContents, KeptVersion, kept_versions};
pub use updates::{SettingUpdate, SettingUpdates};
pub use writes::{
    AppliedPlan, LayerPath, PlannedWrite, Reversal, RevertError, SettingEffect, SettingWrite,
    SettingWriteError, StoppedWrites, WritePlan, WrittenSetting,
};

/// The settings of a running application. Handles can be cloned; when the last one is dropped, nothing is
/// followed any more.
///
/// Reading a setting takes no lock and waits for nothing. A change is in force as a whole or not at all.
#[derive(Clone)]
pub struct Application(Arc<Handle>);

struct Handle {
    name: Arc<str>,
    engine: Arc<RunningApplication>,
    silence: Duration,
    /// Aborted when this is dropped.
    tasks: Mutex<JoinSet<()>>,
}

/// A rollback in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinnedVersion {
    /// The version that readers see.
    pub version: u64,
    /// How many versions were accepted since, and are not in force.
    pub newer: u64,
}

impl Application {
    /// An application whose sources are given by the program.
    pub fn builder(spec: ApplicationSpec) -> ApplicationBuilder {
        ApplicationBuilder::new(spec)
    }

    fn running(name: Arc<str>, engine: Arc<RunningApplication>, silence: Duration) -> Self {
        let application = Self(Arc::new(Handle { name, engine, silence, tasks: Mutex::default() }));
        let engine = application.shared();
        let layers: Vec<_> =
            engine.state.lock().layers.iter().map(|it| (it.spec.name.clone(), it.source.clone())).collect();
        layers.into_iter().for_each(|(layer, source)| application.follow(layer, source));
        if engine.folder.is_some() && !engine.is_observer {
            let (mut to_keep, weak) = (engine.to_keep.subscribe(), Arc::downgrade(engine));
            to_keep.mark_changed();
            application.0.tasks.lock().spawn(async move {
                while to_keep.changed().await.is_ok() {
                    let Some(engine) = weak.upgrade() else { return };
                    engine.keep().await;
                }
            });
        }
        application
    }

    fn follow(&self, layer: Arc<str>, source: Arc<dyn Source>) {
        let engine = Arc::downgrade(self.shared());
        self.0.tasks.lock().spawn(follow(engine, layer, source, self.0.silence));
    }

    fn shared(&self) -> &Arc<RunningApplication> {
        &self.0.engine
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What its application file says.
    pub fn spec(&self) -> Arc<ApplicationSpec> {
        self.shared().state.lock().declared.clone()
    }

    /// The version in force. Values that belong together are read from one.
    pub fn version(&self) -> Arc<ApplicationVersion> {
        self.shared().current.load_full()
    }

    /// The value at a path, or the section there, as a type of the program.
    ///
    /// # Errors
    /// There is none, it has another type, or the text is no path.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GetSettingError> {
        self.shared().current.load().get(path)
    }

    /// The value at a path, or `default` where no layer has one.
    ///
    /// # Errors
    /// It has another type, or the text is no path.
    pub fn get_or<T: DeserializeOwned>(&self, path: &str, default: T) -> Result<T, GetSettingError> {
        self.shared().current.load().get_or(path, default)
    }

    /// The section at a path as a type of the program; one that no layer has is empty.
    ///
    /// # Errors
    /// A member is missing or has another type, or the text is no path.
    pub fn section<T: DeserializeOwned>(&self, path: &str) -> Result<T, GetSettingError> {
        self.shared().current.load().section(path)
    }

    /// Why a setting has the value it has, and what that hides.
    pub fn explain(&self, path: &SettingPath) -> SettingExplanation {
        let state = self.shared().state.lock();
        let in_force = state.in_force().and_then(|version| version.values.get(path).cloned());
        SettingExplanation {
            path: path.clone(),
            in_force,
            ladder: ladder(&state.picture_to_explain(), &state.declared, path),
            spec: state.declared.settings.get(path).cloned(),
        }
    }

    /// The changes from now on. A subscriber that is slow gets the newest version next, with all that is
    /// different from the one it saw before.
    pub fn subscribe(&self) -> SettingUpdates {
        SettingUpdates::new(self.shared().versions.subscribe(), None)
    }

    /// The changes of a setting, or of what lies within a section.
    pub fn watch_path(&self, path: &SettingPath) -> SettingUpdates {
        SettingUpdates::new(self.shared().versions.subscribe(), Some(path.clone()))
    }

    /// The versions that are kept, the newest first.
    pub fn versions(&self) -> Vec<Arc<ApplicationVersion>> {
        self.shared().state.lock().versions().cloned().collect()
    }

    /// Pins this process to the version so many steps before the one in force, until [`Application::reload`]
    /// succeeds. Newer ones are accepted meanwhile, counted, and not put in force. No layer is written.
    ///
    /// # Errors
    /// So many are not kept.
    pub fn rollback(&self, steps: usize) -> Result<Arc<ApplicationVersion>, RollbackError> {
        let engine = self.shared();
        let mut state = engine.state.lock();
        state.roll_back(steps)?;
        engine.publish(&state);
        engine.standing.send_replace(());
        Ok(self.version())
    }

    /// The rollback in force, if there is one.
    pub fn pinned(&self) -> Option<PinnedVersion> {
        let state = self.shared().state.lock();
        state.pin.as_ref().map(|pin| PinnedVersion { version: pin.version.number(), newer: pin.newer })
    }

    /// Loads a layer, or all of them, and puts what they have in force: all of it, or nothing. Ends a
    /// rollback, unless nothing could be put in force.
    ///
    /// # Errors
    /// There is no such layer. What became of a reload is in its report.
    pub async fn reload(&self, layer: Option<&str>) -> Result<ReloadReport, UnknownLayerError> {
        if let Some(name) = layer {
            let mut state = self.shared().state.lock();
            if state.layer(name).is_none() {
                return Err(UnknownLayerError(name.into(), state.layer_names()));
            }
        }
        Ok(self.shared().reload(layer.as_ref().map(std::slice::from_ref), ReloadReason::Asked).await)
    }

    /// How each layer stands, highest first.
    pub fn sources(&self) -> Vec<LayerStatus> {
        self.shared().state.lock().layers.iter().rev().map(|it| it.status()).collect()
    }

    /// Adds a layer, loads it, and follows it.
    ///
    /// # Errors
    /// Its name or rank is taken, its values are refused, or it is required and cannot be loaded. It is not
    /// added then.
    pub async fn add_source(
        &self,
        spec: LayerSpec,
        source: Arc<dyn Source>,
    ) -> Result<ReloadReport, StartError> {
        let name = spec.name.clone();
        let report = self.shared().add(spec, source.clone()).await?;
        self.follow(name, source);
        Ok(report)
    }

    pub fn metrics(&self) -> ApplicationMetrics {
        let state = self.shared().state.lock();
        let healthy = state.layers.iter().filter(|it| it.answered.is_some() && it.failure.is_none());
        ApplicationMetrics {
            subscriptions: self.shared().versions.receiver_count(),
            sources: state.layers.len(),
            healthy_sources: healthy.count(),
            version: state.in_force().map_or(0, |version| version.number()),
            ..state.metrics.clone()
        }
    }

    /// Whether the settings are well, with what to do about what is not.
    pub fn health(&self) -> Health {
        let (layers, metrics) = (self.sources(), self.metrics());
        let pin = self.shared().state.lock().pin.clone();
        let fault = self.shared().folder_fault.lock().clone();
        let asked_within = self.0.silence;
        health::health(&layers, &metrics, pin.as_ref(), fault.as_deref(), (SystemTime::now(), asked_within))
    }

    /// Ends all tasks, and writes the newest version to the folder of versions. What is in force can still be
    /// read.
    pub async fn shutdown(&self) {
        let mut tasks = std::mem::take(&mut *self.0.tasks.lock());
        tasks.shutdown().await;
        self.shared().keep().await;
    }
}
