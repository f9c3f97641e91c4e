//! Health: one permitted read decides; what members say of themselves enriches it where that is
//! permitted. Every member is asked at once, and all of it ends within [`HEALTH_DEADLINE`].
//!
//! | file | what it is for |
//! | --- | --- |
//! | `decide` | the read that decides, of whichever member answers |
//! | `ask` | what each member says of itself, over connections that are kept |
//! | `certificate` | what a TLS server shows, and our own certificate files |
//! | `session` | what kind of token a login gives |
//! | `leader` | since when who leads, as far as this process saw |
//! | `rows`, `findings` | what all that means |

mod ask;
mod certificate;
mod decide;
mod findings;
mod leader;
mod rows;
mod session;

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Layout;
use super::connect::Connector;
use super::error::Fault;
use super::layout::Keyspace;
use super::link::Head;
use crate::domain::{Condition, Fact, Finding, Health, LatencyClass, Right};
use crate::provider::HEALTH_DEADLINE;
use ask::{Contacts, Seen};
use certificate::Sightings;
use leader::{Leadership, Reign};
use session::Session;

/// What the parts leave of the deadline for the whole to be put together.
const MARGIN: Duration = Duration::from_millis(50);

/// What is kept from one check to the next.
#[derive(Default)]
pub(super) struct Observer {
    contacts: Contacts,
    leadership: Leadership,
    sightings: Sightings,
    session: Session,
}

/// What the cluster says about itself, within [`HEALTH_DEADLINE`].
pub(super) async fn check(connector: &Connector, keyspace: &Keyspace, observer: &Observer) -> Health {
    let deadline = Instant::now() + HEALTH_DEADLINE - MARGIN;
    let (decided, seen, certificates, token) = tokio::join!(
        decide::decide(connector, keyspace, &observer.contacts, deadline),
        ask::look_around(connector, &observer.contacts, deadline),
        observer.sightings.look(connector, deadline),
        observer.session.kind(connector, deadline),
    );
    let now = SystemTime::now();
    let reign = observer.leadership.note(&seen, now);
    let mut health = Health::new("etcd");
    health.facts = facts(connector, keyspace);
    health.facts.extend(token.map(|kind| Fact::text("token", kind)));
    verdict(&mut health, connector, keyspace, decided);
    health.facts.extend(cluster_facts(&seen, reign));
    findings::of_cluster(&mut health, &seen);
    findings::of_certificates(&mut health, &certificates, now);
    health.members = rows::rows(&seen);
    health.certificates = certificates;
    health
}

/// What the permitted read alone says.
fn verdict(
    health: &mut Health,
    connector: &Connector,
    keyspace: &Keyspace,
    decided: Result<(Head, Duration), Fault>,
) {
    let prefix = keyspace.prefix();
    let fault = match decided {
        Ok((head, latency)) => {
            health.latency = Some(LatencyClass::of(latency));
            health.facts.push(Fact::text("cluster", format!("{:016x}", head.cluster)));
            health.facts.push(Fact::ordinal("revision", head.revision.0));
            return;
        }
        Err(fault) => fault,
    };
    let words = fault.words(&connector.name());
    health.find(match fault {
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

fn facts(connector: &Connector, keyspace: &Keyspace) -> Vec<Fact> {
    let settings = connector.settings();
    let layout = match keyspace.layout() {
        Layout::Namespaced => "namespaced",
        Layout::Flat => "flat",
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
        Fact::text("prefix", keyspace.prefix()),
        Fact::text("layout", layout),
        Fact::text("tls", tls),
    ];
    if let Some(login) = &settings.login {
        facts.push(Fact::text("user", login.username.clone()));
    }
    facts
}

fn cluster_facts(seen: &Seen, reign: Option<Reign>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(size) = seen.size() {
        facts.push(Fact::text("members", size));
    }
    if let Some(reign) = reign {
        facts.push(Fact::text("leader", seen.name_of(reign.leader)));
        facts.extend(match reign.before {
            Some(before) => {
                let what = format!("took over from {}", seen.name_of(before));
                Some(Fact::observed("leader change", what, reign.since))
            }
            None => reign.lasted.then(|| Fact::observed("leader change", "none seen since", reign.since)),
        });
        facts.push(Fact::ordinal("raft term", reign.term));
    }
    facts
}

/// Time that is left; nothing once the deadline has passed.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
