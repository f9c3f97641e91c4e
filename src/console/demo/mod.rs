//! Made-up data to try everything on: a fleet in memory, or one namespace of it on real files.
//!
//! The demo's store behaves: it changes gently, goes STALE and comes back RESYNCED by itself, and
//! two documents (`production/payments`, `staging/orders`) meet a conflict when first written.

mod drive;
mod files;
mod fleet;
mod secrets;
mod store;

pub use drive::drive;
pub use files::{FilesDemo, touch_files};
pub use secrets::{demo_eyes, demo_secrets};
pub use store::DemoStore;

/// The documents whose first write meets a conflict.
const SURPRISES: [&str; 2] = ["production/payments", "staging/orders"];
