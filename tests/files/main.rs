//! The file provider on real files and real file systems: what a save leaves alone, what an outside
//! hand may do, and what each kind of trouble does to the picture and to a save.
//!
//! Where a test needs a right that is not to be had everywhere, it gives up root's rights in a thread
//! of its own ([`support::rights`]) or starts this program again under a limit ([`support::again`]).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it could not try here"
)]
#![allow(unreachable_pub, missing_docs, reason = "the support modules are shared between test programs")]

mod broken;
mod full;
mod kills;
mod large;
mod links;
mod locks;
mod order;
mod outside;
mod pair;
mod rights;
mod saving;
#[path = "../support/mod.rs"]
mod support;
