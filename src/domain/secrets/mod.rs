//! Secrets without their values: where they are stored, what is known about them, and types that
//! contain a value without ever showing it.

mod generate;
mod own;
mod path;
mod presence;
mod rights;
mod value;
mod version;

pub use generate::{Alphabet, SecretGenerator};
pub use own::{MemberValue, OwnFields, OwnMembers};
pub use path::{KvPath, Mount, SecretFolder, SecretPath, SecretPathError};
pub use presence::{
    FieldName, FieldState, OWN_VARIABLES, Presence, SecretContents, SecretField, variable_name,
};
pub use rights::{MissingRights, SecretRight};
pub use value::{Opaque, SecretValue};
pub use version::{SecretMetadata, SecretVersion, VersionInfo, VersionState};
