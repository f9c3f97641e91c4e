//! Against a listener that keeps a login waiting, and takes one only.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::provider::vault::settings::{Address, AppRole};

const SOON: Duration = Duration::from_secs(20);

/// A server whose role has a secret id of a single use.
struct Server {
    address: Address,
    /// Says when a login has come.
    came: mpsc::Receiver<()>,
    /// Lets its answer go.
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
    let address = Address::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
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
                    1 => ("200 OK", r#"{"auth": {"client_token": "first", "lease_duration": 3600}}"#),
                    _ => ("400 Bad Request", r#"{"errors": ["invalid role or secret ID"]}"#),
                }
            } else if request.contains("x-vault-token: first") {
                ("200 OK", "{}")
            } else {
                ("403 Forbidden", r#"{"errors": ["permission denied"]}"#)
            };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            // Who has given up does not read it.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Server { address, came, go, task }
}

/// A request with all of its body: a connection that is closed before may lose the answer.
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

fn session(server: &Server) -> Arc<Session> {
    let role = AppRole::new("role".into(), "planted-secret-id".into()).unwrap();
    let mut settings = VaultSettings::new(server.address.clone(), Login::AppRole(role));
    settings.timeout = SOON;
    Arc::new(Session::new(settings))
}

fn ask(session: &Arc<Session>) -> JoinHandle<Result<u16, Failure>> {
    let session = Arc::clone(session);
    tokio::spawn(
        async move { session.call(&Call::get("secret/subkeys/a")).await.map(|reply| reply.status()) },
    )
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
    assert_eq!(session.standing(), SecretStanding::Unsealed);
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
