//! Finds out why a member closed a connection: whether it speaks TLS, and what it rejects.
//!
//! The client library does not expose a refusal after the handshake, as in TLS 1.3; and a member that
//! gets TLS where it expects plain text, or the reverse, just closes the connection.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{HANDSHAKE_TIMEOUT, TlsCredentials};
use crate::provider::etcd::settings::{Endpoint, TlsFiles};
use crate::provider::tls::{TlsError, ensure_crypto_provider};

/// The HTTP/2 connection preface: the magic and an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The type of the frame that a server answers with; byte 3 of the nine-byte frame header.
const SETTINGS: u8 = 4;

/// The TLS fault of a connection that broke before its first response; `None` if TLS is not the cause.
/// Sends no request. The files are those of a connection with TLS.
pub(in crate::provider::etcd) async fn probe(
    endpoint: &Endpoint,
    files: Option<&TlsFiles>,
) -> Option<TlsError> {
    let asked = async {
        match files {
            Some(files) => probe_tls(endpoint, TlsCredentials::read(files).await.ok()?.config).await,
            None => probe_plain(endpoint).await,
        }
    };
    timeout(HANDSHAKE_TIMEOUT, Box::pin(asked)).await.ok().flatten()
}

/// For a connection without TLS.
async fn probe_plain(endpoint: &Endpoint) -> Option<TlsError> {
    ensure_crypto_provider();
    let nobody = ClientConfig::builder().with_root_certificates(RootCertStore::empty());
    let answer = handshake(endpoint, nobody.with_no_client_auth()).await;
    // No certificate is trusted, so the handshake fails, but with an error that proves TLS.
    let understood = answer.err().is_none_or(|error| understood_tls(&error).is_some());
    understood.then_some(TlsError::TlsRequired)
}

/// For a connection with TLS.
async fn probe_tls(endpoint: &Endpoint, config: ClientConfig) -> Option<TlsError> {
    let failed = match handshake(endpoint, config).await {
        Ok(stream) => return send_preface(stream).await.err().as_ref().and_then(tls_error).map(TlsError::of),
        Err(failed) => failed,
    };
    match understood_tls(&failed) {
        Some(error) => Some(TlsError::of(error)),
        None => {
            let stream = connect(endpoint).await.ok()?;
            let speaks = send_preface(stream).await.is_ok_and(|kind| kind == SETTINGS);
            Some(if speaks { TlsError::NotTls } else { TlsError::Handshake })
        }
    }
}

async fn connect(endpoint: &Endpoint) -> io::Result<TcpStream> {
    TcpStream::connect((endpoint.host(), endpoint.port)).await
}

pub(in crate::provider::etcd) async fn handshake(
    endpoint: &Endpoint,
    mut config: ClientConfig,
) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + use<>> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(endpoint.host().to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, connect(endpoint).await?).await
}

/// Sends the HTTP/2 preface; returns the type of the frame that comes back.
async fn send_preface(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<u8> {
    stream.write_all(PREFACE).await?;
    stream.flush().await?;
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let [_, _, _, kind, ..] = head;
    Ok(kind)
}

/// The rustls error in an I/O error.
fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// The error of a handshake with a peer that speaks TLS.
fn understood_tls(failed: &io::Error) -> Option<&Error> {
    tls_error(failed).filter(|error| !matches!(error, Error::InvalidMessage(_)))
}
