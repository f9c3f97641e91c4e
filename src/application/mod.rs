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
mod open;
mod origin;
mod path;
mod picture;
mod read;
mod secrecy;
mod source;
mod sources;
mod spec;
mod substitute;
#[cfg(test)]
mod tests;
mod value;
mod version;
mod write;

pub use declarations::SettingValidator;
pub use effective::EffectiveValue;
#[cfg(test)]
pub(crate) use engine::fixture::StillApplication;
pub use engine::{
    Application, ApplicationBuilder, ApplicationMetrics, ApplicationSnapshot, ApplicationSnapshots,
    AppliedPlan, KeptContents, KeptVersion, LayerCondition, LayerFailure, LayerPath, LayerStatus,
    PinnedVersion, PlannedWrite, RELOAD_BUCKETS, ReloadReport, ReloadStatus, Reversal, RevertError,
    RollbackError, SettingEffect, SettingUpdate, SettingUpdates, SettingWrite, SettingWriteError, StartError,
    StoppedWrites, UnknownLayerError, VERSIONS_KEPT, WritePlan, WrittenSetting, kept_versions,
};
pub use fault::{SettingFault, SettingWays};
pub use ladder::{LadderStep, SettingExplanation};
pub use open::{OpenError, OpenOptions};
pub use origin::{ValueOrigin, ValuePlace};
pub use path::{SettingPath, SettingPathError};
pub use source::{LayerContents, LayerRevision, LayerValue, Load, Source, SourceError, SourceFault};
pub use sources::{
    ArgumentError, ArgumentsSource, EnvironmentSource, ExportedVariable, FileLayer, FileSource, FileWriter,
    LocalSources, SharedVariables, VariableExport, VariableNames,
};
#[cfg(feature = "etcd")]
pub use sources::{EtcdSource, EtcdVariables, etcd_root};
pub use sources::{HttpSettings, HttpSettingsError, HttpSource, RemoteLayer, RemoteSources};
pub use spec::{
    ApplicationFileError, ApplicationSpec, CredentialRule, EtcdShape, FileFormat, HardcodedCredential,
    LayerKind, LayerSpec, RuleViolation, SettingRule, SettingSpec, SpecMistake, SpecPlace, SpecRules,
    ValueFault, ValueType, application_schema, member_tables, rank_table, type_table,
};
pub use value::{SettingValue, SourceValue};
pub use version::{ApplicationVersion, GetSettingError, LayerStamp, SettingChange, SettingChangeKind};
pub use write::{LayerWriteError, LayerWriteFault, LayerWriter};
