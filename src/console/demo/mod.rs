//! Demo data: three namespaces in memory, or one of them in real files.
//!
//! The store in memory changes by itself, goes STALE and comes back RESYNCED, and two documents
//! (`production/payments`, `staging/orders`) meet a conflict when they are first written. Its application has six
//! layers in memory: one of them goes stale, and one has a value that is refused.

mod activity;
mod application;
mod files;
mod secrets;
mod seed_data;
mod store;

pub use activity::simulate_activity;
#[cfg(test)]
pub(crate) use application::DemoApplication;
pub use application::demo_application;
pub use files::{FilesDemo, simulate_file_edits};
pub use secrets::{demo_secret_lookup, demo_secrets};
pub use store::DemoStore;

/// The documents whose first write meets a conflict.
const CONFLICTS: [&str; 2] = ["production/payments", "staging/orders"];
