//! Provides the token in use: login, renewal, backoff. A cancelled caller does not cancel a login, because
//! that might have spent the last use of a secret id.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::super::client::HttpClient;
use super::super::error::{TokenError, VaultError};
use super::super::request::{VaultRequest, VaultResponse};
use super::super::settings::{AppRole, VaultLogin, VaultToken};
use super::super::token_file::{TokenFileStamp, VaultTokenFile};
use super::classify;
use super::token::{self, AuthResponse, SessionToken, TokenLookup};
use crate::private_file::io_reason;

/// The backoff after a failed login: starts here and doubles each time, up to `LONGEST_WAIT`.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The least time between two looks at a token's file.
const LOOK_APART: Duration = Duration::from_secs(1);

/// How long a token that has ended is not tried again, if the file still holds it.
const AGAIN: Duration = Duration::from_secs(10);

/// How long such a look may take.
const READ_WITHIN: Duration = Duration::from_secs(2);

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
    pub(super) file: TokenFileState,
}

/// What is known of the file that the token is from.
#[derive(Default)]
pub(super) struct TokenFileState {
    read: Option<TokenFileStamp>,
    /// When it was looked at last.
    looked: Option<Instant>,
    /// The token in it that has ended, and when that was seen.
    ended: Option<(Arc<VaultToken>, Instant)>,
}

impl TokenFileState {
    /// Whether it is time to look whether it has changed.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.looked.is_none_or(|at| now.duration_since(at) >= LOOK_APART)
    }

    /// Its token has ended: another one is waited for.
    pub(super) fn end(&mut self, token: &SessionToken) {
        self.ended = Some((Arc::clone(&token.token), Instant::now()));
    }

    /// Whether the server need not be asked about this token once more.
    fn has_ended(&self, token: &VaultToken, now: Instant) -> bool {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < AGAIN;
        self.ended.as_ref().is_some_and(|(ended, at)| **ended == *token && is_fresh(*at))
    }
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
        let TokenState { token, backoff, file: known } = &mut *state;
        let now = Instant::now();
        if let VaultLogin::TokenFile(file) = &self.client.settings.login
            && (token.is_none() || known.is_due(now))
        {
            read_file(file, token, known, now).await?;
        }
        let held = match (&self.client.settings.login, &*token) {
            (_, Some(held)) if held.is_due(now) => self.renew(held, backoff, now).await?,
            (_, Some(held)) => held.clone(),
            (VaultLogin::TokenFile(file), None) => return Err(file_ended(file)),
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
            VaultLogin::Token(_) | VaultLogin::TokenFile(_) => Ok(old.postponed(now)),
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

/// Takes the token of a file that has changed. While a token is there, a file that cannot be read is no trouble: it
/// may be on its way.
async fn read_file(
    file: &VaultTokenFile,
    token: &mut Option<SessionToken>,
    known: &mut TokenFileState,
    now: Instant,
) -> Result<(), VaultError> {
    let no_file = |reason: String| {
        Err(VaultError::NoToken(TokenError::NoFile { path: file.path().to_path_buf(), reason }))
    };
    let (path, seen) = (file.clone(), known.read.filter(|_| token.is_some()));
    // A disk that does not answer keeps a thread, and nothing else.
    let look =
        spawn_blocking(move || (seen.is_none() || path.stamp() != seen).then(|| path.read_with_stamp()));
    known.looked = Some(now);
    let read = match timeout(READ_WITHIN, look).await {
        Ok(Ok(Some(read))) => read,
        Ok(Ok(None)) => return Ok(()),
        _ if token.is_some() => return Ok(()),
        _ => return no_file("its disk does not answer".into()),
    };
    match read {
        Ok((_, stamp)) if token.is_some() && known.read == Some(stamp) => {}
        Ok((read, stamp)) => {
            known.read = Some(stamp);
            let is_held = token.as_ref().is_some_and(|held| *held.token == read);
            if known.has_ended(&read, now) {
                return Err(file_ended(file));
            }
            if !is_held {
                *token = Some(SessionToken::unverified(read, now));
            }
        }
        Err(_) if token.is_some() => {}
        Err(error) => return no_file(io_reason(&error)),
    }
    Ok(())
}

fn file_ended(file: &VaultTokenFile) -> VaultError {
    VaultError::NoToken(TokenError::FileEnded(file.path().to_path_buf()))
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
