//! One request for a layer's contents, and what its answer says.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response};
use url::Url;
use zeroize::Zeroizing;

use super::HttpSettings;
use crate::application::SourceFault;
use crate::application::sources::tree::TreeFormat;
use crate::provider::ensure_crypto_provider;
use crate::provider::http_client::{
    BodyTooLarge, HttpFailure, MAX_BODY, ResponseBody, UnreachableReason, authorities,
};
use crate::provider::tls::TlsRemedies;

/// How long an idle connection is kept open.
const IDLE: Duration = Duration::from_secs(30);

/// The longest that the TCP and TLS handshakes may take together.
const CONNECT: Duration = Duration::from_secs(5);

const MAX_REDIRECTS: usize = 5;

/// The longest that a server may have itself left alone: a slip in its answer must not stop a layer for ever.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

const TLS_REMEDIES: TlsRemedies = TlsRemedies {
    authority: "ca_cert of the layer",
    address: "its url",
    use_tls: "write https:// in its url",
    use_plain: "write http:// in its url",
    port: "its port",
    client_certificate: "none",
    no_client_certificate: ", which a layer does not send: use another port of it",
};

/// What a server answered.
pub(super) enum HttpAnswer {
    /// What was answered with the ETag that was sent is what there is.
    NotModified,
    Contents {
        body: Zeroizing<Vec<u8>>,
        format: TreeFormat,
        etag: Option<HeaderValue>,
    },
}

/// Why there are no contents. It holds no value.
pub(super) struct HttpRefusal {
    pub(super) fault: SourceFault,
    pub(super) reason: String,
    pub(super) remedy: String,
    /// How long the server asks to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// Whether another client, which reads the authorities anew, may have more success.
    pub(super) is_trust: bool,
}

impl HttpRefusal {
    pub(super) fn new(fault: SourceFault, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (reason, remedy) = (reason.into(), remedy.into());
        Self { fault, reason, remedy, retry_after: None, is_trust: false }
    }

    /// Whether the server failed, rather than the contents that it has.
    pub(super) fn is_of_server(&self) -> bool {
        self.fault != SourceFault::Invalid
    }
}

/// The client of one layer. It reads no proxy variables: headers with secrets go where the URL says and
/// nowhere else.
pub(super) async fn client(settings: &HttpSettings) -> Result<Client, HttpRefusal> {
    ensure_crypto_provider();
    let builder = Client::builder()
        .no_proxy()
        .referer(false)
        .user_agent(concat!("confdeck/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(follow))
        .connect_timeout(settings.timeout.min(CONNECT))
        .pool_idle_timeout(IDLE);
    let builder = match (&settings.ca_cert, settings.url.scheme()) {
        (Some(path), "https") => {
            let unusable = |why| {
                let reason = format!("cannot use {}: {why}", path.display());
                HttpRefusal::new(SourceFault::Unavailable, reason, "correct ca_cert of the layer")
            };
            builder.tls_certs_only(authorities(path).await.map_err(unusable)?)
        }
        (None, "https") => builder,
        // Without TLS the system's certificate store need not be read, or exist.
        _ => builder.tls_certs_only([]),
    };
    builder.build().map_err(|_| {
        let reason = "TLS cannot be set up, as where a system has no certificates to trust";
        HttpRefusal::new(SourceFault::Unavailable, reason, "set ca_cert of the layer")
    })
}

/// A redirect is followed to the same server alone.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same = attempt.previous().first().is_some_and(|asked| is_same_server(asked, attempt.url()));
    match same && attempt.previous().len() <= MAX_REDIRECTS {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

fn is_same_server(asked: &Url, target: &Url) -> bool {
    asked.origin() == target.origin()
}

/// Asks once; on the condition of an ETag if there is one.
pub(super) async fn ask(
    client: &Client,
    settings: &HttpSettings,
    etag: Option<&HeaderValue>,
) -> Result<HttpAnswer, HttpRefusal> {
    let accept = HeaderValue::from_static("application/json, application/yaml;q=0.9");
    let mut request =
        client.get(settings.url.clone()).header(ACCEPT, accept).headers(settings.headers.clone());
    if let Some(etag) = etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let failed =
        |error: reqwest::Error| failure(HttpFailure::of(&error, settings.url.scheme() == "https"), settings);
    let mut response = request.send().await.map_err(failed)?;
    if let Some(refusal) = refusal(&response, etag.is_some()) {
        return Err(HttpRefusal { retry_after: retry_after(&response), ..refusal });
    }
    if response.status().as_u16() == 304 {
        return Ok(HttpAnswer::NotModified);
    }
    let format = format(&response)?;
    let etag = response.headers().get(ETAG).cloned();
    let mut body = ResponseBody::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.push(&chunk).map_err(|BodyTooLarge| {
            let reason = format!("the answer is larger than {} MiB", MAX_BODY >> 20);
            HttpRefusal::new(SourceFault::Invalid, reason, "split it over several layers")
        })?;
    }
    Ok(HttpAnswer::Contents { body: body.into_bytes(), format, etag })
}

fn failure(failure: HttpFailure, settings: &HttpSettings) -> HttpRefusal {
    use UnreachableReason as Reason;
    let (reason, remedy) = match &failure {
        HttpFailure::Unreachable(Reason::Refused) => {
            ("nothing listens there".to_owned(), "check that it runs, and url of the layer")
        }
        HttpFailure::Unreachable(Reason::NoSuchHost) => {
            ("the name of its host has no address".to_owned(), "check url of the layer")
        }
        HttpFailure::Unreachable(Reason::NoRoute) => {
            ("there is no way to it".to_owned(), "check the network")
        }
        HttpFailure::Unreachable(Reason::TooSlow) => {
            ("it does not take a connection in time".to_owned(), "check the network, and url of the layer")
        }
        HttpFailure::Unreachable(Reason::Other) => {
            ("no connection to it".to_owned(), "check the network, and url of the layer")
        }
        HttpFailure::Tls(error) => {
            (error.message("this server", &TLS_REMEDIES), "it is tried again by itself")
        }
        HttpFailure::Timeout => (
            format!("no whole answer within {:?}", settings.timeout),
            "it hangs, or is very busy: see its log",
        ),
        HttpFailure::ConnectionClosed => {
            ("it ended the connection before its answer was whole".to_owned(), "see its log")
        }
    };
    let is_trust = matches!(failure, HttpFailure::Tls(_));
    HttpRefusal { is_trust, ..HttpRefusal::new(SourceFault::Unavailable, reason, remedy) }
}

/// The refusal of an exchange that took too long as a whole.
pub(super) fn too_slow(settings: &HttpSettings) -> HttpRefusal {
    failure(HttpFailure::Timeout, settings)
}

/// Why an answer has no contents, by its status.
fn refusal(response: &Response, conditional: bool) -> Option<HttpRefusal> {
    use SourceFault::{Invalid, Missing, Unavailable};
    let status = response.status().as_u16();
    Some(match status {
        200 | 203 => return None,
        304 if conditional => return None,
        304 => HttpRefusal::new(
            Invalid,
            "it answers 304 to a request without a condition",
            "check a cache before it",
        ),
        301..=308 => redirected(response),
        401 | 403 | 407 => {
            let reason = format!("permission denied: it answers {status}");
            HttpRefusal::new(Unavailable, reason, "check headers of the layer, or ask for that right")
        }
        404 | 410 => HttpRefusal::new(Missing, format!("it answers {status}"), "check url of the layer"),
        429 => {
            HttpRefusal::new(Unavailable, "it takes no more requests for now (429)", "set a longer refresh")
        }
        400..=499 => {
            let reason = format!("it answers {status}");
            HttpRefusal::new(Unavailable, reason, "check url and headers of the layer")
        }
        500..=599 => {
            let reason = format!("it failed with status {status}");
            HttpRefusal::new(Unavailable, reason, "see its log; it is asked again by itself")
        }
        _ => HttpRefusal::new(Invalid, format!("it answers {status} and no contents"), "have it answer 200"),
    })
}

fn redirected(response: &Response) -> HttpRefusal {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let target = location.and_then(|location| response.url().join(location).ok());
    let status = response.status().as_u16();
    let (reason, remedy) = match target {
        Some(target) if is_same_server(response.url(), &target) => {
            (format!("it redirects more than {MAX_REDIRECTS} times"), "name the last URL as url of the layer")
        }
        Some(target) => {
            let origin = target.origin().ascii_serialization();
            let reason = format!("it redirects to {origin}, which is sent no headers of this layer");
            (reason, "if that is right, name that URL as url of the layer")
        }
        None => (format!("it answers {status} and does not say where"), "check url of the layer"),
    };
    HttpRefusal::new(SourceFault::Unavailable, reason, remedy)
}

/// Of HTTP's two forms: seconds, or a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(at.duration_since(jiff::Timestamp::now())).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// How the body is to be read: by its content type; where that says nothing, by the ending of the URL.
fn format(response: &Response) -> Result<TreeFormat, HttpRefusal> {
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(encoding) = header(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let reason = format!("the answer is compressed ({encoding}), which it was not asked for");
        return Err(HttpRefusal::new(SourceFault::Invalid, reason, "have it send plain text"));
    }
    let media = header(CONTENT_TYPE).unwrap_or_default();
    format_of(media, response.url().path()).ok_or_else(|| {
        let reason = match media {
            "" => "the answer has no content type".to_owned(),
            media => format!("the answer has the content type {media:?}"),
        };
        let remedy = "have it answer application/json or application/yaml; a login page is neither";
        HttpRefusal::new(SourceFault::Invalid, reason, remedy)
    })
}

fn format_of(content_type: &str, path: &str) -> Option<TreeFormat> {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is = |word: &str| {
        let (_, kind) = media.split_once('/').unwrap_or_default();
        kind.trim_start_matches("x-") == word || kind.ends_with(&format!("+{word}"))
    };
    match media.as_str() {
        _ if is("json") => Some(TreeFormat::Json),
        _ if is("yaml") => Some(TreeFormat::Yaml),
        "" | "text/plain" | "application/octet-stream" | "binary/octet-stream" => {
            match path.rsplit_once('.').map(|(_, ending)| ending) {
                Some("json") => Some(TreeFormat::Json),
                Some("yaml" | "yml") => Some(TreeFormat::Yaml),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_follows_the_content_type_and_else_the_url() {
        use TreeFormat::{Json, Yaml};
        for (media, path, format) in [
            ("application/json", "/a", Some(Json)),
            ("Application/JSON; charset=utf-8", "/a.yaml", Some(Json)),
            ("application/vnd.app+json", "/a", Some(Json)),
            ("text/yaml", "/a", Some(Yaml)),
            ("application/x-yaml", "/a", Some(Yaml)),
            ("application/yaml", "/a.json", Some(Yaml)),
            ("", "/a.json", Some(Json)),
            ("text/plain", "/a.yml", Some(Yaml)),
            ("application/octet-stream", "/a.b/c", None),
            ("text/html; charset=utf-8", "/a.json", None),
            ("json", "/a", None),
        ] {
            assert_eq!(format_of(media, path), format, "{media} {path}");
        }
    }

    #[test]
    fn only_the_same_scheme_host_and_port_is_the_same_server() {
        let url = |text: &str| Url::parse(text).unwrap();
        let asked = url("https://config.example/a");
        assert!(is_same_server(&asked, &url("https://config.example:443/b")));
        for other in ["http://config.example/a", "https://config.example:8443/a", "https://evil.example/a"] {
            assert!(!is_same_server(&asked, &url(other)), "{other}");
        }
    }
}
