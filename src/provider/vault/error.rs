//! Errors of requests, with user-facing text. None contains a body, a token, or a client library's
//! message.

use std::io::ErrorKind;
use std::path::PathBuf;

use thiserror::Error;

use super::client::RedirectError;
use super::settings::VaultAddress;
use crate::domain::SecretStoreStatus;
use crate::provider;
use crate::provider::http_client::{HttpFailure, UnreachableReason};
use crate::provider::tls::{TlsError, TlsRemedies};

const TLS_REMEDIES: TlsRemedies = TlsRemedies {
    authority: "VAULT_CACERT",
    address: "VAULT_ADDR",
    use_tls: "write https:// in VAULT_ADDR",
    use_plain: "write http:// in VAULT_ADDR",
    port: "its API's port",
    client_certificate: "none",
    no_client_certificate: ", which confdeck does not send: use a listener without \
                            tls_require_and_verify_client_cert",
};

/// The remedy where something else than a Vault answers.
pub(super) const CHECK_ADDRESS: &str = "check VAULT_ADDR, and a proxy before it";

/// Why there is no response about the requested path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.words("the server"))]
pub(super) enum VaultError {
    /// No connection; nothing was sent.
    Unreachable(UnreachableReason),
    /// No TLS session; nothing was sent.
    Tls(TlsError),
    /// No response in time; the request may have been executed.
    Timeout,
    /// The connection was closed without a response; the request may have been executed.
    ConnectionClosed,
    /// The request was executed; the response exceeds the size limit.
    TooLarge,
    /// A redirect that is not followed; the request was not executed.
    Redirected(RedirectError),
    /// The request was executed; the response does not have the expected form.
    Malformed,
    /// No Vault wrote the response with this status; one of 4xx refuses the request.
    NotVault(u16),
    Sealed,
    Uninitialised,
    /// The server's rate limit is reached.
    Busy,
    /// The server failed with this status; the request may have been executed.
    Server(u16),
    /// There is no valid token; nothing was done.
    NoToken(TokenError),
    /// The namespace in the settings does not exist.
    NoNamespace,
    /// Our own settings or files cannot be used; user-facing text.
    Unusable(String),
}

/// Why there is no valid token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum TokenError {
    #[error("VAULT_TOKEN has expired or was revoked")]
    Ended,
    #[error("the token in {} has expired or was revoked", .0.display())]
    FileEnded(PathBuf),
    /// The file cannot be read, for this reason.
    #[error("cannot read the token in {}: {reason}", path.display())]
    NoFile { path: PathBuf, reason: String },
    /// The login is refused; user-facing text.
    #[error("{0}")]
    Refused(&'static str),
}

impl VaultError {
    /// Classifies an error of the HTTP client.
    pub(super) fn of(error: &reqwest::Error, address: &VaultAddress) -> Self {
        match HttpFailure::of(error, address.is_tls()) {
            HttpFailure::Unreachable(reason) => Self::Unreachable(reason),
            HttpFailure::Tls(tls) => Self::Tls(tls),
            HttpFailure::Timeout => Self::Timeout,
            HttpFailure::ConnectionClosed => Self::ConnectionClosed,
        }
    }

    /// The error of a response with this status that no Vault wrote.
    pub(super) fn not_vault(status: u16) -> Self {
        if (200..300).contains(&status) { Self::Malformed } else { Self::NotVault(status) }
    }

    /// Whether the request may have been executed, so that a write must not be repeated blindly.
    pub(super) fn may_be_done(&self) -> bool {
        match self {
            Self::NotVault(status) => !(400..500).contains(status),
            Self::Timeout | Self::ConnectionClosed => true,
            _ => self.standing().is_none(),
        }
    }

    /// The host that a redirect named, which was not followed.
    pub(super) fn redirect(&self) -> Option<&str> {
        if let Self::Redirected(why) = self { why.host() } else { None }
    }

    /// What happened and what to do; `vault` is the server's name: `Vault at host:8200`.
    pub(super) fn words(&self, vault: &str) -> String {
        use UnreachableReason as Reason;
        match self {
            Self::Unreachable(Reason::Refused) => {
                format!("nothing listens where {vault} should: check that it runs, and VAULT_ADDR")
            }
            Self::Unreachable(Reason::NoSuchHost) => {
                format!("the name of {vault} has no address: check VAULT_ADDR")
            }
            Self::Unreachable(Reason::NoRoute) => {
                format!("there is no way to {vault}: check the network")
            }
            Self::Unreachable(Reason::TooSlow) => {
                format!("{vault} does not take a connection in time: check the network, and VAULT_ADDR")
            }
            Self::Unreachable(Reason::Other) => {
                format!("no connection to {vault}: check the network, and VAULT_ADDR")
            }
            Self::Tls(tls) => tls.message(vault, &TLS_REMEDIES),
            Self::Timeout => format!("{vault} does not answer in time: it hangs, or is very busy"),
            Self::ConnectionClosed => format!("{vault} ended the connection without an answer"),
            Self::TooLarge => format!("the answer of {vault} is larger than 8 MiB"),
            Self::Redirected(why) => why.words(vault),
            Self::Malformed => format!("the answer of {vault} is not what a Vault says: {CHECK_ADDRESS}"),
            Self::NotVault(status) => {
                format!("the {status} of {vault} is not what a Vault says: {CHECK_ADDRESS}")
            }
            Self::Sealed => format!("{vault} is sealed: unseal it"),
            Self::Uninitialised => format!("{vault} is not initialised: initialise and unseal it"),
            Self::Busy => format!("{vault} takes no more requests for now: its rate limit is reached"),
            Self::Server(status) => format!("{vault} failed with status {status}: see its log"),
            Self::NoToken(why) => format!("no token that {vault} takes: {why}"),
            Self::NoNamespace => format!("{vault} has no such namespace: check VAULT_NAMESPACE"),
            Self::Unusable(words) => words.clone(),
        }
    }

    /// The state of the server, where the error is not about a single response.
    pub(super) fn standing(&self) -> Option<SecretStoreStatus> {
        Some(match self {
            Self::Unreachable(_) | Self::Timeout | Self::ConnectionClosed => SecretStoreStatus::Unreachable,
            Self::Tls(_) => SecretStoreStatus::Untrusted,
            Self::Redirected(_) => SecretStoreStatus::Redirects,
            Self::Sealed => SecretStoreStatus::Sealed,
            Self::Uninitialised => SecretStoreStatus::Uninitialised,
            Self::Busy => SecretStoreStatus::Busy,
            Self::NoToken(TokenError::Ended | TokenError::FileEnded(_)) => SecretStoreStatus::TokenEnded,
            Self::NoToken(TokenError::NoFile { .. }) => SecretStoreStatus::NoLogin,
            Self::NoToken(TokenError::Refused(_)) => SecretStoreStatus::LoginRefused,
            Self::NoNamespace | Self::Unusable(_) => SecretStoreStatus::Misconfigured,
            Self::TooLarge | Self::Malformed | Self::NotVault(_) | Self::Server(_) => return None,
        })
    }

    /// What the system said.
    fn cause(&self) -> Option<ErrorKind> {
        use UnreachableReason as Reason;
        Some(match self {
            Self::Unreachable(Reason::Refused) => ErrorKind::ConnectionRefused,
            Self::Unreachable(Reason::NoRoute) => ErrorKind::HostUnreachable,
            Self::Unreachable(Reason::TooSlow) | Self::Timeout => ErrorKind::TimedOut,
            Self::Unreachable(Reason::NoSuchHost | Reason::Other) => ErrorKind::NotConnected,
            Self::ConnectionClosed => ErrorKind::ConnectionAborted,
            _ => return None,
        })
    }

    pub(super) fn into_provider_error(self, vault: &str) -> provider::Error {
        match self {
            Self::NoToken(why) => {
                provider::Error::Denied { permission: why.to_string(), remedy: why.remedy() }
            }
            Self::NoNamespace | Self::Unusable(_) => provider::Error::invalid(self.words(vault)),
            other => match other.cause() {
                Some(cause) => provider::Error::unavailable_by(other.words(vault), cause),
                None => provider::Error::unavailable(other.words(vault)),
            },
        }
    }
}

impl TokenError {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Ended | Self::Refused(_) => {
                "set VAULT_TOKEN to a new one, or VAULT_ROLE_ID and VAULT_SECRET_ID, and start again"
            }
            Self::FileEnded(_) | Self::NoFile { .. } => NEW_FILE,
        }
    }
}

/// The remedy where the token of a file is missing or has ended.
pub(super) const NEW_FILE: &str = "log in again, as by vault login; the file is read again by itself";
