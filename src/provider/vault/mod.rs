//! Vault or OpenBao as a store of secrets, spoken to through vaultrs' client.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `settings` | where the server is, as whom, and whom to trust |
//! | `call` | one request and its answer |
//! | `client` | carries a request out: address, trust, time-outs, sizes |
//! | `kv` | the key-value engines, on calls of a session |
//! | `secrets` | the traits over them |
//! | `session` | the token that goes with it |
//! | `failure`, `trust` | what can go wrong, in words |

#![allow(dead_code, reason = "logging in by AppRole lands next")]

mod call;
mod client;
mod failure;
mod kv;
mod secrets;
mod session;
mod settings;
mod trust;

pub use secrets::VaultSecrets;
pub use settings::{
    Address, AppRole, KvVersion, Login, SettingsError, VaultNamespace, VaultSettings, VaultToken, Verify,
};
