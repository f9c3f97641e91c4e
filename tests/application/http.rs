//! What a layer over HTTP holds: formats, conditions, headers, when it is asked again.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use confdeck::application::{HttpSettings, HttpSource};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use super::*;

/// A real HTTP server whose answer can be changed, and that remembers what it was asked.
pub(super) struct HttpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    answer: Mutex<Answer>,
    asked: Mutex<Vec<(String, HeaderMap)>>,
}

#[derive(Clone)]
pub(super) enum Answer {
    Is {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// With an ETag, and 304 to whoever has it.
    Tagged {
        etag: &'static str,
        body: &'static str,
    },
    Never,
}

impl Answer {
    pub(super) fn json(body: &str) -> Self {
        Self::of("application/json", body)
    }

    pub(super) fn of(content_type: &str, body: &str) -> Self {
        Self::Is { status: 200, headers: vec![("content-type", content_type.into())], body: body.into() }
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Is { status, headers: Vec::new(), body: b"planted-body".to_vec() }
    }

    pub(super) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        let Self::Is { status, mut headers, body } = self else { panic!("no headers") };
        headers.push((name, value.into()));
        Self::Is { status, headers, body }
    }
}

impl HttpServer {
    pub(super) async fn start(answer: Answer) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { answer: Mutex::new(answer), asked: Mutex::default() });
        let state = Arc::clone(&shared);
        let app = Router::new().fallback(move |request: Request<Body>| {
            let shared = Arc::clone(&state);
            async move { shared.answer(request).await }
        });
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }).abort_handle();
        Self { address, shared, task }
    }

    pub(super) fn says(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.shared.asked.lock().unwrap().len()
    }

    fn last(&self) -> (String, HeaderMap) {
        self.shared.asked.lock().unwrap().last().cloned().unwrap()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn settings(&self) -> HttpSettings {
        HttpSettings::new(&self.url("/app.json")).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn source(&self) -> HttpSource {
        HttpSource::new(self.settings())
    }
}

/// A source with other settings.
pub(super) fn source_with(mut settings: HttpSettings, change: impl FnOnce(&mut HttpSettings)) -> HttpSource {
    change(&mut settings);
    HttpSource::new(settings)
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let has = request.headers().get("if-none-match").cloned();
        let target = request.uri().path_and_query().unwrap().to_string();
        self.asked.lock().unwrap().push((target, request.headers().clone()));
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Never => std::future::pending().await,
            Answer::Tagged { etag, body: _ } if has.is_some_and(|has| has == etag) => {
                Response::builder().status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap()
            }
            Answer::Tagged { etag, body } => {
                let response =
                    Response::builder().header("etag", etag).header("content-type", "application/json");
                response.body(Body::from(body)).unwrap()
            }
            Answer::Is { status, headers, body } => {
                let response = Response::builder().status(status);
                let response =
                    headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
                response.body(Body::from(body)).unwrap()
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_yaml_are_read_by_content_type_with_pointers() {
    let server = HttpServer::start(Answer::json(r#"{"a": {"b/c": 1, "d": ["x"]}, "e": "5"}"#)).await;
    let layer = server.source();
    let loaded = contents(&layer).await;
    let expected = json!({"a.\"b/c\"": 1, "a.d": ["x"], "e": "5"});
    assert_eq!(shown(&loaded), expected);
    assert_eq!(place_of(&loaded, "a.\"b/c\""), server.url("/app.json/a/b~1c"));
    server.says(Answer::of("application/yaml; charset=utf-8", "a:\n  b/c: 1\n  d: [x]\ne: \"5\"\n"));
    assert_eq!(shown(&contents(&layer).await), expected);
    // Where the content type says nothing, the ending of the URL does.
    server.says(Answer::of("text/plain", r#"{"a": 2}"#));
    assert_eq!(shown(&contents(&layer).await), json!({"a": 2}));
    server.says(Answer::of("application/json", "{}"));
    assert_eq!(shown(&contents(&layer).await), json!({}));
}

/// System C takes a 304 for an empty object, so that all values vanish.
#[tokio::test(flavor = "multi_thread")]
async fn a_304_keeps_the_values_of_the_layer() {
    let server = HttpServer::start(Answer::Tagged { etag: "\"v1\"", body: r#"{"a": 1}"# }).await;
    let layer = server.source();
    let first = contents(&layer).await;
    assert_eq!(place_of(&first, "a"), format!("{} \"v1\"", server.url("/app.json/a")));
    assert_eq!(server.last().1.get("if-none-match"), None);
    assert!(is_unchanged(&layer, &first.revision).await);
    assert_eq!(server.last().1["if-none-match"], "\"v1\"");
    // Who has lost them gets them again.
    assert_eq!(shown(&contents(&layer).await), json!({"a": 1}));
    assert!(!is_unchanged(&layer, &LayerRevision("another".into())).await);

    server.says(Answer::Tagged { etag: "\"v2\"", body: r#"{"a": 2}"# });
    let Ok(Load::Contents(second)) = layer.load(Some(&first.revision)).await else { panic!("unchanged") };
    assert_eq!(shown(&second), json!({"a": 2}));
    assert!(is_unchanged(&layer, &second.revision).await);
    assert_eq!(facts(&layer)["etag"], "\"v2\"");

    server.says(Answer::status(304));
    let fresh = server.source();
    assert!(refused_as(&fresh, SourceFault::Invalid).await.contains("304"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_body_is_unchanged_without_an_etag_too() {
    let server = HttpServer::start(Answer::json(r#"{"a": "planted-a"}"#)).await;
    let layer = server.source();
    let first = contents(&layer).await;
    assert!(is_unchanged(&layer, &first.revision).await);
    // A revision may be kept on disk: it tells nobody what the body was.
    assert_ne!(contents(&server.source()).await.revision, first.revision);
    server.says(Answer::json(r#"{"a": "planted-b"}"#));
    assert!(!is_unchanged(&layer, &first.revision).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_sent_and_no_secret_is_told() {
    let server = HttpServer::start(Answer::json("{}")).await;
    let url = server.url("/app.json?token=planted-query").replace("http://", "http://ann:planted-pw@");
    let kind = LayerKind::Http {
        url,
        headers: vec![("Authorization2".into(), Zeroizing::new("Bearer planted-header".into()))],
        timeout: Duration::from_secs(10),
        refresh: Duration::from_secs(30),
        ca_cert: None,
    };
    let layer = HttpSource::of_layer(&layer(kind)).unwrap_or_else(|error| panic!("{error}"));
    contents(&layer).await;
    let (target, headers) = server.last();
    assert_eq!(target, "/app.json?token=planted-query");
    assert_eq!(headers["authorization2"], "Bearer planted-header");
    assert!(headers["authorization"].to_str().unwrap().starts_with("Basic "));
    assert!(headers["accept"].to_str().unwrap().contains("application/yaml"));
    assert!(headers["user-agent"].to_str().unwrap().starts_with("confdeck/"));
    // `refused` and `facts` look for the mark.
    for answer in [Answer::status(403), Answer::status(500), Answer::json("{\"a\": planted-x")] {
        server.says(answer);
        let error = refused(&layer).await;
        assert!(error.place.starts_with(&server.url("/app.json")), "{error}");
        facts(&layer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_with_the_place_in_the_application_file() {
    for (url, name, value) in [
        ("ftp://planted-x/", "A", "b"),
        ("planted-x", "A", "b"),
        ("http://config.example/", "bad name", "planted-x"),
        ("http://config.example/", "A", "planted-x\nB: planted-y"),
    ] {
        let kind = LayerKind::Http {
            url: url.into(),
            headers: vec![(name.into(), Zeroizing::new(value.into()))],
            timeout: Duration::from_secs(10),
            refresh: Duration::from_secs(30),
            ca_cert: None,
        };
        let said = HttpSource::of_layer(&layer(kind)).err().unwrap().to_string();
        assert!(said.starts_with("app.toml:3:1: layer remote: "), "{said}");
        assert_says_no_secret(&said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_again_after_its_refresh_and_a_change_arrives() {
    let server = HttpServer::start(Answer::Tagged { etag: "1", body: r#"{"a": 1}"# }).await;
    let refresh = Duration::from_millis(200);
    let layer = source_with(server.settings(), |settings| settings.refresh = refresh);
    let mut known = contents(&layer).await.revision;
    let begun = Instant::now();
    within("the refresh", layer.changed()).await;
    assert!(begun.elapsed() >= refresh * 9 / 10, "{:?}", begun.elapsed());
    assert!(is_unchanged(&layer, &known).await);
    server.says(Answer::Tagged { etag: "2", body: r#"{"a": 2}"# });
    within("the change", async {
        loop {
            layer.changed().await;
            if let Ok(Load::Contents(contents)) = layer.load(Some(&known)).await {
                assert_eq!(shown(&contents), json!({"a": 2}));
                known = contents.revision;
                return;
            }
        }
    })
    .await;
    assert_eq!(facts(&layer)["asked"], "every 200ms");

    let at_reloads = source_with(server.settings(), |settings| settings.refresh = Duration::ZERO);
    contents(&at_reloads).await;
    let woken = tokio::time::timeout(Duration::from_millis(300), at_reloads.changed()).await;
    assert!(woken.is_err() && facts(&at_reloads)["asked"] == "at reloads");
}
