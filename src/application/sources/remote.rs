//! The sources of an application that a server answers, by what its file says of a layer.

use std::sync::Arc;

#[cfg(feature = "etcd")]
use super::EtcdSource;
use super::HttpSource;
use crate::application::{ApplicationSpec, LayerKind, LayerSpec, LayerWriter, Source, SourceError};
use crate::provider::env::EnvVariables;
#[cfg(feature = "etcd")]
use crate::provider::etcd::EtcdSettings;

/// What the remote sources of a process are made of: its variables, and the etcd of its context.
#[cfg_attr(not(feature = "etcd"), allow(dead_code, reason = "variables name an etcd alone"))]
pub struct RemoteSources {
    variables: Arc<EnvVariables>,
    #[cfg(feature = "etcd")]
    etcd: Option<EtcdSettings>,
}

/// A layer that a server answers. Source and writer are one object, because a write is judged by what was
/// read.
#[derive(Clone)]
pub struct RemoteLayer {
    pub source: Arc<dyn Source>,
    /// `None` if it is only read.
    pub writer: Option<Arc<dyn LayerWriter>>,
}

impl RemoteSources {
    pub fn new(variables: Arc<EnvVariables>) -> Self {
        Self {
            variables,
            #[cfg(feature = "etcd")]
            etcd: None,
        }
    }

    /// With the etcd of a context, for layers that name none.
    #[cfg(feature = "etcd")]
    #[must_use]
    pub fn with_etcd(self, etcd: EtcdSettings) -> Self {
        Self { etcd: Some(etcd), ..self }
    }

    /// The source of a layer, and what writes into it; `None` if no server answers layers of this kind.
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// [`SourceFault::Invalid`](crate::application::SourceFault) if what is declared cannot be used, with its
    /// place in the application file.
    pub fn open(
        &self,
        application: &ApplicationSpec,
        layer: &LayerSpec,
    ) -> Result<Option<RemoteLayer>, SourceError> {
        match &layer.kind {
            LayerKind::Http { .. } => {
                Ok(Some(RemoteLayer { source: Arc::new(HttpSource::of_layer(layer)?), writer: None }))
            }
            LayerKind::Etcd { .. } => self.etcd(application, layer).map(Some),
            _ => Ok(None),
        }
    }

    #[cfg(feature = "etcd")]
    fn etcd(&self, application: &ApplicationSpec, layer: &LayerSpec) -> Result<RemoteLayer, SourceError> {
        let settings = &application.settings;
        let etcd = EtcdSource::of_layer(layer, settings, &*self.variables, self.etcd.as_ref())?;
        let etcd = Arc::new(etcd);
        Ok(RemoteLayer { source: Arc::clone(&etcd) as _, writer: Some(etcd) })
    }

    #[cfg(not(feature = "etcd"))]
    fn etcd(&self, _: &ApplicationSpec, layer: &LayerSpec) -> Result<RemoteLayer, SourceError> {
        Err(layer.invalid("this build has no etcd", "build with the feature etcd"))
    }
}
