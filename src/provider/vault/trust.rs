//! Why no TLS session came about, each cause in its own words.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};

use crate::provider::certificate::{self, bare, day};

/// How long each of a certificate's names may be in a message.
const NAME: usize = 100;

/// Why no session came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Distrust {
    /// Nobody whom we trust signed the certificate.
    Untrusted,
    /// The certificate is for others; these.
    OtherName(Vec<String>),
    /// The certificate is too old; since when, where that is told.
    Expired(Option<UnixTime>),
    /// The certificate is for a later time.
    NotYetValid(Option<UnixTime>),
    /// The certificate is not one that a server may have.
    NoServerCertificate,
    /// The server wants a client certificate, which confdeck does not have for Vault.
    ClientCertificate,
    /// The server speaks TLS and we do not.
    Secured,
    /// We speak TLS and the server does not.
    Plain,
    /// Any other end of a handshake.
    Handshake,
}

impl Distrust {
    /// What TLS has to do with one of an error's causes; `tls` is whether we wanted it.
    pub(super) fn behind(cause: &(dyn std::error::Error + 'static), tls: bool) -> Option<Self> {
        if !tls {
            return None;
        }
        if let Some(error) = cause.downcast_ref::<Error>() {
            return Some(Self::of(error));
        }
        // An I/O error holds its cause where `source` passes it over, and that may be another one.
        Self::behind(cause.downcast_ref::<io::Error>()?.get_ref()?, tls)
    }

    fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::InvalidMessage(_) => Self::Plain,
            Error::AlertReceived(alert) if *alert == rustls::AlertDescription::CertificateRequired => {
                Self::ClientCertificate
            }
            _ => Self::Handshake,
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        use CertificateError as Bad;
        match error {
            // Another authority of the same name shows as a signature that does not fit.
            Bad::UnknownIssuer | Bad::BadSignature => Self::Untrusted,
            Bad::Expired => Self::Expired(None),
            Bad::ExpiredContext { not_after, .. } => Self::Expired(Some(*not_after)),
            Bad::NotValidYet => Self::NotYetValid(None),
            Bad::NotValidYetContext { not_before, .. } => Self::NotYetValid(Some(*not_before)),
            Bad::NotValidForName => Self::OtherName(Vec::new()),
            Bad::NotValidForNameContext { presented, .. } => Self::OtherName(
                presented.iter().map(|name| bare(name).chars().take(NAME).collect()).collect(),
            ),
            // The system's verifier has its own words for an unknown authority.
            Bad::Other(_) => Self::Untrusted,
            _ => Self::NoServerCertificate,
        }
    }

    /// What happened and what to do; `vault` is who is at the other side.
    pub(super) fn words(&self, vault: &str) -> String {
        match self {
            Self::Untrusted => format!(
                "the certificate of {vault} is not signed by anybody trusted here: \
                 set VAULT_CACERT to the certificate of the authority that signed it"
            ),
            Self::OtherName(names) => format!(
                "the certificate of {vault} is for {}: write one of its names in VAULT_ADDR, or have it issued \
                 for this one",
                certificate::names(names).unwrap_or_else(|| "another name".to_owned())
            ),
            Self::Expired(at) => {
                let on = at.map(|at| format!(" on {}", day(at))).unwrap_or_default();
                format!("the certificate of {vault} expired{on}: it has to be renewed there")
            }
            Self::NotYetValid(from) => {
                let from = from.map(|from| format!(" before {}", day(from))).unwrap_or_default();
                format!("the certificate of {vault} is not valid{from}: check the clocks of both sides")
            }
            Self::NoServerCertificate => format!(
                "the certificate of {vault} is not one that a server may have: it has to be issued anew, for a server"
            ),
            Self::ClientCertificate => format!(
                "{vault} asks for a client certificate, which confdeck does not send: use a listener without \
                 tls_require_and_verify_client_cert"
            ),
            Self::Secured => format!("{vault} speaks TLS: write https:// in VAULT_ADDR"),
            Self::Plain => format!(
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
        let certificate = |error| Distrust::of(&Error::InvalidCertificate(error)).words("Vault at v:1");
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
            Distrust::of(&Error::AlertReceived(AlertDescription::CertificateRequired)).words("Vault at v:1"),
            Distrust::of(&Error::AlertReceived(AlertDescription::ProtocolVersion)).words("Vault at v:1"),
            Distrust::of(&Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType))
                .words("Vault at v:1"),
            Distrust::Secured.words("Vault at v:1"),
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
        let words = Distrust::OtherName(names).words("Vault at v:1");
        assert!(words.contains("host0, host1, host2, host3 and others:"), "{words}");
    }
}
