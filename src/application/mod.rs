//! Settings of applications: layers of named sources, merged into immutable versions, each value with its origin.
//!
//! A setting is a dotted [`SettingPath`]. A layer is a [`Source`] with a rank; the effective value of a setting is
//! that of the highest layer that has one, and every lower one is shadowed.

mod declarations;
mod effective;
mod engine;
mod fault;
mod ladder;
mod layer;
mod merge;
mod origin;
mod path;
mod picture;
mod read;
mod secrecy;
mod source;
mod spec;
#[cfg(test)]
mod tests;
mod value;
mod version;

pub use declarations::SettingValidator;
pub use effective::EffectiveValue;
pub use engine::{
    Application, ApplicationBuilder, ApplicationMetrics, LayerCondition, LayerFailure, LayerStatus,
    PinnedVersion, RELOAD_BUCKETS, ReloadReport, ReloadStatus, RollbackError, SettingUpdate, SettingUpdates,
    StartError, UnknownLayerError, VERSIONS_KEPT,
};
pub use fault::{SettingFault, SettingWays};
pub use ladder::{LadderStep, SettingExplanation};
pub use origin::{ValueOrigin, ValuePlace};
pub use path::{SettingPath, SettingPathError};
pub use source::{LayerContents, LayerRevision, LayerValue, Load, Source, SourceError, SourceFault};
pub use spec::{
    ApplicationSpec, EtcdShape, FileFormat, LayerKind, LayerSpec, SettingRule, SettingSpec, SpecPlace,
    ValueType,
};
pub use value::{SettingValue, SourceValue};
pub use version::{ApplicationVersion, GetSettingError, LayerStamp, SettingChange, SettingChangeKind};
