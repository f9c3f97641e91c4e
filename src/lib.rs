//! confdeck: the live configuration of webhook receivers, over JSON files or etcd, through one set
//! of provider traits; and the terminal console over them.
//!
//! | room | what it is for | imports |
//! | --- | --- | --- |
//! | [`domain`] | plain types and JSON by spans | nothing of ours |
//! | [`text`] | what may be shown: sanitized text, masked documents | `domain` |
//! | [`compare`] | format, restore, diff on token spans | `domain`, `text` |
//! | [`check`] | what the receiver's schemas say, and documents to begin with | `domain` |
//! | [`provider`] | the traits, and one module per backend | `domain`, `compare` |
//! | [`inventory`] | the live picture of a store, and its indexes | `domain`, `provider`'s events |
//! | [`config`] | confdeck's own settings and contexts | `domain`, `provider`'s settings |
//! | [`manager`] | one store opened from settings, its watch shared, documents merged with secrets | all above but `text` |
//! | `private_file` | files that only their user may read: locks, rotation, replacement | nothing of ours |
//! | `audit` | who wrote what, when, and what came of it (feature `console`) | `domain`, `provider` |
//! | `write` | audited conditional writes, and reads of secret values (feature `console`) | `domain`, `provider`, `audit` |
//! | `cli` | the subcommands (feature `console`) | all above |

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
