use std::time::Duration;

use etcd_client::Member;
use etcd_client::proto::PbMember;

use super::super::super::error::Fault;
use super::super::member_status::MemberStatus;
use super::super::rows::rows;
use super::sample::{answers, report};
use super::*;
use crate::domain::{Fact, MemberRole};

fn judged(seen: &ClusterStatus) -> Health {
    let mut health = Health::new("etcd");
    health.facts.push(Fact::ordinal("revision", 48_213));
    add_cluster_findings(&mut health, seen);
    health
}

#[test]
fn a_cluster_that_is_well_has_nothing_to_act_on() {
    let seen = answers([Ok(report(1)), Ok(report(2)), Ok(report(3))]);
    assert_eq!(judged(&seen).findings(), []);
    let roles: Vec<_> = rows(&seen).iter().map(|row| row.role).collect();
    assert_eq!(roles, [Some(MemberRole::Leader), Some(MemberRole::Follower), Some(MemberRole::Follower)]);
    assert_eq!(seen.size().as_deref(), Some("3, of which 2 make a quorum"));
}

#[test]
fn a_dead_member_is_named_with_what_the_cluster_can_still_bear() {
    let health = judged(&answers([Ok(report(1)), Err(Fault::Unreachable), Ok(report(3))]));
    let [finding] = health.findings() else { panic!("{health:?}") };
    assert_eq!(finding.text, "1 of 3 endpoints does not answer: etcd-2 (10.0.0.2:2379)");
    assert!(finding.remedy.contains("cannot bear the loss of another"), "{finding:?}");
    assert_eq!(health.verdict(), "degraded by fault");
    let dead = Err(Fault::Timeout);
    let five = answers([Ok(report(1)), dead, Ok(report(3)), Ok(report(4)), Ok(report(5))]);
    assert!(judged(&five).findings()[0].remedy.contains("the loss of 1 more"));
}

#[test]
fn an_endpoint_where_no_member_is_known_to_listen_is_no_lost_member() {
    let mut seen = answers([Ok(report(1)), Err(Fault::Unreachable)]);
    seen.members.truncate(1);
    let health = judged(&seen);
    let [finding] = health.findings() else { panic!("{health:?}") };
    assert_eq!(finding.text, "1 of 2 endpoints does not answer: 10.0.0.2:2379");
    assert!(finding.remedy.ends_with("check ETCD_HOST"), "{finding:?}");
}

#[test]
fn a_member_that_refuses_is_alive() {
    let seen = answers([Err(Fault::Denied), Err(Fault::NoLogin)]);
    assert_eq!(judged(&seen).findings(), []);
    assert!(rows(&seen).iter().all(|row| row.condition == Some(Condition::Healthy)));
}

#[test]
fn a_full_database_is_told_with_the_commands_that_help() {
    let full = MemberStatus { alarms: vec![(1, "NOSPACE".into())], ..report(1) };
    let seen = answers([Ok(full), Ok(report(2))]);
    let health = judged(&seen);
    let [finding] = health.findings() else { panic!("{health:?}") };
    assert!(finding.text.contains("NOSPACE: the database of etcd-1"), "{finding:?}");
    assert!(finding.remedy.starts_with("etcdctl compact 48213; etcdctl defrag"), "{finding:?}");
    let rows = rows(&seen);
    assert_eq!((rows[0].condition, rows[0].detail.as_str()), (Some(Condition::Degraded), "alarm NOSPACE"));
    assert_eq!(rows[1].condition, Some(Condition::Healthy));
}

#[test]
fn nearness_to_a_quota_is_told_where_the_quota_is() {
    let near = |quota| MemberStatus { size: 80, quota, ..report(1) };
    assert_eq!(judged(&answers([Ok(near(None))])).findings(), []);
    assert_eq!(judged(&answers([Ok(near(Some(101)))])).findings(), []);
    let health = judged(&answers([Ok(near(Some(100)))]));
    assert!(health.summary().contains("fills 80 % of its quota"), "{health:?}");
}

#[test]
fn odd_clusters_are_told() {
    let mut other = report(2);
    (other.version, other.cluster, other.leader, other.behind) = ("3.4.30".into(), 8, 0, 9_000);
    let health = judged(&answers([Ok(report(1)), Ok(other)]));
    let all = health.findings().iter().map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("\n");
    for told in [
        "different clusters",
        "no leader is known to etcd-2 (10.0.0.2:2379)",
        "etcd-2 (9000 entries)",
        "3.4.30, 3.5.1",
    ] {
        assert!(all.contains(told), "{told} in {all}");
    }
}

#[test]
fn learners_members_not_started_and_members_not_named_are_told() {
    let learner = MemberStatus { learner: true, ..report(2) };
    let mut seen = answers([Ok(report(1)), Ok(learner), Ok(report(3))]);
    seen.replies[2].source = AddressSource::Cluster;
    seen.members[1].0.is_learner = true;
    let peers = vec!["http://10.0.0.4:2380".to_owned()];
    seen.members.push(Member(PbMember { id: 4, peer_ur_ls: peers, ..PbMember::default() }));
    let health = judged(&seen);
    let told: Vec<_> =
        health.findings().iter().map(|finding| (finding.cause.word(), finding.text.as_str())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].0 == "fault" && told[0].1.contains("not been started: http://10.0.0.4:2380"), "{told:?}");
    assert!(told[1].0 == "hint" && told[1].1.contains("names a learner"), "{told:?}");
    assert!(told[2].0 == "hint" && told[2].1.contains("does not name etcd-3 (10.0.0.3:2379)"), "{told:?}");
    assert_eq!(seen.size().as_deref(), Some("3, of which 2 make a quorum, and 1 learner"));
    let rows = rows(&seen);
    assert_eq!((rows.len(), rows[3].condition, rows[3].name.as_str()), (4, None, "4"));
}

#[test]
fn a_member_that_only_the_cluster_names_may_be_out_of_our_reach() {
    let mut seen = answers([Ok(report(1)), Err(Fault::Unreachable)]);
    seen.replies[1].source = AddressSource::Cluster;
    assert_eq!(judged(&seen).condition(), Condition::Healthy);
    assert_eq!(rows(&seen)[1].condition, None);
}

#[test]
fn certificates_are_told_by_their_dates() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let day = Duration::from_secs(86_400);
    let certificate = |from, until| Certificate {
        owner: CertificateOwner::Server("e:1".into()),
        subject: String::new(),
        from,
        until,
    };
    let told = |certificate| {
        let mut health = Health::new("etcd");
        add_certificate_findings(&mut health, &[certificate], now);
        health.summary()
    };
    assert_eq!(told(certificate(now - day * 300, now + day * 65)), "");
    assert_eq!(
        told(certificate(now - day * 350, now + day * 15)),
        "the certificate of e:1 ends on 2026-01-16T00:00:00Z"
    );
    assert_eq!(
        told(certificate(now - day * 2, now - day)),
        "the certificate of e:1 ended on 2025-12-31T00:00:00Z"
    );
    assert!(told(certificate(now + day, now + day * 9)).contains("good only from 2026-01-02"));
}
