//! What became of a reload, and why an application could not be started, changed or rolled back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::super::{SettingFault, SourceError};

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReloadReport {
    pub status: ReloadStatus,
    /// The newest version that was accepted.
    pub version: u64,
    /// How many settings have another value.
    pub changes: usize,
    /// The layers that could not be loaded. They keep their last good values.
    pub failed: Vec<(Arc<str>, SourceError)>,
    /// Why nothing of it is in force, if so.
    pub faults: Vec<SettingFault>,
    /// From the answers of the sources to the new version.
    pub took: Duration,
}

/// How a reload ended, as system C names it (docs/applications.md); a rollback is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReloadStatus {
    /// All that was asked for is in force.
    Success,
    /// Some layers could not be loaded, and what the others have is in force.
    Partial,
    /// Nothing could be loaded, or it was refused: nothing has changed.
    Failed,
}

impl ReloadStatus {
    pub const ALL: [Self; 3] = [Self::Success, Self::Partial, Self::Failed];

    /// The word shown, and the label of metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// Why an application does not start, or does not take a layer. All reasons are told at once.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    #[error("the layer {0} has no source; give one to the builder")]
    NoSource(Arc<str>),
    #[error(
        "a source or a writer was given for the layer {0}, which is not declared; declare it, or take that away"
    )]
    UnknownLayer(Arc<str>),
    #[error("there are two layers named {0}; rename one of them")]
    SameName(Arc<str>),
    #[error("the layers {0} and {1} have the same rank {2}; give one of them another priority")]
    SameRank(Arc<str>, Arc<str>, u32),
    #[error("{}", StartReasons(faults, unavailable))]
    Refused {
        /// What is wrong with the values.
        faults: Vec<SettingFault>,
        /// The layers that could not be loaded, whether they are required or not.
        unavailable: Vec<(Arc<str>, SourceError)>,
    },
}

/// One reason a line.
struct StartReasons<'a>(&'a [SettingFault], &'a [(Arc<str>, SourceError)]);

impl fmt::Display for StartReasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its settings cannot be put in force:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))?;
        self.1
            .iter()
            .try_for_each(|(layer, error)| write!(f, "\n  the layer {layer} could not be loaded: {error}"))
    }
}

/// Why a reload was not tried.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no layer {0}; there are {1}")]
pub struct UnknownLayerError(pub Arc<str>, pub String);

/// Why a rollback was not done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RollbackError {
    #[error("a rollback by no step changes nothing; name how many versions to go back")]
    NoStep,
    #[error("{steps} versions back from version {from} there is none any more: {kept} before it are kept")]
    NotKept { steps: usize, from: u64, kept: usize },
}
