//! confdeck's own settings: defaults < config file < context < environment < flags.
//!
//! [`SettingSources::gather`] is the one place that reads the process's environment and our files;
//! [`Settings::resolve`] is pure. Every value carries its origin, so that a mistake or a surprise can be
//! traced. All settings are defined in one table, [`SETTINGS`], from which the reference in
//! docs/configuration.md is generated.

pub(crate) mod dotenv;
mod environment;
mod error;
#[cfg(feature = "etcd")]
mod etcd;
mod file;
#[cfg_attr(
    not(all(feature = "etcd", feature = "vault")),
    allow(dead_code, reason = "each store asks for values in ways of its own")
)]
mod lookup;
mod origin;
mod own_rules;
mod profile;
mod receiver;
mod resolve;
mod rules;
mod secret_source;
mod setting;
mod sources;
mod table;
mod target;
mod toml_text;
#[cfg(feature = "vault")]
mod vault;

pub use environment::Environment;
pub use error::SettingsError;
pub use origin::{EffectiveSetting, Origin, WithOrigin};
pub use receiver::{EnvSource, Receiver, ReceiverView};
pub use resolve::{ConsoleSettings, Context, Settings};
pub use secret_source::SecretSource;
pub use setting::{Setting, SettingKey, SettingKind, SettingTable};
pub use sources::{ConfigText, Overrides, SettingSources};
pub use table::{ACCENTS, SETTINGS, THEMES, reference_table};
pub use target::{ContextWarning, Target};
#[cfg(feature = "applications")]
pub(crate) use toml_text::{TomlText, TomlValue};

// They name settings of etcd.
#[cfg(test)]
#[cfg(feature = "etcd")]
mod tests;
