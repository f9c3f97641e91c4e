//! References inside documents: `{$NAME:default}` and `{$vault:path#field:default}`
//! (docs/receiver.md, section 5).
//!
//! [`references_in`] finds them, for masks and indexes. [`resolve`] replaces them by their values
//! exactly as the receiver does, quirks included: a caller gets the value that the receiver would
//! check. Resolving is pure: variables come from a trait, and the fields of Vault's secrets are
//! fetched beforehand, see [`vault_fields`].

mod find;
mod literal;
mod lookups;
mod python;
mod resolve;
mod sanitize;
mod scan;
mod vault;

pub use find::{Reference, references_in};
pub(crate) use find::{is_all_references, login_password};
pub use literal::{LiteralForm, LiteralReference, literal_references};
pub use lookups::{ReferenceLookup, lookups};
#[cfg(test)]
pub(crate) use python::json_text;
pub use python::python_text;
pub(crate) use resolve::MAX_DEPTH;
pub use resolve::{MAX_RESOLVED, ReferenceSources, ResolveError, ResolveScope, resolve, vault_fields};
pub use sanitize::removed_by_sanitizing;
pub use vault::VaultField;

use super::SecretText;

/// Where a resolution finds variables.
pub trait Variables {
    /// A variable's value at this moment.
    fn variable(&self, name: &str) -> Variable;
}

/// The value of a variable. Not `Debug`: variables may contain secrets.
pub enum Variable {
    Unset,
    /// It is set to this text, which may be empty.
    Text(SecretText),
    /// It is set to bytes that are not UTF-8.
    NotText,
    /// It belongs to a process that this one cannot see: a reference to it stays as written, whatever its
    /// default.
    NotVisible,
}

#[cfg(test)]
mod tests;
