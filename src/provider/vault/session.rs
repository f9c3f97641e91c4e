//! The token that goes with each request: the one that was given, or an AppRole's.
//!
//! Nothing runs in the background. A request whose token is past half of its time renews it first; how
//! long one that was given lives is asked once, after some seconds. A request whose token was refused asks
//! the server whether the token still lives, and logs in anew if not.

mod token;

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::call::{Call, Reply};
use super::client::Client;
use super::failure::{Failure, NoToken};
use super::pace::Pace;
use super::settings::{AppRole, Login, VaultSettings};
use crate::domain::SecretStanding;
use token::{Auth, Held};
pub(super) use token::{Looked, TokenFacts};

/// How long an answer to whether a token lives counts: many paths may be forbidden at once.
const STILL_ALIVE: Duration = Duration::from_secs(5);

/// How long it is waited after a login that failed: doubled each time up to the second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A server as one user sees it.
pub(super) struct Session {
    client: Client,
    pace: Pace,
    state: Mutex<State>,
    standing: std::sync::Mutex<SecretStanding>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Set while no login is tried, because one failed; the token that is held may still serve.
    refused: Option<Refused>,
}

struct Refused {
    failure: Failure,
    wait: Duration,
    until: Instant,
}

/// What became of a token that a request was refused with.
enum Verdict {
    Lives,
    Ended,
}

impl Session {
    /// One that does nothing before it is used.
    pub(super) fn new(settings: VaultSettings) -> Self {
        let standing = std::sync::Mutex::new(SecretStanding::Unreachable);
        Self { client: Client::new(settings), pace: Pace::new(), state: Mutex::default(), standing }
    }

    /// How the server stood at its last answer, or the last one that did not come.
    pub(super) fn standing(&self) -> SecretStanding {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stands<T>(&self, answer: Result<T, Failure>) -> Result<T, Failure> {
        let standing = match &answer {
            Ok(_) => Some(SecretStanding::Unsealed),
            Err(failure) => failure.standing(),
        };
        if let Some(standing) = standing {
            *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
        }
        answer
    }

    /// What it was made from.
    pub(super) fn settings(&self) -> &VaultSettings {
        self.client.settings()
    }

    /// Who is at the other side, as messages name it: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        self.client.name()
    }

    /// Without a token and out of turn: for what anybody may ask at any time.
    pub(super) async fn ask(&self, call: &Call, within: Duration) -> Result<Reply, Failure> {
        self.client.call(call, None, within).await
    }

    /// Sends a request with the token, and answers what speaks of its path: 2xx, 400, 403, 404, 405,
    /// 412, 413. A request is sent twice only where the first was refused because the token had ended.
    ///
    /// # Errors
    /// [`Failure`], which speaks of the server as a whole, and tells whether the request may have been
    /// carried out.
    pub(super) async fn call(&self, call: &Call) -> Result<Reply, Failure> {
        let _turn = self.pace.turn().await;
        self.stands(self.call_now(call).await)
    }

    async fn call_now(&self, call: &Call) -> Result<Reply, Failure> {
        let token = self.token().await?;
        let reply = self.send(call, &token).await?;
        if reply.status() != 403 {
            return Ok(reply);
        }
        match self.verdict(&token).await? {
            Verdict::Lives => Ok(reply),
            Verdict::Ended => {
                let token = self.token().await?;
                self.send(call, &token).await
            }
        }
    }

    async fn send(&self, call: &Call, token: &Held) -> Result<Reply, Failure> {
        judge(self.client.call(call, Some(token.token()), self.settings().timeout).await?)
    }

    /// Lets the next request log in at once.
    pub(super) fn retry_now(&self) {
        if let Ok(mut state) = self.state.try_lock()
            && let Some(refused) = &mut state.refused
        {
            refused.until = Instant::now();
        }
    }

    /// What is known of the token, as far as it may be asked; `Err` says why there is none.
    pub(super) async fn token_facts(&self) -> Result<TokenFacts, Failure> {
        let token = self.token().await?;
        let looked = self.look_up(&token).await?;
        if let Looked::Ended = looked {
            if let Login::Token(_) = self.settings().login {
                return Err(Failure::NoToken(NoToken::Ended));
            }
            self.ended(&token).await;
            self.token().await?;
        }
        let trouble = self.state.lock().await.refused.as_ref().map(|refused| refused.failure.clone());
        Ok(TokenFacts::new(looked, trouble))
    }

    /// A token to send with, renewed or logged in for where it is time to.
    async fn token(&self) -> Result<Held, Failure> {
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

    /// Whether the token or only the path is to blame for a refusal.
    async fn verdict(&self, token: &Held) -> Result<Verdict, Failure> {
        if token.was_alive(Instant::now(), STILL_ALIVE) {
            return Ok(Verdict::Lives);
        }
        match self.look_up(token).await? {
            Looked::Ended => {
                self.ended(token).await;
                match self.settings().login {
                    Login::AppRole(_) => Ok(Verdict::Ended),
                    Login::Token(_) => Err(Failure::NoToken(NoToken::Ended)),
                }
            }
            Looked::Alive(_) | Looked::NotTold => Ok(Verdict::Lives),
        }
    }

    /// Asks what the server knows of a token, with that token.
    async fn look_up(&self, token: &Held) -> Result<Looked, Failure> {
        let reply = self.send(&Call::get("auth/token/lookup-self"), token).await?;
        let looked = Looked::of(&reply);
        let mut state = self.state.lock().await;
        if let Some(held) = state.held.as_mut().filter(|held| held.is(token)) {
            held.seen(&looked, Instant::now());
        }
        Ok(looked)
    }

    /// Gives an AppRole's token up, unless another has taken its place.
    async fn ended(&self, token: &Held) {
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

/// How a server answers whatever is asked of a namespace that it does not have.
const NO_NAMESPACE: &str = "namespace not found";

/// How a server fails whose storage takes no value of this size; nothing is stored then.
const TOO_LARGE: &str = "value being too large";

/// An answer that speaks of a path, or what is wrong with the server.
fn judge(reply: Reply) -> Result<Reply, Failure> {
    match reply.status() {
        404 if reply.errors().iter().any(|said| said == NO_NAMESPACE) => Err(Failure::NoNamespace),
        500 if reply.errors().iter().any(|said| said.contains(TOO_LARGE)) => Ok(reply.with_status(413)),
        200..300 | 400 | 403 | 404 | 405 | 412 | 413 => Ok(reply),
        429 => Err(Failure::Busy),
        501 => Err(Failure::Uninitialised),
        503 => Err(Failure::Sealed),
        status => Err(Failure::Server(status)),
    }
}
