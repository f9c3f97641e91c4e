//! What can go wrong with a request, in words. Nothing here holds a body, a token, or a client
//! library's own text.

use std::io;

use thiserror::Error;

use super::settings::Address;
use super::trust::Distrust;
use crate::domain::SecretStanding;
use crate::provider;

/// Why there is no answer that speaks of the path that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.words("the server"))]
pub(super) enum Failure {
    /// There is no connection, and nothing was sent.
    Unreachable(Reason),
    /// There is no TLS session, and nothing was sent.
    Distrust(Distrust),
    /// The request may have been carried out, and no answer came in time.
    Silent,
    /// The request may have been carried out; the connection ended without an answer.
    Cut,
    /// It was carried out, and the answer has more bytes than are taken.
    TooLarge,
    /// The server is somebody else's: it sends us where we do not follow.
    Redirected,
    /// It was carried out, and the answer is not of the form that it should have.
    Garbled,
    /// Sealed: it keeps what it has and hands nothing out.
    Sealed,
    /// It has no keys yet.
    Uninitialised,
    /// It takes no more requests for now.
    Busy,
    /// It failed with this status; what it was to do may be done.
    Server(u16),
    /// There is no token that the server takes, and why; nothing was done.
    NoToken(NoToken),
    /// There is no namespace of the name that the settings say.
    NoNamespace,
    /// Our own settings or files are of no use, in words.
    Unusable(String),
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoToken {
    /// The one that was given has expired or was revoked.
    Ended,
    /// The login is refused, in words.
    Refused(&'static str),
}

impl NoToken {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Ended => "VAULT_TOKEN has expired or was revoked",
            Self::Refused(words) => words,
        }
    }
}

/// What kept a connection from coming about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Refused,
    NoSuchHost,
    NoRoute,
    TooSlow,
    Other,
}

impl Reason {
    /// What an I/O error below an attempt to connect means.
    fn of(kind: io::ErrorKind) -> Option<Self> {
        use io::ErrorKind as Kind;
        match kind {
            Kind::ConnectionRefused => Some(Self::Refused),
            Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => Some(Self::NoRoute),
            Kind::TimedOut => Some(Self::TooSlow),
            _ => None,
        }
    }
}

impl Failure {
    /// What an error of the HTTP client means.
    pub(super) fn of(error: &reqwest::Error, address: &Address) -> Self {
        if error.is_redirect() {
            return Self::Redirected;
        }
        if let Some(distrust) = causes(error).find_map(|cause| Distrust::behind(cause, address.is_tls())) {
            return Self::Distrust(distrust);
        }
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => Self::Unreachable(Reason::TooSlow),
            (true, false) if error.is_dns() => Self::Unreachable(Reason::NoSuchHost),
            (true, false) => {
                let reason = causes(error)
                    .filter_map(|cause| cause.downcast_ref::<io::Error>())
                    .find_map(|error| Reason::of(error.kind()));
                Self::Unreachable(reason.unwrap_or(Reason::Other))
            }
            (false, true) => Self::Silent,
            (false, false) => Self::Cut,
        }
    }

    /// Whether the request may have been carried out, so that a write must not be repeated blindly.
    pub(super) fn may_be_done(&self) -> bool {
        match self {
            Self::Silent | Self::Cut | Self::TooLarge | Self::Garbled | Self::Server(_) => true,
            Self::Unreachable(_)
            | Self::Distrust(_)
            | Self::Redirected
            | Self::Sealed
            | Self::Uninitialised
            | Self::Busy
            | Self::NoToken(_)
            | Self::NoNamespace
            | Self::Unusable(_) => false,
        }
    }

    /// What happened and what to do; `vault` is who is at the other side: `Vault at host:8200`.
    pub(super) fn words(&self, vault: &str) -> String {
        match self {
            Self::Unreachable(Reason::Refused) => {
                format!("nothing listens where {vault} should: check that it runs, and VAULT_ADDR")
            }
            Self::Unreachable(Reason::NoSuchHost) => {
                format!("the name of {vault} has no address: check VAULT_ADDR")
            }
            Self::Unreachable(Reason::NoRoute) => format!("there is no way to {vault}: check the network"),
            Self::Unreachable(Reason::TooSlow) => {
                format!("{vault} does not take a connection in time: check the network, and VAULT_ADDR")
            }
            Self::Unreachable(Reason::Other) => {
                format!("no connection to {vault}: check the network, and VAULT_ADDR")
            }
            Self::Distrust(distrust) => distrust.words(vault),
            Self::Silent => format!("{vault} does not answer in time: it hangs, or is very busy"),
            Self::Cut => format!("{vault} ended the connection without an answer"),
            Self::TooLarge => format!("the answer of {vault} is larger than 8 MiB"),
            Self::Redirected => format!(
                "{vault} sends us to another place that is not followed: check VAULT_ADDR, and a proxy before it"
            ),
            Self::Garbled => {
                format!(
                    "the answer of {vault} is not what a Vault says: check VAULT_ADDR, and a proxy before it"
                )
            }
            Self::Sealed => format!("{vault} is sealed: unseal it"),
            Self::Uninitialised => format!("{vault} is not initialised: initialise and unseal it"),
            Self::Busy => format!("{vault} takes no more requests for now: its rate limit is reached"),
            Self::Server(status) => format!("{vault} failed with status {status}: see its log"),
            Self::NoToken(why) => format!("no token that {vault} takes: {}", why.words()),
            Self::NoNamespace => format!("{vault} has no such namespace: check VAULT_NAMESPACE"),
            Self::Unusable(words) => words.clone(),
        }
    }

    /// How the server stands, where this speaks of more than one answer.
    pub(super) fn standing(&self) -> Option<SecretStanding> {
        Some(match self {
            Self::Unreachable(_) | Self::Silent | Self::Cut => SecretStanding::Unreachable,
            Self::Distrust(_) => SecretStanding::Distrusted,
            Self::Redirected => SecretStanding::Strange,
            Self::Sealed => SecretStanding::Sealed,
            Self::Uninitialised => SecretStanding::Uninitialised,
            Self::Busy => SecretStanding::Busy,
            Self::NoToken(NoToken::Ended) => SecretStanding::TokenEnded,
            Self::NoToken(NoToken::Refused(_)) => SecretStanding::LoginRefused,
            Self::NoNamespace | Self::Unusable(_) => SecretStanding::Misconfigured,
            Self::TooLarge | Self::Garbled | Self::Server(_) => return None,
        })
    }

    /// As a caller of the provider is told.
    pub(super) fn into_error(self, vault: &str) -> provider::Error {
        match self {
            Self::NoToken(why) => {
                provider::Error::Denied { permission: why.words().into(), remedy: NEW_TOKEN }
            }
            Self::NoNamespace => provider::Error::Invalid { reason: self.words(vault) },
            Self::Unusable(reason) => provider::Error::Invalid { reason },
            other => provider::Error::Unavailable { reason: other.words(vault), retry_in: None },
        }
    }
}

/// What to do where no token is left.
const NEW_TOKEN: &str = "set VAULT_TOKEN to a new one, or VAULT_ROLE_ID and VAULT_SECRET_ID, and start again";

/// An error and all that caused it.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}
