//! Asks a member that ended a connection without a word what it would rather speak.
//!
//! The client library keeps a refusal that comes after the handshake, as TLS 1.3's do, to itself; and
//! a member that is spoken to in the wrong way, with TLS or without, says nothing at all.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Credentials, HANDSHAKE, TlsFault, ensure_crypto_provider};
use crate::provider::etcd::error::within;
use crate::provider::etcd::settings::Endpoint;

/// HTTP/2 begins with these words of the client, and an empty SETTINGS frame.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The kind of frame that a server answers them with; it stands in byte 3 of its nine.
const SETTINGS: u8 = 4;

/// What TLS has to do with a connection that broke before it was of use; `None` if nothing. Sends
/// no request.
pub(in crate::provider::etcd) async fn probe(
    endpoint: &Endpoint,
    credentials: Option<&Credentials>,
) -> Option<TlsFault> {
    let asked = within(HANDSHAKE, async {
        Ok(match credentials {
            Some(credentials) => secured(endpoint, &credentials.config).await,
            None => plain(endpoint).await,
        })
    });
    asked.await.unwrap_or(None)
}

/// For a connection that was to be plain.
async fn plain(endpoint: &Endpoint) -> Option<TlsFault> {
    ensure_crypto_provider();
    let nobody = ClientConfig::builder().with_root_certificates(RootCertStore::empty());
    let answer = handshake(endpoint, &Arc::new(nobody.with_no_client_auth())).await;
    let understood = match answer.err().as_ref().map(tls_error) {
        // No certificate is trusted, so a handshake does not go well; it goes on, with TLS.
        Some(Some(error)) => !matches!(error, Error::InvalidMessage(_)),
        Some(None) => false,
        None => true,
    };
    understood.then_some(TlsFault::Secured)
}

/// For a connection with TLS.
async fn secured(endpoint: &Endpoint, config: &Arc<ClientConfig>) -> Option<TlsFault> {
    let failed = match handshake(endpoint, config).await {
        Ok(stream) => return greet(stream).await.err().as_ref().and_then(tls_error).map(TlsFault::of),
        Err(failed) => failed,
    };
    match tls_error(&failed) {
        Some(error) if !matches!(error, Error::InvalidMessage(_)) => Some(TlsFault::of(error)),
        _ => {
            let stream = connect(endpoint).await.ok()?;
            let speaks = greet(stream).await.is_ok_and(|kind| kind == SETTINGS);
            Some(if speaks { TlsFault::Plain } else { TlsFault::Handshake })
        }
    }
}

async fn connect(endpoint: &Endpoint) -> io::Result<TcpStream> {
    TcpStream::connect((endpoint.host(), endpoint.port())).await
}

async fn handshake(
    endpoint: &Endpoint,
    config: &Arc<ClientConfig>,
) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + use<>> {
    let mut config = ClientConfig::clone(config);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(endpoint.host().to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, connect(endpoint).await?).await
}

/// Begins HTTP/2; the kind of the frame that comes back.
async fn greet(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<u8> {
    stream.write_all(GREETING).await?;
    stream.flush().await?;
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let [_, _, _, kind, ..] = head;
    Ok(kind)
}

/// What rustls has to say in an error of a stream.
fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}
