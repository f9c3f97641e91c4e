//! Against a listener that records requests and sends prepared responses.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::*;
use crate::provider::http_client::UnreachableReason;
use crate::provider::vault::{VaultAddress, VaultLogin, VaultNamespace};

const SOON: Duration = Duration::from_secs(20);

/// Answers the first request of each connection with these bytes in turn, and returns the requests.
async fn serve(answers: Vec<String>) -> (HttpClient, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = VaultAddress::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let came = tokio::spawn(async move {
        let mut came = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !whole(&request) {
                let mut part = [0; 4096];
                let length = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..length]);
            }
            came.push(String::from_utf8(request).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        came
    });
    let login = VaultLogin::Token(VaultToken::new("planted-token".into()).unwrap());
    let mut settings = VaultSettings::new(address, login);
    settings.namespace = VaultNamespace::new("team/app").unwrap();
    (HttpClient::new(settings), came)
}

/// Whether the body of a request is complete by its content length.
fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn send(client: &HttpClient, call: &VaultRequest) -> Result<VaultResponse, VaultError> {
    let token = VaultToken::new("planted-token".into()).unwrap();
    client.call(call, Some(&token), SOON).await
}

#[tokio::test]
async fn odd_characters_of_a_path_arrive_as_they_were_written() {
    let (client, came) = serve(vec![answer("404 Not Found", "{}")]).await;
    let call =
        VaultRequest::list("kv/metadata/a b%c#d?e/ü+\\|^\"<>{}[];=,:@&'~%2e/%2F").query("after", "x y&z");
    assert_eq!(send(&client, &call).await.unwrap().status, 404);
    let request = came.await.unwrap().remove(0);
    let line = request.lines().next().unwrap();
    let [method, target, _] = <[&str; 3]>::try_from(line.split(' ').collect::<Vec<_>>()).unwrap();
    assert_eq!(method, "LIST");
    let (path, query) = target.split_once('?').unwrap();
    assert_eq!(query, "after=x+y%26z");
    let decoded = percent_decoded(path);
    assert_eq!(decoded, "/v1/kv/metadata/a b%c#d?e/ü+\\|^\"<>{}[];=,:@&'~%2e/%2F");
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn headers_say_who_asks_and_what_is_sent() {
    let (client, came) = serve(vec![answer("204 No Content", ""), answer("200 OK", "{}")]).await;
    let body = || Zeroizing::new(br#"{"data":{"a":"1"}}"#.to_vec());
    assert!(send(&client, &VaultRequest::patch("kv/data/a", body())).await.unwrap().is_done());
    assert!(send(&client, &VaultRequest::post("kv/data/a", body())).await.unwrap().is_done());
    let came = came.await.unwrap();
    for (request, kind) in came.iter().zip(["application/merge-patch+json", "application/json"]) {
        let lower = request.to_lowercase();
        for header in [
            "x-vault-token: planted-token",
            "x-vault-request: true",
            "x-vault-namespace: team/app",
            &format!("content-type: {kind}\r\n"),
        ] {
            assert!(lower.contains(header), "{header} is not in {request}");
        }
        assert!(request.ends_with(r#"{"data":{"a":"1"}}"#));
    }
}

#[tokio::test]
async fn an_answer_is_taken_up_to_a_size_and_no_further() {
    let large = "x".repeat(3 << 20);
    let (client, came) = serve(vec![answer("200 OK", &large), answer("200 OK", &"x".repeat(9 << 20))]).await;
    assert_eq!(send(&client, &VaultRequest::get("a")).await.unwrap().body.len(), large.len());
    assert_eq!(send(&client, &VaultRequest::get("a")).await.err(), Some(VaultError::TooLarge));
    came.abort();
}

#[tokio::test]
async fn a_redirect_is_followed_where_the_request_stays_what_it_is() {
    let elsewhere = |status: &str, location: &str| {
        format!("HTTP/1.1 {status}\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    };
    let (client, came) =
        serve(vec![elsewhere("307 Temporary Redirect", "/v1/b"), answer("200 OK", "{}")]).await;
    let call = VaultRequest::post("a", Zeroizing::new(b"[1]".to_vec()));
    assert!(send(&client, &call).await.unwrap().is_done());
    let came = came.await.unwrap();
    assert!(came[1].starts_with("POST /v1/b ") && came[1].ends_with("[1]"), "{}", came[1]);

    for answers in
        [vec![elsewhere("302 Found", "/v1/b")], vec![elsewhere("307 Temporary Redirect", "/v1/a"); 9]]
    {
        let (client, _) = serve(answers).await;
        let refused = send(&client, &call).await.err().unwrap();
        assert!(matches!(&refused, VaultError::Redirected(_)) && !refused.may_be_done(), "{refused}");
    }
}

#[tokio::test]
async fn what_was_not_sent_is_told_from_what_may_have_been() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let login = VaultLogin::Token(VaultToken::new("t".into()).unwrap());
    let client = |address: &str| {
        HttpClient::new(VaultSettings::new(VaultAddress::parse(address).unwrap(), login.clone()))
    };
    let refused = send(&client(&format!("http://{closed}")), &VaultRequest::get("a")).await.err();
    assert_eq!(refused, Some(VaultError::Unreachable(UnreachableReason::Refused)));

    let (cut, _) = serve(vec![String::new()]).await;
    let write = VaultRequest::post("a", Zeroizing::new(b"[1]".to_vec()));
    let failure = send(&cut, &write).await.err().unwrap();
    assert!(failure == VaultError::ConnectionClosed && failure.may_be_done());

    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    let failure =
        client(&url).call(&VaultRequest::get("a"), None, Duration::from_millis(50)).await.err().unwrap();
    assert!(failure == VaultError::Timeout && failure.may_be_done());
}

#[tokio::test]
async fn speaking_the_wrong_way_is_told_as_such() {
    let (client, _) =
        serve(vec![answer("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n")]).await;
    assert_eq!(
        send(&client, &VaultRequest::get("a")).await.err(),
        Some(VaultError::Tls(TlsError::TlsRequired))
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut part = [0; 4096];
        let _ = stream.read(&mut part).await.unwrap();
        stream.write_all(answer("400 Bad Request", "").as_bytes()).await.unwrap();
    });
    let login = VaultLogin::Token(VaultToken::new("t".into()).unwrap());
    let client = HttpClient::new(VaultSettings::new(VaultAddress::parse(&url).unwrap(), login));
    assert_eq!(send(&client, &VaultRequest::get("a")).await.err(), Some(VaultError::Tls(TlsError::NotTls)));
    plain.await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_authority_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let login = VaultLogin::Token(VaultToken::new("t".into()).unwrap());
    let mut settings = VaultSettings::new(VaultAddress::parse("https://127.0.0.1:1").unwrap(), login);
    for (name, text) in [("absent.pem", None), ("odd.pem", Some("nothing"))] {
        let path = folder.path().join(name);
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        settings.verify = Verify::Authority(path);
        let failure = send(&HttpClient::new(settings.clone()), &VaultRequest::get("a")).await.err().unwrap();
        let words = failure.to_string();
        assert!(words.contains(name) && words.contains("VAULT_CACERT") && !failure.may_be_done(), "{words}");
    }
}
