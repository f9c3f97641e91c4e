//! The token that goes with each request: the one that was given, or an AppRole's.
//!
//! Nothing runs in the background, but for a login whose caller gave up. A request whose token is past
//! half of its time renews it first; how long one that was given lives is asked once, after some seconds.
//! A request whose token was refused asks the server whether the token still lives, and logs in anew if
//! not.

#[cfg(test)]
mod tests;
mod token;
mod tokens;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::call::{Call, Reply};
use super::client::Client;
use super::failure::{Failure, NoToken};
use super::pace::Pace;
use super::settings::{Login, VaultSettings};
use crate::domain::SecretStanding;
use token::Held;
pub(super) use token::{Looked, TokenFacts};
use tokens::Tokens;

/// What becomes of a login when the program is being left.
const BROKEN_OFF: Failure = Failure::NoToken(NoToken::Refused("the login was broken off"));

/// How long an answer to whether a token lives counts: many paths may be forbidden at once.
const STILL_ALIVE: Duration = Duration::from_secs(5);

/// A server as one user sees it.
pub(super) struct Session {
    tokens: Arc<Tokens>,
    /// Dropped with the session, which ends a login that nobody can use any more.
    alive: watch::Sender<()>,
    pace: Pace,
    standing: Mutex<SecretStanding>,
}

/// What became of a token that a request was refused with.
enum Verdict {
    Lives,
    Ended,
}

impl Session {
    /// One that does nothing before it is used.
    pub(super) fn new(settings: VaultSettings) -> Self {
        let standing = Mutex::new(SecretStanding::Unreachable);
        let tokens = Tokens { client: Client::new(settings), state: Default::default() };
        Self { tokens: Arc::new(tokens), alive: watch::Sender::new(()), pace: Pace::new(), standing }
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
        self.tokens.client.settings()
    }

    /// Who is at the other side, as messages name it: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        self.tokens.client.name()
    }

    /// Without a token and out of turn: for what anybody may ask at any time.
    pub(super) async fn ask(&self, call: &Call, within: Duration) -> Result<Reply, Failure> {
        self.tokens.client.call(call, None, within).await
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
        let reply = self.tokens.send(call, &token).await?;
        if reply.status() != 403 {
            return Ok(reply);
        }
        match self.verdict(&token).await? {
            Verdict::Lives => Ok(reply),
            Verdict::Ended => {
                let token = self.token().await?;
                self.tokens.send(call, &token).await
            }
        }
    }

    /// Lets the next request log in at once.
    pub(super) fn retry_now(&self) {
        if let Ok(mut state) = self.tokens.state.try_lock()
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
            self.tokens.ended(&token).await;
            self.token().await?;
        }
        let trouble = self.tokens.state.lock().await.refused.as_ref().map(|refused| refused.failure.clone());
        Ok(TokenFacts::new(looked, trouble))
    }

    /// A token to send with. Where one has to be made or renewed, that goes on if the caller gives up, and
    /// what comes of it is there for the next one.
    async fn token(&self) -> Result<Held, Failure> {
        if let Some(held) = self.tokens.ready().await {
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

    /// Whether the token or only the path is to blame for a refusal.
    async fn verdict(&self, token: &Held) -> Result<Verdict, Failure> {
        if token.was_alive(Instant::now(), STILL_ALIVE) {
            return Ok(Verdict::Lives);
        }
        match self.look_up(token).await? {
            Looked::Ended => {
                self.tokens.ended(token).await;
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
        let reply = self.tokens.send(&Call::get("auth/token/lookup-self"), token).await?;
        let looked = Looked::of(&reply);
        let mut state = self.tokens.state.lock().await;
        if let Some(held) = state.held.as_mut().filter(|held| held.is(token)) {
            held.seen(&looked, Instant::now());
        }
        Ok(looked)
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
