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
    let read = async {
        let head = connector.read(|link| {
            let key = key.clone();
            async move { link.head(key).await }
        });
        (within(HEALTH_DEADLINE, head).await, begun.elapsed())
    };
    let (decided, seen) = tokio::join!(read, look_around(connector, begun + HEALTH_DEADLINE - MARGIN));
    let mut health = verdict(connector, keyspace, decided.0, decided.1);
    enrich(&mut health, &seen);
    health
}

/// What the permitted read alone says.
fn verdict(
    connector: &Connector,
    keyspace: &Keyspace,
    read: Result<Head, Fault>,
    latency: Duration,
) -> Health {
    let mut health = Health {
        backend: "etcd",
        condition: Condition::Healthy,
        summary: String::new(),
        latency: Some(latency),
        facts: facts(connector, keyspace),
        members: Vec::new(),
    };
    match read {
        Ok(head) => {
            health.facts.push(("cluster", format!("{:016x}", head.cluster)));
            health.facts.push(("revision", head.revision.0.to_string()));
        }
        Err(Fault::Denied) => {
            degrade(&mut health, format!("etcd answers, and denies reading under {}", keyspace.prefix()));
        }
        Err(fault) => {
            health.latency = None;
            health.condition = Condition::Unusable;
            health.summary = fault.words(&connector.name());
        }
    }
    health
}

fn degrade(health: &mut Health, why: String) {
    health.condition = health.condition.max(Condition::Degraded);
    if !health.summary.is_empty() {
        health.summary.push_str("; ");
    }
    health.summary.push_str(&why);
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

/// What is seen beside the deciding read.
struct Seen {
    /// One for each configured endpoint.
    endpoints: Vec<Answer>,
    /// Members of the cluster that no endpoint leads to.
    others: Vec<Answer>,
    members: Vec<Member>,
    alarms: Vec<&'static str>,
}

async fn look_around(connector: &Connector, deadline: Instant) -> Seen {
    let settings = connector.settings();
    let asked = settings.endpoints.iter().map(|endpoint| {
        let tls = settings.uses_tls(endpoint);
        ask(connector, Named::BySettings, endpoint.to_string(), (endpoint.url(tls), tls), deadline)
    });
    let (endpoints, (members, alarms)) = tokio::join!(join_all(asked), cluster(connector, deadline));
    let known: HashSet<_> = endpoints.iter().filter_map(Answer::member).collect();
    let others = members.iter().filter(|member| !known.contains(&member.id())).take(OTHERS);
    let others = others.filter_map(|member| {
        let url = member.client_urls().first()?;
        let tls = url.starts_with("https://");
        let address = url.split("://").last()?.to_owned();
        Some(ask(connector, Named::ByCluster, address, (url.clone(), tls), deadline))
    });
    let others = join_all(others).await;
    Seen { endpoints, others, members, alarms }
}

fn enrich(health: &mut Health, seen: &Seen) {
    let silent = |answer: &&Answer| matches!(&answer.status, Err(fault) if *fault != Fault::Denied);
    let silent = seen.endpoints.iter().filter(silent).count();
    if silent > 0 && health.condition != Condition::Unusable {
        degrade(health, format!("{silent} of {} endpoints do not answer", seen.endpoints.len()));
    }
    for alarm in &seen.alarms {
        degrade(health, (*alarm).into());
    }
    let answers = seen.endpoints.iter().chain(&seen.others);
    health.members = answers.map(|answer| answer.member_health(&seen.members)).collect();
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

/// Whose address a member has: only one that was configured is told our name and password. The rest
/// are what the cluster says of itself, over plain http perhaps; they answer without.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    BySettings,
    ByCluster,
}

async fn ask(
    connector: &Connector,
    named: Named,
    address: String,
    (url, tls): (String, bool),
    deadline: Instant,
) -> Answer {
    let begun = Instant::now();
    let status = within(left(deadline), async {
        let mut client: Client = match named {
            Named::BySettings => connector.connect(&url, tls).await?,
            Named::ByCluster => connector.connect_unnamed(&url, tls).await?,
        };
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
            Err(Fault::Denied | Fault::NoLogin) => {
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
    use std::sync::{Arc, Mutex};

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::super::settings::{Endpoint, EtcdSettings, Login, Password};
    use super::*;

    /// What a member gets to read that never answers.
    async fn overheard(named: Named) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        let listening = tokio::spawn(async move {
            loop {
                let (mut peer, _) = listener.accept().await.unwrap();
                let ears = Arc::clone(&ears);
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while let Ok(count @ 1..) = peer.read(&mut buffer).await {
                        ears.lock().unwrap().extend_from_slice(&buffer[..count]);
                    }
                });
            }
        });
        let mut settings = EtcdSettings::new(Endpoint::parse("127.0.0.1:1", 2379).unwrap(), Layout::Flat);
        settings.login = Some(Login { username: "ann".into(), password: Password::new("hunter2".into()) });
        let connector = Connector::new(settings);
        let deadline = Instant::now() + Duration::from_millis(500);
        let answer = ask(&connector, named, address.clone(), (format!("http://{address}"), false), deadline);
        assert!(answer.await.status.is_err());
        listening.abort();
        let heard = heard.lock().unwrap();
        assert!(!heard.is_empty(), "it was asked");
        String::from_utf8_lossy(&heard).into_owned()
    }

    #[tokio::test]
    async fn the_password_goes_to_configured_members_alone() {
        assert!(overheard(Named::BySettings).await.contains("hunter2"));
        assert!(!overheard(Named::ByCluster).await.contains("hunter2"));
    }

    #[test]
    fn sizes_read_in_mebibytes() {
        assert_eq!(mebibytes(20 * 1024 * 1024 + 512 * 1024), "20.5 MiB");
        assert_eq!(mebibytes(-1), "0.0 MiB");
    }
}
