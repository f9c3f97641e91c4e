//! Starts an application from its declarations and the sources of its layers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::super::version::ApplicationVersion;
use super::super::{ApplicationSpec, LayerKind, LayerSpec, LayerWriter, Source, SpecPlace, VERSIONS_KEPT};
use super::Application;
use super::defaults::DefaultsSource;
use super::follow::ReloadReason;
use super::report::StartError;
use super::running::RunningApplication;
use super::state::ApplicationState;
use super::state_folder::{RememberedState, StateFolder, folder_fault};

/// A source that is silent for so long is asked, so that a notification that was lost is made up for.
const SILENCE: Duration = Duration::from_secs(120);

const DEFAULTS: &str = "defaults";

/// An application that is not running yet.
pub struct ApplicationBuilder {
    spec: ApplicationSpec,
    sources: BTreeMap<Arc<str>, Arc<dyn Source>>,
    writers: BTreeMap<Arc<str>, Arc<dyn LayerWriter>>,
    kept: usize,
    silence: Duration,
    is_observer: bool,
}

impl ApplicationBuilder {
    pub(super) fn new(spec: ApplicationSpec) -> Self {
        let kept = if spec.kept_versions == 0 { VERSIONS_KEPT } else { spec.kept_versions };
        let (sources, writers) = Default::default();
        Self { spec, sources, writers, kept, silence: SILENCE, is_observer: false }
    }

    /// Gives the source of a declared layer.
    #[must_use]
    pub fn source(mut self, layer: &str, source: Arc<dyn Source>) -> Self {
        self.sources.insert(layer.into(), source);
        self
    }

    /// Gives what writes into a declared layer.
    #[must_use]
    pub fn writer(mut self, layer: &str, writer: Arc<dyn LayerWriter>) -> Self {
        self.writers.insert(layer.into(), writer);
        self
    }

    /// How many versions are kept, in memory and on disk; at least one.
    #[must_use]
    pub fn keep_versions(mut self, kept: usize) -> Self {
        self.kept = kept;
        self
    }

    /// Reads the folder of versions and keeps none there: it is another process's.
    #[must_use]
    pub fn observing(mut self) -> Self {
        self.is_observer = true;
        self
    }

    /// How long a source may be silent before it is asked whether there is something new; 120 s unless it is
    /// said.
    #[must_use]
    pub fn ask_after(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Loads all layers, and follows them until the last handle is dropped. Must be called within a tokio
    /// runtime.
    ///
    /// A layer that cannot be loaded is taken from the folder of versions, if there is one; else it is
    /// missing, which is an error if it is required.
    ///
    /// # Errors
    /// All that is wrong with the layers and their values.
    pub async fn start(self) -> Result<Application, StartError> {
        match self.start_to_repair().await? {
            (application, None) => Ok(application),
            (_, Some(error)) => Err(error),
        }
    }

    /// As [`Self::start`], but values that are refused, and layers that cannot be loaded, are told beside the
    /// application. While values are refused nothing is in force, and each layer can be looked at and
    /// written.
    ///
    /// # Errors
    /// Layers that are not declared as they can be used.
    pub async fn start_to_repair(mut self) -> Result<(Application, Option<StartError>), StartError> {
        let folder = self.spec.state.clone().map(|folder| StateFolder::new(folder, self.kept));
        let (remembered, fault) = read_state(folder.as_ref());
        let spec = Arc::new(self.spec);
        let mut layers = spec.layers.clone();
        let is_default = |layer: &LayerSpec| matches!(layer.kind, LayerKind::Defaults);
        if !layers.iter().any(is_default) && spec.settings.values().any(|it| it.default.is_some()) {
            layers.push(defaults_layer(&spec));
        }
        let defaults = layers.iter().find(|it| is_default(it)).map(|it| it.name.clone());
        if let Some(name) = defaults {
            self.sources.entry(name).or_insert_with(|| Arc::new(DefaultsSource::new(&spec)));
        }
        let name = spec.name.clone();
        let mut state = ApplicationState::new(spec, self.kept, remembered.number);
        for layer in layers {
            let Some(source) = self.sources.get(&layer.name) else {
                return Err(StartError::NoSource(layer.name));
            };
            let (source, writer) = (source.clone(), self.writers.remove(&layer.name));
            let name = layer.name.clone();
            state.add(layer, source)?;
            if let Some(layer) = state.layer(&name) {
                layer.writer = writer;
            }
        }
        if let Some((unknown, _)) = self.writers.pop_first() {
            return Err(StartError::UnknownLayer(unknown));
        }
        if let Some(unknown) = self.sources.into_keys().find(|name| state.layer(name).is_none()) {
            return Err(StartError::UnknownLayer(unknown));
        }
        let before = ApplicationVersion::none();
        let engine = Arc::new(RunningApplication {
            current: ArcSwap::new(before.clone()),
            state: Mutex::new(state),
            versions: watch::Sender::new(before),
            folder,
            standing: watch::Sender::new(()),
            is_observer: self.is_observer,
            to_keep: watch::Sender::new(()),
            folder_fault: Mutex::new(fault),
            remembered: Mutex::new(remembered.layers),
        });
        let report = engine.reload(None, ReloadReason::Start).await;
        engine.remembered.lock().clear();
        let lacks = engine.state.lock().layers.iter().any(|it| it.spec.required && it.in_force.is_none());
        let is_refused = lacks || !report.faults.is_empty();
        let refused =
            is_refused.then_some(StartError::Refused { faults: report.faults, unavailable: report.failed });
        Ok((Application::running(name, engine, self.silence), refused))
    }
}

fn defaults_layer(spec: &ApplicationSpec) -> LayerSpec {
    let path = spec.settings.values().next().map_or_else(Arc::default, |it| it.place.path.clone());
    let place = SpecPlace { path, line: 1, column: 1 };
    LayerSpec { name: DEFAULTS.into(), rank: 0, required: true, kind: LayerKind::Defaults, place }
}

/// What an earlier process kept, and why it cannot be read, if so: that must not hinder a start.
fn read_state(folder: Option<&StateFolder>) -> (RememberedState, Option<String>) {
    let Some(folder) = folder else { return Default::default() };
    match folder.read() {
        Ok(state) => (state, None),
        Err(error) => {
            let fault = folder_fault(folder.path(), "read", &error);
            tracing::warn!("{fault}");
            (RememberedState::default(), Some(fault))
        }
    }
}

impl ApplicationVersion {
    /// What there is before the start.
    pub(super) fn none() -> Arc<Self> {
        let (layers, created) = (Arc::default(), SystemTime::UNIX_EPOCH);
        Arc::new(Self::new(0, created, layers, Vec::new(), Default::default()))
    }
}
