//! Provides the token in use: login, renewal, backoff. A cancelled caller does not cancel a login, because
//! that might have spent the last use of a secret id.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::super::client::HttpClient;
use super::super::error::{TokenError, VaultError};
use super::super::request::{VaultRequest, VaultResponse};
use super::super::settings::{AppRole, VaultLogin, VaultSettings};
use super::classify;
use super::token::{self, AuthResponse, SessionToken, TokenLookup};

/// The backoff after a failed login: from the first, doubled each time, up to the second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(super) struct TokenSource {
    pub(super) client: HttpClient,
    pub(super) state: Mutex<TokenState>,
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
    fn settings(&self) -> &VaultSettings {
        self.client.settings()
    }

    pub(super) async fn send(
        &self,
        call: &VaultRequest,
        token: &SessionToken,
    ) -> Result<VaultResponse, VaultError> {
        classify(self.client.call(call, Some(token.token()), self.settings().timeout).await?)
    }

    /// The current token, if it needs no renewal. Does no I/O.
    pub(super) async fn usable_token(&self) -> Option<SessionToken> {
        let now = Instant::now();
        self.state.lock().await.token.clone().filter(|held| !held.is_due(now))
    }

    /// A usable token; renews it or logs in where necessary.
    pub(super) async fn token(&self) -> Result<SessionToken, VaultError> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        match (&self.settings().login, &state.token) {
            (VaultLogin::Token(token), None) => {
                let held = SessionToken::unverified(token.clone(), now);
                state.token = Some(held.clone());
                Ok(held)
            }
            (_, Some(held)) if held.is_due(now) => self.renew(&mut state, now).await,
            (_, Some(held)) => Ok(held.clone()),
            (VaultLogin::AppRole(role), None) => self.log_in(&mut state, role, now).await,
        }
    }

    /// Renews a token; where that has no effect any more, an AppRole logs in again. If the login fails, the
    /// old token is used until it expires.
    async fn renew(&self, state: &mut TokenState, now: Instant) -> Result<SessionToken, VaultError> {
        let Some(old) = state.token.clone() else {
            return Err(VaultError::NoToken(TokenError::Refused("none is held")));
        };
        if !old.is_lifetime_known() {
            let held = self.look_up_lifetime(old, now).await;
            state.token = Some(held.clone());
            return Ok(held);
        }
        if old.is_renewable() {
            let renewal = VaultRequest::post("auth/token/renew-self", Zeroizing::new(b"{}".to_vec()));
            let answer = self.send(&renewal, &old).await;
            if let Ok(reply) = &answer
                && reply.is_done()
                && let Ok(auth) = reply.parse::<AuthResponse>()
            {
                let held = old.renewed(&auth, now);
                if !held.is_due(now) {
                    state.token = Some(held.clone());
                    return Ok(held);
                }
            }
        }
        match &self.settings().login {
            VaultLogin::AppRole(role) => match self.log_in(state, role, now).await {
                Err(_) if !old.is_expired(now) => {
                    let held = old.postponed(now);
                    state.token = Some(held.clone());
                    Ok(held)
                }
                other => other,
            },
            VaultLogin::Token(_) => {
                // It is used in any case: only the server knows whether it has expired.
                let held = old.postponed(now);
                state.token = Some(held.clone());
                Ok(held)
            }
        }
    }

    /// Looks up the lifetime of a token from the settings, so that it is renewed in time.
    async fn look_up_lifetime(&self, mut held: SessionToken, now: Instant) -> SessionToken {
        match self.send(&VaultRequest::get("auth/token/lookup-self"), &held).await {
            Ok(reply) => held.update(&TokenLookup::of(&reply), now),
            Err(_) => held = held.postponed(now),
        }
        held
    }

    async fn log_in(
        &self,
        state: &mut TokenState,
        role: &AppRole,
        now: Instant,
    ) -> Result<SessionToken, VaultError> {
        if let Some(refused) = state.backoff.as_ref().filter(|refused| refused.until > now) {
            return Err(refused.failure.clone());
        }
        let call = VaultRequest::post("auth/approle/login", token::login_body(role));
        let failure = match self.client.call(&call, None, self.settings().timeout).await.and_then(classify) {
            Ok(reply) if reply.is_done() => {
                match reply.parse::<AuthResponse>().and_then(|auth| auth.into_token(now)) {
                    Ok(held) => {
                        state.backoff = None;
                        state.token = Some(held.clone());
                        return Ok(held);
                    }
                    Err(failure) => failure,
                }
            }
            Ok(reply) => VaultError::NoToken(TokenError::Refused(refusal(reply.status()))),
            Err(failure) => failure,
        };
        let wait = state.backoff.as_ref().map_or(FIRST_WAIT, |refused| (refused.wait * 2).min(LONGEST_WAIT));
        state.backoff = Some(VaultLoginBackoff { failure: failure.clone(), wait, until: now + wait });
        Err(failure)
    }

    /// Discards an AppRole's token, unless it was replaced meanwhile.
    pub(super) async fn discard(&self, token: &SessionToken) {
        if matches!(self.settings().login, VaultLogin::AppRole(_)) {
            let mut state = self.state.lock().await;
            state.token = state.token.take().filter(|held| !held.same_as(token));
        }
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
