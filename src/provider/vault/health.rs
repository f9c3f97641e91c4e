//! Health: `sys/health`, which needs no token, and `lookup-self` of the token.

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::BACKEND;
use super::error::VaultError;
use super::request::{VaultRequest, VaultResponse};
use super::session::{TokenFacts, VaultSession};
use crate::domain::{Condition, Fact, Finding, Health, LatencyClass, Right, SecretStoreStatus};
use crate::provider::HEALTH_DEADLINE;

/// The body of `sys/health`; Vault and OpenBao each leave out some members.
#[derive(Deserialize, Default)]
struct HealthBody {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    cluster_name: Option<String>,
}

/// Checks the server, and then our token.
pub(super) async fn check(session: &VaultSession) -> Health {
    let begun = Instant::now();
    // The requests have their own timeouts; this one covers waiting for the rate limit and for locks.
    let token = async {
        let deadline = HEALTH_DEADLINE.saturating_sub(begun.elapsed());
        tokio::time::timeout(deadline, session.token_facts()).await.unwrap_or(Err(VaultError::Timeout))
    };
    let reply = match session.call_unauthenticated(&VaultRequest::get("sys/health"), HEALTH_DEADLINE).await {
        Ok(reply) => reply,
        Err(failure) => return unreachable_health(session, &failure),
    };
    let latency = begun.elapsed();
    let serves = matches!(reply.status(), 200 | 429 | 473);
    let token = if serves { Some(token.await) } else { None };
    server_health(session, &reply, latency, token)
}

fn unreachable_health(session: &VaultSession, failure: &VaultError) -> Health {
    let words = failure.words(&session.name());
    let (text, remedy) = words.split_once(": ").unwrap_or((&words, ""));
    let mut health = Health::unusable(BACKEND.name, text, remedy);
    health.secret_store = failure.standing().or(Some(SecretStoreStatus::Unrecognised));
    health.facts.push(Fact::text("address", session.settings().address.to_string()));
    health
}

fn server_health(
    session: &VaultSession,
    reply: &VaultResponse,
    latency: Duration,
    token: Option<Result<TokenFacts, VaultError>>,
) -> Health {
    let (standing, state, finding) = state(reply.status(), &session.name());
    let mut health = Health::new(BACKEND.name);
    health.secret_store = Some(standing);
    health.latency = Some(LatencyClass::of(latency));
    let said: HealthBody = reply.parse().unwrap_or_default();
    health.facts.push(Fact::text("state", state));
    health.facts.push(Fact::text("address", session.settings().address.to_string()));
    health.facts.extend(said.version.map(|version| Fact::text("version", version)));
    health.facts.extend(said.cluster_name.map(|name| Fact::text("cluster", name)));
    if let Some(namespace) = &session.settings().namespace {
        health.facts.push(Fact::text("namespace", namespace.as_str()));
    }
    if let Some(finding) = finding {
        health.push(finding);
    }
    match token {
        Some(Ok(facts)) => add_token_facts(&mut health, &session.name(), &facts),
        Some(Err(VaultError::NoToken(why))) => {
            health.secret_store = VaultError::NoToken(why).standing();
            let remedy = "set VAULT_TOKEN to a new one, or give the AppRole a new secret id";
            health.push(Finding::rights(Right::Read, why.words(), remedy).at(Condition::Unusable));
        }
        Some(Err(failure)) => {
            health.secret_store = failure.standing().or(health.secret_store);
            health.push(Finding::fault(failure.words(&session.name()), "").at(Condition::Unusable));
        }
        None => {}
    }
    health
}

/// The meaning of each status of `sys/health`, and what to do about it.
fn state(status: u16, vault: &str) -> (SecretStoreStatus, &'static str, Option<Finding>) {
    let broken = |text: &str, remedy: &str| {
        Some(Finding::fault(format!("{vault} {text}"), remedy).at(Condition::Unusable))
    };
    match status {
        200 => (SecretStoreStatus::Unsealed, "active", None),
        429 => (SecretStoreStatus::Standby, "standby, which passes requests on to the active node", None),
        472 => (
            SecretStoreStatus::RecoveryOnly,
            "standby for disaster recovery",
            broken(
                "stands by for disaster recovery and serves nobody",
                "set VAULT_ADDR to the primary cluster",
            ),
        ),
        473 => (SecretStoreStatus::Standby, "standby for reads", None),
        474 => (
            SecretStoreStatus::NoActiveNode,
            "standby without an active node",
            broken(
                "stands by and reaches no active node",
                "check the other nodes, and the network between them",
            ),
        ),
        501 => (
            SecretStoreStatus::Uninitialised,
            "not initialised",
            broken("is not initialised", "initialise and unseal it"),
        ),
        503 => (SecretStoreStatus::Sealed, "sealed", broken("is sealed", "unseal it")),
        530 => (
            SecretStoreStatus::Removed,
            "removed from its cluster",
            broken("was removed from its cluster", "set VAULT_ADDR to a node that is part of it"),
        ),
        status => (
            SecretStoreStatus::Unrecognised,
            "unknown",
            broken(
                &format!("answers sys/health with status {status}"),
                "check VAULT_ADDR, and a proxy before it",
            ),
        ),
    }
}

fn add_token_facts(health: &mut Health, vault: &str, facts: &TokenFacts) {
    use super::session::TokenLookup;
    match &facts.lookup {
        TokenLookup::Alive(told) => {
            health.facts.push(Fact::text("policies", told.policies.join(", ")));
            health.facts.push(Fact::text("token", lifetime(told.ttl, told.renewable)));
            if told.policies.iter().any(|policy| policy == "root") {
                let remedy = "use one with a policy of its own: see the viewer's in docs/secrets.md";
                health.root = true;
                health.push(Finding::hint("the token is a root token, which may do everything", remedy));
            }
        }
        TokenLookup::LookupDenied => {
            health.facts.push(Fact::text("token", "not told: read on auth/token/lookup-self is missing"));
        }
        TokenLookup::Ended => health.facts.push(Fact::text("token", "logged in anew")),
    }
    if let Some(failure) = &facts.login_failure {
        health.secret_store = Some(SecretStoreStatus::LoginFails);
        health.push(Finding::fault(
            format!("no new login, and the token in use will end: {}", failure.words(vault)),
            "give the AppRole a new secret id, and start again",
        ));
    }
}

/// How long a token lives, in coarse steps, so that an idle screen seldom changes.
fn lifetime(seconds: u64, renewable: bool) -> String {
    let left = match seconds {
        0 => return "does not end".into(),
        1..60 => "ends within a minute",
        60..600 => "ends within 10 minutes",
        600..3_600 => "ends within an hour",
        3_600..86_400 => "ends within a day",
        _ => "lives for days",
    };
    format!("{left}, {}", if renewable { "renewable" } else { "not renewable" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_words_of_its_own() {
        let all = [200, 429, 472, 473, 474, 501, 503, 530, 599];
        for (n, status) in all.into_iter().enumerate() {
            let (standing, word, finding) = state(status, "Vault at v:1");
            assert_eq!(standing.serves(), finding.is_none(), "{status}");
            assert_eq!(finding.is_none(), matches!(status, 200 | 429 | 473), "{status}");
            for other in &all[..n] {
                assert_ne!(state(*other, "").1, word);
            }
        }
    }

    #[test]
    fn a_lifetime_steps_slowly() {
        assert_eq!(lifetime(0, false), "does not end");
        assert_eq!(lifetime(59, true), "ends within a minute, renewable");
        assert_eq!(lifetime(86_400, false), "lives for days, not renewable");
    }
}
