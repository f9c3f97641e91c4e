//! Vault or OpenBao as a store of secrets, spoken to through vaultrs' client.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `settings` | where the server is, as whom, and whom to trust |
//! | `call` | one request and its answer |
//! | `client` | carries a request out: address, trust, time-outs, sizes |
//! | `kv` | the key-value engines, on calls of a session |
//! | `secrets` | the traits over them |
//! | `session` | the token that goes with it, renewed and logged in for |
//! | `pace` | how fast it is asked |
//! | `health` | how the server is, and what becomes of the token |
//! | `failure`, `trust` | what can go wrong, in words |

mod call;
mod client;
mod failure;
mod health;
mod kv;
mod pace;
mod secrets;
mod session;
mod settings;
mod trust;

pub use secrets::VaultSecrets;
pub use settings::{
    Address, AppRole, KvVersion, Login, SettingsError, VaultNamespace, VaultSettings, VaultToken, Verify,
};
