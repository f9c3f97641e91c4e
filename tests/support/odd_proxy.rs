//! What may stand before a Vault and is none: it hands requests on, answers some of them itself as proxies
//! and login pages do, or redirects them. It keeps what it was sent.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::bao::Bao;
use super::etcd::certs::Pair;

/// An answer of the proxy's own.
#[derive(Debug, Clone)]
pub struct Odd {
    status: &'static str,
    headers: String,
    body: &'static str,
}

/// Answers that no Vault writes, whatever it is asked.
pub const PAGES: [(&str, &str, &str); 11] = [
    ("404 Not Found", "text/plain", ""),
    ("404 Not Found", "application/json", ""),
    ("404 Not Found", "text/html", "<html><body>404 Not Found</body></html>"),
    ("404 Not Found", "application/json", r#"{"message":"no Route matched with those values"}"#),
    ("200 OK", "text/html", "<html><body>Sign in</body></html>"),
    ("200 OK", "application/json", r#"{"status":"ok"}"#),
    ("200 OK", "text/plain", ""),
    ("403 Forbidden", "text/html", "<html><body>Request blocked</body></html>"),
    ("500 Internal Server Error", "text/html", "<html><body>Oops</body></html>"),
    ("502 Bad Gateway", "text/html", "<html><body>Bad Gateway</body></html>"),
    ("503 Service Unavailable", "text/html", "<html><body>No server is available</body></html>"),
];

impl Odd {
    /// One of [`PAGES`].
    pub fn page((status, kind, body): (&'static str, &str, &'static str)) -> Self {
        Self { status, headers: format!("Content-Type: {kind}\r\n"), body }
    }

    /// To another place, which is a URL up to its path; that of the request is kept.
    pub fn redirect(status: &'static str, to: &str) -> Self {
        Self { status, headers: format!("Location: {to}PATH\r\n"), body: "" }
    }
}

/// A proxy before one server; it ends with the test's process.
pub struct OddProxy {
    address: SocketAddr,
    tls: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What is answered to requests whose first line holds a text; the first one counts.
    rules: Vec<(String, Odd)>,
    seen: Vec<String>,
}

impl OddProxy {
    pub fn before(bao: &Bao) -> Self {
        Self::start(bao, None)
    }

    /// The same over TLS.
    pub fn with_tls(bao: &Bao, pair: &Pair) -> Self {
        confdeck::provider::ensure_crypto_provider();
        let chain = vec![CertificateDer::from_pem_file(&pair.cert).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&pair.key).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::start(bao, Some(Arc::new(config)))
    }

    fn start(bao: &Bao, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, behind) = (listener.local_addr().unwrap(), bao.socket());
        let proxy = Self { address, tls: tls.is_some(), state: Arc::default() };
        let state = Arc::clone(&proxy.state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state, tls) = (stream.unwrap(), Arc::clone(&state), tls.clone());
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                    // A client may leave at any point.
                    let _ = match tls {
                        None => serve(stream, behind, &state),
                        Some(config) => {
                            let connection = ServerConnection::new(config).unwrap();
                            serve(StreamOwned::new(connection, stream), behind, &state)
                        }
                    };
                });
            }
        });
        proxy
    }

    /// What `VAULT_ADDR` is set to.
    pub fn address(&self) -> String {
        self.address_as("127.0.0.1")
    }

    /// The same under another name of this machine.
    pub fn address_as(&self, host: &str) -> String {
        format!("{}://{host}:{}", if self.tls { "https" } else { "http" }, self.port())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers requests whose first line holds `part` itself; all of them, if that is empty.
    pub fn answers(&self, part: &str, odd: Odd) {
        self.state().rules.push((part.to_owned(), odd));
    }

    /// Hands everything on again, and forgets what it was sent.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    /// The requests that it was sent, heads and bodies.
    pub fn seen(&self) -> Vec<String> {
        self.state().seen.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes one request and answers it.
fn serve(mut client: impl Read + Write, behind: SocketAddr, state: &Mutex<State>) -> io::Result<()> {
    let request = request(&mut client)?;
    let text = String::from_utf8_lossy(&request).into_owned();
    let (line, rest) = text.split_once("\r\n").unwrap_or_default();
    let odd = {
        let mut state = lock(state);
        let odd = state.rules.iter().find(|(part, _)| line.contains(part)).map(|(_, odd)| odd.clone());
        state.seen.push(text.clone());
        odd
    };
    if let Some(Odd { status, headers, body }) = odd {
        let headers = headers.replace("PATH", line.split(' ').nth(1).unwrap_or_default());
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n");
        client.write_all(format!("{head}\r\n{body}").as_bytes())?;
    } else {
        let mut server = TcpStream::connect(behind)?;
        server.write_all(format!("{line}\r\nConnection: close\r\n{rest}").as_bytes())?;
        io::copy(&mut server, &mut client)?;
    }
    client.flush()
}

fn request(client: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = client.read(&mut part)?;
        request.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            body.len() >= wanted.unwrap_or(0)
        });
        if is_whole {
            return Ok(request);
        }
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
