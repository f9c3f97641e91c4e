//! `confdeck health` and the health of files, as a script and a program meet them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod command;
mod files;

use serde_json::Value;
use support::run::{Finished, Program};

/// The exit codes of `health`.
const HEALTHY: i32 = 0;
const DEGRADED: i32 = 1;
const UNUSABLE: i32 = 2;

/// What a run printed as JSON, which it must have ended with this code.
#[track_caller]
fn json(program: Program, code: i32) -> Value {
    let finished: Finished = program.with(["-o", "json"]).run().expect_code(code);
    serde_json::from_str(&finished.out()).unwrap_or_else(|error| panic!("{error} in {}", finished.out()))
}

/// The findings as cause and text.
fn findings(report: &Value) -> Vec<(&str, &str)> {
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|finding| (finding["cause"].as_str().unwrap(), finding["text"].as_str().unwrap())).collect()
}
