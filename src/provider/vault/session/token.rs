//! A token, how long it lives, and what the server tells of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::super::call::Reply;
use super::super::failure::Failure;
use super::super::settings::{AppRole, VaultToken};

/// How long it is waited before a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// How long after its first use a token that was given is asked how long it lives: a command is over
/// by then, and pays nothing for it.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// The shortest time that a token is left alone.
const SHORTEST: Duration = Duration::from_secs(1);

/// A token in use; what is known of it is the session's own.
#[derive(Clone)]
pub(super) struct Held {
    token: Arc<VaultToken>,
    renewable: bool,
    /// Whether the server was asked how long it lives.
    known: bool,
    /// When it is time to renew it, or to ask; `None` where it does not end, or nobody tells.
    due: Option<Instant>,
    ends: Option<Instant>,
    /// How long it lived at first.
    whole: Duration,
    alive: Option<Instant>,
}

impl Held {
    /// One that somebody gave us, of which nothing is known yet.
    pub(super) fn given(token: VaultToken, now: Instant) -> Self {
        Self {
            token: Arc::new(token),
            renewable: false,
            known: false,
            due: Some(now + FIRST_LOOK),
            ends: None,
            whole: Duration::ZERO,
            alive: None,
        }
    }

    pub(super) fn token(&self) -> &VaultToken {
        &self.token
    }

    /// Whether it is the same one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.token, &other.token)
    }

    pub(super) fn is_renewable(&self) -> bool {
        self.renewable
    }

    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    pub(super) fn was_alive(&self, now: Instant, within: Duration) -> bool {
        self.alive.is_some_and(|at| now.saturating_duration_since(at) < within)
    }

    /// As it is after a renewal. One that gained nearly nothing is due at once: it has come to the end
    /// of what renewals give.
    pub(super) fn renewed(&self, auth: &Auth, now: Instant) -> Self {
        let left = Duration::from_secs(auth.auth.lease_duration);
        let mut held = self.clone();
        held.renewable = auth.auth.renewable;
        held.live_for(left, now);
        if left < self.whole / 4 {
            held.due = Some(now);
        }
        held
    }

    /// The same, to be looked after again later.
    pub(super) fn put_off(&self, now: Instant) -> Self {
        Self { due: Some(now + AGAIN), ..self.clone() }
    }

    /// Takes in what the server told of it.
    pub(super) fn seen(&mut self, looked: &Looked, now: Instant) {
        if !self.known {
            (self.known, self.due) = (true, None);
        }
        if let Looked::Ended = looked {
            self.alive = None;
        }
        let Looked::Alive(told) = looked else { return };
        self.alive = Some(now);
        if self.ends.is_none() && told.ttl > 0 {
            self.renewable = told.renewable;
            self.whole = Duration::from_secs(told.creation_ttl.max(told.ttl));
            self.live_for(Duration::from_secs(told.ttl), now);
        }
    }

    fn live_for(&mut self, left: Duration, now: Instant) {
        self.ends = Some(now + left);
        // Not all consoles at the same moment.
        let jitter = left.mul_f64(f64::from(std::process::id() % 100) / 1_000.0);
        self.due = Some(now + (left / 2).saturating_sub(jitter).max(SHORTEST));
    }
}

/// The answer to a login or a renewal. It has no `Debug` form: the token is in it.
#[derive(Deserialize)]
pub(super) struct Auth {
    auth: Granted,
}

#[derive(Deserialize)]
struct Granted {
    client_token: String,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.client_token.zeroize();
    }
}

/// The body of a login, written into room that is never moved: every copy of the secret id is wiped.
pub(super) fn credentials(role: &AppRole) -> Zeroizing<Vec<u8>> {
    #[derive(Serialize)]
    struct Credentials<'a> {
        role_id: &'a str,
        secret_id: &'a str,
    }
    let credentials = Credentials { role_id: &role.role, secret_id: &role.secret };
    // A character takes at most six bytes where it has to be escaped.
    let mut body = Zeroizing::new(Vec::with_capacity(64 + 6 * (role.role.len() + role.secret.len())));
    // Texts are always written; without them the server refuses the login.
    let _ = serde_json::to_writer(&mut *body, &credentials);
    body
}

impl Auth {
    /// The token of a login.
    pub(super) fn held(mut self, now: Instant) -> Result<Held, Failure> {
        let token = std::mem::take(&mut self.auth.client_token);
        let token = VaultToken::new(token).map_err(|_| Failure::Garbled)?;
        let mut held = Held::given(token, now);
        (held.known, held.due) = (true, None);
        held.renewable = self.auth.renewable;
        held.alive = Some(now);
        if self.auth.lease_duration > 0 {
            held.whole = Duration::from_secs(self.auth.lease_duration);
            held.live_for(held.whole, now);
        }
        Ok(held)
    }
}

/// What came of asking for a token with itself.
pub(in crate::provider::vault) enum Looked {
    Alive(Told),
    /// It has expired, or was revoked.
    Ended,
    /// It lives, and may not ask.
    NotTold,
}

/// What a server tells of a token.
#[derive(Deserialize)]
pub(in crate::provider::vault) struct Told {
    #[serde(default)]
    pub(in crate::provider::vault) ttl: u64,
    #[serde(default)]
    creation_ttl: u64,
    #[serde(default)]
    pub(in crate::provider::vault) renewable: bool,
    #[serde(default)]
    pub(in crate::provider::vault) policies: Vec<String>,
}

impl Looked {
    pub(super) fn of(reply: &Reply) -> Self {
        #[derive(Deserialize)]
        struct Data {
            data: Told,
        }
        if reply.is_done() {
            return reply.parse::<Data>().map_or(Self::NotTold, |answer| Self::Alive(answer.data));
        }
        // A policy that lacks this path is told as one of several errors; a token that is none, alone.
        let said = reply.errors();
        let ended = said.iter().any(|text| text == "permission denied" || text.contains("invalid token"));
        if ended { Self::Ended } else { Self::NotTold }
    }
}

/// What there is to tell of a session's token.
pub(in crate::provider::vault) struct TokenFacts {
    pub(in crate::provider::vault) looked: Looked,
    /// Why the last login failed, while an older token still serves.
    pub(in crate::provider::vault) trouble: Option<Failure>,
}

impl TokenFacts {
    pub(super) fn new(looked: Looked, trouble: Option<Failure>) -> Self {
        Self { looked, trouble }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(seconds: u64) -> Auth {
        Auth { auth: Granted { client_token: "t".into(), lease_duration: seconds, renewable: true } }
    }

    #[test]
    fn a_token_is_renewed_from_half_of_its_time_on_until_renewals_give_nothing() {
        let begun = Instant::now();
        let held = auth(100).held(begun).unwrap_or_else(|_| panic!());
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(!held.is_due(after(39)) && held.is_due(after(50)) && !held.is_over(after(99)));
        let renewed = held.renewed(&auth(100), after(50));
        assert!(!renewed.is_due(after(50)) && renewed.is_due(after(100)));
        assert!(renewed.renewed(&auth(20), after(100)).is_due(after(100)), "its end is near");
        assert!(held.put_off(after(50)).is_due(after(60)) && !held.put_off(after(50)).is_due(after(59)));
    }

    #[test]
    fn one_that_was_given_is_asked_once_how_long_it_lives() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let given = || Held::given(VaultToken::new("t".into()).unwrap(), begun);
        assert!(!given().is_due(after(4)) && given().is_due(after(5)) && !given().is_known());
        let told = |ttl| Looked::Alive(Told { ttl, creation_ttl: 100, renewable: true, policies: vec![] });
        for (looked, due) in
            [(told(100), true), (told(0), false), (Looked::NotTold, false), (Looked::Ended, false)]
        {
            let mut held = given();
            held.seen(&looked, after(5));
            assert!(held.is_known() && !held.is_due(after(6)) && held.is_due(after(1_000)) == due);
        }
    }

    #[test]
    fn the_body_of_a_login_is_json_and_grows_out_of_nothing() {
        let role = AppRole::new("a \"role\"".into(), "planted-\\secret\u{1}".into()).unwrap();
        let body = credentials(&role);
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let wanted = serde_json::json!({"role_id": "a \"role\"", "secret_id": "planted-\\secret\u{1}"});
        assert!(read == wanted && body.capacity() < 400);
    }

    #[test]
    fn one_that_does_not_end_is_never_due() {
        let held = auth(0).held(Instant::now()).unwrap_or_else(|_| panic!());
        let late = Instant::now() + Duration::from_secs(1_000_000);
        assert!(!held.is_due(late) && !held.is_over(late));
    }
}
