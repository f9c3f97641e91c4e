//! The screen Secrets: which exist, who depends on each, and what is stored that no document refers to.

pub mod actions;
pub(in crate::console) mod detail;
mod empty;
mod front;
mod index;
mod lines;
mod list;
mod listing;
mod notes;
mod rows;
mod secret_state;
mod secrets_view;
mod state;
pub(in crate::console) mod states;
mod subject;
#[cfg(test)]
mod tests;
mod update;
mod version_history;
mod view;

pub use index::{SecretCount, SecretEntry, SecretPart};
pub use listing::{FolderPage, ListingEnd, ListingProgress, MAX_FOLDERS, MAX_NAMES_LISTED};
pub use rows::{SecretRows, SecretSort};
pub use secret_state::{NotVisible, SecretState, newest_version};
pub use secrets_view::SecretsView;
pub use state::{MAX_FIELDS, MAX_VERSIONS, SecretFieldRow, SecretsPage, Selection};
pub use subject::SecretSubject;
pub(in crate::console) use update::{
    act, apply_delta, follow, on_folder_listed, on_listing_ended, on_presence, on_versions, paste, retry,
    type_key, wake,
};
pub use version_history::VersionHistory;
#[cfg(test)]
pub(in crate::console) use view::rows;
pub(in crate::console) use view::{draw, next_changes};
