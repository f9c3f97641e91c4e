//! Plain types that every room speaks: names, keys, documents, revisions, changes, link and health states.
//!
//! Nothing here does I/O, reads a clock or imports another room of ours. Types are built so that a
//! wrong value cannot exist: a [`Namespace`] is always well-formed, a [`Document`] never shows its
//! bytes by accident.

mod change;
mod coverage;
mod document;
mod health;
pub mod json;
mod key;
mod link;
mod names;
pub mod reference;
mod revision;
mod secret;
mod secret_text;
mod secrets;
mod utc;

pub use change::{Change, ChangeKind, Entry};
pub use coverage::{Coverage, Permitted};
pub use document::{Document, MAX_EDITABLE};
pub use health::{
    Cause, Certificate, Condition, Fact, Finding, Health, LatencyClass, MemberHealth, Owner, Right, Role,
    SecretStanding, Validity, Value,
};
pub use key::{Address, AddressError, KeyPrefix, ResourceKey};
pub use link::LinkState;
pub use names::{ConnectionName, NameError, Namespace, WebhookId};
pub use reference::{Reference, references_in};
pub use revision::{LeaseId, Revision, StoreId, Token, TokenKind};
pub(crate) use secret::is_listed_secret;
pub use secret::{DocumentKind, is_secret_field, looks_secret, may_be_secret};
pub use secret_text::SecretText;
pub use secrets::{
    Alphabet, Contents, FieldName, FieldState, Generate, Hidden, KvPath, Lacking, Mount, OWN_VARIABLES,
    Presence, SecretField, SecretFolder, SecretPath, SecretPathError, SecretRight, SecretValue,
    SecretVersion, VersionInfo, VersionState, Versions, variable_name,
};
pub use utc::{moment, utc, utc_millis};
