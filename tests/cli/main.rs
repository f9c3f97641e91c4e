//! The commands as a script meets them: the real program, its output, its exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod check;
mod dumps;
mod etcd;
mod explain;
mod files;
mod grammar;
mod kept;
mod leases;
mod lost_output;
mod masking;
mod odd;
mod own_rules;
mod proxies;
mod secrets;
mod settings;
mod settings_commands;
mod settings_writes;
mod surroundings;
mod watching;
mod world;

use support::home::Home;
use support::run::Program;

/// Planted in documents, and never to be seen where secrets are hidden.
const SECRET: &str = "planted-plain";

/// `confdeck` over the files of a home's work folder.
fn confdeck(home: &Home, arguments: &[&str]) -> Program {
    Program::confdeck(arguments).at_home(home)
}

/// What a program printed as JSON.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}
