//! Sends requests with a token: the one in the settings, or one from an AppRole login.
//!
//! Nothing runs in the background, except for a login whose caller was cancelled. A request whose token is
//! past half of its lifetime renews it first; the lifetime of a token from the settings is looked up once,
//! after some seconds. A request that is refused with 403 looks up whether the token is still valid, and
//! logs in again if not.

#[cfg(test)]
mod tests;
mod token;
mod token_source;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use tokio::sync::watch;

use super::client::HttpClient;
use super::error::{TokenError, VaultError};
use super::rate_limit::RateLimiter;
use super::request::{VaultRequest, VaultResponse};
use super::settings::{VaultLogin, VaultSettings};
use crate::domain::SecretStoreStatus;
use token::SessionToken;
pub(super) use token::{TokenFacts, TokenLookup};
use token_source::TokenSource;

/// The error of a login that was aborted because the session was dropped.
const BROKEN_OFF: VaultError = VaultError::NoToken(TokenError::Refused("the login was broken off"));

/// How long a successful lookup of the token is cached: many paths may be forbidden at once.
const STILL_ALIVE: Duration = Duration::from_secs(5);

/// A connection to a server as one user.
pub(super) struct VaultSession {
    tokens: Arc<TokenSource>,
    /// Dropped with the session, which aborts a pending login.
    alive: watch::Sender<()>,
    rate_limiter: RateLimiter,
    standing: Mutex<SecretStoreStatus>,
}

/// The state of a token after a request was refused with 403.
enum TokenStatus {
    Alive,
    Ended,
}

impl VaultSession {
    /// A session; does no I/O.
    pub(super) fn new(settings: VaultSettings) -> Self {
        let standing = Mutex::new(SecretStoreStatus::Unreachable);
        let tokens = TokenSource { client: HttpClient::new(settings), state: Default::default() };
        Self {
            tokens: Arc::new(tokens),
            alive: watch::Sender::new(()),
            rate_limiter: RateLimiter::new(),
            standing,
        }
    }

    /// The state of the server after the last response or failure.
    pub(super) fn standing(&self) -> SecretStoreStatus {
        *self.standing.lock()
    }

    fn record_standing<T>(&self, answer: Result<T, VaultError>) -> Result<T, VaultError> {
        let standing = match &answer {
            Ok(_) => Some(SecretStoreStatus::Unsealed),
            Err(failure) => failure.standing(),
        };
        if let Some(standing) = standing {
            *self.standing.lock() = standing;
        }
        answer
    }

    pub(super) fn settings(&self) -> &VaultSettings {
        self.tokens.client.settings()
    }

    /// The server's name in messages: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        self.tokens.client.name()
    }

    /// Sends a request without token and rate limit, for `sys/health`.
    pub(super) async fn call_unauthenticated(
        &self,
        call: &VaultRequest,
        within: Duration,
    ) -> Result<VaultResponse, VaultError> {
        self.tokens.client.call(call, None, within).await
    }

    /// Sends a request with the token, and returns a response about its path: 2xx, 400, 403, 404, 405,
    /// 412, 413. A request is sent twice only where the first was refused because the token was invalid.
    ///
    /// # Errors
    /// [`VaultError`], which is about the server as a whole, and knows whether the request may have been
    /// executed.
    pub(super) async fn call(&self, call: &VaultRequest) -> Result<VaultResponse, VaultError> {
        let _turn = self.rate_limiter.acquire().await;
        self.record_standing(self.call_now(call).await)
    }

    async fn call_now(&self, call: &VaultRequest) -> Result<VaultResponse, VaultError> {
        let token = self.token().await?;
        let reply = self.tokens.send(call, &token).await?;
        if reply.status() != 403 {
            return Ok(reply);
        }
        match self.token_status(&token).await? {
            TokenStatus::Alive => Ok(reply),
            TokenStatus::Ended => {
                let token = self.token().await?;
                self.tokens.send(call, &token).await
            }
        }
    }

    /// Ends the backoff after a failed login: the next request logs in at once.
    pub(super) fn retry_now(&self) {
        if let Ok(mut state) = self.tokens.state.try_lock()
            && let Some(refused) = &mut state.backoff
        {
            refused.until = Instant::now();
        }
    }

    /// Looks up the token; an error if there is no valid one.
    pub(super) async fn token_facts(&self) -> Result<TokenFacts, VaultError> {
        let token = self.token().await?;
        let looked = self.look_up(&token).await?;
        if let TokenLookup::Ended = looked {
            if let VaultLogin::Token(_) = self.settings().login {
                return Err(VaultError::NoToken(TokenError::Ended));
            }
            self.tokens.discard(&token).await;
            self.token().await?;
        }
        let trouble = self.tokens.state.lock().await.backoff.as_ref().map(|refused| refused.failure.clone());
        Ok(TokenFacts::new(looked, trouble))
    }

    /// A usable token. A login or renewal continues if the caller is cancelled, and its result is there for
    /// the next one.
    async fn token(&self) -> Result<SessionToken, VaultError> {
        if let Some(held) = self.tokens.usable_token().await {
            return Ok(held);
        }
        let (tokens, mut alive) = (Arc::clone(&self.tokens), self.alive.subscribe());
        let task = tokio::spawn(async move {
            tokio::select! {
                token = tokens.token() => token,
                _ = alive.changed() => Err(BROKEN_OFF),
            }
        });
        task.await.unwrap_or(Err(BROKEN_OFF))
    }

    /// Whether a 403 is due to the token, or only to the path.
    async fn token_status(&self, token: &SessionToken) -> Result<TokenStatus, VaultError> {
        if token.was_alive(Instant::now(), STILL_ALIVE) {
            return Ok(TokenStatus::Alive);
        }
        match self.look_up(token).await? {
            TokenLookup::Ended => {
                self.tokens.discard(token).await;
                match self.settings().login {
                    VaultLogin::AppRole(_) => Ok(TokenStatus::Ended),
                    VaultLogin::Token(_) => Err(VaultError::NoToken(TokenError::Ended)),
                }
            }
            TokenLookup::Alive(_) | TokenLookup::LookupDenied => Ok(TokenStatus::Alive),
        }
    }

    /// Looks up a token with itself (`lookup-self`).
    async fn look_up(&self, token: &SessionToken) -> Result<TokenLookup, VaultError> {
        let reply = self.tokens.send(&VaultRequest::get("auth/token/lookup-self"), token).await?;
        let looked = TokenLookup::of(&reply);
        let mut state = self.tokens.state.lock().await;
        if let Some(held) = state.token.as_mut().filter(|held| held.same_as(token)) {
            held.update(&looked, Instant::now());
        }
        Ok(looked)
    }
}

/// The error of any request to a namespace that does not exist.
const NO_NAMESPACE: &str = "namespace not found";

/// The error of a server whose storage rejects a value of this size; nothing is stored then.
const TOO_LARGE: &str = "value being too large";

/// Separates responses about a path from errors of the server.
fn classify(reply: VaultResponse) -> Result<VaultResponse, VaultError> {
    match reply.status() {
        404 if reply.errors().iter().any(|said| said == NO_NAMESPACE) => Err(VaultError::NoNamespace),
        500 if reply.errors().iter().any(|said| said.contains(TOO_LARGE)) => Ok(reply.with_status(413)),
        200..300 | 400 | 403 | 404 | 405 | 412 | 413 => Ok(reply),
        429 => Err(VaultError::Busy),
        501 => Err(VaultError::Uninitialised),
        503 => Err(VaultError::Sealed),
        status => Err(VaultError::Server(status)),
    }
}
