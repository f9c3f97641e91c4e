//! The members as rows: name, role, verdict and what is known of each.

use super::super::error::Fault;
use super::ask::{Answer, Listed, Named, Report, Seen};
use crate::domain::{Condition, Fact, MemberHealth, Role};

/// Entries not applied yet that are worth a word: a busy member is always a few behind.
const WORTH_TELLING: u64 = 100;

/// One row for each address asked, and one for each listed member that has none.
pub(super) fn rows(seen: &Seen) -> Vec<MemberHealth> {
    let asked = seen.answers.iter().map(|answer| row(seen, answer));
    let silent = seen.members.iter().filter(|member| member.clients.is_empty()).map(unstarted);
    asked.chain(silent).collect()
}

fn row(seen: &Seen, answer: &Answer) -> MemberHealth {
    let member = seen.member(answer);
    let name = member.map(|member| member.name.clone()).filter(|name| !name.is_empty());
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
    match &answer.said {
        Ok(report) => reported(&mut row, seen, report),
        Err(fault) => unheard(&mut row, answer, fault),
    }
    row.facts.extend(member.and_then(peers));
    row
}

fn reported(row: &mut MemberHealth, seen: &Seen, report: &Report) {
    row.latency = Some(report.latency);
    row.role = Some(match report {
        _ if report.learner => Role::Learner,
        _ if report.leader == 0 => Role::Leaderless,
        _ if report.leader == report.member => Role::Leader,
        _ => Role::Follower,
    });
    row.facts.push(Fact::text("version", report.version.clone()));
    row.facts.push(Fact::bytes("size", report.size));
    row.facts.extend(report.used.map(|used| Fact::bytes("in use", used)));
    row.facts.extend(report.quota.map(|quota| Fact::bytes("quota", quota)));
    if report.behind >= WORTH_TELLING {
        row.facts.push(Fact::count("behind", report.behind));
    }
    let alarms: Vec<_> = seen
        .reports()
        .flat_map(|report| &report.alarms)
        .filter(|(member, _)| *member == report.member)
        .map(|(_, alarm)| alarm.as_str())
        .collect();
    if report.leader == 0 {
        leaderless(row);
    } else if let Some(alarm) = alarms.first() {
        row.condition = Some(Condition::Degraded);
        row.detail = format!("alarm {alarm}");
    }
}

fn leaderless(row: &mut MemberHealth) {
    row.condition = Some(Condition::Unusable);
    row.detail = "knows no leader: it serves neither writes nor reads".into();
    row.role = Some(Role::Leaderless);
}

fn unheard(row: &mut MemberHealth, answer: &Answer, fault: &Fault) {
    if *fault == Fault::NoLeader {
        return leaderless(row);
    }
    (row.condition, row.detail) = match (fault, answer.named) {
        (Fault::Denied | Fault::NoLogin, _) => {
            (Some(Condition::Healthy), "answers; only root may ask it more".into())
        }
        (fault, Named::BySettings) => (Some(Condition::Unusable), fault.words(&answer.address)),
        // What cannot be reached from here may serve others well.
        (_, Named::ByCluster) => (None, "does not answer here: it is down, or out of our reach".into()),
    };
}

fn unstarted(member: &Listed) -> MemberHealth {
    MemberHealth {
        name: if member.name.is_empty() { format!("{:x}", member.id) } else { member.name.clone() },
        address: String::new(),
        condition: None,
        role: member.learner.then_some(Role::Learner),
        latency: None,
        facts: peers(member).into_iter().collect(),
        detail: "added to the cluster, and never started".into(),
    }
}

fn peers(member: &Listed) -> Option<Fact> {
    (!member.peers.is_empty()).then(|| Fact::text("peer", member.peers.join(", ")))
}
