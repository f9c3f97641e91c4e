//! The way of one request through vaultrs' client: its middleware, its HTTP client, our limits.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use rustify::client::Client as Carrier;
use rustify::endpoint::Endpoint;
use rustify::errors::ClientError;
use vaultrs::api::EndpointMiddleware;
use vaultrs::client::VaultClient;
use zeroize::{Zeroize, Zeroizing};

use super::endpoint::Request;
use crate::provider::vault::call::{Call, Reply};
use crate::provider::vault::failure::Failure;
use crate::provider::vault::settings::{Address, VaultToken};

/// How the server is.
const HEALTH: &str = "sys/health";

/// The most bytes of an answer that are taken: a secret has at most 1 MiB, a list of names is longer.
const LARGEST: usize = 8 << 20;

/// What is made room for at first.
const FIRST: usize = 16 << 10;

/// vaultrs' client, for one request.
pub(super) struct Wire<'a> {
    vault: &'a VaultClient,
    address: &'a Address,
    within: Duration,
}

/// The middleware of one request; wiped when dropped, because the token is in it.
struct Middle(EndpointMiddleware);

impl Drop for Middle {
    fn drop(&mut self) {
        self.0.token.zeroize();
    }
}

impl<'a> Wire<'a> {
    pub(super) fn new(vault: &'a VaultClient, address: &'a Address, within: Duration) -> Self {
        Self { vault, address, within }
    }

    /// Sends it.
    pub(super) async fn send(&self, call: &Call, token: Option<&VaultToken>) -> Result<Reply, Failure> {
        let mut middle = Middle(self.vault.middle.clone());
        if call.path == HEALTH {
            // The server's own: a namespace has none, and refuses to be asked.
            middle.0.namespace = None;
        }
        middle.0.token = token.map(|token| token.expose().to_owned()).unwrap_or_default();
        let answer = Request(call).with_middleware(&middle.0).exec(self).await;
        let (head, body) = answer.map_err(failure)?.response.into_parts();
        Ok(Reply::new(head.status.as_u16(), Zeroizing::new(body)))
    }

    async fn exchange(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Failure> {
        let request = self.prepare(request)?;
        let mut answer = self.vault.http.http.execute(request).await.map_err(|error| self.failed(&error))?;
        let mut body = Gathered::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failed(&error))? {
            body.add(&chunk)?;
        }
        let mut taken = http::Response::new(std::mem::take(&mut *body.0));
        *taken.status_mut() = answer.status();
        Ok(taken)
    }

    /// As the HTTP client takes it: with a type, a deadline, a token that no `Debug` form shows, and a
    /// body that is wiped.
    fn prepare(&self, request: http::Request<Vec<u8>>) -> Result<reqwest::Request, Failure> {
        let (mut head, body) = request.into_parts();
        if let Some(token) = head.headers.get_mut("X-Vault-Token") {
            token.set_sensitive(true);
        }
        if !body.is_empty() {
            let kind = if head.method == http::Method::PATCH {
                "application/merge-patch+json"
            } else {
                "application/json"
            };
            head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let empty = body.is_empty();
        let body = reqwest::Body::from(Bytes::from_owner(Zeroizing::new(body)));
        let mut request = reqwest::Request::try_from(http::Request::from_parts(head, body))
            .map_err(|_| Failure::Unusable("this path cannot be sent in a request".into()))?;
        if empty {
            *request.body_mut() = None;
        }
        *request.timeout_mut() = Some(self.within);
        Ok(request)
    }

    fn failed(&self, error: &reqwest::Error) -> Failure {
        Failure::of(error, self.address)
    }
}

#[async_trait]
impl Carrier for Wire<'_> {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ClientError> {
        self.exchange(request).await.map_err(|failure| ClientError::GenericError { source: failure.into() })
    }

    fn base(&self) -> &str {
        Carrier::base(&self.vault.http)
    }

    /// Every status is an answer: the original makes errors of them that carry the body.
    async fn execute(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ClientError> {
        Carrier::send(self, request).await
    }
}

/// Our own failure comes back through rustify's error; anything else in there is about the address.
fn failure(error: ClientError) -> Failure {
    let unusable = || Failure::Unusable("this path cannot be sent in a request".into());
    match error {
        ClientError::GenericError { source } => source.downcast().unwrap_or_else(|_| unusable()),
        _ => unusable(),
    }
}

/// Bytes that arrive in parts; what it grows out of is wiped.
struct Gathered(Zeroizing<Vec<u8>>);

impl Gathered {
    fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(FIRST)))
    }

    fn add(&mut self, part: &[u8]) -> Result<(), Failure> {
        let length = self.0.len() + part.len();
        if length > LARGEST {
            return Err(Failure::TooLarge);
        }
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.max(self.0.capacity() * 2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(part);
        Ok(())
    }
}
