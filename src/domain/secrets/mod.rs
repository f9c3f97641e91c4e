//! Secrets as far as they may be told: where they are kept, what is known of them, and the types
//! that hold a value without ever showing it.

mod generate;
mod path;
mod presence;
mod rights;
mod value;
mod variable;
mod version;

pub use generate::{Alphabet, Generate};
pub use path::{KvPath, Mount, SecretFolder, SecretPath, SecretPathError};
pub use presence::{Contents, FieldName, FieldState, Presence, SecretField};
pub use rights::{Lacking, SecretRight};
pub use value::{Hidden, SecretValue};
pub use variable::{OWN_VARIABLES, variable_name};
pub use version::{SecretVersion, VersionInfo, VersionState, Versions};
