//! Settings of the etcd provider: endpoints, prefix, layout, login, TLS files.
//!
//! Values here are validated; environment variables and files are read elsewhere.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::KeyLayout;
use crate::domain::Namespace;
use crate::provider::tls::is_local;

/// Not `Debug`, because it contains a password.
#[derive(Clone)]
pub struct EtcdSettings {
    /// Tried in this order. Not empty.
    pub endpoints: Vec<Endpoint>,
    pub prefix: Prefix,
    pub layout: KeyLayout,
    /// The namespace that the receiver serves without naming it (`ETCD_NAMESPACE`).
    pub namespace: Namespace,
    pub login: Option<EtcdLogin>,
    /// Read at each connect, so that a renewed certificate is picked up.
    pub tls: TlsFiles,
}

impl EtcdSettings {
    /// Default settings for these endpoints: the layout's own prefix, no login, no TLS files.
    pub fn new(endpoints: Vec<Endpoint>, layout: KeyLayout) -> Self {
        Self {
            endpoints,
            prefix: layout.default_prefix(),
            layout,
            namespace: Namespace::default(),
            login: None,
            tls: TlsFiles::default(),
        }
    }

    /// Whether this endpoint uses TLS: its URL says so, or has no scheme while TLS files are set.
    pub fn uses_tls(&self, endpoint: &Endpoint) -> bool {
        endpoint.https.unwrap_or(self.tls.ca_cert.is_some() || self.tls.identity.is_some())
    }
}

/// A user of the cluster.
#[derive(Clone)]
pub struct EtcdLogin {
    pub username: String,
    pub password: Password,
}

/// A password: wiped on drop, neither `Debug` nor `Display`.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The plaintext, only for the login request.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Trusted CAs, as PEM (`ETCD_CACERT`); `None` for the system's.
    pub ca_cert: Option<PathBuf>,
    pub identity: Option<IdentityFiles>,
}

/// A client certificate and its key.
#[derive(Debug, Clone)]
pub struct IdentityFiles {
    /// The certificate, as PEM (`ETCD_CERT`).
    pub cert: PathBuf,
    /// Its key, as PEM (`ETCD_KEY`).
    pub key: PathBuf,
}

/// An invalid etcd setting. The input is quoted only where it cannot contain a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EtcdSettingsError {
    #[error("no etcd host is named: set ETCD_HOST to a host, host:port or URL")]
    NoHost,
    #[error(
        "\"{0}\" is not an etcd host: write host, host:port or http(s)://host:port; IPv6 goes in brackets"
    )]
    Host(String),
    /// A URL with a user name or password in it.
    #[error("an etcd host holds no user name: set ETCD_USERNAME and ETCD_PASSWORD instead")]
    UserInfo,
    /// A port out of range.
    #[error("\"{0}\" is not a port: 1 to 65535")]
    Port(String),
    /// An empty prefix would claim every key of the cluster.
    #[error("an etcd prefix is not empty: set ETCD_PREFIX to something like /cwm/")]
    Prefix,
}

/// The start of every key; ends with exactly one slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// Normalises trailing slashes to exactly one (`docs/receiver.md`).
    ///
    /// # Errors
    /// [`EtcdSettingsError::Prefix`] for an empty string.
    pub fn new(text: &str) -> Result<Self, EtcdSettingsError> {
        if text.is_empty() {
            return Err(EtcdSettingsError::Prefix);
        }
        Ok(Self(format!("{}/", text.trim_end_matches('/')).into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyLayout {
    pub fn default_prefix(self) -> Prefix {
        Prefix(match self {
            Self::Namespaced => "/cwm/".into(),
            Self::Flat => "/webhooks/configs/".into(),
            Self::Raw => "/".into(),
        })
    }
}

/// One member's client address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether the URL says https; `None` for an address without a scheme.
    https: Option<bool>,
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    host: String,
    pub(super) port: u16,
}

impl Endpoint {
    /// Parses `ETCD_HOST`: hosts, `host:port` or URLs, separated by commas; `port` is the default.
    ///
    /// # Errors
    /// [`EtcdSettingsError`] for the first part that is not an address, or if there is none.
    pub fn parse(host_list: &str, port: u16) -> Result<Vec<Self>, EtcdSettingsError> {
        let parts = host_list.split(',').map(str::trim).filter(|part| !part.is_empty());
        let endpoints = parts.map(|part| Self::parse_one(part, port)).collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() { Err(EtcdSettingsError::NoHost) } else { Ok(endpoints) }
    }

    fn parse_one(text: &str, default_port: u16) -> Result<Self, EtcdSettingsError> {
        if text.contains('@') {
            return Err(EtcdSettingsError::UserInfo);
        }
        let (https, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Some(false), rest),
            Some(("https", rest)) => (Some(true), rest),
            Some(_) => return Err(EtcdSettingsError::Host(text.into())),
            None => (None, text),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or_else(|| EtcdSettingsError::Host(text.into()))?;
        let port = match port {
            None => default_port,
            Some(digits) => digits.parse().map_err(|_| EtcdSettingsError::Port(digits.into()))?,
        };
        if port == 0 {
            return Err(EtcdSettingsError::Port("0".into()));
        }
        Ok(Self { https, host: host.into(), port })
    }

    pub(super) fn url(&self, tls: bool) -> String {
        format!("{}://{self}", if tls { "https" } else { "http" })
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether the host is `localhost` or a loopback address.
    pub fn is_local(&self) -> bool {
        is_local(self.host())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Host and port of an authority; `None` if the host cannot be one.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end = match authority.starts_with('[') {
        true => authority.find(']')? + 1,
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, after) = authority.split_at(end);
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_host_byte),
    };
    let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(list: &str) -> Vec<String> {
        let endpoints = Endpoint::parse(list, 2379).unwrap();
        endpoints.iter().map(|endpoint| endpoint.url(endpoint.https == Some(true))).collect()
    }

    #[test]
    fn a_host_list_may_mix_every_form() {
        assert_eq!(
            urls("a, b:1,http://c,https://d:9/ ,[::1],https://[fe80::1]:7,10.0.0.1"),
            [
                "http://a:2379",
                "http://b:1",
                "http://c:2379",
                "https://d:9",
                "http://[::1]:2379",
                "https://[fe80::1]:7",
                "http://10.0.0.1:2379",
            ]
        );
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_repeated() {
        for bad in
            ["", " , ", "ftp://a", "a b", "a:x", "a:0", "a:65536", "::1", "[::1", "[x]:1", "a/b", "[::1]x"]
        {
            assert!(Endpoint::parse(bad, 2379).is_err(), "{bad}");
        }
        let error = Endpoint::parse("https://root:hunter2@a", 2379).err().unwrap();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_prefix_ends_with_exactly_one_slash() {
        for (text, normal) in [("/cwm", "/cwm/"), ("/cwm///", "/cwm/"), ("x", "x/"), ("/", "/"), ("//", "/")]
        {
            assert_eq!(Prefix::new(text).unwrap().as_str(), normal);
        }
        assert_eq!(Prefix::new(""), Err(EtcdSettingsError::Prefix));
    }

    #[test]
    fn tls_follows_the_url_and_else_the_files() {
        let [plain, clear, tls] =
            <[Endpoint; 3]>::try_from(Endpoint::parse("a,http://a,https://a", 1).unwrap()).unwrap();
        let mut settings = EtcdSettings::new(vec![plain.clone()], KeyLayout::Namespaced);
        assert!(!settings.uses_tls(&plain) && !settings.uses_tls(&clear) && settings.uses_tls(&tls));
        settings.tls.ca_cert = Some("ca.pem".into());
        assert!(settings.uses_tls(&plain) && !settings.uses_tls(&clear) && settings.uses_tls(&tls));
    }

    #[test]
    fn loopback_is_recognised() {
        let local = |text| Endpoint::parse(text, 1).unwrap().iter().all(Endpoint::is_local);
        assert!(local("localhost,127.0.0.1,[::1]") && !local("10.0.0.1") && !local("etcd"));
    }
}
