//! Health: one permitted read decides; status, members and alarms enrich it where they are permitted.

use std::collections::HashSet;
use std::time::Duration;

use etcd_client::{AlarmAction, AlarmType, Client, Member, StatusResponse};
use futures::future::join_all;
use tokio::time::Instant;

use super::Layout;
use super::connect::{Connector, Head};
use super::error::{Fault, within};
use super::layout::Keyspace;
use crate::domain::{Condition, Health, MemberHealth};
use crate::provider::HEALTH_DEADLINE;

/// What the enrichment leaves of the deadline for itself to be put together.
const MARGIN: Duration = Duration::from_millis(50);
/// The most members asked beside the configured ones.
const OTHERS: usize = 8;

/// What the cluster says about itself, within [`HEALTH_DEADLINE`].
pub(super) async fn check(connector: &Connector, keyspace: &Keyspace) -> Health {
    let begun = Instant::now();
    let key = keyspace.prefix().as_bytes().to_vec();
    let read = within(HEALTH_DEADLINE, connector.read(|link| link_head(link, key.clone()))).await;
    let latency = begun.elapsed();
    let mut health = Health {
        backend: "etcd",
        condition: Condition::Healthy,
        summary: String::new(),
        latency: None,
        facts: facts(connector, keyspace),
        members: Vec::new(),
    };
    match &read {
        Ok(head) => {
            health.latency = Some(latency);
            health.facts.push(("cluster", format!("{:016x}", head.cluster)));
            health.facts.push(("revision", head.revision.0.to_string()));
        }
        Err(Fault::Denied) => {
            health.latency = Some(latency);
            health.degrade(format!("etcd answers, and denies reading under {}", keyspace.prefix()));
        }
        Err(fault) => {
            health.condition = Condition::Unusable;
            health.summary = fault.words(&connector.name());
        }
    }
    let deadline = begun + HEALTH_DEADLINE - MARGIN;
    enrich(connector, &mut health, deadline).await;
    health
}

async fn link_head(link: super::connect::Link, key: Vec<u8>) -> Result<Head, Fault> {
    link.head(key).await
}

impl Health {
    fn degrade(&mut self, why: String) {
        self.condition = self.condition.max(Condition::Degraded);
        if !self.summary.is_empty() {
            self.summary.push_str("; ");
        }
        self.summary.push_str(&why);
    }
}

fn facts(connector: &Connector, keyspace: &Keyspace) -> Vec<(&'static str, String)> {
    let layout = match keyspace.layout() {
        Layout::Namespaced => "namespaced",
        Layout::Flat => "flat",
    };
    let mut facts = vec![
        ("endpoints", connector.name()),
        ("prefix", keyspace.prefix().into()),
        ("layout", layout.into()),
    ];
    if let Some(login) = &connector.settings().login {
        facts.push(("user", login.username.clone()));
    }
    facts
}

/// Time that is left; nothing once the deadline has passed.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

async fn enrich(connector: &Connector, health: &mut Health, deadline: Instant) {
    let settings = connector.settings();
    let asked = settings.endpoints.iter().map(|endpoint| {
        let tls = settings.uses_tls(endpoint);
        ask(connector, endpoint.to_string(), endpoint.url(tls), tls, deadline)
    });
    let (answers, (members, alarms)) = tokio::join!(join_all(asked), cluster(connector, deadline));
    let known: HashSet<_> = answers.iter().filter_map(Answer::member).collect();
    let others = members.iter().filter(|member| !known.contains(&member.id())).take(OTHERS);
    let others = others.filter_map(|member| {
        let url = member.client_urls().first()?;
        let tls = url.starts_with("https://");
        Some(ask(connector, url.split("://").last()?.to_owned(), url.clone(), tls, deadline))
    });
    let others = join_all(others).await;

    let silent = answers.iter().filter(|answer| answer.status.is_err()).count();
    let refused = answers.iter().filter(|answer| matches!(answer.status, Err(Fault::Denied))).count();
    if silent > refused && health.condition != Condition::Unusable {
        health.degrade(format!("{} of {} endpoints do not answer", silent - refused, answers.len()));
    }
    for alarm in alarms {
        health.degrade(alarm.into());
    }
    health.members = answers.iter().chain(&others).map(|answer| answer.member_health(&members)).collect();
}

/// The members and the alarms, as far as they are permitted.
async fn cluster(connector: &Connector, deadline: Instant) -> (Vec<Member>, Vec<&'static str>) {
    let Ok(link) = within(left(deadline), connector.link()).await else { return Default::default() };
    let (mut one, mut two) = (link.client(), link.client());
    let (members, alarms) = tokio::join!(
        within(left(deadline), async { Ok(one.member_list().await?) }),
        within(left(deadline), async { Ok(two.alarm(AlarmAction::Get, AlarmType::None, None).await?) }),
    );
    let members = members.map(|list| list.members().to_vec()).unwrap_or_default();
    let alarms = alarms.map(|list| {
        let words = list.alarms().iter().map(|alarm| match alarm.alarm() {
            AlarmType::Nospace => "the database is full and takes no writes: compact, defragment, disarm",
            AlarmType::Corrupt => "a member's data is corrupt",
            AlarmType::None => "an alarm is raised",
        });
        words.collect()
    });
    (members, alarms.unwrap_or_default())
}

/// What one member said of itself.
struct Answer {
    address: String,
    status: Result<StatusResponse, Fault>,
    latency: Duration,
}

async fn ask(connector: &Connector, address: String, url: String, tls: bool, deadline: Instant) -> Answer {
    let begun = Instant::now();
    let status = within(left(deadline), async {
        let mut client: Client = connector.connect(&url, tls).await?;
        Ok(client.status().await?)
    });
    let status = status.await;
    Answer { address, status, latency: begun.elapsed() }
}

impl Answer {
    fn member(&self) -> Option<u64> {
        Some(self.status.as_ref().ok()?.header()?.member_id())
    }

    fn member_health(&self, members: &[Member]) -> MemberHealth {
        let status = match &self.status {
            Ok(status) => status,
            Err(Fault::Denied) => {
                return self.row(Condition::Healthy, "", "answers; its status is not permitted".into());
            }
            Err(fault) => return self.row(Condition::Unusable, "", fault.words(&self.address)),
        };
        let id = self.member();
        let name = members.iter().find(|member| Some(member.id()) == id).map(Member::name);
        let role = match () {
            () if status.is_learner() => "learner",
            () if id == Some(status.leader()) => "leader",
            () => "follower",
        };
        let mut detail = format!("version {}, database {}", status.version(), mebibytes(status.db_size()));
        if let Some(name) = name {
            detail = format!("{name}, {detail}");
        }
        if status.leader() == 0 {
            detail.push_str(", has no leader");
            return self.row(Condition::Unusable, "", detail);
        }
        match status.errors().len() {
            0 => self.row(Condition::Healthy, role, detail),
            count => self.row(Condition::Degraded, role, format!("{detail}, reports {count} errors")),
        }
    }

    fn row(&self, condition: Condition, role: &'static str, detail: String) -> MemberHealth {
        let latency = self.status.is_ok().then_some(self.latency);
        MemberHealth { name: self.address.clone(), condition, role, latency, detail }
    }
}

fn mebibytes(bytes: i64) -> String {
    let tenths = u64::try_from(bytes).unwrap_or(0) * 10 / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_in_mebibytes() {
        assert_eq!(mebibytes(20 * 1024 * 1024 + 512 * 1024), "20.5 MiB");
        assert_eq!(mebibytes(-1), "0.0 MiB");
    }
}
