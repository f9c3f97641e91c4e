//! Health: what `sys/health` says to anybody, and what the token may know of itself.

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::call::{Call, Reply};
use super::failure::Failure;
use super::session::{Session, TokenFacts};
use crate::domain::{Condition, Fact, Finding, Health, LatencyClass, Right, SecretStanding};
use crate::provider::HEALTH_DEADLINE;

/// The word on the badge.
const BACKEND: &str = "vault";

/// What `sys/health` tells; OpenBao leaves out what Vault has, and the other way round.
#[derive(Deserialize, Default)]
struct Told {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    cluster_name: Option<String>,
}

/// Asks the server how it is, and then what becomes of our token.
pub(super) async fn check(session: &Session) -> Health {
    let begun = Instant::now();
    // The calls keep to time-outs of their own; this is for waiting behind others.
    let token = async {
        let deadline = HEALTH_DEADLINE.saturating_sub(begun.elapsed());
        tokio::time::timeout(deadline, session.token_facts()).await.unwrap_or(Err(Failure::Silent))
    };
    let reply = match session.ask(&Call::get("sys/health"), HEALTH_DEADLINE).await {
        Ok(reply) => reply,
        Err(failure) => return unheard(session, &failure),
    };
    let latency = begun.elapsed();
    let serves = matches!(reply.status(), 200 | 429 | 473);
    let token = if serves { Some(token.await) } else { None };
    told(session, &reply, latency, token)
}

fn unheard(session: &Session, failure: &Failure) -> Health {
    let words = failure.words(&session.name());
    let (text, remedy) = words.split_once(": ").unwrap_or((&words, ""));
    let mut health = Health::unusable(BACKEND, text, remedy);
    health.standing = failure.standing().or(Some(SecretStanding::Strange));
    health.facts.push(Fact::text("address", session.settings().address.to_string()));
    health
}

fn told(
    session: &Session,
    reply: &Reply,
    latency: Duration,
    token: Option<Result<TokenFacts, Failure>>,
) -> Health {
    let (standing, state, finding) = state(reply.status(), &session.name());
    let mut health = Health::new(BACKEND);
    health.standing = Some(standing);
    health.latency = Some(LatencyClass::of(latency));
    let said: Told = reply.parse().unwrap_or_default();
    health.facts.push(Fact::text("state", state));
    health.facts.push(Fact::text("address", session.settings().address.to_string()));
    health.facts.extend(said.version.map(|version| Fact::text("version", version)));
    health.facts.extend(said.cluster_name.map(|name| Fact::text("cluster", name)));
    if let Some(namespace) = &session.settings().namespace {
        health.facts.push(Fact::text("namespace", namespace.as_str()));
    }
    if let Some(finding) = finding {
        health.find(finding);
    }
    match token {
        Some(Ok(facts)) => of_token(&mut health, &session.name(), &facts),
        Some(Err(Failure::NoToken(why))) => {
            health.standing = Failure::NoToken(why).standing();
            let remedy = "set VAULT_TOKEN to a new one, or give the AppRole a new secret id";
            health.find(Finding::rights(Right::Read, why.words(), remedy).at(Condition::Unusable));
        }
        Some(Err(failure)) => {
            health.standing = failure.standing().or(health.standing);
            health.find(Finding::fault(failure.words(&session.name()), "").at(Condition::Unusable));
        }
        None => {}
    }
    health
}

/// Every status of `sys/health` in words, and what there is to do about it.
fn state(status: u16, vault: &str) -> (SecretStanding, &'static str, Option<Finding>) {
    let broken = |text: &str, remedy: &str| {
        Some(Finding::fault(format!("{vault} {text}"), remedy).at(Condition::Unusable))
    };
    match status {
        200 => (SecretStanding::Unsealed, "active", None),
        429 => (SecretStanding::Standby, "standby, which passes requests on to the active node", None),
        472 => (
            SecretStanding::RecoveryOnly,
            "standby for disaster recovery",
            broken(
                "stands by for disaster recovery and serves nobody",
                "set VAULT_ADDR to the primary cluster",
            ),
        ),
        473 => (SecretStanding::Standby, "standby for reads", None),
        474 => (
            SecretStanding::NoActiveNode,
            "standby without an active node",
            broken(
                "stands by and reaches no active node",
                "check the other nodes, and the network between them",
            ),
        ),
        501 => (
            SecretStanding::Uninitialised,
            "not initialised",
            broken("is not initialised", "initialise and unseal it"),
        ),
        503 => (SecretStanding::Sealed, "sealed", broken("is sealed", "unseal it")),
        530 => (
            SecretStanding::Removed,
            "removed from its cluster",
            broken("was removed from its cluster", "set VAULT_ADDR to a node that is part of it"),
        ),
        status => (
            SecretStanding::Strange,
            "unknown",
            broken(
                &format!("answers sys/health with status {status}"),
                "check VAULT_ADDR, and a proxy before it",
            ),
        ),
    }
}

fn of_token(health: &mut Health, vault: &str, facts: &TokenFacts) {
    use super::session::Looked;
    match &facts.looked {
        Looked::Alive(told) => {
            health.facts.push(Fact::text("policies", told.policies.join(", ")));
            health.facts.push(Fact::text("token", lifetime(told.ttl, told.renewable)));
            if told.policies.iter().any(|policy| policy == "root") {
                let remedy = "use one with a policy of its own: see the viewer's in README";
                health.root = true;
                health.find(Finding::hint("the token is a root token, which may do everything", remedy));
            }
        }
        Looked::NotTold => {
            health.facts.push(Fact::text("token", "not told: read on auth/token/lookup-self is missing"));
        }
        Looked::Ended => health.facts.push(Fact::text("token", "logged in anew")),
    }
    if let Some(failure) = &facts.trouble {
        health.standing = Some(SecretStanding::LoginFails);
        health.find(Finding::fault(
            format!("no new login, and the token in use will end: {}", failure.words(vault)),
            "give the AppRole a new secret id, and start again",
        ));
    }
}

/// How long a token lives, in steps that an idle screen bears.
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
