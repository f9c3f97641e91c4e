//! What a person decides about a Vault or an OpenBao: where it is, as whom, and whom to trust.
//!
//! Values here are already valid; reading variables and files is another room's work. What is valid
//! matters: vaultrs panics on a token or a namespace that no header can carry, and puts an address
//! with a path together wrongly.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::domain::Mount;

/// The longest token, namespace or id that is sent, in bytes: servers bound their headers.
const MAX_HEADER: usize = 4_096;

/// How long a request may take where nobody says (`VAULT_TIMEOUT_SECONDS`).
const TIMEOUT: Duration = Duration::from_secs(10);

/// Everything a provider needs to know; it does no I/O by itself.
///
/// It has no `Debug` form, because it holds a token.
#[derive(Clone)]
pub struct VaultSettings {
    /// Where it is (`VAULT_ADDR`).
    pub address: Address,
    /// Who we are.
    pub login: Login,
    /// The namespace all paths are in (`VAULT_NAMESPACE`).
    pub namespace: Option<VaultNamespace>,
    /// Whose certificates are trusted (`VAULT_VERIFY`, `VAULT_CACERT`).
    pub verify: Verify,
    /// The mount of the key-value engine; `None` where nobody named one (`VAULT_MOUNT_POINT`).
    pub mount: Option<Mount>,
    /// Which of the two engines (`VAULT_KV_VERSION`).
    pub kv: KvVersion,
    /// How long a request may take, from 1 s to 300 s (`VAULT_TIMEOUT_SECONDS`).
    pub timeout: Duration,
}

impl VaultSettings {
    /// Plain settings: no namespace, the system's trust, KV 2, no mount named, 10 s.
    pub fn new(address: Address, login: Login) -> Self {
        Self {
            address,
            login,
            namespace: None,
            verify: Verify::System,
            mount: None,
            kv: KvVersion::Two,
            timeout: TIMEOUT,
        }
    }

    /// The host to which tokens and secrets would travel unencrypted, over a network.
    pub fn plain_remote(&self) -> Option<&str> {
        (!self.address.is_tls() && !self.address.is_local()).then(|| self.address.host())
    }

    /// The host whose certificate nobody checks.
    pub fn unverified(&self) -> Option<&str> {
        (self.address.is_tls() && self.verify == Verify::Nothing).then(|| self.address.host())
    }
}

/// Which key-value engine is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvVersion {
    /// No versions: a write replaces.
    One,
    /// Each write makes a version.
    Two,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verify {
    /// Those that this system trusts.
    System,
    /// Those that an authority of this file signed, as PEM, and no others.
    Authority(PathBuf),
    /// Anybody's; the console says so for as long as it runs.
    Nothing,
}

/// Who we are to the server.
#[derive(Clone)]
pub enum Login {
    /// A token that somebody gave us (`VAULT_TOKEN`).
    Token(VaultToken),
    /// A role that we log in by ourselves (`VAULT_ROLE_ID`, `VAULT_SECRET_ID`).
    AppRole(AppRole),
}

/// A role's two halves.
#[derive(Clone)]
pub struct AppRole {
    pub(super) role: Zeroizing<String>,
    pub(super) secret: Zeroizing<String>,
}

impl AppRole {
    /// Takes both ids over.
    ///
    /// # Errors
    /// [`SettingsError`] if one is empty or too long.
    pub fn new(role: String, secret: String) -> Result<Self, SettingsError> {
        let (role, secret) = (Zeroizing::new(role), Zeroizing::new(secret));
        let long = [&role, &secret].iter().any(|id| id.len() > MAX_HEADER);
        match (role.is_empty(), secret.is_empty()) {
            (true, _) => Err(SettingsError::NoId("role id")),
            (_, true) => Err(SettingsError::NoId("secret id")),
            _ if long => Err(SettingsError::Long("an AppRole's id")),
            _ => Ok(Self { role, secret }),
        }
    }
}

/// A token: wiped when dropped, without a `Debug` or `Display` form.
#[derive(Clone)]
pub struct VaultToken(Zeroizing<String>);

impl VaultToken {
    /// Takes the text over.
    ///
    /// # Errors
    /// [`SettingsError`] if no token looks like this; its text is not repeated.
    pub fn new(text: String) -> Result<Self, SettingsError> {
        let text = Zeroizing::new(text);
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::Token);
        }
        if text.len() > MAX_HEADER {
            return Err(SettingsError::Long("a token"));
        }
        Ok(Self(text))
    }

    /// The text, for the header alone.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// The namespace of a server that has several: `team/app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultNamespace(String);

impl VaultNamespace {
    /// Takes a namespace, with or without outer slashes; `None` for the root one.
    ///
    /// # Errors
    /// [`SettingsError::Namespace`] for what no header can carry.
    pub fn new(text: &str) -> Result<Option<Self>, SettingsError> {
        let text = text.trim_matches('/');
        let sound = text.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() <= MAX_HEADER;
        match (sound, text.is_empty() || text == "root") {
            (true, false) => Ok(Some(Self(text.into()))),
            (true, true) => Ok(None),
            (false, _) => Err(SettingsError::Namespace),
        }
    }

    /// Without outer slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    host: String,
}

impl Address {
    /// Reads `VAULT_ADDR`: `https://vault.example:8200`.
    ///
    /// # Errors
    /// [`SettingsError`] with what is wrong; a password in it is not repeated.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let text = text.trim();
        if !(text.starts_with("http://") || text.starts_with("https://")) {
            return Err(SettingsError::Scheme);
        }
        let url = Url::parse(text).map_err(|_| SettingsError::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::UserInfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(SettingsError::Path);
        }
        let host = match url.host() {
            None => return Err(SettingsError::Address),
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
        };
        Ok(Self { url, host })
    }

    /// Whether it is spoken to over TLS.
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is this machine.
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

/// `vault.example:8200`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.url.port_or_known_default().unwrap_or_default();
        write!(f, "{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

/// Why a text is not part of Vault's settings. What was typed is not repeated: it may be a token that
/// stands in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// No scheme, or another.
    #[error("an address begins with https:// or http://, as in https://vault.example:8200")]
    Scheme,
    /// A URL that cannot be one.
    #[error("it is not an address: write one as in https://vault.example:8200")]
    Address,
    /// A URL with a user name or password in it.
    #[error("an address holds no user name: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID")]
    UserInfo,
    /// A URL with something after the host.
    #[error("an address ends after the host and the port: leave out the path, such as /v1 or /ui")]
    Path,
    /// A token that no header can carry.
    #[error("it is not a token: it is empty, or holds a blank, a line end or another odd character")]
    Token,
    /// One half of an AppRole is empty.
    #[error("the {0} is empty")]
    NoId(&'static str),
    /// Longer than a server would take.
    #[error("{0} has at most {MAX_HEADER} bytes")]
    Long(&'static str),
    /// A namespace that no header can carry.
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
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (address.to_string().as_str(), address.is_tls(), address.is_local()),
                (shown, tls, local)
            );
        }
        for (text, why) in [
            ("", SettingsError::Scheme),
            ("vault:8200", SettingsError::Scheme),
            ("ftp://vault", SettingsError::Scheme),
            ("https://", SettingsError::Address),
            ("https://a b", SettingsError::Address),
            ("https://a:99999", SettingsError::Address),
            ("https://root:hunter2@a", SettingsError::UserInfo),
            ("https://a/v1", SettingsError::Path),
            ("https://a/?x", SettingsError::Path),
            ("https://a/#x", SettingsError::Path),
        ] {
            assert_eq!(Address::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn only_what_a_header_can_carry_is_taken() {
        for bad in ["", "a b", "a\n", "ü", "a\u{0}"] {
            assert_eq!(VaultToken::new(bad.into()).err(), Some(SettingsError::Token), "{bad:?}");
        }
        assert!(VaultToken::new("x".repeat(MAX_HEADER + 1)).is_err());
        assert!(VaultToken::new("s.1234".into()).is_ok());
        assert_eq!(VaultNamespace::new("/team/app/").unwrap().unwrap().as_str(), "team/app");
        for root in ["", "/", "root", "root/"] {
            assert_eq!(VaultNamespace::new(root), Ok(None));
        }
        assert_eq!(VaultNamespace::new("ü"), Err(SettingsError::Namespace));
        let role = |role: &str, secret: &str| AppRole::new(role.into(), secret.into()).err();
        assert_eq!(role("", "b"), Some(SettingsError::NoId("role id")));
        assert_eq!(role("a", ""), Some(SettingsError::NoId("secret id")));
        assert_eq!(role("a", "b"), None);
    }

    #[test]
    fn what_is_dangerous_is_known() {
        let settings = |address: &str| {
            let login = Login::Token(VaultToken::new("t".into()).unwrap());
            VaultSettings::new(Address::parse(address).unwrap(), login)
        };
        assert_eq!(settings("http://vault:1").plain_remote(), Some("vault"));
        assert_eq!(settings("http://127.0.0.1:1").plain_remote(), None);
        let mut careless = settings("https://vault:1");
        assert_eq!((careless.plain_remote(), careless.unverified()), (None, None));
        careless.verify = Verify::Nothing;
        assert_eq!(careless.unverified(), Some("vault"));
    }
}
