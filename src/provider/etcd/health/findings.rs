//! Findings to act on, from member status and certificates.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::member_status::{AddressSource, ClusterStatus, MemberReply, MemberStatus};
use crate::domain::{Certificate, CertificateOwner, Condition, Finding, Health, Validity, utc};

/// From this percentage of its quota on, the database's size is a finding.
const NEARLY_FULL: u64 = 80;

/// etcd itself refuses writes when this many entries are not applied yet.
const FAR_BEHIND: u64 = 5_000;

pub(super) fn add_cluster_findings(health: &mut Health, seen: &ClusterStatus) {
    let found = [
        alarms(seen, health),
        unresponsive(seen, health.condition()),
        clusters(seen),
        leaderless(seen, health.condition()),
        quotas(seen),
        behind(seen),
        unstarted(seen),
        versions(seen),
        learners(seen),
        unlisted(seen),
    ];
    found.into_iter().flatten().for_each(|finding| health.push(finding));
}

fn join_names(names: Vec<String>) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}

fn display_name(seen: &ClusterStatus, answer: &MemberReply) -> String {
    match seen.member(answer) {
        Some(member) if !member.name.is_empty() => format!("{} ({})", member.name, answer.address),
        _ => answer.address.clone(),
    }
}

/// Alarms stay until they are disarmed, whatever their cause.
fn alarms(seen: &ClusterStatus, health: &Health) -> Vec<Finding> {
    let raised: BTreeSet<_> = seen.reports().flat_map(|report| &report.alarms).collect();
    let revision = health.facts.iter().find(|fact| fact.name == "revision");
    let revision = revision.map_or("REVISION".to_owned(), |fact| fact.value.words());
    let finding = |(member, alarm): &(u64, String)| {
        let name = seen.name_of(*member);
        match alarm.as_str() {
            "NOSPACE" => Finding::fault(
                format!(
                    "alarm NOSPACE: the database of {name} has reached its quota, and the cluster takes no writes"
                ),
                format!("etcdctl compact {revision}; etcdctl defrag --cluster; etcdctl alarm disarm"),
            ),
            "CORRUPT" => Finding::fault(
                format!("alarm CORRUPT: the data of {name} differ from the other members'"),
                "take it out of the cluster, and add it again with an empty data folder",
            ),
            other => Finding::fault(format!("alarm {other} at {name}"), "etcdctl alarm list"),
        }
    };
    raised.into_iter().map(finding).collect()
}

/// Configured members that do not answer, and how many more losses the quorum tolerates.
fn unresponsive(seen: &ClusterStatus, condition: Condition) -> Vec<Finding> {
    let named = |answer: &&MemberReply| answer.source == AddressSource::Settings;
    let all = seen.replies.iter().filter(named).count();
    let silent: Vec<_> = seen.replies.iter().filter(named).filter(|answer| !answer.is_alive()).collect();
    let names = silent.iter().map(|answer| display_name(seen, answer)).collect();
    let (Some(names), true) = (join_names(names), condition < Condition::Unusable) else { return Vec::new() };
    let verb = if silent.len() == 1 { "does" } else { "do" };
    let text = format!("{} of {all} endpoints {verb} not answer: {names}", silent.len());
    let voters: Vec<_> = seen.members.iter().filter(|member| !member.learner).collect();
    let gone = |answer: &&&MemberReply| seen.member(answer).is_some_and(|member| !member.learner);
    let lost = silent.iter().filter(gone).count();
    let remedy = match voters.len().saturating_sub(lost).checked_sub(voters.len() / 2 + 1) {
        _ if voters.is_empty() => "check that they run and can be reached".to_owned(),
        _ if lost == 0 => "no voting member tells that it listens there: check ETCD_HOST".to_owned(),
        Some(0) | None => "bring it back soon: the cluster cannot bear the loss of another member".to_owned(),
        Some(spare) => format!("bring it back: the cluster can bear the loss of {spare} more"),
    };
    vec![Finding::fault(text, remedy)]
}

fn clusters(seen: &ClusterStatus) -> Vec<Finding> {
    let ids: BTreeSet<_> = seen.reports().map(|report| report.cluster).collect();
    let text = "the endpoints lead to different clusters: what is shown depends on which one answers";
    let several = ids.len() > 1;
    several
        .then(|| Finding::fault(text, "name the members of one cluster in ETCD_HOST"))
        .into_iter()
        .collect()
}

fn leaderless(seen: &ClusterStatus, condition: Condition) -> Vec<Finding> {
    let names = seen.leaderless().map(|answer| display_name(seen, answer)).collect();
    let (Some(names), true) = (join_names(names), condition < Condition::Unusable) else { return Vec::new() };
    vec![Finding::fault(
        format!("no leader is known to {names}: cut off from the majority"),
        "check the network between the members",
    )]
}

fn quotas(seen: &ClusterStatus) -> Vec<Finding> {
    let finding = |report: &MemberStatus| {
        let used = report.size.checked_mul(100)?.checked_div(report.quota?)?;
        let text = format!("the database of {} fills {used} % of its quota", seen.name_of(report.member));
        let remedy = "compact and defragment it, or raise --quota-backend-bytes";
        (used >= NEARLY_FULL).then(|| Finding::fault(text, remedy))
    };
    seen.reports().filter_map(finding).collect()
}

fn behind(seen: &ClusterStatus) -> Vec<Finding> {
    let late = seen.reports().filter(|report| report.behind >= FAR_BEHIND);
    let names = late.map(|report| format!("{} ({} entries)", seen.name_of(report.member), report.behind));
    let text =
        join_names(names.collect()).map(|names| format!("far behind in applying what is written: {names}"));
    text.map(|text| Finding::fault(text, "check the disk and the load of the member")).into_iter().collect()
}

fn unstarted(seen: &ClusterStatus) -> Vec<Finding> {
    let voters = seen.members.iter().filter(|member| member.name.is_empty() && !member.learner);
    let names = voters.map(|member| member.peers.join(", "));
    let text = join_names(names.collect()).map(|names| {
        format!("a member was added and has not been started: {names}; it counts for the quorum")
    });
    let remedy = "start it, or take it out with etcdctl member remove";
    text.map(|text| Finding::fault(text, remedy)).into_iter().collect()
}

fn versions(seen: &ClusterStatus) -> Vec<Finding> {
    let versions: BTreeSet<_> = seen.reports().map(|report| report.version.as_str()).collect();
    let all: Vec<_> = versions.iter().copied().collect();
    let text = format!("the members run different versions: {}", all.join(", "));
    let several = versions.len() > 1;
    several.then(|| Finding::hint(text, "finish the upgrade")).into_iter().collect()
}

fn learners(seen: &ClusterStatus) -> Vec<Finding> {
    let learns = |answer: &&MemberReply| {
        answer.source == AddressSource::Settings && answer.status.as_ref().is_ok_and(|report| report.learner)
    };
    let names = seen.replies.iter().filter(learns).map(|answer| display_name(seen, answer));
    let text = join_names(names.collect())
        .map(|names| format!("ETCD_HOST names a learner, which serves no consistent reads: {names}"));
    let remedy = "name members that vote, or promote it once it has caught up";
    text.map(|text| Finding::hint(text, remedy)).into_iter().collect()
}

/// Members that are not configured, once it is certain that none is under another address.
fn unlisted(seen: &ClusterStatus) -> Vec<Finding> {
    let certain = seen
        .replies
        .iter()
        .filter(|answer| answer.source == AddressSource::Settings)
        .all(|answer| answer.status.is_ok());
    let strangers = seen.replies.iter().filter(|answer| answer.source == AddressSource::Cluster);
    let names = strangers.map(|answer| display_name(seen, answer));
    let (Some(names), true) = (join_names(names.collect()), certain) else { return Vec::new() };
    vec![Finding::hint(
        format!("ETCD_HOST does not name {names}"),
        "name every member, so that the loss of one that is named is no outage here",
    )]
}

/// Adds expired and expiring certificates. The text has the date and not the days left, so that it
/// changes only when the certificate does.
pub(super) fn add_certificate_findings(health: &mut Health, certificates: &[Certificate], now: SystemTime) {
    for certificate in certificates {
        let whose = match &certificate.owner {
            CertificateOwner::Server(address) => format!("the certificate of {address}"),
            CertificateOwner::Client(path) => format!("our own certificate {path}"),
            CertificateOwner::Authority(path) => format!("the authority {} in {path}", certificate.subject),
        };
        let (text, remedy) = match certificate.validity(now) {
            Validity::Good => continue,
            Validity::Ending => {
                (format!("{whose} ends on {}", utc(certificate.until)), "renew it before then")
            }
            Validity::Expired => (format!("{whose} ended on {}", utc(certificate.until)), "renew it"),
            Validity::Early => (
                format!("{whose} is good only from {}", utc(certificate.from)),
                "check the clocks of both machines",
            ),
        };
        health.push(Finding::fault(text, remedy));
    }
}

#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;
