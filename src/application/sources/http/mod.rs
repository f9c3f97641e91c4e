//! A layer that an HTTP server answers: asked at intervals, on the condition of the last ETag, and left alone
//! for a while when it fails.

mod circuit;
mod exchange;
mod settings;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use reqwest::Client;
use reqwest::header::HeaderValue;
use tokio::time::{Instant, sleep_until, timeout};

pub use settings::{HttpSettings, HttpSettingsError};

use super::tree::{TreeFault, TreeFormat, read, text_of};
use crate::application::{
    LayerContents, LayerKind, LayerRevision, LayerSpec, Load, Source, SourceError, SourceFault, ValuePlace,
};
use circuit::{Circuit, CircuitState};
use exchange::{HttpAnswer, HttpRefusal, ask, client, too_slow};

/// A layer that an HTTP server answers, in JSON or YAML.
///
/// ```no_run
/// use confdeck::application::{HttpSettings, HttpSource, Load, Source};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = HttpSettings::new("https://config.example/app.json")?;
/// let layer = HttpSource::new(settings.header("Authorization", "Bearer …")?);
/// let Load::Contents(first) = layer.load(None).await? else { return Ok(()) };
/// layer.changed().await;
/// // Unless the server has something new, what was loaded stays.
/// let unchanged = matches!(layer.load(Some(&first.revision)).await?, Load::Unchanged);
/// # Ok(())
/// # }
/// ```
pub struct HttpSource {
    settings: HttpSettings,
    /// As it is shown.
    url: Arc<str>,
    /// One exchange at a time, over connections that are kept.
    client: tokio::sync::Mutex<Option<Client>>,
    state: Mutex<HttpState>,
    /// Of this source alone, because a body may hold few bits besides a secret.
    digest: RandomState,
}

struct HttpState {
    circuit: Circuit,
    /// The last failure, while there is one.
    failure: Option<String>,
    /// Until when the server asked to be left alone.
    retry_at: Option<Instant>,
    /// When the server is to be asked next; `None` before the first exchange.
    due: Option<Instant>,
    last: Option<LastAnswer>,
}

struct LastAnswer {
    revision: LayerRevision,
    etag: Option<HeaderValue>,
}

impl HttpSource {
    pub fn new(settings: HttpSettings) -> Self {
        let circuit = Circuit::new(settings.circuit_failures, settings.circuit_pause);
        let state = HttpState { circuit, failure: None, retry_at: None, due: None, last: None };
        Self {
            url: settings.shown_url().into(),
            settings,
            client: tokio::sync::Mutex::new(None),
            state: Mutex::new(state),
            digest: RandomState::new(),
        }
    }

    /// The layer that an application file declares.
    ///
    /// # Errors
    /// [`SourceFault::Invalid`] for a URL or a header that cannot be sent.
    pub fn of_layer(layer: &LayerSpec) -> Result<Self, SourceError> {
        let invalid = |error: HttpSettingsError| layer.invalid(error, "correct it there");
        let LayerKind::Http { url, headers, timeout, refresh, ca_cert } = &layer.kind else {
            return Err(layer.invalid("this layer is not asked over HTTP", "use the source of its kind"));
        };
        let mut settings = HttpSettings::new(url).map_err(invalid)?;
        for (name, value) in headers {
            settings = settings.header(name, value).map_err(invalid)?;
        }
        Ok(Self::new(HttpSettings {
            timeout: *timeout,
            refresh: *refresh,
            ca_cert: ca_cert.clone(),
            ..settings
        }))
    }

    async fn ask(
        &self,
        etag: Option<&HeaderValue>,
        kept: &mut Option<Client>,
    ) -> Result<HttpAnswer, HttpRefusal> {
        let exchange = async {
            let client = match kept {
                Some(client) => client,
                None => kept.insert(client(&self.settings).await?),
            };
            ask(client, &self.settings, etag).await
        };
        let answer = timeout(self.settings.timeout, exchange).await;
        let answer = answer.unwrap_or_else(|_| Err(too_slow(&self.settings)));
        if answer.as_ref().is_err_and(|refusal| refusal.is_trust) {
            *kept = None;
        }
        answer
    }

    /// What an answer says; of contents that are known already, that nothing changed.
    fn read(&self, answer: HttpAnswer, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let HttpAnswer::Contents { body, format, etag } = answer else { return Ok(Load::Unchanged) };
        let revision = LayerRevision(format!("{:016x}", self.digest.hash_one(&**body)).into());
        let contents = self.contents(&body, format, revision.clone(), etag.as_ref())?;
        self.state.lock().last = Some(LastAnswer { revision: revision.clone(), etag });
        Ok(if known == Some(&revision) { Load::Unchanged } else { Load::Contents(contents) })
    }

    fn contents(
        &self,
        body: &[u8],
        format: TreeFormat,
        revision: LayerRevision,
        etag: Option<&HeaderValue>,
    ) -> Result<LayerContents, SourceError> {
        let told = |fault: TreeFault| fault.of(&self.url);
        let text = text_of(body).map_err(told)?;
        if text.trim().is_empty() {
            return Err(self.error(HttpRefusal::new(
                SourceFault::Invalid,
                "the answer is empty",
                "have it answer {} where there are no settings",
            )));
        }
        let etag: Option<Arc<str>> = etag.and_then(|etag| etag.to_str().ok()).map(Into::into);
        let root = read(format, text).map_err(told)?;
        let values = root.into_values(text, |path, _, _| ValuePlace::Url {
            url: Arc::clone(&self.url),
            etag: etag.clone(),
            pointer: path.pointer().into(),
        });
        Ok(LayerContents { revision, values: values.map_err(told)? })
    }

    fn error(&self, HttpRefusal { fault, reason, remedy, .. }: HttpRefusal) -> SourceError {
        SourceError { fault, place: self.url.to_string(), reason, remedy }
    }
}

impl HttpState {
    /// Why the server is not to be asked now, and until when.
    fn is_left_alone(&self, now: Instant) -> Option<(HttpRefusal, Instant)> {
        let waits = |why: &str, until: Instant| {
            let left = until.saturating_duration_since(now).as_secs() + 1;
            let last = self.failure.as_deref().unwrap_or("it failed");
            let reason = format!("{why}; the last time, {last}");
            let remedy = format!("it is asked again in {left} s");
            (HttpRefusal::new(SourceFault::Unavailable, reason, remedy), until)
        };
        let retry = self.retry_at.filter(|at| *at > now);
        let open = match self.circuit.state(now) {
            CircuitState::Open { left } => Some(now + left),
            CircuitState::Closed { .. } | CircuitState::HalfOpen => None,
        };
        match (retry, open) {
            (retry, Some(until)) if retry.is_none_or(|retry| retry < until) => {
                Some(waits("it is left alone, because it failed too often in a row", until))
            }
            (Some(until), _) => Some(waits("it is left alone for as long as it asked to be", until)),
            (None, _) => None,
        }
    }
}

#[async_trait]
impl Source for HttpSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let mut client = self.client.lock().await;
        let etag = {
            let mut state = self.state.lock();
            if let Some((refusal, until)) = state.is_left_alone(Instant::now()) {
                state.due = Some(until);
                return Err(self.error(refusal));
            }
            // What is not known any more is asked for without a condition.
            let last = state.last.as_ref().filter(|last| known == Some(&last.revision));
            last.and_then(|last| last.etag.clone())
        };
        // An exchange that is given up by its caller is due again.
        let answer = self.ask(etag.as_ref(), &mut client).await;
        let now = Instant::now();
        let answer = {
            let mut state = self.state.lock();
            (state.retry_at, state.failure) = (None, None);
            let answer = match answer {
                Ok(answer) => {
                    state.circuit.succeeded();
                    Ok(answer)
                }
                Err(refusal) => {
                    match refusal.is_of_server() {
                        true => state.circuit.failed(now),
                        false => state.circuit.succeeded(),
                    }
                    state.retry_at = refusal.retry_after.and_then(|wait| now.checked_add(wait));
                    state.failure = Some(refusal.reason.clone());
                    Err(self.error(refusal))
                }
            };
            let until = state.is_left_alone(now).map(|(_, until)| until);
            state.due = now.checked_add(self.settings.refresh).max(until);
            answer
        };
        self.read(answer?, known)
    }

    async fn changed(&self) {
        loop {
            let due = self.state.lock().due;
            match due {
                Some(_) if self.settings.refresh.is_zero() => std::future::pending().await,
                Some(due) if due > Instant::now() => sleep_until(due).await,
                _ => return,
            }
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (state, now) = (self.state.lock(), Instant::now());
        let circuit = match state.circuit.state(now) {
            CircuitState::Closed { failures: 0 } => "closed".to_owned(),
            CircuitState::Closed { failures } => format!("closed, after {failures} failures in a row"),
            CircuitState::Open { left } => format!("open for {} s", left.as_secs() + 1),
            CircuitState::HalfOpen => "half-open: the next answer decides".to_owned(),
        };
        let asked = match self.settings.refresh {
            refresh if refresh.is_zero() => "at reloads".to_owned(),
            refresh => format!("every {refresh:?}"),
        };
        let etag =
            state.last.as_ref().and_then(|last| last.etag.as_ref()).and_then(|etag| etag.to_str().ok());
        let mut facts = vec![("url", self.url.to_string()), ("asked", asked), ("circuit", circuit)];
        facts.extend(etag.map(|etag| ("etag", etag.to_owned())));
        facts.extend(state.failure.as_ref().map(|failure| ("failure", failure.clone())));
        facts
    }
}
