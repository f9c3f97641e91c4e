//! The environments of `examples/deploy`, without a container engine.
//!
//! `compose` reads their `docker-compose.yml`, `places` says where a container's addresses and paths
//! are on this machine, `engine` plays `docker` to the `up` scripts with the real programs, and
//! `environment` is one of them as a person meets it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod compose;
mod engine;
mod environment;
mod files;
mod places;
mod production;
mod small;

use std::path::PathBuf;

/// The folder that is tested.
fn deploy() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/deploy")
}

/// The environments in it.
const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
