//! The tab Secrets: what the documents refer to, who depends on it, and what is stored that nothing
//! here refers to. Never a value.

mod index;
mod page;
mod past;
mod ranks;
mod rows;
mod state;
mod subject;
#[cfg(test)]
mod tests;
mod vista;
mod walk;

pub use index::{Count as SecretCount, Entry as SecretEntry, Part as SecretPart};
pub use page::{SecretFieldRow, SecretsPage, Spot};
pub use past::Past;
pub use rows::{Rows as SecretRows, SecretSort};
pub use state::{NotVisible, Outlook, State as SecretState, newest};
pub use subject::Subject;
pub use vista::Vista;
pub use walk::{Ended, Listed, MOST_FOLDERS, MOST_NAMES, Walk};
