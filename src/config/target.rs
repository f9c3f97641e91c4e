//! What the settings point at: a pair of files, or an etcd cluster.

use std::fmt;

use crate::provider::Backend;
use crate::provider::etcd::{self, EtcdSettings};
use crate::provider::file::{self, FileSettings};

#[derive(Clone)]
pub enum Target {
    /// JSON files; they need not exist.
    Files(FileSettings),
    Etcd(Box<EtcdSettings>),
}

impl Target {
    pub fn backend(&self) -> &'static Backend {
        match self {
            Self::Files(_) => &file::BACKEND,
            Self::Etcd(_) => &etcd::BACKEND,
        }
    }

    /// Where it is: a file, or hosts and a prefix.
    pub fn place(&self) -> String {
        match self {
            Self::Files(files) => files.webhooks.display().to_string(),
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

    /// As [`fmt::Display`], and for files the whole path: what identifies it.
    pub fn location(&self) -> String {
        match self {
            Self::Files(files) => {
                let path = std::path::absolute(&files.webhooks).unwrap_or_else(|_| files.webhooks.clone());
                format!("{} {}", file::BACKEND.name, path.display())
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
        write!(f, "{} {}", self.backend().name, self.place())
    }
}

/// As [`fmt::Display`]: the settings inside hold a password.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
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
