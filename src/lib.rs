//! confdeck: the live configuration of webhook receivers, stored in JSON files or etcd and accessed through
//! one set of provider traits, and the terminal console built on top.
//!
//! | module | purpose | imports |
//! | --- | --- | --- |
//! | [`domain`] | plain types, and JSON by spans | no other module |
//! | [`text`] | what may be shown: sanitized text, masked documents, placeholders for secrets | `domain` |
//! | [`compare`] | format, splice, diff and three-way merge on token spans | `domain`, `text` |
//! | `private_file` | files that only their owner may read: locks, rotation, replacement | no other module |
//! | [`provider`] | the traits, and one folder per backend | `domain`, `private_file` |
//! | [`inventory`] | the live snapshot of a store, its facts and its indexes | `domain`, the events of `provider` |
//! | [`check`] | diagnostics and rules, the secrets a document needs, templates | `domain`, `text`, `inventory` |
//! | [`config`] | confdeck's own settings and contexts | `domain`, `check`, `private_file`, the settings of `provider` |
//! | [`manager`] | one store opened from settings, with a shared watch, and documents merged with secrets | `domain`, `provider`, `inventory`, `check`, `config` |
//! | `audit`, `logging` | who wrote what, when, and with what outcome; confdeck's own log (feature `console`) | `domain`, `provider`, `private_file`, `text` |
//! | `write` | audited conditional writes, and reads of secret values (feature `console`) | `domain`, `provider`, `audit` |
//! | `cli`, `console` | the subcommands; the terminal program (feature `console`) | all of the above |
//!
//! ```no_run
//! use confdeck::domain::{Namespace, ResourceKey, WebhookId};
//! use confdeck::manager::UnifiedConfigManager;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // The store is chosen by CONFIG_BACKEND and its variables: the same code over files and etcd.
//! let manager = UnifiedConfigManager::from_env()?;
//! let key = ResourceKey::webhook("production".parse::<Namespace>()?, "orders".parse::<WebhookId>()?);
//! if let Some(entry) = manager.get(&key).await? {
//!     println!("{} at {}", entry.key, entry.revision);
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "console")]
pub mod audit;
pub mod check;
#[cfg(feature = "console")]
pub mod cli;
pub mod compare;
pub mod config;
#[cfg(feature = "console")]
pub mod console;
pub mod domain;
pub mod inventory;
#[cfg(feature = "console")]
pub mod logging;
pub mod manager;
mod private_file;
pub mod provider;
pub mod text;
#[cfg(feature = "console")]
pub mod write;
