//! Settings of applications: layers of named sources, merged into immutable versions, each value with its
//! origin.
//!
//! A setting is a dotted [`SettingPath`]. A layer is a [`Source`] with a rank; the effective value of a
//! setting is that of the highest layer that has one, and every lower one is shadowed. docs/applications.md
//! has the concepts, docs/application-file.md every member of the file that declares an application.
//!
//! ```
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use confdeck::application::{ApplicationSpec, OpenOptions};
//! use confdeck::provider::env::EnvVariables;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Application::open("billing.toml") does the same with a file and the variables of the process.
//!     let file = r#"
//! name = "billing"
//! [[layers]]
//! kind = "environment"
//! [settings."database.pool_size"]
//! type = "integer"
//! default = 5
//! max = 100
//! env = "DATABASE_POOL_SIZE"
//! "#;
//!     let variables = Arc::new(EnvVariables::of([("DATABASE_POOL_SIZE", "20")]));
//!     let spec = ApplicationSpec::parse(Path::new("billing.toml"), file, &*variables)?;
//!     let application = OpenOptions::new().variables(variables).builder(spec)?.start().await?;
//!     assert_eq!(application.get::<u32>("database.pool_size")?, 20);
//!
//!     // Why it is 20, and what that hides.
//!     let why = application.explain(&"database.pool_size".parse()?);
//!     let [winner, shadowed] = &why.ladder[..] else { return Err("two layers have it".into()) };
//!     assert_eq!(winner.origin.to_string(), "DATABASE_POOL_SIZE, in the layer environment");
//!     assert_eq!(shadowed.origin.to_string(), "billing.toml:5:1, in the layer defaults");
//!     Ok(())
//! }
//! ```
//!
//! | to | begin with |
//! | --- | --- |
//! | read settings, and follow their changes | [`Application`], [`ApplicationVersion`], [`SettingUpdates`] |
//! | know where a value comes from | [`SettingExplanation`], [`ValueOrigin`] |
//! | open an application otherwise than by its file alone | [`OpenOptions`], [`ApplicationBuilder`] |
//! | read an application file | [`ApplicationSpec`] |
//! | add a kind of layer | [`Source`], [`LayerWriter`] |

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
mod source;
mod sources;
mod spec;
mod substitute;
#[cfg(test)]
mod tests;
mod value;
mod version;
mod write;

pub use effective::EffectiveValue;
#[cfg(test)]
pub(crate) use engine::fixture::StillApplication;
pub use engine::{
    Application, ApplicationBuilder, ApplicationMetrics, ApplicationSnapshot, ApplicationSnapshots,
    AppliedPlan, KeptContents, KeptVersion, LayerCondition, LayerFailure, LayerPath, LayerStatus,
    PinnedVersion, PlannedWrite, RELOAD_BUCKETS, ReloadReport, ReloadStatus, Reversal, RevertError,
    RollbackError, SettingEffect, SettingUpdate, SettingUpdates, SettingWrite, SettingWriteError, StartError,
    StoppedWrites, UnknownLayerError, WritePlan, WrittenSetting, kept_versions,
};
pub use fault::SettingFault;
pub use ladder::{LadderStep, SettingExplanation};
pub use open::{OpenApplicationError, OpenOptions};
pub use origin::{ValueOrigin, ValuePlace};
pub use path::{SettingPath, SettingPathError};
pub use source::{LayerContents, LayerRevision, LayerValue, Load, Source, SourceError, SourceFault};
pub use sources::{
    ArgumentError, ArgumentsSource, EnvironmentSource, ExportedVariable, FileLayer, FileSource, FileWriter,
    LocalSources, SharedVariables, VariableExport, VariableNames,
};
#[cfg(feature = "etcd")]
pub use sources::{EtcdSource, EtcdVariables};
pub use sources::{HttpSettings, HttpSettingsError, HttpSource, RemoteLayer, RemoteSources};
pub use spec::{
    ApplicationFileError, ApplicationSpec, CredentialRule, EtcdShape, FileFormat, HardcodedCredential,
    LayerKind, LayerSpec, RuleViolation, SettingRule, SettingSpec, SpecMistake, SpecPlace, SpecRules,
    VERSIONS_KEPT, ValueFault, ValueType, application_schema, etcd_root, member_tables, rank_table,
    type_table,
};
pub use value::{SettingValue, SourceValue};
pub use version::{ApplicationVersion, GetSettingError, LayerStamp, SettingChange, SettingChangeKind};
pub use write::{LayerWriteError, LayerWriteFault, LayerWriter};

/// The programs of the page are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/applications.md")]
mod page {}
