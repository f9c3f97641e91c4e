//! Secret store over Vault or OpenBao, through vaultrs' client.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `settings` | address, login, TLS verification |
//! | `request` | one request and its response |
//! | `client` | sends a request: redirects, TLS, timeouts, size limits |
//! | `kv` | the traits, over the key-value engines |
//! | `session` | the token: login and renewal |
//! | `token_file` | a token that others leave in a file, and replace there |
//! | `rate_limit` | requests per second, and concurrent ones |
//! | `health` | health of the server and of the token |
//! | `error` | errors with user-facing text |

mod client;
mod error;
mod health;
mod kv;
mod rate_limit;
mod request;
mod session;
mod settings;
mod token_file;

pub use kv::VaultSecrets;
pub use settings::{
    AppRole, KvVersion, RedirectHost, VaultAddress, VaultLogin, VaultNamespace, VaultSettings,
    VaultSettingsError, VaultToken, Verify,
};
pub use token_file::VaultTokenFile;

use super::SecretBackend;

pub const BACKEND: SecretBackend = super::backend::VAULT;
