//! The tab Health in every state that is drawn differently.

use std::time::{Duration, SystemTime};

use super::scenes::files as on_files;
use super::{NOW, browse};
use crate::console::model::*;
use crate::console::screens::Tab;
use crate::console::shell::layout::Size;
use crate::domain::*;

const DAY: Duration = Duration::from_secs(86_400);

/// The first second of 2026.
fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + DAY * 20_454
}

fn minutes_ago(minutes: u64) -> SystemTime {
    wall() - Duration::from_secs(minutes * 60)
}

fn shown(mut model: Model, health: Health) -> Model {
    model.tab = Tab::Health;
    model.now.wall = wall();
    model.link.history.changes = 12_345;
    model.health.checked = Some(NOW - Duration::from_secs(2));
    model.health.backends = vec![health];
    model
}

fn member(at: u64, role: MemberRole, millis: u64) -> MemberHealth {
    MemberHealth {
        name: format!("etcd-{at}"),
        address: format!("10.0.0.{at}:2379"),
        condition: Some(Condition::Healthy),
        role: Some(role),
        latency: Some(LatencyClass::of(Duration::from_millis(millis))),
        facts: vec![
            Fact::text("version", "3.5.1"),
            Fact::bytes("size", 2_200_000),
            Fact::bytes("in use", 1_400_000),
            Fact::text("peer", format!("http://10.0.0.{at}:2380")),
        ],
        detail: String::new(),
    }
}

fn etcd() -> Health {
    let mut health = Health::new("etcd");
    health.latency = Some(LatencyClass::Under5ms);
    health.facts = vec![
        Fact::text("endpoints", "10.0.0.1:2379, 10.0.0.2:2379, 10.0.0.3:2379"),
        Fact::text("prefix", "/cwm/"),
        Fact::text("layout", "namespaced"),
        Fact::text("tls", "off"),
        Fact::text("user", "deck"),
        Fact::text("cluster", "cdf818194e3a8c32"),
        Fact::ordinal("revision", 48_214),
        Fact::text("members", "3, of which 2 make a quorum"),
        Fact::text("leader", "etcd-2"),
        Fact::observed("leader change", "took over from etcd-1", minutes_ago(4)),
        Fact::ordinal("raft term", 7),
    ];
    health
}

/// Three members, one of them down; its loss made another one the leader.
pub(crate) fn cluster(size: Size) -> Model {
    let mut health = etcd();
    health.push(Finding::fault(
        "1 of 3 endpoints does not answer: etcd-1 (10.0.0.1:2379)",
        "bring it back soon: the cluster cannot bear the loss of another member",
    ));
    health.push(Finding::hint("the members run different versions: 3.5.1, 3.5.9", "finish the upgrade"));
    let dead = MemberHealth {
        condition: Some(Condition::Unusable),
        role: None,
        latency: None,
        facts: vec![Fact::text("peer", "http://10.0.0.1:2380")],
        detail: "cannot connect to etcd at 10.0.0.1:2379: check that it runs and ETCD_HOST".into(),
        ..member(1, MemberRole::Follower, 0)
    };
    health.members = vec![dead, member(2, MemberRole::Leader, 3), member(3, MemberRole::Follower, 14)];
    let mut model = shown(browse(size), health);
    model.context.warnings = vec!["plain http".into()];
    let resync = Resync { differences: 12, at: NOW - Duration::from_secs(90), replaced: true };
    (model.link.resync, model.link.history.last_resync) = (Some(resync), Some(resync));
    model.link.history.resyncs = 1;
    model.link.history.last_progress = Some(NOW - Duration::from_secs(3));
    model.link.history.last_check =
        Some(ConsistencyCheck { at: Revision(48_190), differences: 0, when: NOW - Duration::from_secs(200) });
    model.link.history.outage = Some(LinkOutage {
        reason: "the connection to etcd at 10.0.0.1:2379 broke".into(),
        failures: 3,
        began: NOW - Duration::from_secs(241),
        ended: Some(NOW - Duration::from_secs(236)),
    });
    model
}

/// A full database, a learner, and certificates at every stage, over TLS.
pub(crate) fn full(size: Size) -> Model {
    let mut health = etcd();
    health.alarm = Some("NOSPACE");
    health.push(Finding::fault(
        "alarm NOSPACE: the database of etcd-1 has reached its quota, and the cluster takes no writes",
        "etcdctl compact 48214; etcdctl defrag --cluster; etcdctl alarm disarm",
    ));
    health.push(Finding::fault(
        "the certificate of 10.0.0.2:2379 ends on 2026-01-13T00:00:00Z",
        "renew it before then",
    ));
    let full = MemberHealth {
        condition: Some(Condition::Degraded),
        detail: "alarm NOSPACE".into(),
        ..member(1, MemberRole::Leader, 1)
    };
    health.members = vec![full, member(2, MemberRole::Follower, 1), member(3, MemberRole::Learner, 150)];
    let certificate = |owner, left: i64| Certificate {
        owner,
        subject: "CN=etcd.example".into(),
        from: wall() - DAY * 300,
        until: if left < 0 { wall() - DAY * left.unsigned_abs() as u32 } else { wall() + DAY * left as u32 },
    };
    health.certificates = vec![
        certificate(CertificateOwner::Server("10.0.0.1:2379".into()), 65),
        certificate(CertificateOwner::Server("10.0.0.2:2379".into()), 12),
        certificate(CertificateOwner::Client("/etc/confdeck/client.pem".into()), -3),
        certificate(CertificateOwner::Authority("/etc/confdeck/ca.pem".into()), 3_000),
    ];
    shown(browse(size), health)
}

/// A user who may not read everything; nothing is wrong with the store.
pub(crate) fn rights(size: Size) -> Model {
    let mut health = etcd();
    health.push(Finding::rights(
        Right::Read,
        "etcd answers, and denies reading all of /cwm/ to this user",
        "etcdctl role grant-permission ROLE read /cwm/ --prefix=true",
    ));
    health.members = vec![MemberHealth {
        name: "10.0.0.1:2379".into(),
        address: String::new(),
        role: None,
        latency: None,
        facts: Vec::new(),
        detail: "answers; only root may ask it more".into(),
        ..member(1, MemberRole::Follower, 0)
    }];
    shown(browse(size), health)
}

/// A store that is unreachable, during the back-off.
pub(crate) fn lost(size: Size) -> Model {
    let mut health = Health::unusable(
        "etcd",
        "cannot connect to etcd at 10.0.0.1:2379",
        "check that it runs and ETCD_HOST",
    );
    health.facts = vec![Fact::text("endpoints", "10.0.0.1:2379"), Fact::text("tls", "off")];
    let mut model = shown(browse(size), health);
    for attempt in 0..4 {
        let reason = "cannot connect to etcd at 10.0.0.1:2379: check that it runs and ETCD_HOST".into();
        let retry_in = Some(Duration::from_millis(8_400));
        let at = NOW - Duration::from_secs(15 - 5 * attempt);
        model.link.set_state(LinkState::Stale { reason, retry_in }, at);
    }
    model
}

fn file(name: &str, role: MemberRole, documents: u64) -> MemberHealth {
    MemberHealth {
        name: name.into(),
        address: String::new(),
        condition: Some(Condition::Healthy),
        role: Some(role),
        latency: None,
        facts: vec![
            Fact::count("documents", documents),
            Fact::bytes("size", 18_432),
            Fact::moment("modified", minutes_ago(90)),
            Fact::text("mode", "0644"),
            Fact::text("owner", "deploy"),
            Fact::moment("read", minutes_ago(12)),
        ],
        detail: String::new(),
    }
}

/// Two healthy files, one behind a symlink, with a hint.
pub(crate) fn files(size: Size) -> Model {
    let mut health = Health::new("files");
    health.facts.push(Fact::text("changes", "by notification, and looked at every 2 s"));
    health.push(Finding::hint(
        "/etc/hooks/webhooks.json holds secrets in plaintext, and every user of this machine may read it",
        "chmod o-r /etc/hooks/webhooks.json, unless the receiver needs it",
    ));
    let mut linked = file("/etc/hooks/connections.json", MemberRole::Connections, 6);
    linked.facts.push(Fact::text("links to", "/srv/config/2026-01/connections.json"));
    health.members = vec![file("/etc/hooks/webhooks.json", MemberRole::Webhooks, 2), linked];
    shown(on_files(size), health)
}

/// One file that is not JSON, in a folder that this user may not write.
pub(crate) fn broken(size: Size) -> Model {
    let mut health = Health::new("files");
    let why = "/etc/hooks/webhooks.json: line 14, column 3: a comma is missing";
    health.push(Finding::fault(why, ""));
    health.push(Finding::rights(
        Right::Write,
        "this user may not write in the folder /etc/hooks: /etc/hooks/webhooks.json cannot be saved",
        "ask for that right, or use another user",
    ));
    let mut broken = file("/etc/hooks/webhooks.json", MemberRole::Webhooks, 2);
    (broken.condition, broken.detail) = (Some(Condition::Unusable), why.into());
    health.members = vec![broken, file("/etc/hooks/connections.json", MemberRole::Connections, 6)];
    let mut model = shown(on_files(size), health);
    let reason = why.into();
    model.link.set_state(LinkState::Stale { reason, retry_in: None }, NOW - Duration::from_secs(70));
    model
}
