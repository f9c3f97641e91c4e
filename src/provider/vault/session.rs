//! Sends requests with a token: the one in the settings, or one from an AppRole login.
//!
//! Nothing runs in the background, except for a login whose caller was cancelled. A request whose token is
//! past half of its lifetime renews it first; the lifetime of a token from the settings is looked up once,
//! after some seconds. A request that is refused with 403 looks up whether the token is still valid, and
//! logs in again if not. A token in a file is read again whenever the file changes, and when it has ended.

mod login;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustify::enums::RequestMethod;
use tokio::sync::watch;

use super::client::HttpClient;
use super::error::{TokenError, VaultError};
use super::rate_limit::RateLimiter;
use super::request::{VaultRequest, VaultResponse};
use super::settings::{VaultLogin, VaultSettings};
use crate::domain::SecretStoreStatus;
use login::TokenSource;
use token::SessionToken;
pub(super) use token::{TokenFacts, TokenLookup};

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

impl VaultSession {
    /// A session; does no I/O.
    pub(super) fn new(settings: VaultSettings) -> Self {
        let standing = Mutex::new(SecretStoreStatus::Unreachable);
        let client = HttpClient::new(settings);
        let tokens = TokenSource { client, state: Default::default(), redirect: Default::default() };
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

    /// Where the last request was redirected to, away from the configured address; followed or not.
    pub(super) fn redirect(&self) -> Option<String> {
        self.tokens.redirect.lock().clone()
    }

    pub(super) fn client(&self) -> &HttpClient {
        &self.tokens.client
    }

    pub(super) fn settings(&self) -> &VaultSettings {
        &self.client().settings
    }

    /// The server's name in messages: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        self.client().name()
    }

    /// Sends a request with the token, and returns a response about its path: 2xx, 400, 403, 404, 405,
    /// 412, 413. A request is sent twice only where the first was refused because the token was invalid.
    ///
    /// # Errors
    /// [`VaultError`], which is about the server as a whole, and knows whether the request may have been
    /// executed.
    pub(super) async fn call(&self, call: &VaultRequest) -> Result<VaultResponse, VaultError> {
        let _turn = self.rate_limiter.acquire().await;
        let answer = self.call_now(call).await;
        let standing =
            answer.as_ref().map_or_else(VaultError::standing, |_| Some(SecretStoreStatus::Unsealed));
        if let Some(standing) = standing {
            *self.standing.lock() = standing;
        }
        answer
    }

    async fn call_now(&self, call: &VaultRequest) -> Result<VaultResponse, VaultError> {
        let token = self.token().await?;
        let reply = self.tokens.send(call, Some(&token)).await?;
        if reply.status != 403 || self.is_alive(&token).await? {
            return Ok(reply);
        }
        let token = self.token().await?;
        self.tokens.send(call, Some(&token)).await
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
        let lookup = self.look_up(&token).await?;
        if let TokenLookup::Ended = lookup {
            self.token().await?;
        }
        let backoff = &self.tokens.state.lock().await.backoff;
        Ok(TokenFacts { lookup, login_failure: backoff.as_ref().map(|refused| refused.failure.clone()) })
    }

    /// A usable token. A login or renewal continues if the caller is cancelled, and its result is there for
    /// the next one.
    async fn token(&self) -> Result<SessionToken, VaultError> {
        // Where the current one needs no renewal, nothing is sent, and no task is needed.
        let is_in_file = matches!(self.settings().login, VaultLogin::TokenFile(_));
        let now = Instant::now();
        let state = self.tokens.state.lock().await;
        let held = state.token.clone().filter(|_| !(is_in_file && state.file.is_due(now)));
        drop(state);
        if let Some(held) = held.filter(|held| !held.is_due(now)) {
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

    /// Whether a 403 is not due to the token, but only to the path.
    async fn is_alive(&self, token: &SessionToken) -> Result<bool, VaultError> {
        let seen = token.alive_at.is_some_and(|at| at.elapsed() < STILL_ALIVE);
        Ok(seen || !matches!(self.look_up(token).await?, TokenLookup::Ended))
    }

    /// Looks up a token with itself. One that has ended is discarded, so that the AppRole logs in again; one
    /// from the settings is an error.
    async fn look_up(&self, token: &SessionToken) -> Result<TokenLookup, VaultError> {
        let looked = self.tokens.look_up(token).await?;
        let mut state = self.tokens.state.lock().await;
        if let Some(held) = state.token.as_mut().filter(|held| held.same_as(token)) {
            held.update(&looked, Instant::now());
        }
        match (&looked, &self.settings().login) {
            (TokenLookup::Ended, VaultLogin::Token(_)) => return Err(VaultError::NoToken(TokenError::Ended)),
            // Unless it was replaced meanwhile.
            (TokenLookup::Ended, login) => {
                let ended = state.token.take_if(|held| held.same_as(token));
                if let (Some(ended), VaultLogin::TokenFile(_)) = (ended, login) {
                    state.file.end(&ended);
                }
            }
            _ => {}
        }
        Ok(looked)
    }
}

/// The error of any request to a namespace that does not exist.
const NO_NAMESPACE: &str = "namespace not found";

/// The error of a server whose storage rejects a value of this size; nothing is stored then.
const TOO_LARGE: &str = "value being too large";

/// Separates responses about a path from errors of the server, and from what no Vault wrote.
fn classify(call: &VaultRequest, reply: VaultResponse) -> Result<VaultResponse, VaultError> {
    // A patch of a missing secret is the one request that a Vault answers with an empty 404.
    let is_bare_patch =
        matches!(call.method, RequestMethod::PATCH) && reply.status == 404 && reply.body.is_empty();
    match reply.status {
        // Whoever counts requests or bytes, the limit is as real.
        429 => Err(VaultError::Busy),
        413 => Ok(reply),
        status if !reply.is_from_vault() && !is_bare_patch => Err(VaultError::not_vault(status)),
        404 if reply.errors().iter().any(|said| said == NO_NAMESPACE) => Err(VaultError::NoNamespace),
        500 if reply.says(TOO_LARGE) => Ok(VaultResponse { status: 413, ..reply }),
        200..300 | 400 | 403 | 404 | 405 | 412 => Ok(reply),
        501 => Err(VaultError::Uninitialised),
        503 => Err(VaultError::Sealed),
        status => Err(VaultError::Server(status)),
    }
}
