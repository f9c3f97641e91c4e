//! Plain types shared by every module: names, keys, documents, revisions, changes, link and health states.
//!
//! Nothing here does I/O, reads a clock or imports another module of this crate. Types rule out invalid
//! values: a [`Namespace`] is always well-formed, a [`Document`] never shows its bytes by accident.

mod change;
mod coverage;
mod document;
mod escape;
mod health;
pub mod json;
mod key;
mod link_state;
mod names;
pub(crate) mod plaintext;
pub mod reference;
mod revision;
mod secret;
mod secret_text;
mod secrets;
mod utc;

pub use change::{Change, ChangeKind, DocumentChange, Entry};
pub use coverage::{Coverage, PermittedRanges};
pub use document::{Document, MAX_EDITABLE};
#[cfg(all(test, feature = "console"))]
pub(crate) use escape::tests::name_pairs;
pub(crate) use escape::{MAX_MARKS, is_invisible, is_mark};
pub use escape::{NotText, escape, unescape, unescape_text};
pub use health::{
    Cause, Certificate, CertificateOwner, Condition, Fact, FactValue, Finding, Health, LatencyClass,
    MemberHealth, MemberRole, Right, SecretStoreStatus, Validity, size,
};
pub use key::{Address, AddressError, KeyPrefix, ResourceKey};
pub use link_state::LinkState;
pub use names::{ConnectionName, NameError, Namespace, WebhookId};
pub use reference::{Reference, references_in};
pub use revision::{LeaseId, Revision, StoreId, Token, TokenKind};
pub use secret::{DocumentKind, Masking, Secrecy, SecretNameError, SecretNames};
pub(crate) use secret::{SecrecyContainer, is_pair_value, may_end_in_token, secret_shapes};
pub use secret_text::SecretText;
pub use secrets::{
    Alphabet, FieldName, FieldState, KvPath, MemberValue, MissingRights, Mount, OWN_VARIABLES, Opaque,
    OwnFields, OwnMembers, Presence, SecretContents, SecretField, SecretFolder, SecretGenerator,
    SecretMetadata, SecretPath, SecretPathError, SecretRight, SecretValue, SecretVersion, VersionInfo,
    VersionState, variable_name,
};
pub use utc::{moment, utc, utc_millis};
