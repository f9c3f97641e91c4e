//! Against a listener that delays logins, and accepts only one.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::provider::vault::settings::{AppRole, VaultAddress};

const SOON: Duration = Duration::from_secs(20);

/// A server with a role whose secret id can be used once.
struct Server {
    address: VaultAddress,
    /// Signals a login request.
    came: mpsc::Receiver<()>,
    /// Releases its response.
    go: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = VaultAddress::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let ((told, came), (go, mut may)) = (mpsc::channel(8), mpsc::channel(8));
    let task = tokio::spawn(async move {
        let mut logins = 0;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = whole(&mut stream).await;
            let (status, body) = if request.contains("/v1/auth/approle/login") {
                logins += 1;
                told.send(()).await.unwrap();
                may.recv().await.unwrap();
                match logins {
                    1 => (
                        "200 OK",
                        r#"{"request_id": "1", "auth": {"client_token": "first", "lease_duration": 3600}}"#,
                    ),
                    _ => ("400 Bad Request", r#"{"errors": ["invalid role or secret ID"]}"#),
                }
            } else if request.contains("x-vault-token: first") {
                ("200 OK", r#"{"request_id": "1"}"#)
            } else {
                ("403 Forbidden", r#"{"errors": ["permission denied"]}"#)
            };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            // A cancelled client does not read it.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Server { address, came, go, task }
}

/// Reads a complete request: closing the connection before that may lose the response.
async fn whole(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        request.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            body.len() >= wanted.unwrap_or(0)
        });
        if is_whole || length == 0 {
            return text;
        }
    }
}

fn session(server: &Server) -> Arc<VaultSession> {
    let role = AppRole::new("role".into(), "planted-secret-id".into()).unwrap();
    let mut settings = VaultSettings::new(server.address.clone(), VaultLogin::AppRole(role));
    settings.timeout = SOON;
    Arc::new(VaultSession::new(settings))
}

fn ask(session: &Arc<VaultSession>) -> JoinHandle<Result<u16, VaultError>> {
    let session = Arc::clone(session);
    tokio::spawn(async move {
        session.call(&VaultRequest::get("secret/subkeys/a")).await.map(|reply| reply.status)
    })
}

#[tokio::test]
async fn a_login_whose_caller_gave_up_is_not_lost() {
    let mut server = server().await;
    let session = session(&server);
    let given_up = ask(&session);
    server.came.recv().await.unwrap();
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    server.go.send(()).await.unwrap();
    // A second login would be refused.
    server.go.send(()).await.unwrap();
    assert_eq!(ask(&session).await.unwrap(), Ok(200));
    assert!(server.came.try_recv().is_err(), "one login");
    assert_eq!(session.standing(), SecretStoreStatus::Unsealed);
}

#[tokio::test]
async fn a_login_ends_with_its_session() {
    let mut server = server().await;
    let session = session(&server);
    let given_up = ask(&session);
    server.came.recv().await.unwrap();
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    let tokens = Arc::downgrade(&session.tokens);
    drop(session);
    let ended = async {
        while tokens.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON / 2, ended).await.unwrap();
}
