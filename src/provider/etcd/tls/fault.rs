//! Causes of failed TLS handshakes, each with its message.

use std::io;

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, Error};

use crate::provider::certificate::{self, date, without_kind};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider::etcd) enum TlsFault {
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
    /// The member rejects the client certificate, or its absence.
    ClientCertificateRefused(AlertDescription),
    /// The member requires a client certificate, and none is configured.
    ClientCertificateMissing,
    /// The member speaks TLS, and the client plain text.
    TlsRequired,
    /// The member speaks plain text, and the client TLS.
    NotTls,
    /// Any other failure of a handshake.
    Handshake,
}

impl TlsFault {
    pub(in crate::provider::etcd) fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::AlertReceived(alert) if is_about_our_certificate(*alert) => {
                Self::ClientCertificateRefused(*alert)
            }
            _ => Self::Handshake,
        }
    }

    /// The TLS fault in an error's cause, if there is one.
    pub(in crate::provider::etcd) fn from_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let cause = cause.downcast_ref::<io::Error>()?;
        // `source` of an I/O error skips the inner error itself.
        let inner = cause.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        inner.map(Self::of).or_else(|| was_cut(cause.kind()).then_some(Self::Handshake))
    }

    fn of_certificate(error: &CertificateError) -> Self {
        use CertificateError as Bad;
        match error {
            // Another authority of the same name shows as a bad signature.
            Bad::UnknownIssuer | Bad::BadSignature => Self::UnknownIssuer,
            Bad::Expired => Self::Expired(None),
            Bad::ExpiredContext { not_after, .. } => Self::Expired(Some(*not_after)),
            Bad::NotValidYet => Self::NotYetValid(None),
            Bad::NotValidYetContext { not_before, .. } => Self::NotYetValid(Some(*not_before)),
            Bad::NotValidForName => Self::NameMismatch { wanted: String::new(), names: Vec::new() },
            Bad::NotValidForNameContext { expected, presented } => Self::NameMismatch {
                wanted: plain_name(expected),
                names: presented.iter().map(|name| without_kind(name).to_owned()).collect(),
            },
            _ => Self::InvalidServerCertificate,
        }
    }

    /// What happened and what to do; `etcd` is the address.
    pub(in crate::provider::etcd) fn message(&self, etcd: &str) -> String {
        match self {
            Self::UnknownIssuer => format!(
                "the certificate of etcd at {etcd} is not signed by anybody trusted here: \
                 set ETCD_CACERT to the certificate of the authority that signed it"
            ),
            Self::NameMismatch { wanted, names } => other_name(etcd, wanted, names),
            Self::Expired(at) => {
                let on = at.map(|at| format!(" on {}", date(at))).unwrap_or_default();
                format!("the certificate of etcd at {etcd} expired{on}: it has to be renewed there")
            }
            Self::NotYetValid(from) => {
                let from = from.map(|from| format!(" before {}", date(from))).unwrap_or_default();
                format!(
                    "the certificate of etcd at {etcd} is not valid{from}: check the clocks of both sides"
                )
            }
            Self::InvalidServerCertificate => format!(
                "the certificate of etcd at {etcd} is not one that a server may have (an authority's own, \
                 or of version 1): it has to be issued anew, for a server"
            ),
            Self::ClientCertificateRefused(AlertDescription::CertificateExpired) => {
                format!("our client certificate (ETCD_CERT) has expired, says etcd at {etcd}: renew it")
            }
            Self::ClientCertificateRefused(_) => format!(
                "etcd at {etcd} refuses our client certificate: ETCD_CERT must be signed by an authority \
                 that etcd trusts, and not be expired"
            ),
            Self::ClientCertificateMissing => {
                format!("etcd at {etcd} asks for a client certificate: set ETCD_CERT and ETCD_KEY")
            }
            Self::TlsRequired => format!(
                "etcd at {etcd} speaks TLS: write https:// before its name in ETCD_HOST, or set ETCD_CACERT"
            ),
            Self::NotTls => format!(
                "etcd at {etcd} does not speak TLS: write http:// before its name in ETCD_HOST, \
                 or have TLS switched on there"
            ),
            Self::Handshake => format!(
                "no TLS session with etcd at {etcd} could be agreed on: check that this is its client port"
            ),
        }
    }
}

/// Whether the peer closed an established connection; a failed connect has other kinds.
fn was_cut(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(kind, Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe)
}

fn is_about_our_certificate(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}

fn other_name(etcd: &str, wanted: &str, names: &[String]) -> String {
    let shown = certificate::first_names(names).unwrap_or_else(|| "no name at all".to_owned());
    let not = if wanted.is_empty() { String::new() } else { format!(", not for {wanted}") };
    format!(
        "the certificate of etcd at {etcd} is for {shown}{not}: write one of its names in ETCD_HOST, \
         or have it issued for this one"
    )
}

fn plain_name(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_cause_has_words_of_its_own() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let now = at(1_800_000_000);
        let certificate = |error| TlsFault::of(&Error::InvalidCertificate(error)).message("e:1");
        let alert = |alert| TlsFault::of(&Error::AlertReceived(alert)).message("e:1");
        let name = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("e").unwrap(),
            presented: vec!["DnsName(\"etcd.example\")".into(), "IpAddress(10.0.0.1)".into()],
        };
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
            TlsFault::ClientCertificateMissing.message("e:1"),
            TlsFault::TlsRequired.message("e:1"),
            TlsFault::NotTls.message("e:1"),
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
    fn a_handshake_that_was_cut_is_told_from_a_port_where_nobody_listens() {
        let behind = |kind: io::ErrorKind| TlsFault::from_cause(&io::Error::from(kind));
        assert_eq!(behind(io::ErrorKind::UnexpectedEof), Some(TlsFault::Handshake));
        assert_eq!(behind(io::ErrorKind::ConnectionReset), Some(TlsFault::Handshake));
        assert_eq!(behind(io::ErrorKind::ConnectionRefused), None);
        let inside = io::Error::other(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        assert_eq!(TlsFault::from_cause(&inside), Some(TlsFault::UnknownIssuer));
    }

    #[test]
    fn a_certificate_of_many_names_is_told_in_a_line() {
        let names: Vec<_> = (0..100).map(|n| format!("host{n}")).collect();
        let words = TlsFault::NameMismatch { wanted: "e".into(), names }.message("e:1");
        assert!(words.contains("host0, host1, host2, host3 and others, not for e"), "{words}");
    }
}
