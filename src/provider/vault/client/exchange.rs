//! Executes one request: vaultrs' middleware, our HTTP client, our limits.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use rustify::client::Client as RustifyClient;
use rustify::endpoint::Endpoint;
use rustify::errors::ClientError;
use vaultrs::api::EndpointMiddleware;
use vaultrs::client::VaultClient;
use zeroize::{Zeroize, Zeroizing};

use super::redirect::{self, RedirectError, host_and_port};
use crate::provider::http_client::{BodyTooLarge, ResponseBody};
use crate::provider::vault::error::VaultError;
use crate::provider::vault::request::{VaultRequest, VaultResponse};
use crate::provider::vault::settings::{VaultSettings, VaultToken};

/// The path of the health endpoint.
const HEALTH: &str = "sys/health";

pub(super) struct HttpExchange<'a> {
    pub(super) vault: &'a VaultClient,
    pub(super) settings: &'a VaultSettings,
    pub(super) within: Duration,
}

/// Who answered in place of the configured address, as an extension of the response.
#[derive(Clone)]
struct RedirectedTo(String);

/// The middleware of one request; wiped on drop, because it contains the token.
struct RequestMiddleware(EndpointMiddleware);

impl Drop for RequestMiddleware {
    fn drop(&mut self) {
        self.0.token.zeroize();
    }
}

impl HttpExchange<'_> {
    pub(super) async fn send(
        &self,
        call: &VaultRequest,
        token: Option<&VaultToken>,
    ) -> Result<VaultResponse, VaultError> {
        let mut middle = RequestMiddleware(self.vault.middle.clone());
        if call.path == HEALTH {
            // The health endpoint exists only in the root namespace.
            middle.0.namespace = None;
        }
        middle.0.token = token.map(|token| token.expose().to_owned()).unwrap_or_default();
        let answer = call.with_middleware(&middle.0).exec(self).await;
        let (mut head, body) = answer.map_err(failure)?.response.into_parts();
        let redirected_to = head.extensions.remove::<RedirectedTo>().map(|RedirectedTo(host)| host);
        Ok(VaultResponse { status: head.status.as_u16(), redirected_to, body: Zeroizing::new(body) })
    }

    async fn exchange(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, VaultError> {
        let begun = Instant::now();
        let request = self.prepare(request)?;
        let again = request.try_clone();
        let mut answer = self.execute_once(request).await?;
        let mut redirected_to = None;
        if answer.status().is_redirection() {
            let target = redirect::target(self.settings, answer.url(), answer.status(), location(&answer))
                .map_err(VaultError::Redirected)?;
            let host = host_and_port(&target);
            // Bodies are in memory, so there is always a clone.
            let mut request = again.ok_or_else(unusable_path)?;
            *request.url_mut() = target;
            *request.timeout_mut() = Some(self.within.saturating_sub(begun.elapsed()));
            answer = self.execute_once(request).await?;
            if answer.status().is_redirection() {
                let refused = RedirectError::second_hop(host, answer.url(), location(&answer));
                return Err(VaultError::Redirected(refused));
            }
            redirected_to = Some(host).filter(|host| *host != self.settings.address.to_string());
        }
        let mut body = ResponseBody::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failed(&error))? {
            body.push(&chunk).map_err(|BodyTooLarge| VaultError::TooLarge)?;
        }
        let mut taken = http::Response::new(std::mem::take(&mut *body.into_bytes()));
        *taken.status_mut() = answer.status();
        if let Some(host) = redirected_to {
            taken.extensions_mut().insert(RedirectedTo(host));
        }
        Ok(taken)
    }

    /// Converts to a `reqwest` request: with content type, timeout, a token header that is marked
    /// sensitive, and a body that is wiped.
    fn prepare(&self, request: http::Request<Vec<u8>>) -> Result<reqwest::Request, VaultError> {
        let (mut head, body) = request.into_parts();
        if let Some(token) = head.headers.get_mut("X-Vault-Token") {
            token.set_sensitive(true);
        }
        let empty = body.is_empty();
        if !empty {
            let kind = if head.method == http::Method::PATCH {
                "application/merge-patch+json"
            } else {
                "application/json"
            };
            head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let body = reqwest::Body::from(Bytes::from_owner(Zeroizing::new(body)));
        let mut request =
            reqwest::Request::try_from(http::Request::from_parts(head, body)).map_err(|_| unusable_path())?;
        if empty {
            *request.body_mut() = None;
        }
        *request.timeout_mut() = Some(self.within);
        Ok(request)
    }

    async fn execute_once(&self, request: reqwest::Request) -> Result<reqwest::Response, VaultError> {
        self.vault.http.http.execute(request).await.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &reqwest::Error) -> VaultError {
        VaultError::of(error, &self.settings.address)
    }
}

#[async_trait]
impl RustifyClient for HttpExchange<'_> {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ClientError> {
        self.exchange(request).await.map_err(|failure| ClientError::GenericError { source: failure.into() })
    }

    fn base(&self) -> &str {
        RustifyClient::base(&self.vault.http)
    }

    /// Returns responses of any status: the default turns them into errors that contain the body.
    async fn execute(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ClientError> {
        RustifyClient::send(self, request).await
    }
}

fn location(answer: &reqwest::Response) -> Option<&str> {
    answer.headers().get(LOCATION)?.to_str().ok()
}

/// Extracts our own error from rustify's; any other one is about the path.
fn failure(error: ClientError) -> VaultError {
    match error {
        ClientError::GenericError { source } => source.downcast().unwrap_or_else(|_| unusable_path()),
        _ => unusable_path(),
    }
}

fn unusable_path() -> VaultError {
    VaultError::Unusable("this path cannot be sent in a request".into())
}
