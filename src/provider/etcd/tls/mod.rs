//! TLS: credentials from the configured files, and the causes of failed handshakes.

mod probe;

use std::path::Path;
use std::time::Duration;

use etcd_client::{Certificate, Identity, TlsOptions};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

pub(super) use probe::{handshake, probe};

use super::error::Fault;
use super::settings::{IdentityFiles, TlsFiles};
use crate::private_file::io_reason;
use crate::provider::tls::ensure_crypto_provider;

/// How long a handshake may take, once TCP is connected.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Where systems keep their trusted certificates: Debian, Fedora, openSUSE, Alpine.
const SYSTEM_TRUST: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Trusted CAs and the client's identity, from files that were checked.
pub(super) struct TlsCredentials {
    ca_bundle: Vec<u8>,
    identity: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    pub(super) config: ClientConfig,
}

impl TlsCredentials {
    /// Reads the files. The error names the file that cannot be used; the client library's error would not.
    pub(super) async fn read(files: &TlsFiles) -> Result<Self, Fault> {
        ensure_crypto_provider();
        let trusted = match &files.ca_cert {
            Some(path) => pem(path, "ETCD_CACERT").await?,
            None => system_trust().await?,
        };
        let mut roots = RootCertStore::empty();
        // A system's bundle may contain certificates that rustls cannot parse; these are skipped.
        roots.add_parsable_certificates(certificates(&trusted).unwrap_or_default());
        if let (Some(path), true) = (&files.ca_cert, roots.is_empty()) {
            return Err(unusable(path, "ETCD_CACERT", "it holds no certificate in PEM"));
        }
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let Some(identity) = &files.identity else {
            let config = builder.with_no_client_auth();
            return Ok(Self { ca_bundle: trusted, identity: None, config });
        };
        let cert = pem(&identity.cert, "ETCD_CERT").await?;
        let key = Zeroizing::new(pem(&identity.key, "ETCD_KEY").await?);
        let chain = certificates(&cert)
            .ok_or_else(|| unusable(&identity.cert, "ETCD_CERT", "it holds no certificate in PEM"))?;
        let config = builder
            .with_client_auth_cert(chain, private_key(&key, &identity.key)?)
            .map_err(|error| mismatch(&error, identity))?;
        Ok(Self { ca_bundle: trusted, identity: Some((cert, key)), config })
    }

    /// As options of the client library.
    pub(super) fn options(&self) -> TlsOptions {
        let options = TlsOptions::new()
            .ca_certificate(Certificate::from_pem(&self.ca_bundle))
            .timeout(HANDSHAKE_TIMEOUT);
        match &self.identity {
            Some((cert, key)) => options.identity(Identity::from_pem(cert, &**key)),
            None => options,
        }
    }
}

fn unusable(path: &Path, variable: &str, why: &str) -> Fault {
    Fault::InvalidSettings(format!("cannot use {} ({variable}): {why}", path.display()))
}

async fn pem(path: &Path, variable: &str) -> Result<Vec<u8>, Fault> {
    tokio::fs::read(path).await.map_err(|error| {
        Fault::InvalidSettings(format!("cannot read {} ({variable}): {}", path.display(), io_reason(&error)))
    })
}

async fn system_trust() -> Result<Vec<u8>, Fault> {
    for path in SYSTEM_TRUST {
        if let Ok(bundle) = tokio::fs::read(path).await {
            return Ok(bundle);
        }
    }
    Err(Fault::InvalidSettings("this system has no certificates to trust: set ETCD_CACERT".into()))
}

/// All certificates of a file; `None` where there is none, or a malformed one.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!all.is_empty()).then_some(all)
}

fn private_key(pem: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, Fault> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        // Both PEM formats of an encrypted key.
        let marks: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED", b"Proc-Type: 4,ENCRYPTED"];
        let mut lines = pem.split(|byte| *byte == b'\n');
        let why = if lines.any(|line| marks.iter().any(|mark| line.starts_with(mark))) {
            "it is encrypted, and nobody is asked for its passphrase: name a key without one"
        } else {
            "it holds no private key in PEM"
        };
        unusable(path, "ETCD_KEY", why)
    })
}

fn mismatch(error: &rustls::Error, files: &IdentityFiles) -> Fault {
    match error {
        rustls::Error::InconsistentKeys(_) => Fault::InvalidSettings(format!(
            "the key {} (ETCD_KEY) does not belong to the certificate {} (ETCD_CERT)",
            files.key.display(),
            files.cert.display()
        )),
        _ => unusable(&files.key, "ETCD_KEY", "it is of a kind that is not supported"),
    }
}
