//! The target of the settings: a pair of files, or an etcd cluster.

use std::fmt;

use crate::domain::Namespace;
use crate::provider::Backend;
#[cfg(feature = "etcd")]
use crate::provider::etcd::{self, EtcdSettings, KeyLayout};
use crate::provider::file::{self, FileSettings};

#[derive(Clone)]
pub enum Target {
    /// JSON files; they need not exist.
    Files(FileSettings),
    #[cfg(feature = "etcd")]
    Etcd(Box<EtcdSettings>),
}

impl Target {
    pub fn backend(&self) -> &'static Backend {
        match self {
            Self::Files(_) => &file::BACKEND,
            #[cfg(feature = "etcd")]
            Self::Etcd(_) => &etcd::BACKEND,
        }
    }

    /// The namespace of a webhook that is named by its id alone: the one that the receiver serves on its plain
    /// route.
    pub fn namespace(&self) -> Namespace {
        match self {
            Self::Files(_) => Namespace::default(),
            #[cfg(feature = "etcd")]
            Self::Etcd(etcd) if etcd.layout == KeyLayout::Flat => Namespace::default(),
            #[cfg(feature = "etcd")]
            Self::Etcd(etcd) => etcd.namespace.clone(),
        }
    }

    /// The file, or the hosts and the prefix.
    pub fn place(&self) -> String {
        match self {
            Self::Files(files) => files.webhooks.display().to_string(),
            #[cfg(feature = "etcd")]
            Self::Etcd(etcd) => {
                let first = etcd.endpoints.first().map(ToString::to_string).unwrap_or_default();
                let more = match etcd.endpoints.len() {
                    0 | 1 => String::new(),
                    count => format!("+{}", count - 1),
                };
                format!("{first}{more} {}", etcd.prefix.as_str())
            }
        }
    }

    /// As [`fmt::Display`], but with the full path for files, so that it identifies the target.
    pub fn location(&self) -> String {
        match self {
            Self::Files(files) => {
                let path = std::path::absolute(&files.webhooks).unwrap_or_else(|_| files.webhooks.clone());
                format!("{} {}", file::BACKEND.name, path.display())
            }
            #[cfg(feature = "etcd")]
            Self::Etcd(_) => self.to_string(),
        }
    }

    /// The first member on another host to which documents would travel unencrypted.
    pub(super) fn plain_remote(&self) -> Option<&str> {
        match self {
            Self::Files(_) => None,
            #[cfg(feature = "etcd")]
            Self::Etcd(etcd) => {
                let plain = |endpoint: &&_| !etcd.uses_tls(endpoint);
                etcd.endpoints.iter().filter(plain).find(|endpoint| !endpoint.is_local()).map(|e| e.host())
            }
        }
    }
}

/// `etcd 10.0.0.1:2379+2 /cwm/` for three members, `files webhooks.json`. This is the context's name if none
/// is configured, and must be typed to unlock it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.backend().name, self.place())
    }
}

/// As [`fmt::Display`], because the settings inside hold a password.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// A property of the connection to a store that the user should always see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextWarning {
    /// Documents travel unencrypted to another host.
    PlainHttp {
        /// The first such member.
        host: String,
    },
    /// The certificate of this host is not verified.
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
