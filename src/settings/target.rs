//! What the settings point at: a pair of files, or an etcd cluster.

use std::fmt;
use std::sync::Arc;

use super::{Origin, SettingsError};
use crate::provider::env::EnvVariables;
use crate::provider::etcd::EtcdSettings;
use crate::provider::file::FileSettings;

/// The store to open.
#[derive(Clone)]
pub enum Target {
    /// JSON files; they need not exist.
    Files(FileSettings),
    /// An etcd cluster.
    Etcd(Box<EtcdSettings>),
}

impl Target {
    /// Whether it is reached over a network, and therefore locked at start.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Etcd(_))
    }

    /// As [`fmt::Display`], and for files the whole path: what tells it from any other store.
    pub fn located(&self) -> String {
        match self {
            Self::Files(files) => {
                let path = std::path::absolute(&files.webhooks).unwrap_or_else(|_| files.webhooks.clone());
                format!("files {}", path.display())
            }
            Self::Etcd(_) => self.to_string(),
        }
    }

    /// The first member to which documents would travel unencrypted, over a network.
    pub(super) fn plain_remote(&self) -> Option<&str> {
        let Self::Etcd(etcd) = self else { return None };
        let plain = |endpoint: &&_| !etcd.uses_tls(endpoint);
        etcd.endpoints.iter().filter(plain).find(|endpoint| !endpoint.is_local()).map(|e| e.host())
    }
}

/// `etcd 10.0.0.1:2379+2 /cwm/` with two more members, `files webhooks.json`: a context's name where none
/// is configured, and what has to be typed to unlock it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(files) => write!(f, "files {}", files.webhooks.display()),
            Self::Etcd(etcd) => {
                let (first, more) = etcd.endpoints.split_first().ok_or(fmt::Error)?;
                write!(f, "etcd {first}")?;
                if !more.is_empty() {
                    write!(f, "+{}", more.len())?;
                }
                write!(f, " {}", etcd.prefix.as_str())
            }
        }
    }
}

/// As [`fmt::Display`]: the settings inside hold a password.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// Where webhooks' own secrets, and the variables of references, come from.
#[derive(Clone)]
pub enum SecretSource {
    /// Environment variables.
    Env(Arc<EnvVariables>),
    /// Vault or OpenBao, which this version cannot read. Who merges documents is told so; what needs no
    /// secrets, such as the console, goes on.
    Vault(Origin),
}

impl SecretSource {
    /// What to do about a source that this version cannot read.
    pub(crate) const NO_VAULT: &str =
        "this version of confdeck reads secrets from environment variables alone; set SECRETS_BACKEND=env";

    /// The variables of this process, with those of a named file over them. Own secrets may be elsewhere.
    pub(super) fn variables(&self) -> Arc<EnvVariables> {
        match self {
            Self::Env(variables) => Arc::clone(variables),
            Self::Vault(_) => Arc::new(EnvVariables::process()),
        }
    }

    /// Whether this version can read from there.
    ///
    /// # Errors
    /// [`SettingsError`] naming what asks for a source that it cannot read.
    pub fn check(&self) -> Result<(), SettingsError> {
        match self {
            Self::Env(_) => Ok(()),
            Self::Vault(origin) => Err(SettingsError::of(origin, format!("vault: {}", Self::NO_VAULT))),
        }
    }
}

/// Only which kind it is.
impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Env(_) => "SecretSource(env)",
            Self::Vault(_) => "SecretSource(vault)",
        })
    }
}

/// Something about the way to a store that its user should always see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Documents travel unencrypted to another host.
    PlainHttp {
        /// The first such member.
        host: String,
    },
    /// A variable of the environment changed what a named context points at.
    Overridden {
        /// The variable.
        variable: &'static str,
    },
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlainHttp { host } => write!(f, "plain http to {host}"),
            Self::Overridden { variable } => write!(f, "{variable} overrides the context"),
        }
    }
}
