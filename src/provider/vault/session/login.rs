//! Provides the token in use: login, renewal, backoff. A cancelled caller does not cancel a login, because
//! that might have spent the last use of a secret id.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::super::client::HttpClient;
use super::super::error::{TokenError, VaultError};
use super::super::request::{VaultRequest, VaultResponse};
use super::super::settings::{AppRole, VaultLogin};
use super::classify;
use super::token::{self, AuthResponse, SessionToken, TokenLookup};

/// The backoff after a failed login: starts here and doubles each time, up to `LONGEST_WAIT`.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(super) struct TokenSource {
    pub(super) client: HttpClient,
    pub(super) state: Mutex<TokenState>,
    /// Where the last request was redirected to.
    pub(super) redirect: parking_lot::Mutex<Option<String>>,
}

#[derive(Default)]
pub(super) struct TokenState {
    pub(super) token: Option<SessionToken>,
    /// Set after a failed login; the current token may still be valid.
    pub(super) backoff: Option<VaultLoginBackoff>,
}

pub(super) struct VaultLoginBackoff {
    pub(super) failure: VaultError,
    wait: Duration,
    pub(super) until: Instant,
}

impl TokenSource {
    pub(super) async fn send(
        &self,
        call: &VaultRequest,
        token: Option<&SessionToken>,
    ) -> Result<VaultResponse, VaultError> {
        let token = token.map(|token| &*token.token);
        let answer = self.client.call(call, token, self.client.settings.timeout).await;
        *self.redirect.lock() = match &answer {
            Ok(reply) => reply.redirected_to.clone(),
            Err(failure) => failure.redirect().map(str::to_owned),
        };
        classify(call, answer?)
    }

    /// Looks up a token with itself (`lookup-self`).
    pub(super) async fn look_up(&self, token: &SessionToken) -> Result<TokenLookup, VaultError> {
        let reply = self.send(&VaultRequest::get("auth/token/lookup-self"), Some(token)).await?;
        TokenLookup::of(&reply)
    }

    /// A usable token; renews it or logs in where necessary.
    pub(super) async fn token(&self) -> Result<SessionToken, VaultError> {
        let mut state = self.state.lock().await;
        let TokenState { token, backoff } = &mut *state;
        let now = Instant::now();
        let held = match (&self.client.settings.login, &*token) {
            (_, Some(held)) if held.is_due(now) => self.renew(held, backoff, now).await?,
            (_, Some(held)) => held.clone(),
            (VaultLogin::Token(given), None) => SessionToken::unverified(given.clone(), now),
            (VaultLogin::AppRole(role), None) => self.log_in(backoff, role, now).await?,
        };
        *token = Some(held.clone());
        Ok(held)
    }

    /// Renews a token; where that has no effect any more, an AppRole logs in again. If the login fails, the
    /// old token is used until it expires.
    async fn renew(
        &self,
        old: &SessionToken,
        backoff: &mut Option<VaultLoginBackoff>,
        now: Instant,
    ) -> Result<SessionToken, VaultError> {
        if !old.lifetime_known {
            // The lifetime is needed to renew the token in time.
            let Ok(looked) = self.look_up(old).await else { return Ok(old.postponed(now)) };
            let mut held = old.clone();
            held.update(&looked, now);
            return Ok(held);
        }
        if old.renewable {
            let renewal = VaultRequest::post("auth/token/renew-self", Zeroizing::new(b"{}".to_vec()));
            let answer = self.send(&renewal, Some(old)).await;
            if let Ok(reply) = &answer
                && reply.is_done()
                && let Ok(auth) = reply.parse::<AuthResponse>()
            {
                let held = old.renewed(&auth, now);
                if !held.is_due(now) {
                    return Ok(held);
                }
            }
        }
        match &self.client.settings.login {
            VaultLogin::AppRole(role) => match self.log_in(backoff, role, now).await {
                Err(_) if !old.is_expired(now) => Ok(old.postponed(now)),
                other => other,
            },
            // It is used in any case: only the server knows whether it has expired.
            VaultLogin::Token(_) => Ok(old.postponed(now)),
        }
    }

    async fn log_in(
        &self,
        backoff: &mut Option<VaultLoginBackoff>,
        role: &AppRole,
        now: Instant,
    ) -> Result<SessionToken, VaultError> {
        if let Some(refused) = backoff.as_ref().filter(|refused| refused.until > now) {
            return Err(refused.failure.clone());
        }
        let call = VaultRequest::post("auth/approle/login", token::login_body(role));
        let answer = self.send(&call, None).await.and_then(|reply| {
            if !reply.is_done() {
                return Err(VaultError::NoToken(TokenError::Refused(refusal(reply.status))));
            }
            reply.parse::<AuthResponse>()?.into_token(now)
        });
        *backoff = answer.as_ref().err().map(|failure| {
            let wait = backoff.as_ref().map_or(FIRST_WAIT, |refused| (refused.wait * 2).min(LONGEST_WAIT));
            VaultLoginBackoff { failure: failure.clone(), wait, until: now + wait }
        });
        answer
    }
}

fn refusal(status: u16) -> &'static str {
    match status {
        400 | 403 => {
            "the AppRole login is refused: its secret id may be revoked, used up or expired, or the role gone"
        }
        404 => "there is no AppRole login at auth/approle",
        _ => "the AppRole login is refused",
    }
}
