//! Why settings are not written, and why a version's values cannot be put back.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::super::super::{LayerWriteError, SettingFault, SettingPath};
use super::super::UnknownLayerError;
use super::WrittenSetting;

/// Why settings were not written. It holds no value. Nothing was written, unless it is
/// [`SettingWriteError::Stopped`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingWriteError {
    #[error(transparent)]
    UnknownLayer(#[from] UnknownLayerError),
    #[error("nothing can be written into the layer {layer}; {}", Writable(writable))]
    ReadOnly { layer: Arc<str>, writable: Vec<Arc<str>> },
    #[error("{}", NoLayer(path, winner.as_deref(), refusals))]
    NoLayer {
        path: SettingPath,
        /// The layer whose value is in force.
        winner: Option<Arc<str>>,
        /// What the layers that could hide it say.
        refusals: Vec<(Arc<str>, LayerWriteError)>,
    },
    #[error("{path}: no layer has a value of it, so there is none to remove")]
    NoValue { path: SettingPath },
    #[error("{path}: the layer {layer} has no value of it, so there is none to remove")]
    NotThere { path: SettingPath, layer: Arc<str> },
    #[error("the layer {layer} has not been read by this process; write when it can be: {reason}")]
    NotRead { layer: Arc<str>, reason: String },
    /// What the layers would hold is refused.
    #[error("nothing was written:{}", FaultLines(.0))]
    Refused(Vec<SettingFault>),
    #[error("the layer {layer}: {error}")]
    Layer { layer: Arc<str>, error: Box<LayerWriteError> },
    #[error(transparent)]
    Stopped(Box<StoppedWrites>),
}

/// A plan that was done in part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the layer {layer}: {error}; written before: {}; not written: {left}", Written(written))]
pub struct StoppedWrites {
    pub written: Vec<WrittenSetting>,
    /// The layer of the write that failed.
    pub layer: Arc<str>,
    pub error: LayerWriteError,
    /// How many writes were not done, or not known to be.
    pub left: usize,
}

/// Why a version's values cannot be put back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RevertError {
    #[error("version {version} is not kept; {}", Kept(kept))]
    NotKept { version: u64, kept: Vec<u64> },
    /// The folder of versions cannot be read: which, and why.
    #[error("{0}")]
    Folder(String),
}

struct FaultLines<'a>(&'a [SettingFault]);

impl fmt::Display for FaultLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [fault] => write!(f, " {fault}"),
            faults => faults.iter().try_for_each(|fault| write!(f, "\n  {fault}")),
        }
    }
}

struct Writable<'a>(&'a [Arc<str>]);

impl fmt::Display for Writable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("no layer of this application can be written"),
            names => write!(f, "write into one of {}", names.join(", ")),
        }
    }
}

struct NoLayer<'a>(&'a SettingPath, Option<&'a str>, &'a [(Arc<str>, LayerWriteError)]);

impl fmt::Display for NoLayer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(path, winner, refusals) = self;
        match winner {
            Some(winner) => {
                write!(
                    f,
                    "{path}: no layer from {winner} on, whose value is in force, can have another one"
                )?;
            }
            None => write!(f, "{path}: no layer can have a value of it")?,
        }
        match refusals {
            [] => f.write_str("; declare a layer of kind runtime, or change it where it is set"),
            refusals => {
                refusals.iter().try_for_each(|(layer, error)| write!(f, "\n  the layer {layer}: {error}"))
            }
        }
    }
}

struct Written<'a>(&'a [WrittenSetting]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, WrittenSetting { layer, path, .. }) in self.0.iter().enumerate() {
            write!(f, "{}{path} in {layer}", if at > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

struct Kept<'a>(&'a [u64]);

impl fmt::Display for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.iter().min(), self.0.iter().max()) {
            (Some(first), Some(last)) if first != last => write!(f, "there are {first} to {last}"),
            (Some(only), _) => write!(f, "there is only {only}"),
            _ => f.write_str("no version is kept"),
        }
    }
}
