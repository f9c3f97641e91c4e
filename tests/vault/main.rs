//! Vault's provider against real OpenBao servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod launch;
#[path = "../support/mod.rs"]
mod support;
