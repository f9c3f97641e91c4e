//! The token in use: where it comes from, and when it is made anew. A caller that gives up does not end
//! this: a login that is cut short may have spent the last use of a secret id.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::super::call::{Call, Reply};
use super::super::client::Client;
use super::super::failure::{Failure, NoToken};
use super::super::settings::{AppRole, Login, VaultSettings};
use super::judge;
use super::token::{self, Auth, Held, Looked};

/// How long it is waited after a login that failed: doubled each time up to the second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The token and who asks for it.
pub(super) struct Tokens {
    pub(super) client: Client,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) held: Option<Held>,
    /// Set while no login is tried, because one failed; the token that is held may still serve.
    pub(super) refused: Option<Refused>,
}

pub(super) struct Refused {
    pub(super) failure: Failure,
    wait: Duration,
    pub(super) until: Instant,
}

impl Tokens {
    fn settings(&self) -> &VaultSettings {
        self.client.settings()
    }

    pub(super) async fn send(&self, call: &Call, token: &Held) -> Result<Reply, Failure> {
        judge(self.client.call(call, Some(token.token()), self.settings().timeout).await?)
    }

    /// One that can be used as it is; nobody is asked for it.
    pub(super) async fn ready(&self) -> Option<Held> {
        let now = Instant::now();
        self.state.lock().await.held.clone().filter(|held| !held.is_due(now))
    }

    /// A token to send with, renewed or logged in for where it is time to.
    pub(super) async fn token(&self) -> Result<Held, Failure> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        match (&self.settings().login, &state.held) {
            (Login::Token(token), None) => {
                let held = Held::given(token.clone(), now);
                state.held = Some(held.clone());
                Ok(held)
            }
            (_, Some(held)) if held.is_due(now) => self.freshened(&mut state, now).await,
            (_, Some(held)) => Ok(held.clone()),
            (Login::AppRole(role), None) => self.logged_in(&mut state, role, now).await,
        }
    }

    /// Renews a token; where that has no effect any more, an AppRole logs in, and the old token serves on
    /// while it lives.
    async fn freshened(&self, state: &mut State, now: Instant) -> Result<Held, Failure> {
        let Some(old) = state.held.clone() else {
            return Err(Failure::NoToken(NoToken::Refused("none is held")));
        };
        if !old.is_known() {
            let held = self.become_known(old, now).await;
            state.held = Some(held.clone());
            return Ok(held);
        }
        if old.is_renewable() {
            let renewal = Call::post("auth/token/renew-self", Zeroizing::new(b"{}".to_vec()));
            let answer = self.send(&renewal, &old).await;
            if let Ok(reply) = &answer
                && reply.is_done()
                && let Ok(auth) = reply.parse::<Auth>()
            {
                let held = old.renewed(&auth, now);
                if !held.is_due(now) {
                    state.held = Some(held.clone());
                    return Ok(held);
                }
            }
        }
        match &self.settings().login {
            Login::AppRole(role) => match self.logged_in(state, role, now).await {
                Err(_) if !old.is_over(now) => {
                    let held = old.put_off(now);
                    state.held = Some(held.clone());
                    Ok(held)
                }
                other => other,
            },
            Login::Token(_) => {
                // It is tried for as long as there is one: only the server knows whether it has ended.
                let held = old.put_off(now);
                state.held = Some(held.clone());
                Ok(held)
            }
        }
    }

    /// Asks how long a token that was given lives, so that it is renewed in time.
    async fn become_known(&self, mut held: Held, now: Instant) -> Held {
        match self.send(&Call::get("auth/token/lookup-self"), &held).await {
            Ok(reply) => held.seen(&Looked::of(&reply), now),
            Err(_) => held = held.put_off(now),
        }
        held
    }

    async fn logged_in(&self, state: &mut State, role: &AppRole, now: Instant) -> Result<Held, Failure> {
        if let Some(refused) = state.refused.as_ref().filter(|refused| refused.until > now) {
            return Err(refused.failure.clone());
        }
        let call = Call::post("auth/approle/login", token::credentials(role));
        let failure = match self.client.call(&call, None, self.settings().timeout).await.and_then(judge) {
            Ok(reply) if reply.is_done() => match reply.parse::<Auth>().and_then(|auth| auth.held(now)) {
                Ok(held) => {
                    state.refused = None;
                    state.held = Some(held.clone());
                    return Ok(held);
                }
                Err(failure) => failure,
            },
            Ok(reply) => Failure::NoToken(NoToken::Refused(refusal(reply.status()))),
            Err(failure) => failure,
        };
        let wait = state.refused.as_ref().map_or(FIRST_WAIT, |refused| (refused.wait * 2).min(LONGEST_WAIT));
        state.refused = Some(Refused { failure: failure.clone(), wait, until: now + wait });
        Err(failure)
    }

    /// Gives an AppRole's token up, unless another has taken its place.
    pub(super) async fn ended(&self, token: &Held) {
        if matches!(self.settings().login, Login::AppRole(_)) {
            let mut state = self.state.lock().await;
            state.held = state.held.take().filter(|held| !held.is(token));
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
