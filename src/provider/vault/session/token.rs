//! A token, its lifetime, and the responses of login, renewal and lookup.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::super::error::VaultError;
use super::super::request::VaultResponse;
use super::super::settings::{AppRole, VaultToken};

/// The delay before a failed renewal is retried.
const AGAIN: Duration = Duration::from_secs(10);

/// How long after its first use a token from the settings is looked up: most commands have ended by
/// then, which saves the request.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// The shortest delay before a renewal.
const SHORTEST: Duration = Duration::from_secs(1);

/// A token in use, with its lifetime.
#[derive(Clone)]
pub(super) struct SessionToken {
    pub(super) token: Arc<VaultToken>,
    pub(super) renewable: bool,
    /// Whether its lifetime was looked up.
    pub(super) lifetime_known: bool,
    /// When to renew it, or to look it up; `None` where it does not expire, or its lifetime cannot be
    /// looked up.
    renew_at: Option<Instant>,
    expires_at: Option<Instant>,
    /// Its lifetime when it was created.
    initial_ttl: Duration,
    /// When it was last known to be valid.
    pub(super) alive_at: Option<Instant>,
}

impl SessionToken {
    /// A token from the settings that has not been looked up yet.
    pub(super) fn unverified(token: VaultToken, now: Instant) -> Self {
        Self {
            token: Arc::new(token),
            renewable: false,
            lifetime_known: false,
            renew_at: Some(now + FIRST_LOOK),
            expires_at: None,
            initial_ttl: Duration::ZERO,
            alive_at: None,
        }
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.token, &other.token)
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.renew_at.is_some_and(|due| due <= now)
    }

    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|ends| ends <= now)
    }

    /// The token after a renewal. If the renewal gained nearly nothing, because the maximum TTL is near,
    /// it is due at once.
    pub(super) fn renewed(&self, auth: &AuthResponse, now: Instant) -> Self {
        let left = Duration::from_secs(auth.auth.lease_duration);
        let mut held = self.clone();
        held.renewable = auth.auth.renewable;
        held.set_ttl(left, now);
        if left < self.initial_ttl / 4 {
            held.renew_at = Some(now);
        }
        held
    }

    /// The same token, due again later.
    pub(super) fn postponed(&self, now: Instant) -> Self {
        Self { renew_at: Some(now + AGAIN), ..self.clone() }
    }

    /// Applies the result of a lookup.
    pub(super) fn update(&mut self, looked: &TokenLookup, now: Instant) {
        if !self.lifetime_known {
            (self.lifetime_known, self.renew_at) = (true, None);
        }
        if let TokenLookup::Ended = looked {
            self.alive_at = None;
        }
        let TokenLookup::Alive(told) = looked else { return };
        self.alive_at = Some(now);
        if self.expires_at.is_none() && told.ttl > 0 {
            self.renewable = told.renewable;
            self.initial_ttl = Duration::from_secs(told.creation_ttl.max(told.ttl));
            self.set_ttl(Duration::from_secs(told.ttl), now);
        }
    }

    fn set_ttl(&mut self, left: Duration, now: Instant) {
        self.expires_at = Some(now + left);
        // Jitter, so that not all consoles renew at the same moment.
        let jitter = left.mul_f64(f64::from(std::process::id() % 100) / 1_000.0);
        self.renew_at = Some(now + (left / 2).saturating_sub(jitter).max(SHORTEST));
    }
}

/// The response to a login or a renewal. Not `Debug`: it contains the token.
#[derive(Deserialize)]
pub(super) struct AuthResponse {
    auth: AuthData,
}

#[derive(Deserialize)]
struct AuthData {
    client_token: String,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

impl Drop for AuthData {
    fn drop(&mut self) {
        self.client_token.zeroize();
    }
}

/// The body of a login, in a buffer that never reallocates, so that every copy of the secret id is wiped.
pub(super) fn login_body(role: &AppRole) -> Zeroizing<Vec<u8>> {
    #[derive(Serialize)]
    struct AppRoleLogin<'a> {
        role_id: &'a str,
        secret_id: &'a str,
    }
    let credentials = AppRoleLogin { role_id: &role.role, secret_id: &role.secret };
    // An escaped character takes at most six bytes.
    let mut body = Zeroizing::new(Vec::with_capacity(64 + 6 * (role.role.len() + role.secret.len())));
    // Serializing strings cannot fail; if it did, the server would refuse the login.
    let _ = serde_json::to_writer(&mut *body, &credentials);
    body
}

impl AuthResponse {
    pub(super) fn into_token(mut self, now: Instant) -> Result<SessionToken, VaultError> {
        let token = std::mem::take(&mut self.auth.client_token);
        let token = VaultToken::new(token).map_err(|_| VaultError::Malformed)?;
        let mut held = SessionToken::unverified(token, now);
        (held.lifetime_known, held.renew_at) = (true, None);
        held.renewable = self.auth.renewable;
        held.alive_at = Some(now);
        if self.auth.lease_duration > 0 {
            held.initial_ttl = Duration::from_secs(self.auth.lease_duration);
            held.set_ttl(held.initial_ttl, now);
        }
        Ok(held)
    }
}

/// The result of looking up a token with itself.
pub(in crate::provider::vault) enum TokenLookup {
    Alive(TokenData),
    /// Expired or revoked.
    Ended,
    /// Valid, but its policy does not permit the lookup.
    LookupDenied,
}

/// The data of `lookup-self`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::provider::vault) struct TokenData {
    pub(in crate::provider::vault) ttl: u64,
    creation_ttl: u64,
    pub(in crate::provider::vault) renewable: bool,
    pub(in crate::provider::vault) policies: Vec<String>,
}

impl TokenLookup {
    pub(super) fn of(reply: &VaultResponse) -> Result<Self, VaultError> {
        if reply.is_done() {
            return reply.data().map(Self::Alive);
        }
        // A missing policy is reported as one of several errors; an invalid token as the only one.
        let said = reply.errors();
        let ended = said.iter().any(|text| text == "permission denied" || text.contains("invalid token"));
        Ok(if ended { Self::Ended } else { Self::LookupDenied })
    }
}

/// The state of a session's token, for the health report.
pub(in crate::provider::vault) struct TokenFacts {
    pub(in crate::provider::vault) lookup: TokenLookup,
    /// Why the last login failed, while an older token is still valid.
    pub(in crate::provider::vault) login_failure: Option<VaultError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(seconds: u64) -> AuthResponse {
        AuthResponse { auth: AuthData { client_token: "t".into(), lease_duration: seconds, renewable: true } }
    }

    #[test]
    fn a_token_is_renewed_from_half_of_its_time_on_until_renewals_give_nothing() {
        let begun = Instant::now();
        let held = auth(100).into_token(begun).unwrap_or_else(|_| panic!());
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(!held.is_due(after(39)) && held.is_due(after(50)) && !held.is_expired(after(99)));
        let renewed = held.renewed(&auth(100), after(50));
        assert!(!renewed.is_due(after(50)) && renewed.is_due(after(100)));
        assert!(renewed.renewed(&auth(20), after(100)).is_due(after(100)), "its end is near");
        assert!(held.postponed(after(50)).is_due(after(60)) && !held.postponed(after(50)).is_due(after(59)));
    }

    #[test]
    fn one_that_was_given_is_asked_once_how_long_it_lives() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let given = || SessionToken::unverified(VaultToken::new("t".into()).unwrap(), begun);
        assert!(!given().is_due(after(4)) && given().is_due(after(5)) && !given().lifetime_known);
        let told =
            |ttl| TokenLookup::Alive(TokenData { ttl, creation_ttl: 100, renewable: true, policies: vec![] });
        for (looked, due) in [
            (told(100), true),
            (told(0), false),
            (TokenLookup::LookupDenied, false),
            (TokenLookup::Ended, false),
        ] {
            let mut held = given();
            held.update(&looked, after(5));
            assert!(held.lifetime_known && !held.is_due(after(6)) && held.is_due(after(1_000)) == due);
        }
    }

    #[test]
    fn the_body_of_a_login_is_json_and_grows_out_of_nothing() {
        let role = AppRole::new("a \"role\"".into(), "planted-\\secret\u{1}".into()).unwrap();
        let body = login_body(&role);
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let wanted = serde_json::json!({"role_id": "a \"role\"", "secret_id": "planted-\\secret\u{1}"});
        assert!(read == wanted && body.capacity() < 400);
    }

    #[test]
    fn one_that_does_not_end_is_never_due() {
        let held = auth(0).into_token(Instant::now()).unwrap_or_else(|_| panic!());
        let late = Instant::now() + Duration::from_secs(1_000_000);
        assert!(!held.is_due(late) && !held.is_expired(late));
    }
}
