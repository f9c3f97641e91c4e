//! confdeck's own settings: defaults < config file < context < environment < flags.
//!
//! [`Sources::gather`] is the one place that reads the process's environment and our files;
//! [`Settings::resolve`] is pure. Every value knows where it came from, so that a mistake, or a
//! surprise, can be traced. What exists is one table, [`SETTINGS`], from which the reference in
//! README.md is written too.

mod environment;
mod error;
mod file;
mod lookup;
mod origin;
mod receiver;
mod reference;
mod resolve;
mod sources;
mod table;
mod target;

pub use environment::Environment;
pub use error::SettingsError;
pub use origin::{Explained, Origin, Sourced};
pub use receiver::{EnvView, Receiver};
pub use reference::reference_table;
pub use resolve::{Console, Context, Settings};
pub use sources::{ConfigText, Overrides, Sources};
pub use table::{Kind, SETTINGS, Setting, SettingKey, Table};
pub use target::{Mark, SecretSource, Target};

#[cfg(test)]
mod tests;
