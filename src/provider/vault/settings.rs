//! Settings of a Vault or OpenBao server: address, login, TLS verification.
//!
//! Values here are already validated; variables and files are read elsewhere. Validation matters: vaultrs
//! panics on a token or a namespace that is not a valid header value, and builds wrong URLs from an address
//! with a path.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::token_file::VaultTokenFile;
use crate::domain::Mount;
use crate::provider::tls::is_local;

/// The longest token, namespace or id, in bytes: servers limit the size of headers.
const MAX_HEADER: usize = 4_096;

/// The default for `VAULT_TIMEOUT_SECONDS`.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The settings of a [`VaultSecrets`](super::VaultSecrets).
///
/// Not `Debug`, because they contain a token.
#[derive(Clone)]
pub struct VaultSettings {
    /// `VAULT_ADDR`.
    pub address: VaultAddress,
    /// Further hosts that the server may redirect to, token included (`VAULT_REDIRECT_HOSTS`).
    pub redirect_hosts: Vec<RedirectHost>,
    pub login: VaultLogin,
    /// The namespace all paths are in (`VAULT_NAMESPACE`).
    pub namespace: Option<VaultNamespace>,
    /// Certificate verification (`VAULT_VERIFY`, `VAULT_CACERT`).
    pub verify: Verify,
    /// The mount of the key-value engine, if set (`VAULT_MOUNT_POINT`).
    pub mount: Option<Mount>,
    /// `VAULT_KV_VERSION`.
    pub kv: KvVersion,
    /// The timeout of a request, from 1 s to 300 s (`VAULT_TIMEOUT_SECONDS`).
    pub timeout: Duration,
}

impl VaultSettings {
    /// Defaults: no namespace, the system's CA certificates, KV 2, no mount, 10 s.
    pub fn new(address: VaultAddress, login: VaultLogin) -> Self {
        Self {
            address,
            redirect_hosts: Vec::new(),
            login,
            namespace: None,
            verify: Verify::System,
            mount: None,
            kv: KvVersion::V2,
            timeout: TIMEOUT,
        }
    }

    /// The host, if tokens and secrets would be sent to it unencrypted over a network.
    pub fn plain_remote(&self) -> Option<&str> {
        (!self.address.is_tls() && !self.address.is_local()).then(|| self.address.host())
    }

    /// Whether a request may follow a redirect there: to the server's own host, or one that is named.
    pub(super) fn may_redirect_to(&self, url: &Url) -> bool {
        url.host() == self.address.0.host() || self.redirect_hosts.iter().any(|host| host.is_of(url))
    }

    /// The host, if its certificate is not verified.
    pub fn unverified(&self) -> Option<&str> {
        (self.address.is_tls() && self.verify == Verify::Nothing).then(|| self.address.host())
    }
}

/// The version of the key-value engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvVersion {
    /// Without versions: a write replaces.
    V1,
    /// Versioned: each write creates a version.
    V2,
}

/// Certificate verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verify {
    /// Against the system's CA certificates.
    System,
    /// Against the CA certificates in this PEM file only.
    Authority(PathBuf),
    /// None; the console shows a permanent warning.
    Nothing,
}

/// How to authenticate.
#[derive(Clone)]
pub enum VaultLogin {
    /// `VAULT_TOKEN`.
    Token(VaultToken),
    /// `VAULT_TOKEN_FILE`, or the file of `vault login`: read again when it changes, and when its token has ended.
    TokenFile(VaultTokenFile),
    /// `VAULT_ROLE_ID` and `VAULT_SECRET_ID`.
    AppRole(AppRole),
}

#[derive(Clone)]
pub struct AppRole {
    pub(super) role: Zeroizing<String>,
    pub(super) secret: Zeroizing<String>,
}

impl AppRole {
    /// Validates both ids.
    ///
    /// # Errors
    /// [`VaultSettingsError`] if one is empty or too long.
    pub fn new(role: String, secret: String) -> Result<Self, VaultSettingsError> {
        let (role, secret) = (Zeroizing::new(role), Zeroizing::new(secret));
        let long = [&role, &secret].iter().any(|id| id.len() > MAX_HEADER);
        match (role.is_empty(), secret.is_empty()) {
            (true, _) => Err(VaultSettingsError::NoId("role id")),
            (_, true) => Err(VaultSettingsError::NoId("secret id")),
            _ if long => Err(VaultSettingsError::Long("an AppRole's id")),
            _ => Ok(Self { role, secret }),
        }
    }
}

/// A token: wiped on drop, neither `Debug` nor `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct VaultToken(Zeroizing<String>);

impl VaultToken {
    /// Validates a token.
    ///
    /// # Errors
    /// [`VaultSettingsError`] if it cannot be a token; the error does not contain the text.
    pub fn new(text: String) -> Result<Self, VaultSettingsError> {
        let text = Zeroizing::new(text);
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(VaultSettingsError::Token);
        }
        if text.len() > MAX_HEADER {
            return Err(VaultSettingsError::Long("a token"));
        }
        Ok(Self(text))
    }

    /// The plaintext, only for the request header.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// A namespace, as in Vault Enterprise: `team/app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultNamespace(String);

impl VaultNamespace {
    /// Parses a namespace, with or without outer slashes; `None` for the root namespace.
    ///
    /// # Errors
    /// [`VaultSettingsError::Namespace`] for what is not a valid header value.
    pub fn new(text: &str) -> Result<Option<Self>, VaultSettingsError> {
        let text = text.trim_matches('/');
        let sound = text.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() <= MAX_HEADER;
        match (sound, text.is_empty() || text == "root") {
            (true, false) => Ok(Some(Self(text.into()))),
            (true, true) => Ok(None),
            (false, _) => Err(VaultSettingsError::Namespace),
        }
    }

    /// Without outer slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The base URL of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultAddress(Url);

impl VaultAddress {
    /// Parses `VAULT_ADDR`: `https://vault.example:8200`.
    ///
    /// # Errors
    /// [`VaultSettingsError`]; it does not contain a password from the text.
    pub fn parse(text: &str) -> Result<Self, VaultSettingsError> {
        let text = text.trim();
        if !(text.starts_with("http://") || text.starts_with("https://")) {
            return Err(VaultSettingsError::Scheme);
        }
        let url = Url::parse(text).map_err(|_| VaultSettingsError::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(VaultSettingsError::UserInfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(VaultSettingsError::Path);
        }
        Ok(Self(url))
    }

    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host name or IP address, without brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// Whether the host is `localhost` or a loopback address.
    pub fn is_local(&self) -> bool {
        is_local(self.host())
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

/// `vault.example:8200`.
impl fmt::Display for VaultAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.0.port_or_known_default().unwrap_or_default();
        write!(f, "{}:{port}", self.0.host_str().unwrap_or_default())
    }
}

/// A host that the server may redirect to, on any port or on one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectHost {
    host: Option<Host>,
    port: Option<u16>,
}

impl RedirectHost {
    /// Parses `vault-2.example, vault-3.example:8200`; each may be written as a URL, as in `api_addr`.
    ///
    /// # Errors
    /// [`VaultSettingsError::RedirectHost`].
    pub fn parse_list(text: &str) -> Result<Vec<Self>, VaultSettingsError> {
        text.split(',').map(str::trim).filter(|host| !host.is_empty()).map(Self::parse).collect()
    }

    fn parse(text: &str) -> Result<Self, VaultSettingsError> {
        let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let bare = bare.trim_end_matches('/');
        // A pattern would be a host's name to a URL.
        let url = VaultAddress::parse(&format!("https://{bare}")).ok().filter(|_| !bare.contains('*'));
        let VaultAddress(url) = url.ok_or(VaultSettingsError::RedirectHost)?;
        // A URL leaves out the port that is its scheme's own.
        let port = url.port().or_else(|| bare.ends_with(":443").then_some(443));
        Ok(Self { host: url.host().map(|host| host.to_owned()), port })
    }

    fn is_of(&self, url: &Url) -> bool {
        url.host().map(|host| host.to_owned()) == self.host
            && (self.port.is_none() || self.port == url.port_or_known_default())
    }
}

/// An invalid setting. It does not contain the text that was entered, which may be a token in the wrong
/// place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VaultSettingsError {
    /// The scheme is missing or unsupported.
    #[error("an address begins with https:// or http://, as in https://vault.example:8200")]
    Scheme,
    /// Not a valid URL.
    #[error("it is not an address: write one as in https://vault.example:8200")]
    Address,
    /// A URL with a user name or password in it.
    #[error("an address holds no user name: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID")]
    UserInfo,
    /// A URL with something after the host.
    #[error("an address ends after the host and the port: leave out the path, such as /v1 or /ui")]
    Path,
    /// Not a host, with or without a port.
    #[error("it names no host: write vault-2.example or vault-2.example:8200, and a comma between several")]
    RedirectHost,
    /// A token that is not a valid header value.
    #[error("it is not a token: it is empty, or holds a blank, a line end or another odd character")]
    Token,
    /// One id of an AppRole is empty.
    #[error("the {0} is empty")]
    NoId(&'static str),
    /// Longer than an HTTP header may be here.
    #[error("{0} has at most {MAX_HEADER} bytes")]
    Long(&'static str),
    /// A namespace that is not a valid header value.
    #[error("it is not a namespace: write letters, digits and slashes, as in team/app")]
    Namespace,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, shown, tls, local) in [
            ("https://vault.example", "vault.example:443", true, false),
            ("http://127.0.0.1:8200", "127.0.0.1:8200", false, true),
            (" http://[::1]:8200/ ", "[::1]:8200", false, true),
            ("https://LOCALHOST:1", "localhost:1", true, true),
        ] {
            let address = VaultAddress::parse(text).unwrap();
            assert_eq!(
                (address.to_string().as_str(), address.is_tls(), address.is_local()),
                (shown, tls, local)
            );
        }
        for (text, why) in [
            ("", VaultSettingsError::Scheme),
            ("vault:8200", VaultSettingsError::Scheme),
            ("ftp://vault", VaultSettingsError::Scheme),
            ("https://", VaultSettingsError::Address),
            ("https://a b", VaultSettingsError::Address),
            ("https://a:99999", VaultSettingsError::Address),
            ("https://root:hunter2@a", VaultSettingsError::UserInfo),
            ("https://a/v1", VaultSettingsError::Path),
            ("https://a/?x", VaultSettingsError::Path),
            ("https://a/#x", VaultSettingsError::Path),
        ] {
            assert_eq!(VaultAddress::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn only_what_a_header_can_carry_is_taken() {
        for bad in ["", "a b", "a\n", "ü", "a\u{0}"] {
            assert_eq!(VaultToken::new(bad.into()).err(), Some(VaultSettingsError::Token), "{bad:?}");
        }
        assert!(VaultToken::new("x".repeat(MAX_HEADER + 1)).is_err());
        assert!(VaultToken::new("s.1234".into()).is_ok());
        assert_eq!(VaultNamespace::new("/team/app/").unwrap().unwrap().as_str(), "team/app");
        for root in ["", "/", "root", "root/"] {
            assert_eq!(VaultNamespace::new(root), Ok(None));
        }
        assert_eq!(VaultNamespace::new("ü"), Err(VaultSettingsError::Namespace));
        let role = |role: &str, secret: &str| AppRole::new(role.into(), secret.into()).err();
        assert_eq!(role("", "b"), Some(VaultSettingsError::NoId("role id")));
        assert_eq!(role("a", ""), Some(VaultSettingsError::NoId("secret id")));
        assert_eq!(role("a", "b"), None);
    }

    #[test]
    fn hosts_of_redirects_are_hosts_and_nothing_else() {
        let count = |text: &str| RedirectHost::parse_list(text).map(|hosts| hosts.len());
        assert_eq!((count(""), count(" , "), count("a,b:1, https://c:2/")), (Ok(0), Ok(0), Ok(3)));
        for wrong in ["*", "*.example", "a b", "a/v1", "u:p@a", "a:99999", "a:b", "a?x", "ftp://a"] {
            assert_eq!(count(wrong), Err(VaultSettingsError::RedirectHost), "{wrong}");
        }
    }

    #[test]
    fn what_is_dangerous_is_known() {
        let settings = |address: &str| {
            let login = VaultLogin::Token(VaultToken::new("t".into()).unwrap());
            VaultSettings::new(VaultAddress::parse(address).unwrap(), login)
        };
        assert_eq!(settings("http://vault:1").plain_remote(), Some("vault"));
        assert_eq!(settings("http://127.0.0.1:1").plain_remote(), None);
        let mut careless = settings("https://vault:1");
        assert_eq!((careless.plain_remote(), careless.unverified()), (None, None));
        careless.verify = Verify::Nothing;
        assert_eq!(careless.unverified(), Some("vault"));
    }
}
