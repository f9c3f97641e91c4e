//! Until when the certificates are good: the one that each TLS server shows, and our own files.
//!
//! A handshake of our own looks at the server's, since the client library keeps it to itself. It
//! trusts anyone, because a certificate that has ended is what it is after, and it sends nothing: it
//! hangs up once it has seen. The calls beside it trust nobody unproven.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use x509_cert::der::Decode;

use super::super::connect::Connector;
use super::super::settings::{Endpoint, IdentityFiles, TlsFiles};
use super::super::tls::ensure_crypto_provider;
use super::left;
use crate::domain::{Certificate, Owner};

/// How long a server's certificate is taken to be the one last seen. Servers log connections that
/// say nothing.
const SEEN_FOR: Duration = Duration::from_secs(300);

/// The most certificates of one file that are shown.
const PER_FILE: usize = 4;

/// The largest certificate file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What was seen, by address.
#[derive(Default)]
pub(super) struct Sightings(Mutex<HashMap<String, (Instant, Certificate)>>);

impl Sightings {
    /// Every certificate that the link rests on, as far as it can be seen.
    pub(super) async fn look(&self, connector: &Connector, deadline: Instant) -> Vec<Certificate> {
        let settings = connector.settings();
        let secured = settings.endpoints.iter().filter(|endpoint| settings.uses_tls(endpoint));
        let servers = secured.map(|endpoint| self.server(endpoint, &settings.tls, deadline));
        let (servers, files) = tokio::join!(join_all(servers), files(settings.tls.clone()));
        servers.into_iter().flatten().chain(files).collect()
    }

    async fn server(&self, endpoint: &Endpoint, files: &TlsFiles, deadline: Instant) -> Option<Certificate> {
        let address = endpoint.to_string();
        let recent = |(at, _): &&(Instant, Certificate)| at.elapsed() < SEEN_FOR;
        if let Some((_, known)) = self.lock().get(&address).filter(recent) {
            return Some(known.clone());
        }
        let shown = timeout(left(deadline), shown(endpoint, files)).await.ok().flatten()?;
        let certificate = read(Owner::Server(address.clone()), &shown)?;
        self.lock().insert(address, (Instant::now(), certificate.clone()));
        Some(certificate)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Instant, Certificate)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a certificate says of itself; `None` where it does not keep to the standard.
fn read(owner: Owner, der: &[u8]) -> Option<Certificate> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
    let validity = certificate.validity;
    Some(Certificate {
        owner,
        subject: certificate.subject.to_string(),
        from: validity.not_before.to_system_time(),
        until: validity.not_after.to_system_time(),
    })
}

/// Our own files; one that cannot be read fails the connection, which tells it.
async fn files(files: TlsFiles) -> Vec<Certificate> {
    let read = tokio::task::spawn_blocking(move || {
        let client = files.identity.map(|identity| in_file(&identity.cert, Owner::Client));
        let authorities = files.ca_cert.map(|path| in_file(&path, Owner::Authority));
        client.into_iter().chain(authorities).flatten().collect()
    });
    read.await.unwrap_or_default()
}

fn in_file(path: &PathBuf, owner: impl Fn(String) -> Owner) -> Vec<Certificate> {
    if std::fs::metadata(path).map_or(u64::MAX, |file| file.len()) > LARGEST {
        return Vec::new();
    }
    let read = |der: CertificateDer<'_>| read(owner(path.display().to_string()), &der);
    let mut found: Vec<_> = chain(path).into_iter().filter_map(read).collect();
    // Those that end first matter.
    found.sort_by_key(|certificate| certificate.until);
    found.truncate(PER_FILE);
    found
}

fn chain(path: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).map(|all| all.filter_map(Result::ok).collect()).unwrap_or_default()
}

/// The certificate that a server shows to who connects as we do.
async fn shown(endpoint: &Endpoint, files: &TlsFiles) -> Option<Vec<u8>> {
    ensure_crypto_provider();
    let provider = CryptoProvider::get_default().cloned()?;
    let witness = Arc::new(Witness { provider, seen: Mutex::default() });
    let config = config(&witness, files.identity.clone()).await?;
    let name = ServerName::try_from(endpoint.host().to_owned()).ok()?;
    let stream = TcpStream::connect(endpoint.to_string()).await.ok()?;
    // Also a handshake that fails later has shown the certificate.
    let _ = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// With our own certificate where we have one: without, a server that asks for it logs an error.
async fn config(witness: &Arc<Witness>, identity: Option<IdentityFiles>) -> Option<ClientConfig> {
    let verifier = Arc::clone(witness) as Arc<dyn ServerCertVerifier>;
    let config = ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier);
    let Some(identity) = identity else { return Some(config.with_no_client_auth()) };
    let files = tokio::task::spawn_blocking(move || {
        Some((chain(&identity.cert), PrivateKeyDer::from_pem_file(&identity.key).ok()?))
    });
    let (chain, key) = files.await.ok().flatten()?;
    config.with_client_auth_cert(chain, key).ok()
}

/// Sees a certificate and believes it.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.to_vec());
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
