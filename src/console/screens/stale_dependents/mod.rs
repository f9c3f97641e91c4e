//! After a secret has changed: the documents that the receiver must read again.

mod state;
mod update;
mod view;

pub use state::{ChangedSecret, RECEIVER_CACHE, StaleDependents, StaleDependentsPage, StaleDependentsPart};
pub(in crate::console) use update::{leave, on_plan_written, on_secret_changed, plan_rewrite, scroll, show};
pub(in crate::console) use view::{cache_warning, draw};
