//! The trait of writes into a layer: one value at a time, on the condition of the revision that was read.

use async_trait::async_trait;
use thiserror::Error;

use super::{LayerRevision, SettingPath, SettingValue};

/// Writes values into the source of a layer. Constructing one does no I/O.
#[async_trait]
pub trait LayerWriter: Send + Sync {
    /// Whether a value can be set at this path, as the source is now.
    ///
    /// # Errors
    /// [`LayerWriteError`] with [`LayerWriteFault::NotWritable`] if not, and why; others if that cannot be
    /// found out.
    async fn can_write(&self, path: &SettingPath) -> Result<(), LayerWriteError>;

    /// Whether what is at this path can be removed, as the source is now.
    ///
    /// # Errors
    /// As those of [`LayerWriter::can_write`].
    async fn can_remove(&self, path: &SettingPath) -> Result<(), LayerWriteError>;

    /// Sets the value at a path, or removes what is there if there is none, and answers the new revision. All
    /// else in the source stays as it is. To remove what is not there is no error.
    ///
    /// # Errors
    /// [`LayerWriteError`]; nothing was written, except after [`LayerWriteFault::OutcomeUnknown`].
    async fn write(
        &self,
        path: &SettingPath,
        value: Option<&SettingValue>,
        expect: &LayerRevision,
    ) -> Result<LayerRevision, LayerWriteError>;
}

/// Why a layer was not written. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {reason}; {remedy}")]
pub struct LayerWriteError {
    pub fault: LayerWriteFault,
    /// `config/app.yaml:3:9`, a key.
    pub place: String,
    pub reason: String,
    pub remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerWriteFault {
    /// This source cannot have such a value there.
    NotWritable,
    /// The source is not at the revision that was expected.
    Conflict,
    /// This user may not write it.
    Denied,
    /// It does not answer, or holds what cannot be read.
    Unavailable,
    /// The write was sent, and may or may not have been done.
    OutcomeUnknown,
}
