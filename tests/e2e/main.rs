//! End to end: the real program in a pseudo-terminal, keys typed, the screen read.
//!
//! `terminal` is the harness, `harness` its own tests against small programs, `scenes` what the
//! README's pictures are made of. A test opens a [`terminal::Terminal`], types, and waits for
//! what a person would wait for: it never sleeps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod harness;
mod keys;
mod line;
mod scenes;
mod screen;
mod terminal;
