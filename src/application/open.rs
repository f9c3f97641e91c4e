//! Opens an application: its file, the sources of its layers, and the writers into them.

use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::spec::ARGUMENTS_RANK;
use super::{
    Application, ApplicationBuilder, ApplicationFileError, ApplicationSpec, ArgumentError, LayerKind,
    LayerSpec, LocalSources, RemoteSources, SourceError, SpecPlace, StartError,
};
use crate::provider::env::EnvVariables;
#[cfg(feature = "etcd")]
use crate::provider::etcd::EtcdSettings;

/// What an application is opened with, besides its file.
///
/// ```no_run
/// use confdeck::application::OpenOptions;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let options = OpenOptions::new().arguments(vec!["database.pool_size=20".into()]);
/// let application = options.open("billing.toml".as_ref()).await?;
/// let size: u32 = application.get("database.pool_size")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OpenOptions {
    variables: Arc<EnvVariables>,
    arguments: Vec<String>,
    #[cfg(feature = "etcd")]
    etcd: Option<EtcdSettings>,
    is_offline: bool,
    is_read_only: bool,
    is_observer: bool,
}

/// Why an application cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenApplicationError {
    #[error(transparent)]
    File(#[from] ApplicationFileError),
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// A layer that cannot be used as it is declared.
    #[error(transparent)]
    Layer(#[from] SourceError),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenOptions {
    /// With the variables of this process.
    pub fn new() -> Self {
        Self {
            variables: Arc::new(EnvVariables::process()),
            arguments: Vec::new(),
            #[cfg(feature = "etcd")]
            etcd: None,
            is_offline: false,
            is_read_only: false,
            is_observer: false,
        }
    }

    /// With these variables instead.
    #[must_use]
    pub fn variables(self, variables: Arc<EnvVariables>) -> Self {
        Self { variables, ..self }
    }

    /// With what `--set` says, as `database.pool_size=20`.
    #[must_use]
    pub fn arguments(self, arguments: Vec<String>) -> Self {
        Self { arguments, ..self }
    }

    /// With the etcd that layers mean which name none.
    #[cfg(feature = "etcd")]
    #[must_use]
    pub fn etcd(self, etcd: EtcdSettings) -> Self {
        Self { etcd: Some(etcd), ..self }
    }

    /// Without layers that are elsewhere: etcd and HTTP.
    #[must_use]
    pub fn offline(self) -> Self {
        Self { is_offline: true, ..self }
    }

    /// Without writers, so that nothing can be written into a layer.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    /// For a look from outside: versions that the application has kept are read, and none is kept.
    #[must_use]
    pub fn observing(self) -> Self {
        Self { is_observer: true, ..self }
    }

    /// Reads an application file, loads its layers, and follows them.
    ///
    /// # Errors
    /// [`OpenApplicationError`] with all that is wrong with the file, or with its layers.
    pub async fn open(&self, path: &Path) -> Result<Application, OpenApplicationError> {
        let spec = ApplicationSpec::open(path, &*self.variables)?;
        Ok(self.builder(spec)?.start().await?)
    }

    /// An application with the sources of its layers, and the writers into them.
    ///
    /// # Errors
    /// An argument that sets nothing, and a layer that cannot be used as it is declared.
    pub fn builder(&self, mut spec: ApplicationSpec) -> Result<ApplicationBuilder, OpenApplicationError> {
        let is_remote = |kind: &LayerKind| matches!(kind, LayerKind::Etcd { .. } | LayerKind::Http { .. });
        spec.layers.retain(|layer| !(self.is_offline && is_remote(&layer.kind)));
        let has_arguments = spec.layers.iter().any(|layer| matches!(layer.kind, LayerKind::Arguments));
        if !self.arguments.is_empty() && !has_arguments {
            spec.layers.push(arguments_layer(&spec));
            spec.layers.sort_by_key(|layer| layer.rank);
        }
        let local = LocalSources::new(Arc::clone(&self.variables)).with_arguments(self.arguments.clone());
        let remote = RemoteSources::new(Arc::clone(&self.variables));
        #[cfg(feature = "etcd")]
        let remote = match &self.etcd {
            Some(etcd) => remote.with_etcd(etcd.clone()),
            None => remote,
        };
        let mut builder = Application::builder(spec.clone());
        if self.is_observer {
            builder = builder.observing();
        }
        for layer in &spec.layers {
            let (source, writer) = match (local.source(&spec, layer)?, remote.open(&spec, layer)?) {
                (Some(source), _) => (source, local.writer(&spec, layer)),
                (None, Some(remote)) => (remote.source, remote.writer),
                // The builder makes the source of the defaults.
                (None, None) => continue,
            };
            builder = builder.source(&layer.name, source);
            if let Some(writer) = writer.filter(|_| !self.is_read_only) {
                builder = builder.writer(&layer.name, writer);
            }
        }
        Ok(builder)
    }
}

impl Application {
    /// Opens an application by its file, with the variables of this process.
    ///
    /// # Errors
    /// Those of [`OpenOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenApplicationError> {
        OpenOptions::new().open(path.as_ref()).await
    }
}

fn arguments_layer(spec: &ApplicationSpec) -> LayerSpec {
    let place = spec.layers.first().map_or_else(
        || SpecPlace { path: Arc::new(spec.folder.clone()), line: 1, column: 1 },
        |layer| layer.place.clone(),
    );
    LayerSpec {
        name: "arguments".into(),
        rank: ARGUMENTS_RANK,
        required: false,
        kind: LayerKind::Arguments,
        place,
    }
}
