//! End to end: the real program in a pseudo-terminal, keys typed, the screen read.
//!
//! `terminal` is the harness, `harness` its own tests against small programs, `store` what a console
//! is opened on, `person` what is done in it, `scenes` what the pictures are made of. A test
//! opens a [`terminal::Terminal`], types, and waits for what a person would wait for: it never sleeps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod calm;
mod cluster;
mod commands;
mod contend;
mod contexts;
mod drafts;
mod editing;
mod editor;
mod etcd;
mod files;
mod harness;
mod health;
mod hostile;
mod hung;
mod keys;
mod layouts;
mod leaks;
mod leaving;
mod limits;
mod line;
mod masking;
mod merge;
mod needs;
mod odd_terminals;
mod outage;
mod outside;
mod person;
mod plans;
mod planted;
mod preflight;
mod presence;
mod problems;
mod restore;
mod rights;
mod scenes;
mod screen;
mod secrets;
mod secrets_tab;
mod settings;
mod store;
mod templates;
mod terminal;
mod thin;
mod tmux;
mod trouble;
mod undo;
mod unknown;
