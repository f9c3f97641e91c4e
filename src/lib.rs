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
//! | `application` | settings of applications, in layers (feature `applications`) | `domain`, `compare`, `provider`, `check`, `config` |
//! | `cli`, `console` | the subcommands; the terminal program (feature `console`) | all of the above |
//!
//! ```
//! use confdeck::domain::ResourceKey;
//! use confdeck::manager::UnifiedConfigManager;
//! use confdeck::provider::memory::MemoryStore;
//! use confdeck::provider::{Error, Lease};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // A store in memory, as for tests; over files and etcd the code is the same.
//!     let manager = UnifiedConfigManager::open(MemoryStore::new(), None);
//!     let key = ResourceKey::webhook("production".parse()?, "orders".parse()?);
//!     manager.create(key.clone(), r#"{"module": "log"}"#.into(), Lease::Never).await?;
//!
//!     // A change is written only if nobody else has changed the document since it was read.
//!     let base = manager.get(&key).await?.ok_or("it was deleted meanwhile")?;
//!     manager.update(&base, r#"{"module": "kafka"}"#.into()).await?;
//!     let late = manager.update(&base, r#"{"module": "redis"}"#.into()).await;
//!     assert!(matches!(late, Err(Error::Conflict { .. })));
//!
//!     let base = manager.get(&key).await?.ok_or("it was deleted meanwhile")?;
//!     manager.delete(&base).await?;
//!     manager.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! # Features
//!
//! | feature | brings | builds with |
//! | --- | --- | --- |
//! | none | JSON files, memory, secrets in environment variables | Rust and a linker |
//! | `etcd` | documents in etcd: `provider::etcd` | also `protoc`, in `PATH` or named by `PROTOC` |
//! | `vault` | secrets in Vault or OpenBao: `provider::vault` | a C compiler |
//! | `applications` | settings of applications in layers: `application`; those in etcd need `etcd` too | a C compiler |
//! | `console` | the terminal program, with both of them | all of these |
//!
//! All are on by default: `default-features = false` leaves the terminal program out, and with it `protoc`
//! unless `etcd` is named. Settings that name a store whose feature is off are refused with its name.
//! docs/library.md says how to get `protoc`.
//!
//! # Where to begin
//!
//! [`manager::UnifiedConfigManager`] opens the store that the environment names, keeps a live picture of it, and
//! merges documents with their secrets. [`provider`] has the traits under it, and [`domain`] the types of both.

#[cfg(feature = "applications")]
pub mod application;
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
#[cfg(feature = "console")]
pub mod terminal_input;
pub mod text;
#[cfg(feature = "console")]
pub mod write;
