//! TLS errors, each with text for people.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};

use crate::provider::certificate::{self, date, without_kind};

/// The maximum length of a certificate's name in a message, in characters.
const NAME: usize = 100;

/// Why no TLS session could be established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TlsError {
    /// The certificate is not signed by a trusted CA.
    UnknownIssuer,
    /// The certificate is for these other names.
    NameMismatch(Vec<String>),
    /// The certificate has expired; since when, if known.
    Expired(Option<UnixTime>),
    /// The certificate is not valid yet; from when, if known.
    NotYetValid(Option<UnixTime>),
    /// The certificate is not valid for a server.
    NoServerCertificate,
    /// The server requires a client certificate, which confdeck does not support for Vault.
    ClientCertificate,
    /// The server requires TLS, and the address is `http://`.
    TlsRequired,
    /// The server does not speak TLS, and the address is `https://`.
    NotTls,
    /// Any other failure of the handshake.
    Handshake,
}

impl TlsError {
    /// The TLS error in one of an error's causes; `tls` is whether the address is `https://`.
    pub(super) fn from_cause(cause: &(dyn std::error::Error + 'static), tls: bool) -> Option<Self> {
        if !tls {
            return None;
        }
        if let Some(error) = cause.downcast_ref::<Error>() {
            return Some(Self::of(error));
        }
        // `source` of an I/O error skips the wrapped error, which may be another I/O error.
        Self::from_cause(cause.downcast_ref::<io::Error>()?.get_ref()?, tls)
    }

    fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::InvalidMessage(_) => Self::NotTls,
            Error::AlertReceived(alert) if *alert == rustls::AlertDescription::CertificateRequired => {
                Self::ClientCertificate
            }
            _ => Self::Handshake,
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        use CertificateError as Bad;
        match error {
            // Another CA of the same name shows as a bad signature.
            Bad::UnknownIssuer | Bad::BadSignature => Self::UnknownIssuer,
            Bad::Expired => Self::Expired(None),
            Bad::ExpiredContext { not_after, .. } => Self::Expired(Some(*not_after)),
            Bad::NotValidYet => Self::NotYetValid(None),
            Bad::NotValidYetContext { not_before, .. } => Self::NotYetValid(Some(*not_before)),
            Bad::NotValidForName => Self::NameMismatch(Vec::new()),
            Bad::NotValidForNameContext { presented, .. } => Self::NameMismatch(
                presented.iter().map(|name| without_kind(name).chars().take(NAME).collect()).collect(),
            ),
            // The platform verifier has its own error for an unknown CA.
            Bad::Other(_) => Self::UnknownIssuer,
            _ => Self::NoServerCertificate,
        }
    }

    /// What happened and what to do; `vault` is the server's name.
    pub(super) fn words(&self, vault: &str) -> String {
        match self {
            Self::UnknownIssuer => format!(
                "the certificate of {vault} is not signed by anybody trusted here: \
                 set VAULT_CACERT to the certificate of the authority that signed it"
            ),
            Self::NameMismatch(names) => format!(
                "the certificate of {vault} is for {}: write one of its names in VAULT_ADDR, or have it issued \
                 for this one",
                certificate::first_names(names).unwrap_or_else(|| "another name".to_owned())
            ),
            Self::Expired(at) => {
                let on = at.map(|at| format!(" on {}", date(at))).unwrap_or_default();
                format!("the certificate of {vault} expired{on}: it has to be renewed there")
            }
            Self::NotYetValid(from) => {
                let from = from.map(|from| format!(" before {}", date(from))).unwrap_or_default();
                format!("the certificate of {vault} is not valid{from}: check the clocks of both sides")
            }
            Self::NoServerCertificate => format!(
                "the certificate of {vault} is not one that a server may have: it has to be issued anew, for a server"
            ),
            Self::ClientCertificate => format!(
                "{vault} asks for a client certificate, which confdeck does not send: use a listener without \
                 tls_require_and_verify_client_cert"
            ),
            Self::TlsRequired => format!("{vault} speaks TLS: write https:// in VAULT_ADDR"),
            Self::NotTls => format!(
                "{vault} does not speak TLS: write http:// in VAULT_ADDR, or have TLS switched on there"
            ),
            Self::Handshake => {
                format!("no TLS session with {vault} could be agreed on: check that this is its API's port")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::AlertDescription;

    use super::*;

    #[test]
    fn each_cause_has_words_of_its_own() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let certificate = |error| TlsError::of(&Error::InvalidCertificate(error)).words("Vault at v:1");
        let name = CertificateError::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("e").unwrap(),
            presented: vec!["DnsName(\"vault.example\")".into(), "IpAddress(10.0.0.1)".into()],
        };
        let time = at(1_800_000_000);
        let said = [
            certificate(CertificateError::UnknownIssuer),
            certificate(name),
            certificate(CertificateError::ExpiredContext { time, not_after: at(1_577_836_800) }),
            certificate(CertificateError::NotValidYetContext { time, not_before: at(4_102_444_800) }),
            certificate(CertificateError::InvalidPurpose),
            TlsError::of(&Error::AlertReceived(AlertDescription::CertificateRequired)).words("Vault at v:1"),
            TlsError::of(&Error::AlertReceived(AlertDescription::ProtocolVersion)).words("Vault at v:1"),
            TlsError::of(&Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType))
                .words("Vault at v:1"),
            TlsError::TlsRequired.words("Vault at v:1"),
        ];
        assert!(said[1].contains("is for vault.example, 10.0.0.1:"), "{}", said[1]);
        assert!(said[2].contains("expired on 2020-01-01"), "{}", said[2]);
        assert!(said[3].contains("not valid before 2100-01-01"), "{}", said[3]);
        for (n, words) in said.iter().enumerate() {
            assert!(words.contains("Vault at v:1") && words.contains(": "), "{words}");
            assert!(!said[..n].contains(words), "{words}");
        }
    }

    #[test]
    fn a_certificate_of_many_names_is_told_in_a_line() {
        let names: Vec<_> = (0..100).map(|n| format!("host{n}")).collect();
        let words = TlsError::NameMismatch(names).words("Vault at v:1");
        assert!(words.contains("host0, host1, host2, host3 and others:"), "{words}");
    }
}
