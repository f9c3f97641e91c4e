//! The member table: name, role, condition and facts of each.

use etcd_client::Member;

use super::super::error::Fault;
use super::member_status::{AddressSource, ClusterStatus, MemberReply, MemberStatus};
use crate::domain::{Condition, Fact, MemberHealth, MemberRole};

/// Fewer unapplied entries than this are not listed: a busy member is always a few behind.
const MIN_LAG_SHOWN: u64 = 100;

/// One row for each address queried, and one for each listed member without one.
pub(super) fn rows(seen: &ClusterStatus) -> Vec<MemberHealth> {
    let asked = seen.replies.iter().map(|answer| row(seen, answer));
    let silent = seen.members.iter().filter(|member| member.client_urls().is_empty());
    asked.chain(silent.map(|member| unstarted(seen, member))).collect()
}

fn row(seen: &ClusterStatus, answer: &MemberReply) -> MemberHealth {
    let member = seen.member(answer);
    let name = member.map(|member| member.name().to_owned()).filter(|name| !name.is_empty());
    let address = if name.is_some() { answer.address.clone() } else { String::new() };
    let mut row = MemberHealth {
        name: name.unwrap_or_else(|| answer.address.clone()),
        address,
        condition: Some(Condition::Healthy),
        role: None,
        latency: None,
        facts: Vec::new(),
        detail: String::new(),
    };
    match &answer.status {
        Ok(report) => reported(&mut row, seen, report),
        Err(fault) => failed(&mut row, answer, fault),
    }
    if answer.is_leaderless() {
        row.condition = Some(Condition::Unusable);
        row.detail = "knows no leader: it serves neither writes nor reads".into();
        row.role = Some(MemberRole::Leaderless);
    }
    row.facts.extend(member.and_then(peers));
    row
}

fn reported(row: &mut MemberHealth, seen: &ClusterStatus, report: &MemberStatus) {
    row.latency = Some(report.latency);
    row.role = Some(match report {
        _ if report.learner => MemberRole::Learner,
        _ if report.leader == report.member => MemberRole::Leader,
        _ => MemberRole::Follower,
    });
    row.facts.push(Fact::text("version", report.version.clone()));
    row.facts.push(Fact::bytes("size", report.size));
    row.facts.extend(report.used.map(|used| Fact::bytes("in use", used)));
    row.facts.extend(report.quota.map(|quota| Fact::bytes("quota", quota)));
    if report.behind >= MIN_LAG_SHOWN {
        row.facts.push(Fact::count("behind", report.behind));
    }
    let mut alarms = seen.reports().flat_map(|report| &report.alarms);
    if let Some((_, alarm)) = alarms.find(|(member, _)| *member == report.member) {
        row.condition = Some(Condition::Degraded);
        row.detail = format!("alarm {alarm}");
    }
}

fn failed(row: &mut MemberHealth, answer: &MemberReply, fault: &Fault) {
    (row.condition, row.detail) = match (fault, answer.source) {
        (Fault::Denied | Fault::NoLogin, _) => {
            (Some(Condition::Healthy), "answers; only root may ask it more".into())
        }
        (fault, AddressSource::Settings) => (Some(Condition::Unusable), fault.message(&answer.address)),
        // A member that is unreachable from here may still serve others.
        (_, AddressSource::Cluster) => (None, "does not answer here: it is down, or out of our reach".into()),
    };
}

fn unstarted(seen: &ClusterStatus, member: &Member) -> MemberHealth {
    MemberHealth {
        name: seen.name_of(member.id()),
        address: String::new(),
        condition: None,
        role: member.is_learner().then_some(MemberRole::Learner),
        latency: None,
        facts: peers(member).into_iter().collect(),
        detail: "added to the cluster, and never started".into(),
    }
}

fn peers(member: &Member) -> Option<Fact> {
    (!member.peer_urls().is_empty()).then(|| Fact::text("peer", member.peer_urls().join(", ")))
}
