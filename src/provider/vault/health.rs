//! Health: `sys/health`, which needs no token, and `lookup-self` of the token.

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::BACKEND;
use super::error::{CHECK_ADDRESS, NEW_FILE, TokenError, VaultError};
use super::request::{VaultRequest, VaultResponse};
use super::session::{TokenFacts, TokenLookup, VaultSession};
use super::settings::VaultSettings;
use crate::domain::{Condition, Fact, Finding, Health, LatencyClass, Right, SecretStoreStatus};
use crate::provider::HEALTH_DEADLINE;

/// Checks the server, and then our token.
pub(super) async fn check(session: &VaultSession) -> Health {
    let begun = Instant::now();
    let call = VaultRequest::get("sys/health");
    let reply = match session.client().call(&call, None, HEALTH_DEADLINE).await {
        Ok(reply) => reply,
        Err(failure) => return unreachable_health(session, &failure),
    };
    let mut health = server_health(session, &reply, begun.elapsed());
    if health.secret_store.is_some_and(SecretStoreStatus::serves) {
        // The requests have their own timeouts; this one covers waiting for the rate limit and for locks.
        let deadline = HEALTH_DEADLINE.saturating_sub(begun.elapsed());
        let token = tokio::time::timeout(deadline, session.token_facts()).await;
        add_token(&mut health, &session.name(), token.unwrap_or(Err(VaultError::Timeout)));
        add_redirect(&mut health, session.redirect());
    }
    health
}

/// Who answers instead of the configured address: `sys/health` is not redirected, other requests may be.
fn add_redirect(health: &mut Health, host: Option<String>) {
    health.facts.extend(host.iter().map(|host| Fact::text("redirects to", host)));
    health.redirect = host;
}

fn unreachable_health(session: &VaultSession, failure: &VaultError) -> Health {
    let words = failure.words(&session.name());
    let (text, remedy) = words.split_once(": ").unwrap_or((&words, ""));
    let mut health = Health::unusable(BACKEND.name, text, remedy);
    health.secret_store = failure.standing().or(Some(SecretStoreStatus::Unrecognised));
    health.facts.push(Fact::text("address", session.settings().address.to_string()));
    add_redirect(&mut health, failure.redirect().map(str::to_owned));
    health
}

fn server_health(session: &VaultSession, reply: &VaultResponse, latency: Duration) -> Health {
    /// The body; Vault and OpenBao each leave out some members, but not whether it is sealed.
    #[derive(Deserialize)]
    struct HealthBody {
        #[serde(rename = "sealed")]
        _sealed: bool,
        version: Option<String>,
        cluster_name: Option<String>,
    }
    let Ok(said) = reply.parse::<HealthBody>() else {
        return unreachable_health(session, &VaultError::NotVault(reply.status));
    };
    let (standing, state, finding) = state(reply.status, &session.name());
    let mut health = Health::new(BACKEND.name);
    health.secret_store = Some(standing);
    health.latency = Some(LatencyClass::of(latency));
    let VaultSettings { address, namespace, .. } = session.settings();
    health.facts.push(Fact::text("state", state));
    health.facts.push(Fact::text("address", address.to_string()));
    health.facts.extend(said.version.map(|version| Fact::text("version", version)));
    health.facts.extend(said.cluster_name.map(|name| Fact::text("cluster", name)));
    health.facts.extend(namespace.as_ref().map(|namespace| Fact::text("namespace", namespace.as_str())));
    if let Some(finding) = finding {
        health.push(finding);
    }
    health
}

/// The meaning of each status of `sys/health`, and what to do about it.
fn state(status: u16, vault: &str) -> (SecretStoreStatus, &'static str, Option<Finding>) {
    use SecretStoreStatus as Status;
    let other = format!("answers sys/health with status {status}");
    let (standing, state, text, remedy) = match status {
        200 => (Status::Unsealed, "active", "", ""),
        429 => (Status::Standby, "standby, which passes requests on to the active node", "", ""),
        472 => (
            Status::RecoveryOnly,
            "standby for disaster recovery",
            "stands by for disaster recovery and serves nobody",
            "set VAULT_ADDR to the primary cluster",
        ),
        473 => (Status::Standby, "standby for reads", "", ""),
        474 => (
            Status::NoActiveNode,
            "standby without an active node",
            "stands by and reaches no active node",
            "check the other nodes, and the network between them",
        ),
        501 => (Status::Uninitialised, "not initialised", "is not initialised", "initialise and unseal it"),
        503 => (Status::Sealed, "sealed", "is sealed", "unseal it"),
        530 => (
            Status::Removed,
            "removed from its cluster",
            "was removed from its cluster",
            "set VAULT_ADDR to a node that is part of it",
        ),
        _ => (Status::Unrecognised, "unknown", &*other, CHECK_ADDRESS),
    };
    let broken = || Finding::fault(format!("{vault} {text}"), remedy).at(Condition::Unusable);
    (standing, state, (!standing.serves()).then(broken))
}

fn add_token(health: &mut Health, vault: &str, token: Result<TokenFacts, VaultError>) {
    let facts = match token {
        Ok(facts) => facts,
        Err(failure) => {
            health.secret_store = match failure {
                VaultError::Malformed | VaultError::NotVault(_) => Some(SecretStoreStatus::Unrecognised),
                _ => failure.standing().or(health.secret_store),
            };
            let finding = match failure {
                VaultError::NoToken(why @ (TokenError::FileEnded(_) | TokenError::NoFile { .. })) => {
                    Finding::rights(Right::Read, why.to_string(), NEW_FILE)
                }
                VaultError::NoToken(why) => {
                    let remedy = "set VAULT_TOKEN to a new one, or give the AppRole a new secret id";
                    Finding::rights(Right::Read, why.to_string(), remedy)
                }
                _ => Finding::fault(failure.words(vault), ""),
            };
            return health.push(finding.at(Condition::Unusable));
        }
    };
    match facts.lookup {
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
    if let Some(failure) = facts.login_failure {
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
