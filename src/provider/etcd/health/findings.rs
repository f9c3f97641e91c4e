//! Findings to act on, from member status and certificates.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::member_status::{AddressSource, ClusterStatus, MemberReply};
use crate::domain::{Certificate, CertificateOwner, Condition, Finding, Health, Validity, utc};

/// Alarms for which etcd refuses writes, the worse first.
const REFUSING_WRITES: [&str; 2] = ["CORRUPT", "NOSPACE"];

/// From this percentage of its quota on, the database's size is a finding.
const NEARLY_FULL: u64 = 80;

/// etcd itself refuses writes when this many entries are not applied yet.
const FAR_BEHIND: u64 = 5_000;

pub(super) fn add_cluster_findings(health: &mut Health, seen: &ClusterStatus) {
    let usable = health.condition() < Condition::Unusable;
    let raised =
        |word: &&str| seen.reports().any(|report| report.alarms.iter().any(|(_, alarm)| alarm == word));
    health.alarm = REFUSING_WRITES.into_iter().find(raised);
    let mut found = alarms(seen, health);
    found.extend(unresponsive(seen).filter(|_| usable));
    found.extend(clusters(seen));
    found.extend(leaderless(seen).filter(|_| usable));
    found.extend(quotas(seen));
    found.extend(behind(seen));
    found.extend(unstarted(seen));
    found.extend(versions(seen));
    found.extend(learners(seen));
    found.extend(unlisted(seen));
    found.into_iter().for_each(|finding| health.push(finding));
}

fn join_names(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn display_name(seen: &ClusterStatus, answer: &MemberReply) -> String {
    match seen.member(answer) {
        Some(member) if !member.name().is_empty() => format!("{} ({})", member.name(), answer.address),
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
fn unresponsive(seen: &ClusterStatus) -> Option<Finding> {
    let all = seen.configured().count();
    let silent: Vec<_> = seen.configured().filter(|answer| !answer.is_alive()).collect();
    let names = join_names(silent.iter().map(|answer| display_name(seen, answer)))?;
    let verb = if silent.len() == 1 { "does" } else { "do" };
    let text = format!("{} of {all} endpoints {verb} not answer: {names}", silent.len());
    let voters = seen.members.iter().filter(|member| !member.is_learner()).count();
    let gone = |answer: &&&MemberReply| seen.member(answer).is_some_and(|member| !member.is_learner());
    let lost = silent.iter().filter(gone).count();
    let remedy = match voters.saturating_sub(lost).checked_sub(voters / 2 + 1) {
        _ if voters == 0 => "check that they run and can be reached".to_owned(),
        _ if lost == 0 => "no voting member tells that it listens there: check ETCD_HOST".to_owned(),
        Some(0) | None => "bring it back soon: the cluster cannot bear the loss of another member".to_owned(),
        Some(spare) => format!("bring it back: the cluster can bear the loss of {spare} more"),
    };
    Some(Finding::fault(text, remedy))
}

fn clusters(seen: &ClusterStatus) -> Option<Finding> {
    let ids: BTreeSet<_> = seen.reports().map(|report| report.cluster).collect();
    let text = "the endpoints lead to different clusters: what is shown depends on which one answers";
    (ids.len() > 1).then(|| Finding::fault(text, "name the members of one cluster in ETCD_HOST"))
}

fn leaderless(seen: &ClusterStatus) -> Option<Finding> {
    let leaderless = seen.replies.iter().filter(|answer| answer.is_leaderless());
    let names = join_names(leaderless.map(|answer| display_name(seen, answer)))?;
    let text = format!("no leader is known to {names}: cut off from the majority");
    Some(Finding::fault(text, "check the network between the members"))
}

fn quotas(seen: &ClusterStatus) -> impl Iterator<Item = Finding> {
    seen.reports().filter_map(|report| {
        let used = report.size.checked_mul(100)?.checked_div(report.quota?)?;
        let text = format!("the database of {} fills {used} % of its quota", seen.name_of(report.member));
        let remedy = "compact and defragment it, or raise --quota-backend-bytes";
        (used >= NEARLY_FULL).then(|| Finding::fault(text, remedy))
    })
}

fn behind(seen: &ClusterStatus) -> Option<Finding> {
    let late = seen.reports().filter(|report| report.behind >= FAR_BEHIND);
    let names = late.map(|report| format!("{} ({} entries)", seen.name_of(report.member), report.behind));
    let text = format!("far behind in applying what is written: {}", join_names(names)?);
    Some(Finding::fault(text, "check the disk and the load of the member"))
}

fn unstarted(seen: &ClusterStatus) -> Option<Finding> {
    let voters = seen.members.iter().filter(|member| member.name().is_empty() && !member.is_learner());
    let names = join_names(voters.map(|member| member.peer_urls().join(", ")))?;
    let text = format!("a member was added and has not been started: {names}; it counts for the quorum");
    Some(Finding::fault(text, "start it, or take it out with etcdctl member remove"))
}

fn versions(seen: &ClusterStatus) -> Option<Finding> {
    let versions: BTreeSet<_> = seen.reports().map(|report| report.version.clone()).collect();
    let several = versions.len() > 1;
    let text = format!("the members run different versions: {}", join_names(versions.into_iter())?);
    several.then(|| Finding::hint(text, "finish the upgrade"))
}

fn learners(seen: &ClusterStatus) -> Option<Finding> {
    let learns = |answer: &&MemberReply| answer.status.as_ref().is_ok_and(|report| report.learner);
    let names = join_names(seen.configured().filter(learns).map(|answer| display_name(seen, answer)))?;
    let text = format!("ETCD_HOST names a learner, which serves no consistent reads: {names}");
    Some(Finding::hint(text, "name members that vote, or promote it once it has caught up"))
}

/// Members that are not configured, once it is certain that none is under another address.
fn unlisted(seen: &ClusterStatus) -> Option<Finding> {
    if seen.configured().any(|answer| answer.status.is_err()) {
        return None;
    }
    let strangers = seen.replies.iter().filter(|answer| answer.source == AddressSource::Cluster);
    let names = join_names(strangers.map(|answer| display_name(seen, answer)))?;
    let text = format!("ETCD_HOST does not name {names}");
    Some(Finding::hint(text, "name every member, so that the loss of one that is named is no outage here"))
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
