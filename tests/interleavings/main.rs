//! Random interleavings of writes, deletes, transactions, leases, disconnects, compactions and
//! restarts. At the end of each, the inventory, fed by the real watch through `prepare` and `apply`,
//! equals a fresh list, and its indexes and facts those of an inventory built from that list.
//!
//! Each is made from its number, and only from it: `CONFDECK_SEED=17 cargo test --test interleavings`
//! runs number 17 again. `tests/run` runs a thousand of them over etcd, `tests/run --long` more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod etcd;
mod files;
mod memory;
mod script;
mod world;
