//! The status of each member, queried concurrently over clients that are kept from one check to the
//! next, so that a latency is one round trip and a password is hashed once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use parking_lot::Mutex;

use etcd_client::{Client, StatusResponse};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::super::connect::Connector;
use super::super::error::{Fault, within};
use super::remaining;
use crate::domain::LatencyClass;

/// The most members queried beside the configured ones.
const MAX_UNCONFIGURED: usize = 8;

/// Clients of members, by URL.
#[derive(Default)]
pub(super) struct ClientPool(Mutex<HashMap<String, Client>>);

impl ClientPool {
    /// Every client whose last query succeeded.
    pub(super) fn all(&self) -> Vec<Client> {
        self.0.lock().values().cloned().collect()
    }

    fn get(&self, url: &str) -> Option<Client> {
        self.0.lock().get(url).cloned()
    }

    fn insert(&self, url: &str, client: Client) {
        self.0.lock().insert(url.to_owned(), client);
    }

    fn remove(&self, url: &str) {
        self.0.lock().remove(url);
    }

    /// Drops the clients of all other members.
    fn retain(&self, urls: &HashSet<String>) {
        self.0.lock().retain(|url, _| urls.contains(url));
    }
}

/// A member as the cluster lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberInfo {
    pub(super) id: u64,
    /// Empty before it has been started for the first time.
    pub(super) name: String,
    pub(super) clients: Vec<String>,
    pub(super) peers: Vec<String>,
    pub(super) learner: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberStatus {
    pub(super) member: u64,
    pub(super) cluster: u64,
    pub(super) version: String,
    /// Sizes in bytes; `None` where the server does not report it.
    pub(super) size: u64,
    pub(super) used: Option<u64>,
    pub(super) quota: Option<u64>,
    /// 0 for none.
    pub(super) leader: u64,
    pub(super) term: u64,
    /// Log entries that it has not applied yet.
    pub(super) behind: u64,
    pub(super) learner: bool,
    /// Alarms by member, as the cluster knows them.
    pub(super) alarms: Vec<(u64, String)>,
    pub(super) latency: LatencyClass,
}

impl MemberStatus {
    fn of(status: &StatusResponse, latency: Duration) -> Result<Self, Fault> {
        let header = status.header().ok_or(Fault::Malformed)?;
        // Fields that a server does not have arrive as zero.
        let told = |bytes: i64| u64::try_from(bytes).ok().filter(|bytes| *bytes > 0);
        Ok(Self {
            member: header.member_id(),
            cluster: header.cluster_id(),
            version: status.version().to_owned(),
            size: told(status.db_size()).unwrap_or_default(),
            used: told(status.raft_used_db_size()),
            quota: told(status.db_size_quota()),
            leader: status.leader(),
            term: status.raft_term(),
            behind: match status.raft_applied_index() {
                0 => 0,
                applied => status.raft_index().saturating_sub(applied),
            },
            learner: status.is_learner(),
            alarms: status.errors().iter().filter_map(|error| alarm(error)).collect(),
            latency: LatencyClass::of(latency),
        })
    }
}

/// An alarm among the errors of a status: `memberID:123 alarm:NOSPACE`. The alarm request itself would
/// write to the log of every member each time.
fn alarm(error: &str) -> Option<(u64, String)> {
    let part = |name: &str| error.split_whitespace().find_map(|word| word.strip_prefix(name));
    let raised = part("alarm:")?;
    let known = raised.bytes().all(|byte| byte.is_ascii_uppercase());
    let member = part("memberID:").and_then(|id| id.parse().ok()).unwrap_or_default();
    Some((member, if known { raised.to_owned() } else { "UNKNOWN".to_owned() }))
}

/// Where a member's address comes from: credentials are sent to configured addresses only. The others
/// are what the cluster reports, perhaps over plain http; they are queried without a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressSource {
    Settings,
    Cluster,
}

#[derive(Debug, Clone)]
struct MemberTarget {
    source: AddressSource,
    address: String,
    url: String,
    tls: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberReply {
    pub(super) source: AddressSource,
    pub(super) address: String,
    pub(super) status: Result<MemberStatus, Fault>,
}

impl MemberReply {
    /// Whether the member is alive: a refusal is an answer too.
    pub(super) fn is_alive(&self) -> bool {
        let refusal = |fault: &Fault| {
            matches!(fault, Fault::Denied | Fault::NoLogin | Fault::BadLogin | Fault::NoLeader)
        };
        self.status.as_ref().err().is_none_or(refusal)
    }
}

/// The answers of all members, and the cluster's member list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClusterStatus {
    /// Configured members in the order of the settings, then the others that the cluster lists.
    pub(super) replies: Vec<MemberReply>,
    /// The cluster's own list; empty where it is not permitted.
    pub(super) members: Vec<MemberInfo>,
}

impl ClusterStatus {
    /// The member behind an answer: by its id, else by its address.
    pub(super) fn member(&self, answer: &MemberReply) -> Option<&MemberInfo> {
        let id = answer.status.as_ref().ok().map(|report| report.member);
        let leads_here = |member: &&MemberInfo| match id {
            Some(id) => member.id == id,
            None => member.clients.iter().any(|url| authority(url) == answer.address),
        };
        self.members.iter().find(leads_here)
    }

    /// A member's name, else its id as etcdctl prints it.
    pub(super) fn name_of(&self, id: u64) -> String {
        let named = self.members.iter().find(|member| member.id == id && !member.name.is_empty());
        named.map_or_else(|| format!("{id:x}"), |member| member.name.clone())
    }

    /// The members that are cut off from the majority, or have none.
    pub(super) fn leaderless(&self) -> impl Iterator<Item = &MemberReply> {
        self.replies.iter().filter(|answer| match &answer.status {
            Ok(report) => report.leader == 0,
            Err(fault) => *fault == Fault::NoLeader,
        })
    }

    /// The status of every member that answered.
    pub(super) fn reports(&self) -> impl Iterator<Item = &MemberStatus> {
        self.replies.iter().filter_map(|answer| answer.status.as_ref().ok())
    }

    /// How many voting members there are and how many make a quorum.
    pub(super) fn size(&self) -> Option<String> {
        let voters = self.members.iter().filter(|member| !member.learner).count();
        let learners = self.members.len() - voters;
        let learning = match learners {
            0 => String::new(),
            1 => ", and 1 learner".into(),
            many => format!(", and {many} learners"),
        };
        (voters > 0).then(|| format!("{voters}, of which {} make a quorum{learning}", voters / 2 + 1))
    }
}

/// Queries every configured member, and the others as soon as one has listed them.
pub(super) async fn query_members(
    connector: &Connector,
    contacts: &ClientPool,
    deadline: Instant,
) -> ClusterStatus {
    let settings = connector.settings();
    let targets: Vec<_> = settings
        .endpoints
        .iter()
        .map(|endpoint| {
            let tls = settings.uses_tls(endpoint);
            MemberTarget {
                source: AddressSource::Settings,
                address: endpoint.to_string(),
                url: endpoint.url(tls),
                tls,
            }
        })
        .collect();
    let mut urls: HashSet<_> = targets.iter().map(|target| target.url.clone()).collect();
    let place: HashMap<_, _> =
        targets.iter().enumerate().map(|(at, target)| (target.address.clone(), at)).collect();
    let mut seen = ClusterStatus::default();
    let mut asked: FuturesUnordered<BoxFuture<'_, (MemberReply, Vec<MemberInfo>)>> =
        targets.into_iter().map(|target| query_member(connector, contacts, target, deadline)).collect();
    while let Some((answer, members)) = asked.next().await {
        seen.replies.push(answer);
        if seen.members.is_empty() && !members.is_empty() {
            for target in unconfigured_members(&members, &place) {
                urls.insert(target.url.clone());
                asked.push(query_member(connector, contacts, target, deadline));
            }
            seen.members = members;
        }
    }
    contacts.retain(&urls);
    let at = |answer: &MemberReply| place.get(&answer.address).copied().unwrap_or(usize::MAX);
    seen.replies
        .sort_by_key(|answer| (answer.source != AddressSource::Settings, at(answer), answer.address.clone()));
    remove_duplicates(&mut seen);
    seen
}

/// Listed members without a configured address.
fn unconfigured_members(members: &[MemberInfo], known: &HashMap<String, usize>) -> Vec<MemberTarget> {
    let is_known = |member: &MemberInfo| member.clients.iter().any(|url| known.contains_key(authority(url)));
    let strangers = members.iter().filter(|member| !is_known(member)).take(MAX_UNCONFIGURED);
    let target = |member: &MemberInfo| {
        let url = member.clients.first()?.clone();
        let tls = url.starts_with("https://");
        Some(MemberTarget { source: AddressSource::Cluster, address: authority(&url).to_owned(), url, tls })
    };
    strangers.filter_map(target).collect()
}

/// The same member may have been queried under a second address.
fn remove_duplicates(seen: &mut ClusterStatus) {
    let id = |answer: &MemberReply| answer.status.as_ref().ok().map(|report| report.member);
    let by_settings = |answer: &&MemberReply| answer.source == AddressSource::Settings;
    let known: HashSet<_> = seen.replies.iter().filter(by_settings).filter_map(id).collect();
    seen.replies.retain(|answer| {
        answer.source == AddressSource::Settings || id(answer).is_none_or(|id| !known.contains(&id))
    });
}

pub(super) fn authority(url: &str) -> &str {
    url.split("://").last().unwrap_or(url).trim_end_matches('/')
}

fn query_member<'a>(
    connector: &'a Connector,
    contacts: &'a ClientPool,
    target: MemberTarget,
    deadline: Instant,
) -> BoxFuture<'a, (MemberReply, Vec<MemberInfo>)> {
    Box::pin(async move {
        let asked = within(remaining(deadline), query_pooled(connector, contacts, &target)).await;
        if asked.is_err() {
            contacts.remove(&target.url);
        }
        let (said, members) = match asked {
            Ok((report, members)) => (Ok(report), members),
            Err(fault) => (Err(fault), Vec::new()),
        };
        (MemberReply { source: target.source, address: target.address, status: said }, members)
    })
}

async fn query_pooled(
    connector: &Connector,
    contacts: &ClientPool,
    target: &MemberTarget,
) -> Result<(MemberStatus, Vec<MemberInfo>), Fault> {
    if let Some(client) = contacts.get(&target.url) {
        match query_client(client).await {
            // The connection or the session may have ended since.
            Err(fault) if fault != Fault::Denied => contacts.remove(&target.url),
            answer => return answer,
        }
    }
    let client = match target.source {
        AddressSource::Settings => connector.connect(&target.url, target.tls).await?,
        AddressSource::Cluster => connector.connect_without_login(&target.url, target.tls).await?,
    };
    // The first call includes the time to connect.
    client.maintenance_client().status().await?;
    let answer = query_client(client.clone()).await?;
    contacts.insert(&target.url, client);
    Ok(answer)
}

async fn query_client(client: Client) -> Result<(MemberStatus, Vec<MemberInfo>), Fault> {
    let begun = Instant::now();
    let status = client.maintenance_client().status().await?;
    let report = MemberStatus::of(&status, begun.elapsed())?;
    // Only root may list the members on some servers: then they have no names here.
    let listed = client.cluster_client().member_list().await;
    let members = listed.map(|list| list.members().iter().map(member_info).collect());
    Ok((report, members.unwrap_or_default()))
}

fn member_info(member: &etcd_client::Member) -> MemberInfo {
    MemberInfo {
        id: member.id(),
        name: member.name().to_owned(),
        clients: member.client_urls().to_vec(),
        peers: member.peer_urls().to_vec(),
        learner: member.is_learner(),
    }
}

#[cfg(test)]
mod tests;
