//! The trait of a layer's source: what it holds, and when that changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use super::{SettingPath, SourceValue, ValuePlace};

/// What a layer holds at one revision of its source.
#[derive(Clone)]
pub struct LayerContents {
    pub revision: LayerRevision,
    /// Lists are values; members of objects are settings of their own, unless the object is empty.
    pub values: BTreeMap<SettingPath, LayerValue>,
}

/// What tells one state of a source from another: a digest, a revision of etcd, an ETag. Opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRevision(pub Arc<str>);

/// A value with its place.
#[derive(Clone, PartialEq)]
pub struct LayerValue {
    pub value: SourceValue,
    pub place: ValuePlace,
}

/// The answer to a load.
pub enum Load {
    /// What was loaded last is what there is.
    Unchanged,
    Contents(LayerContents),
}

/// A source of settings. Constructing one does no I/O.
#[async_trait]
pub trait Source: Send + Sync {
    /// Everything that it holds, at one revision. `known` is the revision that was loaded last: a source that can
    /// tell so answers [`Load::Unchanged`], and what was loaded last stays in force.
    ///
    /// # Errors
    /// [`SourceError`], with place and remedy. What was loaded last stays in force, and is stale.
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError>;

    /// Resolves when a load may give something else than the last one; never, for a source that does not change.
    /// A change between two calls is not lost.
    async fn changed(&self);

    /// Facts for people, as how changes are noticed and how its circuit stands: label and words.
    fn facts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Why a source could not be loaded. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {reason}; {remedy}")]
pub struct SourceError {
    pub fault: SourceFault,
    /// `config/app.yaml:3:9`, a URL, a key.
    pub place: String,
    pub reason: String,
    pub remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFault {
    /// It is not there: no such file, no such key.
    Missing,
    /// It does not answer, or refuses.
    Unavailable,
    /// It holds what cannot be read.
    Invalid,
}
