//! Where a redirect may lead: one hop, to hosts that the settings name, and never from TLS to plaintext,
//! because the token, or an AppRole's secret id, goes along.

use http::StatusCode;
use thiserror::Error;
use url::Url;

use crate::provider::vault::error::CHECK_ADDRESS;
use crate::provider::vault::settings::VaultSettings;

/// Why a redirect is not followed, with the host and port that it names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.words("the server"))]
pub(in crate::provider::vault) enum RedirectError {
    /// A host that the settings do not name.
    OtherHost { host: String, to: String },
    /// From TLS to plaintext.
    Plaintext { to: String },
    /// From plaintext to TLS: each request would send the token in plaintext first.
    Tls { to: String },
    /// A redirect after a redirect.
    SecondHop { via: String, to: String },
    /// A status that does not keep method and body.
    OtherRequest { status: u16, to: String },
    /// No address, or none that HTTP has.
    Nowhere,
}

impl RedirectError {
    /// The refusal of a redirect after the one to `via`.
    pub(super) fn second_hop(via: String, asked: &Url, location: Option<&str>) -> Self {
        match resolve(asked, location) {
            Some(target) => Self::SecondHop { via, to: host_and_port(&target) },
            None => Self::Nowhere,
        }
    }

    /// The host and port that were named.
    pub(in crate::provider::vault) fn host(&self) -> Option<&str> {
        match self {
            Self::OtherHost { to, .. }
            | Self::Plaintext { to }
            | Self::Tls { to }
            | Self::SecondHop { to, .. }
            | Self::OtherRequest { to, .. } => Some(to),
            Self::Nowhere => None,
        }
    }

    /// What happened and what to do.
    pub(in crate::provider::vault) fn words(&self, vault: &str) -> String {
        match self {
            Self::OtherHost { host, to } => format!(
                "{vault} redirects to {to}, which gets no token: if that is a node of the same cluster, add {host} \
                 to VAULT_REDIRECT_HOSTS; if not, {CHECK_ADDRESS}"
            ),
            Self::Plaintext { to } => format!(
                "{vault} redirects from https to http at {to}, where a token could be read on its way: have the \
                 api_addr of that node begin with https://"
            ),
            Self::Tls { to } => format!(
                "{vault} redirects to https at {to}, after the token came in plaintext: write https:// in VAULT_ADDR"
            ),
            Self::SecondHop { via, to } => format!(
                "{vault} redirects to {via}, and that on to {to}; one redirect is followed: set VAULT_ADDR to the \
                 node that answers, or {CHECK_ADDRESS}"
            ),
            Self::OtherRequest { status, to } => format!(
                "{vault} redirects to {to} with status {status}, which changes the request: {CHECK_ADDRESS}"
            ),
            Self::Nowhere => format!("{vault} redirects and does not say where: {CHECK_ADDRESS}"),
        }
    }
}

/// `vault-2.example:8200`.
pub(super) fn host_and_port(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn resolve(asked: &Url, location: Option<&str>) -> Option<Url> {
    asked.join(location?).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
}

/// The target of a redirect of a request to `asked`, if it may be followed.
pub(super) fn target(
    settings: &VaultSettings,
    asked: &Url,
    status: StatusCode,
    location: Option<&str>,
) -> Result<Url, RedirectError> {
    let mut target = resolve(asked, location).ok_or(RedirectError::Nowhere)?;
    let status = status.as_u16();
    // A user name in it would be sent as a login.
    let _ = (target.set_username(""), target.set_password(None));
    let to = host_and_port(&target);
    match (asked.scheme(), target.scheme()) {
        _ if !matches!(status, 307 | 308) => Err(RedirectError::OtherRequest { status, to }),
        ("https", "http") => Err(RedirectError::Plaintext { to }),
        ("http", "https") => Err(RedirectError::Tls { to }),
        _ if settings.may_redirect_to(&target) => Ok(target),
        _ => Err(RedirectError::OtherHost { host: target.host_str().unwrap_or_default().to_owned(), to }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::vault::{RedirectHost, VaultAddress, VaultLogin, VaultToken};

    fn settings(address: &str, hosts: &str) -> VaultSettings {
        let login = VaultLogin::Token(VaultToken::new("t".into()).unwrap());
        let mut settings = VaultSettings::new(VaultAddress::parse(address).unwrap(), login);
        settings.redirect_hosts = RedirectHost::parse_list(hosts).unwrap();
        settings
    }

    fn follow(address: &str, hosts: &str, status: u16, location: &str) -> Result<String, RedirectError> {
        let settings = settings(address, hosts);
        let asked = settings.address.url().join("/v1/kv/data/a?version=1").unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        target(&settings, &asked, status, Some(location)).map(String::from)
    }

    #[test]
    fn a_token_stays_with_its_host_unless_a_setting_names_another() {
        let vault = "https://vault.example:8200";
        for (hosts, location, wanted) in [
            ("", "/v1/b", Some("https://vault.example:8200/v1/b")),
            ("", "https://VAULT.example:8201/v1/b", Some("https://vault.example:8201/v1/b")),
            ("", "https://vault-2.example:8200/v1/b", None),
            ("", "//vault-2.example/v1/b", None),
            ("", "https://vault.example.evil/v1/b", None),
            ("", "https://evilvault.example/v1/b", None),
            ("", "https://vault.example@evil/v1/b", None),
            (
                "vault-2.example",
                "https://vault-2.example:8200/v1/b",
                Some("https://vault-2.example:8200/v1/b"),
            ),
            (
                "a, vault-2.example:8200",
                "https://vault-2.example:8200/b",
                Some("https://vault-2.example:8200/b"),
            ),
            ("vault-2.example:8200", "https://vault-2.example:9999/v1/b", None),
            ("vault-2.example:443", "https://vault-2.example/v1/b", Some("https://vault-2.example/v1/b")),
            ("vault-2.example:443", "https://vault-2.example:8200/v1/b", None),
            (
                "https://vault-2.example:8200/",
                "https://vault-2.example:8200/b",
                Some("https://vault-2.example:8200/b"),
            ),
            ("[::1]:8200", "https://[::1]:8200/v1/b", Some("https://[::1]:8200/v1/b")),
            ("vault-2.example", "https://user:pass@vault-2.example/b", Some("https://vault-2.example/b")),
        ] {
            let followed = follow(vault, hosts, 307, location);
            assert_eq!(followed.as_ref().ok().map(String::as_str), wanted, "{hosts} {location}");
            if let Err(refused) = followed {
                assert!(matches!(refused, RedirectError::OtherHost { .. }), "{refused}");
                assert!(refused.to_string().contains("VAULT_REDIRECT_HOSTS"), "{refused}");
            }
        }
    }

    #[test]
    fn a_redirect_never_leads_to_less_than_before() {
        let to = || "vault.example:80".to_owned();
        let plain = follow("https://vault.example", "vault.example", 307, "http://vault.example/v1/b");
        assert_eq!(plain, Err(RedirectError::Plaintext { to: to() }));
        let late = follow("http://vault.example", "", 308, "https://vault.example/v1/b").unwrap_err();
        assert!(late.to_string().contains("write https:// in VAULT_ADDR"), "{late}");
        for status in [300, 301, 302, 303, 304] {
            let changed = follow("http://vault.example", "", status, "/v1/b");
            assert_eq!(changed, Err(RedirectError::OtherRequest { status, to: to() }));
        }
        for nowhere in ["ftp://vault.example/b", "mailto:a@b", "http://", "https://[::1"] {
            assert_eq!(
                follow("http://vault.example", "", 307, nowhere),
                Err(RedirectError::Nowhere),
                "{nowhere}"
            );
        }
        let vault = settings("http://vault.example", "");
        let none = target(&vault, vault.address.url(), StatusCode::TEMPORARY_REDIRECT, None);
        assert_eq!(none, Err(RedirectError::Nowhere));
    }
}
