//! What the settings point at: a pair of files, or an etcd cluster.

use std::fmt;
use std::sync::Arc;

use crate::provider::env::{EnvSecrets, EnvVariables};
use crate::provider::etcd::EtcdSettings;
use crate::provider::file::FileSettings;
use crate::provider::vault::{VaultSecrets, VaultSettings};
use crate::provider::{SecretAccess, SecretRevealer};

#[derive(Clone)]
pub enum Target {
    /// JSON files; they need not exist.
    Files(FileSettings),
    Etcd(Box<EtcdSettings>),
}

impl Target {
    /// Whether it is reached over a network, and therefore locked at start.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Etcd(_))
    }

    /// As [`fmt::Display`], and for files the whole path: what identifies it.
    pub fn location(&self) -> String {
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
    Env(Arc<EnvVariables>),
    /// Vault or OpenBao, and environment variables for references that name one.
    Vault {
        variables: Arc<EnvVariables>,
        /// Where it is, as whom, and whom to trust.
        settings: Box<VaultSettings>,
    },
}

impl SecretSource {
    /// The variables of this process, with those of a named file over them. Own secrets may be elsewhere.
    pub(crate) fn variables(&self) -> Arc<EnvVariables> {
        match self {
            Self::Env(variables) | Self::Vault { variables, .. } => Arc::clone(variables),
        }
    }

    /// What a user of these secrets is given; nothing is connected to before it is used. Variables are
    /// never written.
    pub fn access(&self, writable: bool) -> SecretAccess {
        match self {
            Self::Env(variables) => {
                let secrets = Arc::new(EnvSecrets::new(Arc::clone(variables)));
                let revealer = Arc::clone(&secrets) as Arc<dyn SecretRevealer>;
                SecretAccess::new(secrets, None, move || Arc::clone(&revealer))
            }
            Self::Vault { settings, .. } => VaultSecrets::new((**settings).clone()).access(writable),
        }
    }

    /// Kind and address, which identify it in the audit.
    pub fn location(&self) -> String {
        match self {
            Self::Env(_) => "env".into(),
            Self::Vault { settings, .. } => format!("vault {}", settings.address),
        }
    }

    /// What should always be shown about the way to it.
    pub(super) fn warnings(&self) -> Vec<ContextWarning> {
        let Self::Vault { settings, .. } = self else { return Vec::new() };
        let plain = settings.plain_remote().map(|host| ContextWarning::PlainHttp { host: host.to_owned() });
        let unverified =
            settings.unverified().map(|host| ContextWarning::Unverified { host: host.to_owned() });
        plain.into_iter().chain(unverified).collect()
    }
}

/// Only which kind it is.
impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Env(_) => "SecretSource(env)",
            Self::Vault { .. } => "SecretSource(vault)",
        })
    }
}

/// Something about the way to a store that its user should always see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextWarning {
    /// Documents travel unencrypted to another host.
    PlainHttp {
        /// The first such member.
        host: String,
    },
    /// Nobody checks whose certificate a host shows.
    Unverified { host: String },
    /// A variable of the environment changed what a named context points at.
    Overridden { variable: &'static str },
}

impl fmt::Display for ContextWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlainHttp { host } => write!(f, "plain http to {host}"),
            Self::Unverified { host } => write!(f, "TLS not verified: {host}"),
            Self::Overridden { variable } => write!(f, "{variable} overrides the context"),
        }
    }
}
