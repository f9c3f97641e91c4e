//! Health: one quorum read decides the condition; the members' own status adds to it where that is
//! permitted. All members are queried concurrently, and all of it ends within [`HEALTH_DEADLINE`].
//!
//! | module | what it is for |
//! | --- | --- |
//! | `quorum_read` | the read that decides, from whichever member answers first |
//! | `member_status` | the status of each member, over cached clients |
//! | `certificate` | expiry of server certificates and certificate files |
//! | `auth_token` | the kind of token that a login gives |
//! | `leader` | leader changes that this process observed |
//! | `rows`, `findings` | the member table, and the findings to act on |

mod auth_token;
mod certificate;
mod findings;
mod leader;
mod member_status;
mod quorum_read;
mod rows;

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::KeyLayout;
use super::connect::Connector;
use super::error::Fault;
use super::link::Head;
use crate::domain::{Condition, Fact, Finding, Health, LatencyClass, Right};
use crate::provider::HEALTH_DEADLINE;
use auth_token::AuthTokenProbe;
use certificate::CertificateCache;
use leader::{LeaderTerm, LeaderTracker};
use member_status::{ClientPool, ClusterStatus};

/// The part of the deadline that is left for putting the result together.
const MARGIN: Duration = Duration::from_millis(50);

/// State kept from one check to the next.
#[derive(Default)]
pub(super) struct HealthCache {
    client_pool: ClientPool,
    leader_tracker: LeaderTracker,
    certificates: CertificateCache,
    token_probe: AuthTokenProbe,
}

/// Checks the cluster within [`HEALTH_DEADLINE`].
pub(super) async fn check(connector: &Connector, observer: &HealthCache) -> Health {
    let deadline = Instant::now() + HEALTH_DEADLINE - MARGIN;
    let (decided, seen, certificates, token) = tokio::join!(
        quorum_read::quorum_read(connector, &observer.client_pool, deadline),
        member_status::query_members(connector, &observer.client_pool, deadline),
        observer.certificates.collect(connector, deadline),
        observer.token_probe.kind(connector, deadline),
    );
    let now = SystemTime::now();
    let reign = observer.leader_tracker.record(&seen, now);
    let mut health = Health::new(super::BACKEND.name);
    health.facts = facts(connector);
    health.facts.extend(token.map(|kind| Fact::text("token", kind)));
    verdict(&mut health, connector, decided);
    health.facts.extend(cluster_facts(&seen, reign));
    findings::add_cluster_findings(&mut health, &seen);
    findings::add_certificate_findings(&mut health, &certificates, now);
    health.members = rows::rows(&seen);
    health.certificates = certificates;
    health
}

/// The condition according to the quorum read.
fn verdict(health: &mut Health, connector: &Connector, decided: Result<(Head, Duration), Fault>) {
    let prefix = connector.keyspace.prefix.as_str();
    let fault = match decided {
        Ok((head, latency)) => {
            health.latency = Some(LatencyClass::of(latency));
            health.facts.push(Fact::text("cluster", format!("{:016x}", head.cluster)));
            health.facts.push(Fact::ordinal("revision", head.revision.0));
            return;
        }
        Err(fault) => fault,
    };
    let words = fault.message(&connector.name());
    health.push(match fault {
        Fault::Denied => Finding::rights(
            Right::Read,
            format!("etcd answers, and denies reading all of {prefix} to this user"),
            format!("etcdctl role grant-permission ROLE read {prefix} --prefix=true"),
        ),
        Fault::NoLogin | Fault::BadLogin => {
            Finding::rights(Right::Read, words, fault.login_remedy()).at(Condition::Unusable)
        }
        Fault::NoLeader => {
            let remedy =
                "bring members back until a majority of them runs, and check the network between them";
            Finding::fault(words, remedy).at(Condition::Unusable)
        }
        _ => Finding::fault(words, "").at(Condition::Unusable),
    });
}

fn facts(connector: &Connector) -> Vec<Fact> {
    let settings = &connector.settings;
    let layout = match settings.layout {
        KeyLayout::Namespaced => "namespaced",
        KeyLayout::Flat => "flat",
        KeyLayout::Raw => "settings of an application",
    };
    let secured = settings.endpoints.iter().filter(|endpoint| settings.uses_tls(endpoint)).count();
    let tls = match (secured, settings.endpoints.len()) {
        (0, _) => "off".to_owned(),
        (some, all) if some < all => format!("on for {some} of {all} endpoints"),
        _ if settings.tls.identity.is_some() => "on, with a client certificate".to_owned(),
        _ => "on".to_owned(),
    };
    let mut facts = vec![
        Fact::text("endpoints", connector.name()),
        Fact::text("prefix", settings.prefix.as_str()),
        Fact::text("layout", layout),
        Fact::text("tls", tls),
    ];
    facts.extend(settings.login.as_ref().map(|login| Fact::text("user", login.username.clone())));
    facts
}

fn cluster_facts(seen: &ClusterStatus, reign: Option<LeaderTerm>) -> Vec<Fact> {
    let mut facts: Vec<_> = seen.size().map(|size| Fact::text("members", size)).into_iter().collect();
    if let Some(reign) = reign {
        facts.push(Fact::text("leader", seen.name_of(reign.leader)));
        facts.extend(match reign.previous {
            Some(before) => {
                let what = match before == reign.leader {
                    true => "elected again".to_owned(),
                    false => format!("took over from {}", seen.name_of(before)),
                };
                Some(Fact::observed("leader change", what, reign.since))
            }
            None => reign.confirmed.then(|| Fact::observed("leader change", "none seen since", reign.since)),
        });
        facts.push(Fact::ordinal("raft term", reign.term));
    }
    facts
}

/// The remaining time; zero once the deadline has passed.
fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
