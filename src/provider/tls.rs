//! TLS code shared by the backends: the crypto provider, and the causes of failed handshakes with their
//! messages.

use std::error::Error as StdError;
use std::io;
#[cfg(any(feature = "etcd", feature = "vault"))]
use std::net::IpAddr;
use std::sync::Once;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

use crate::domain::utc;

/// The most names of a certificate that a message lists, and the most characters of each.
const MAX_NAMES: usize = 4;
const MAX_NAME: usize = 100;

/// Installs `aws-lc-rs` as the process's default crypto provider, unless one is installed already.
/// rustls panics where two are linked and none is installed.
pub fn ensure_crypto_provider() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        // An error means that one is installed already, which is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

/// Whether a host is `localhost` or a loopback address; IPv6 without brackets.
#[cfg(any(feature = "etcd", feature = "vault"))]
pub(crate) fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The settings that a backend's error messages name as remedies.
pub(crate) struct TlsRemedies {
    /// The setting of the trusted authorities.
    pub(crate) authority: &'static str,
    /// The setting of the address.
    pub(crate) address: &'static str,
    pub(crate) use_tls: &'static str,
    pub(crate) use_plain: &'static str,
    /// The port to check, as in `its client port`.
    pub(crate) port: &'static str,
    /// The setting of the client certificate, where the backend has one.
    pub(crate) client_certificate: &'static str,
    /// Appended for a server that asks for a client certificate and gets none.
    pub(crate) no_client_certificate: &'static str,
}

/// Why no TLS session could be established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TlsError {
    /// No trusted authority signed the certificate.
    UnknownIssuer,
    /// The certificate is for these other names.
    NameMismatch {
        wanted: String,
        names: Vec<String>,
    },
    Expired(Option<UnixTime>),
    NotYetValid(Option<UnixTime>),
    /// The certificate is not valid for a server.
    InvalidServerCertificate,
    /// The server rejects the client certificate, or its absence.
    ClientCertificateRefused(AlertDescription),
    /// The server requires a client certificate, and none is configured.
    ClientCertificateMissing,
    /// The server speaks TLS, and the client plain text.
    #[cfg_attr(
        not(any(feature = "etcd", feature = "vault")),
        allow(dead_code, reason = "told by servers of these kinds alone")
    )]
    TlsRequired,
    /// The server speaks plain text, and the client TLS.
    NotTls,
    /// Any other failure of a handshake.
    Handshake,
}

impl TlsError {
    pub(crate) fn of(error: &Error) -> Self {
        use AlertDescription as Alert;
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::InvalidMessage(_) => Self::NotTls,
            Error::AlertReceived(
                alert @ (Alert::CertificateRequired
                | Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied),
            ) => Self::ClientCertificateRefused(*alert),
            _ => Self::Handshake,
        }
    }

    /// The TLS error in one of an error's causes.
    pub(crate) fn from_cause(cause: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(error) = cause.downcast_ref() {
            return Some(Self::of(error));
        }
        // `source` of an I/O error skips the wrapped error, which may be another I/O error.
        Self::from_cause(cause.downcast_ref::<io::Error>()?.get_ref()?)
    }

    fn of_certificate(error: &CertificateError) -> Self {
        use CertificateError as Bad;
        match error {
            // A different CA of the same name shows up as a bad signature. The platform verifier has its own
            // error for an unknown one.
            Bad::UnknownIssuer | Bad::BadSignature | Bad::Other(_) => Self::UnknownIssuer,
            Bad::Expired => Self::Expired(None),
            Bad::ExpiredContext { not_after, .. } => Self::Expired(Some(*not_after)),
            Bad::NotValidYet => Self::NotYetValid(None),
            Bad::NotValidYetContext { not_before, .. } => Self::NotYetValid(Some(*not_before)),
            Bad::NotValidForName => Self::NameMismatch { wanted: String::new(), names: Vec::new() },
            Bad::NotValidForNameContext { expected, presented } => Self::NameMismatch {
                wanted: expected.to_str().into_owned(),
                names: presented.iter().map(|name| without_kind(name)).collect(),
            },
            _ => Self::InvalidServerCertificate,
        }
    }

    /// For a client that sent no certificate: what the server refuses is its absence.
    pub(crate) fn without_identity(self) -> Self {
        match self {
            Self::ClientCertificateRefused(_) => Self::ClientCertificateMissing,
            other => other,
        }
    }

    /// What happened and what to do; `server` is the server's name, such as `etcd at e:2379`.
    pub(crate) fn message(&self, server: &str, remedies: &TlsRemedies) -> String {
        let TlsRemedies { authority, address, client_certificate, .. } = remedies;
        match self {
            Self::UnknownIssuer => format!(
                "the certificate of {server} is not signed by anybody trusted here: \
                 set {authority} to the certificate of the authority that signed it"
            ),
            Self::NameMismatch { wanted, names } => {
                let not = if wanted.is_empty() { String::new() } else { format!(", not for {wanted}") };
                format!(
                    "the certificate of {server} is for {}{not}: write one of its names in {address}, \
                     or have it issued for this one",
                    first_names(names)
                )
            }
            Self::Expired(at) => {
                let on = at.map(|at| format!(" on {}", date(at))).unwrap_or_default();
                format!("the certificate of {server} expired{on}: it has to be renewed there")
            }
            Self::NotYetValid(from) => {
                let from = from.map(|from| format!(" before {}", date(from))).unwrap_or_default();
                format!("the certificate of {server} is not valid{from}: check the clocks of both sides")
            }
            Self::InvalidServerCertificate => format!(
                "the certificate of {server} is not one that a server may have (an authority's own, \
                 or of version 1): it has to be issued anew, for a server"
            ),
            Self::ClientCertificateRefused(AlertDescription::CertificateExpired) => {
                format!("our client certificate ({client_certificate}) has expired, says {server}: renew it")
            }
            Self::ClientCertificateRefused(_) => format!(
                "{server} refuses our client certificate: {client_certificate} must be signed by an authority \
                 that it trusts, and not be expired"
            ),
            Self::ClientCertificateMissing => {
                format!("{server} asks for a client certificate{}", remedies.no_client_certificate)
            }
            Self::TlsRequired => format!("{server} speaks TLS: {}", remedies.use_tls),
            Self::NotTls => {
                format!("{server} does not speak TLS: {}, or have TLS switched on there", remedies.use_plain)
            }
            Self::Handshake => format!(
                "no TLS session with {server} could be agreed on: check that this is {}",
                remedies.port
            ),
        }
    }
}

fn first_names(names: &[String]) -> String {
    match names.get(..MAX_NAMES) {
        _ if names.is_empty() => "no name at all".into(),
        Some(first) if names.len() > MAX_NAMES => format!("{} and others", first.join(", ")),
        _ => names.join(", "),
    }
}

/// A name without the kind that rustls prints around it: `DnsName("a")`, `IpAddress(1.2.3.4)`.
fn without_kind(name: &str) -> String {
    let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(name).trim_matches('"').chars().take(MAX_NAME).collect()
}

/// `2027-01-31`
fn date(at: UnixTime) -> String {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(at.as_secs()));
    let words = at.map(utc).unwrap_or_default();
    words.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    const REMEDIES: TlsRemedies = TlsRemedies {
        authority: "E_CACERT",
        address: "E_HOST",
        use_tls: "write https://",
        use_plain: "write http://",
        port: "its port",
        client_certificate: "E_CERT",
        no_client_certificate: ": set E_CERT",
    };

    #[test]
    fn each_cause_has_words_of_its_own() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let now = at(1_800_000_000);
        let message = |error: TlsError| error.message("e:1", &REMEDIES);
        let certificate = |error| message(TlsError::of(&Error::InvalidCertificate(error)));
        let alert = |alert| message(TlsError::of(&Error::AlertReceived(alert)));
        let name = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("e").unwrap(),
            presented: vec!["DnsName(\"etcd.example\")".into(), "IpAddress(10.0.0.1)".into()],
        };
        let required = TlsError::of(&Error::AlertReceived(AlertDescription::CertificateRequired));
        let said = [
            certificate(CertificateError::UnknownIssuer),
            certificate(name),
            certificate(CertificateError::NotValidForName),
            certificate(CertificateError::ExpiredContext { time: now, not_after: at(1_577_836_800) }),
            certificate(CertificateError::NotValidYetContext { time: now, not_before: at(4_102_444_800) }),
            certificate(CertificateError::InvalidPurpose),
            alert(AlertDescription::CertificateExpired),
            alert(AlertDescription::UnknownCA),
            alert(AlertDescription::ProtocolVersion),
            message(required.without_identity()),
            message(TlsError::TlsRequired),
            message(TlsError::of(&Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType))),
        ];
        assert!(said[1].contains("is for etcd.example, 10.0.0.1, not for e:"), "{}", said[1]);
        assert!(said[2].contains("no name at all"), "{}", said[2]);
        assert!(said[3].contains("expired on 2020-01-01"), "{}", said[3]);
        assert!(said[4].contains("not valid before 2100-01-01"), "{}", said[4]);
        for (n, words) in said.iter().enumerate() {
            assert!(words.contains("e:1") && words.contains(": "), "{words}");
            assert!(!said[..n].contains(words), "{words}");
        }
    }

    #[test]
    fn a_certificate_of_many_names_is_told_in_a_line() {
        let names: Vec<_> = (0..100).map(|n| format!("host{n}")).collect();
        let words = TlsError::NameMismatch { wanted: "e".into(), names }.message("e:1", &REMEDIES);
        assert!(words.contains("host0, host1, host2, host3 and others, not for e:"), "{words}");
    }
}
