//! A layer over HTTP whose server fails, hangs, redirects, or answers what is no layer.

use std::time::{Instant, SystemTime};

use confdeck::application::{HttpSettings, HttpSource};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::http::{Answer, HttpServer, source_with};
use super::support::etcd::certs::{Authority, Valid};
use super::support::etcd::{Launch, Tls};
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_layer_is_refused_with_its_place_and_quotes_nothing() {
    let server = HttpServer::start(Answer::json("{}")).await;
    let layer = server.source();
    let url = server.url("/app.json");
    for (answer, fault, words) in [
        (Answer::json("{\n  \"a\": planted-x}"), SourceFault::Invalid, format!("{url}:2:8: ")),
        (Answer::json("[\"planted-x\"]"), SourceFault::Invalid, "members of an object".into()),
        (Answer::json("{\"a\": 1, \"a\": 2}"), SourceFault::Invalid, "second time".into()),
        (Answer::json(""), SourceFault::Invalid, "the answer is empty".into()),
        (Answer::of("application/yaml", " \n"), SourceFault::Invalid, "the answer is empty".into()),
        (Answer::of("text/html", "<html>planted-x"), SourceFault::Invalid, "a login page is neither".into()),
        (
            Answer::json("{}").with("content-encoding", "gzip"),
            SourceFault::Invalid,
            "compressed (gzip)".into(),
        ),
        (Answer::status(204), SourceFault::Invalid, "answers 204".into()),
        (Answer::status(404), SourceFault::Missing, "check url of the layer".into()),
        (Answer::status(401), SourceFault::Unavailable, "permission denied".into()),
        (Answer::status(418), SourceFault::Unavailable, "answers 418".into()),
        (Answer::status(500), SourceFault::Unavailable, "failed with status 500".into()),
        (Answer::status(302), SourceFault::Unavailable, "does not say where".into()),
    ] {
        server.says(answer);
        let said = refused_as(&layer, fault).await;
        assert!(said.starts_with(&url) && said.contains(&words), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_past_the_size_limit_is_not_read_to_its_end() {
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(9 << 20));
    let server = HttpServer::start(Answer::json(&large)).await;
    let said = refused_as(&server.source(), SourceFault::Invalid).await;
    assert!(said.contains("larger than 8 MiB"), "{said}");
    let whole = format!("{{\"a\": \"{}\"}}", "x".repeat(7 << 20));
    server.says(Answer::json(&whole));
    assert_eq!(contents(&server.source()).await.values.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up_in_time_and_recovers() {
    let server = HttpServer::start(Answer::Never).await;
    let timeout = Duration::from_millis(300);
    let layer = source_with(server.settings(), |settings| settings.timeout = timeout);
    let asked = Instant::now();
    let said = refused_as(&layer, SourceFault::Unavailable).await;
    assert!(said.contains("no whole answer within 300ms"), "{said}");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    server.says(Answer::json(r#"{"a": 1}"#));
    assert_eq!(shown(&contents(&layer).await), json!({"a": 1}));
    assert!(!facts(&layer).contains_key("failure"));
}

/// A listener that sends these bytes to whoever connects, and closes.
async fn raw(bytes: &'static [u8]) -> HttpSettings {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    HttpSettings::new(&format!("http://{address}/a.json")).unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_no_answer() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"a\": 1}";
    let said = refused_as(&HttpSource::new(raw(head).await), SourceFault::Unavailable).await;
    assert!(said.contains("before its answer was whole"), "{said}");
    let said =
        refused_as(&HttpSource::new(raw(b"SSH-2.0-planted\r\n").await), SourceFault::Unavailable).await;
    assert!(said.contains("before its answer was whole"), "{said}");
    let nobody = HttpSettings::new("http://127.0.0.1:1/a.json").unwrap_or_else(|error| panic!("{error}"));
    let said = refused_as(&HttpSource::new(nobody), SourceFault::Unavailable).await;
    assert!(said.contains("nothing listens there"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_to_the_same_server_and_to_no_other() {
    let (server, other) =
        (HttpServer::start(Answer::json("{}")).await, HttpServer::start(Answer::json("{}")).await);
    let redirect = |to: String| Answer::status(307).with("location", to);
    let settings = server.settings().header("Authorization", "Bearer planted-x");
    let layer = HttpSource::new(settings.unwrap_or_else(|error| panic!("{error}")));
    // Another port is another server.
    server.says(redirect(other.url("/app.json")));
    let said = refused_as(&layer, SourceFault::Unavailable).await;
    assert!(said.contains(&format!("redirects to {}", other.url(""))), "{said}");
    assert_eq!(other.asked(), 0, "no header went there");
    server.says(redirect("/app.json".into()));
    let said = refused_as(&layer, SourceFault::Unavailable).await;
    assert!(said.contains("redirects more than 5 times"), "{said}");
    assert_eq!(server.asked(), 1 + 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_within_the_server_leads_to_the_contents() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let moved = || async { ([("location", "/there.yaml")], axum::http::StatusCode::PERMANENT_REDIRECT) };
    let moved = move || async move {
        let (headers, status) = moved().await;
        (status, headers)
    };
    let app = axum::Router::new()
        .route("/app", axum::routing::get(moved))
        .route("/there.yaml", axum::routing::get(|| async { "a: 1" }));
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let settings =
        HttpSettings::new(&format!("http://{address}/app")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(shown(&contents(&HttpSource::new(settings)).await), json!({"a": 1}));
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_in_a_row_it_is_left_alone_and_then_asked_once() {
    let server = HttpServer::start(Answer::status(500)).await;
    let (refresh, circuit_pause) = (Duration::from_millis(10), Duration::from_millis(1_500));
    let layer = source_with(server.settings(), |settings| {
        (settings.refresh, settings.circuit_pause) = (refresh, circuit_pause);
    });
    for failures in 1..=4 {
        refused_as(&layer, SourceFault::Unavailable).await;
        let said = format!("closed, after {failures} failures in a row");
        assert_eq!(facts(&layer)["circuit"], said);
    }
    refused(&layer).await;
    assert_eq!(facts(&layer)["circuit"], "open for 2 s");
    server.says(Answer::json(r#"{"a": 1}"#));
    for _ in 0..3 {
        let said = refused_as(&layer, SourceFault::Unavailable).await;
        assert!(said.contains("failed too often in a row") && said.contains("status 500"), "{said}");
    }
    assert_eq!(server.asked(), 5);
    // One attempt fails, and it is left alone for another pause.
    server.says(Answer::status(503));
    within("the pause", layer.changed()).await;
    assert_eq!(facts(&layer)["circuit"], "half-open: the next answer decides");
    refused(&layer).await;
    assert_eq!((server.asked(), facts(&layer)["circuit"].as_str()), (6, "open for 2 s"));
    server.says(Answer::json(r#"{"a": 1}"#));
    within("the pause", layer.changed()).await;
    assert_eq!(shown(&contents(&layer).await), json!({"a": 1}));
    assert_eq!((server.asked(), facts(&layer)["circuit"].as_str()), (7, "closed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_that_are_invalid_are_no_failure_of_the_server() {
    let server = HttpServer::start(Answer::json("{")).await;
    let layer = server.source();
    for _ in 0..7 {
        refused_as(&layer, SourceFault::Invalid).await;
    }
    assert_eq!(server.asked(), 7);
    server.says(Answer::json(r#"{"a": 1}"#));
    assert_eq!(shown(&contents(&layer).await), json!({"a": 1}));
}

/// A moment as HTTP writes it.
fn http_date(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).unwrap();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_respected_in_both_of_its_forms() {
    let date = || http_date(SystemTime::now() + Duration::from_secs(3));
    for wait in [&|| "2".to_owned(), &date as &dyn Fn() -> String] {
        let wait = wait();
        let server = HttpServer::start(Answer::status(429).with("retry-after", wait)).await;
        let layer = source_with(server.settings(), |settings| settings.refresh = Duration::from_millis(10));
        let asked = Instant::now();
        refused_as(&layer, SourceFault::Unavailable).await;
        server.says(Answer::json(r#"{"a": 1}"#));
        let said = refused_as(&layer, SourceFault::Unavailable).await;
        assert!(said.contains("for as long as it asked to be") && said.contains("429"), "{said}");
        assert_eq!(server.asked(), 1);
        within("its time", layer.changed()).await;
        let waited = asked.elapsed();
        assert!(waited > Duration::from_secs(1) && waited < Duration::from_secs(10), "{waited:?}, {said}");
        assert_eq!(shown(&contents(&layer).await), json!({"a": 1}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_that_is_nonsense_stops_nothing() {
    let server = HttpServer::start(Answer::status(503).with("retry-after", "planted-soon")).await;
    let layer = server.source();
    refused_as(&layer, SourceFault::Unavailable).await;
    server.says(Answer::json("{}"));
    contents(&layer).await;
    // Nor one that lies in the past, nor one of a century.
    server.says(Answer::status(503).with("retry-after", http_date(SystemTime::UNIX_EPOCH)));
    refused(&layer).await;
    server.says(Answer::status(503).with("retry-after", u64::MAX.to_string()));
    refused(&layer).await;
    let said = refused(&layer).await.remedy;
    assert!(said == "it is asked again in 3600 s" || said == "it is asked again in 3599 s", "{said}");
}

/// etcd answers `/version` in JSON, over TLS where it has a certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_trusted_where_it_is_named_and_nowhere_else() {
    let authority = Authority::new();
    let pair = authority.server(&["localhost", "127.0.0.1"], Valid::Now);
    let tls = Tls::Files { cert: pair.cert, key: pair.key, client_ca: None };
    let server = Launch::default().tls(tls).start();
    let with_ca = |ca: PathBuf| {
        let kind = LayerKind::Http {
            url: format!("https://{}/version", server.address()),
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            refresh: Duration::from_secs(30),
            ca_cert: Some(ca),
        };
        HttpSource::of_layer(&layer(kind)).unwrap_or_else(|error| panic!("{error}"))
    };
    let loaded = contents(&with_ca(authority.file())).await;
    assert!(loaded.values.contains_key(&path("etcdserver")));
    let other = Authority::new();
    let said = refused_as(&with_ca(other.file()), SourceFault::Unavailable).await;
    assert!(
        said.contains("not signed by anybody trusted") && said.contains("ca_cert of the layer"),
        "{said}"
    );
    let said = refused_as(&with_ca("/nonexistent/ca.pem".into()), SourceFault::Unavailable).await;
    assert!(said.contains("cannot use /nonexistent/ca.pem"), "{said}");
}
