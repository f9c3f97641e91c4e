//! Expiry of certificates: the one that each TLS server presents, and the configured files.
//!
//! The server's is read by a separate handshake, since the client library does not expose it. That
//! handshake accepts any certificate, because expired ones are of interest, and sends no data: it
//! disconnects at once. All other calls verify certificates.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use futures::future::join_all;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::time::{Instant, timeout};
use x509_cert::der::Decode;

use super::super::connect::Connector;
use super::super::settings::{Endpoint, TlsFiles};
use super::super::tls::{TlsCredentials, handshake};
use super::remaining;
use crate::domain::{Certificate, CertificateOwner};

/// How long a server's certificate is cached. Servers log connections that send nothing.
const CACHE_TTL: Duration = Duration::from_secs(300);

const MAX_PER_FILE: usize = 4;

/// The largest certificate file that is read, in bytes.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// Server certificates and when they were read, by address.
#[derive(Default)]
pub(super) struct CertificateCache(Mutex<HashMap<String, (Instant, Certificate)>>);

impl CertificateCache {
    /// The servers' certificates and those of the configured files, as far as they can be read.
    pub(super) async fn collect(&self, connector: &Connector, deadline: Instant) -> Vec<Certificate> {
        let settings = &connector.settings;
        let secured = settings.endpoints.iter().filter(|endpoint| settings.uses_tls(endpoint));
        let servers = secured.map(|endpoint| self.server(endpoint, &settings.tls, deadline));
        let (servers, files) = tokio::join!(join_all(servers), files(settings.tls.clone()));
        servers.into_iter().flatten().chain(files).collect()
    }

    async fn server(&self, endpoint: &Endpoint, files: &TlsFiles, deadline: Instant) -> Option<Certificate> {
        let address = endpoint.to_string();
        let recent = |(at, _): &&(Instant, Certificate)| at.elapsed() < CACHE_TTL;
        if let Some((_, known)) = self.0.lock().get(&address).filter(recent) {
            return Some(known.clone());
        }
        let shown = timeout(remaining(deadline), peer_certificate(endpoint, files)).await.ok().flatten()?;
        let certificate = read(CertificateOwner::Server(address.clone()), &shown)?;
        self.0.lock().insert(address, (Instant::now(), certificate.clone()));
        Some(certificate)
    }
}

/// Parses a certificate; `None` where it is malformed.
fn read(owner: CertificateOwner, der: &[u8]) -> Option<Certificate> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
    let validity = certificate.validity;
    Some(Certificate {
        owner,
        subject: certificate.subject.to_string(),
        from: validity.not_before.to_system_time(),
        until: validity.not_after.to_system_time(),
    })
}

/// The configured files; one that cannot be read fails the connection, which reports it.
async fn files(files: TlsFiles) -> Vec<Certificate> {
    let read = tokio::task::spawn_blocking(move || {
        let client = files.identity.map(|identity| read_file(&identity.cert, CertificateOwner::Client));
        let authorities = files.ca_cert.map(|path| read_file(&path, CertificateOwner::Authority));
        client.into_iter().chain(authorities).flatten().collect()
    });
    read.await.unwrap_or_default()
}

fn read_file(path: &PathBuf, owner: impl Fn(String) -> CertificateOwner) -> Vec<Certificate> {
    if std::fs::metadata(path).map_or(u64::MAX, |file| file.len()) > MAX_FILE_SIZE {
        return Vec::new();
    }
    let read = |der: CertificateDer<'_>| read(owner(path.display().to_string()), &der);
    let chain = CertificateDer::pem_file_iter(path).into_iter().flatten();
    let mut found: Vec<_> = chain.filter_map(Result::ok).filter_map(read).collect();
    // Sorted, because those that expire first matter.
    found.sort_by_key(|certificate| certificate.until);
    found.truncate(MAX_PER_FILE);
    found
}

/// The certificate that a server presents, in DER. The client's is sent where there is one: a server that
/// requires it would log an error.
async fn peer_certificate(endpoint: &Endpoint, files: &TlsFiles) -> Option<Vec<u8>> {
    let mut config = TlsCredentials::read(files).await.ok()?.config;
    let provider = Arc::clone(config.crypto_provider());
    let witness = Arc::new(RecordingVerifier { provider, certificate: Mutex::default() });
    config.dangerous().set_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>);
    // Even a handshake that fails later has presented the certificate.
    let _ = handshake(endpoint, config).await;
    witness.certificate.lock().take()
}

/// Records the server's certificate and accepts any.
#[derive(Debug)]
struct RecordingVerifier {
    provider: Arc<CryptoProvider>,
    certificate: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.certificate.lock() = Some(end_entity.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
