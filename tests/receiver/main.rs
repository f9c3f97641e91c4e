//! The example `receiver`, as a sender of webhooks and an operator meet it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod checks;
mod etcd;
mod files;
mod settings;
mod started;
mod vault;

/// Planted in documents and variables, and never to be seen in what the receiver prints.
const SECRET: &str = "planted-plain";
