//! What exchanges over HTTP share: trust, the causes of failures, and bodies of a limited size in memory that
//! is wiped.

use std::io::{self, ErrorKind};
use std::path::Path;

use zeroize::Zeroizing;

use super::tls::TlsError;
use crate::private_file::io_reason;

/// The largest body of an answer, in bytes: a secret has at most 1 MiB, a list of names or of settings may be
/// longer.
pub(crate) const MAX_BODY: usize = 8 << 20;

/// The initial capacity of a body.
const FIRST: usize = 16 << 10;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HttpFailure {
    /// No connection; nothing was sent.
    Unreachable(UnreachableReason),
    /// No TLS session; nothing was sent.
    Tls(TlsError),
    /// No answer in time; the request may have been executed.
    Timeout,
    /// The connection was closed without an answer, or within it; the request may have been executed.
    ConnectionClosed,
}

/// Why no connection could be established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnreachableReason {
    Refused,
    NoSuchHost,
    NoRoute,
    TooSlow,
    Other,
}

/// The authorities of a file, as PEM.
///
/// # Errors
/// Why the file cannot be used.
pub(crate) async fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let pem = tokio::fs::read(path).await.map_err(|error| io_reason(&error))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err("it holds no certificate in PEM".into()),
    }
}

impl HttpFailure {
    /// Classifies an error of the HTTP client, whose own text holds the URL. The address
    /// has the scheme `https` if `tls`.
    pub(crate) fn of(error: &reqwest::Error, tls: bool) -> Self {
        use UnreachableReason as Reason;
        let tls = causes(error).find_map(TlsError::from_cause).filter(|_| tls);
        if let Some(tls) = tls {
            return Self::Tls(tls.without_identity());
        }
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => Self::Unreachable(Reason::TooSlow),
            (true, false) if error.is_dns() => Self::Unreachable(Reason::NoSuchHost),
            (true, false) => {
                let reason =
                    causes(error).find_map(|cause| match cause.downcast_ref::<io::Error>()?.kind() {
                        ErrorKind::ConnectionRefused => Some(Reason::Refused),
                        ErrorKind::HostUnreachable
                        | ErrorKind::NetworkUnreachable
                        | ErrorKind::NetworkDown => Some(Reason::NoRoute),
                        ErrorKind::TimedOut => Some(Reason::TooSlow),
                        _ => None,
                    });
                Self::Unreachable(reason.unwrap_or(Reason::Other))
            }
            (false, true) => Self::Timeout,
            (false, false) => Self::ConnectionClosed,
        }
    }
}

/// An error and its chain of sources.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}

/// A growing buffer that wipes the allocations it outgrows.
pub(crate) struct ResponseBody(Zeroizing<Vec<u8>>);

/// A body is larger than [`MAX_BODY`].
pub(crate) struct BodyTooLarge;

impl ResponseBody {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(FIRST)))
    }

    pub(crate) fn push(&mut self, part: &[u8]) -> Result<(), BodyTooLarge> {
        let length = self.0.len() + part.len();
        if length > MAX_BODY {
            return Err(BodyTooLarge);
        }
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.max(self.0.capacity() * 2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(part);
        Ok(())
    }

    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}
