//! The tab Secrets: the secrets that documents refer to, the documents that depend on them, and stored
//! secrets without references. Never a value.

mod index;
mod listing_progress;
mod page;
mod rows;
mod secrets_view;
mod sorted_ids;
mod state;
mod subject;
#[cfg(test)]
mod tests;
mod version_history;

pub use index::{SecretCount, SecretEntry, SecretPart};
pub use listing_progress::{FolderPage, ListingEnd, ListingProgress, MAX_FOLDERS, MAX_NAMES_LISTED};
pub use page::{MAX_FIELDS, MAX_VERSIONS, SecretFieldRow, SecretsPage, Selection};
pub use rows::{SecretRows, SecretSort};
pub use secrets_view::SecretsView;
pub use state::{NotVisible, SecretResolver, SecretState, newest_version};
pub use subject::SecretSubject;
pub use version_history::VersionHistory;
