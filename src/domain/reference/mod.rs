//! References inside documents: `{$NAME:default}` and `{$vault:path#field:default}` (domain.md
//! section 7).
//!
//! [`references_in`] finds them, for masks and indexes. [`resolve`] puts values in their place
//! exactly as the receiver does, its oddities included: what the receiver would check is what a
//! caller gets. Resolving is pure: variables come from a trait, and the fields of Vault's secrets
//! are fetched beforehand, see [`vault_fields`].

mod clean;
mod find;
mod python;
mod resolve;
mod scan;
mod uses;
mod vault;

pub use find::{Reference, references_in};
pub use python::text_of;
pub use resolve::{Extent, MAX_RESOLVED, Sources, Unresolved, resolve, vault_fields};
pub use uses::{Use, uses};
pub use vault::VaultField;

use super::SecretText;

/// Where a resolution finds variables.
pub trait Variables {
    /// A variable's value at this moment.
    fn variable(&self, name: &str) -> Variable;
}

/// What a variable holds. It has no `Debug` form: variables hold secrets.
pub enum Variable {
    /// It is not set.
    Unset,
    /// It is set to this text, which may be empty.
    Text(SecretText),
    /// It is set to bytes that are not UTF-8.
    NotText,
}

#[cfg(test)]
mod tests;
