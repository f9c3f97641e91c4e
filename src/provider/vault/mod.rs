//! Vault or OpenBao as a store of secrets, spoken to through vaultrs' client.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `settings` | where the server is, as whom, and whom to trust |
//! | `call` | one request and its answer |
//! | `client` | carries a request out: address, trust, time-outs, sizes |
//! | `session` | the token that goes with it |
//! | `failure`, `trust` | what can go wrong, in words |

#![allow(dead_code, reason = "the key-value engines, which speak through this, land next")]

mod call;
mod client;
mod failure;
mod session;
mod settings;
mod trust;

pub use settings::{
    Address, AppRole, KvVersion, Login, SettingsError, VaultNamespace, VaultSettings, VaultToken, Verify,
};
