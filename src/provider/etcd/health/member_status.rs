//! The status of each member, queried concurrently over clients that are kept from one check to the
//! next, so that a latency is one round trip and a password is hashed once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use etcd_client::{Client, Member, StatusResponse};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::super::connect::Connector;
use super::super::error::{Fault, within};
use super::remaining;
use crate::domain::LatencyClass;

/// The most members queried besides the configured ones.
const MAX_UNCONFIGURED: usize = 8;

/// Clients of members whose last query succeeded, by URL.
pub(super) type ClientPool = Mutex<HashMap<String, Client>>;

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
/// leave an entry in every member's log each time.
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberReply {
    pub(super) source: AddressSource,
    pub(super) address: String,
    pub(super) status: Result<MemberStatus, Fault>,
}

impl MemberReply {
    /// Whether the member is alive: a refusal is an answer, too.
    pub(super) fn is_alive(&self) -> bool {
        let refusal = |fault: &Fault| {
            matches!(fault, Fault::Denied | Fault::NoLogin | Fault::BadLogin | Fault::NoLeader)
        };
        self.status.as_ref().err().is_none_or(refusal)
    }

    /// Whether the member is cut off from the majority, or has none.
    pub(super) fn is_leaderless(&self) -> bool {
        match &self.status {
            Ok(report) => report.leader == 0,
            Err(fault) => *fault == Fault::NoLeader,
        }
    }
}

/// The answers of all members, and the cluster's member list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ClusterStatus {
    /// Configured members in the order of the settings, then the others that the cluster lists.
    pub(super) replies: Vec<MemberReply>,
    /// The cluster's own list; empty where this user may not read it. A member has no name until it is
    /// started for the first time.
    pub(super) members: Vec<Member>,
}

impl ClusterStatus {
    /// The member behind an answer: by its id, else by its address.
    pub(super) fn member(&self, answer: &MemberReply) -> Option<&Member> {
        let id = answer.status.as_ref().ok().map(|report| report.member);
        let leads_here = |member: &&Member| match id {
            Some(id) => member.id() == id,
            None => member.client_urls().iter().any(|url| authority(url) == answer.address),
        };
        self.members.iter().find(leads_here)
    }

    /// A member's name, else its id as etcdctl prints it.
    pub(super) fn name_of(&self, id: u64) -> String {
        let named = self.members.iter().find(|member| member.id() == id && !member.name().is_empty());
        named.map_or_else(|| format!("{id:x}"), |member| member.name().to_owned())
    }

    /// The answers of the configured members.
    pub(super) fn configured(&self) -> impl Iterator<Item = &MemberReply> {
        self.replies.iter().filter(|answer| answer.source == AddressSource::Settings)
    }

    /// The status of every member that answered.
    pub(super) fn reports(&self) -> impl Iterator<Item = &MemberStatus> {
        self.replies.iter().filter_map(|answer| answer.status.as_ref().ok())
    }

    /// How many voting members there are and how many make a quorum.
    pub(super) fn size(&self) -> Option<String> {
        let voters = self.members.iter().filter(|member| !member.is_learner()).count();
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
    let settings = &connector.settings;
    let configured = settings.endpoints.iter().map(|endpoint| endpoint.url(settings.uses_tls(endpoint)));
    let mut urls: HashSet<_> = configured.clone().collect();
    let place: HashMap<_, _> = configured.clone().map(|url| authority(&url).to_owned()).zip(0..).collect();
    let mut seen = ClusterStatus::default();
    let query = |source, url| query_member(connector, contacts, source, url, deadline);
    let mut asked: FuturesUnordered<_> = configured.map(|url| query(AddressSource::Settings, url)).collect();
    while let Some((answer, members)) = asked.next().await {
        seen.replies.push(answer);
        if seen.members.is_empty() && !members.is_empty() {
            for url in unconfigured_urls(&members, &place) {
                urls.insert(url.clone());
                asked.push(query(AddressSource::Cluster, url));
            }
            seen.members = members;
        }
    }
    contacts.lock().retain(|url, _| urls.contains(url));
    let at = |answer: &MemberReply| place.get(&answer.address).copied().unwrap_or(usize::MAX);
    seen.replies.sort_by_key(|answer| (at(answer), answer.address.clone()));
    // The same member may have been queried under a second address.
    let id = |answer: &MemberReply| answer.status.as_ref().ok().map(|report| report.member);
    let known: HashSet<_> = seen.configured().filter_map(id).collect();
    seen.replies.retain(|answer| {
        answer.source == AddressSource::Settings || id(answer).is_none_or(|id| !known.contains(&id))
    });
    seen
}

/// URLs of listed members without a configured address.
fn unconfigured_urls(members: &[Member], known: &HashMap<String, usize>) -> Vec<String> {
    let is_known =
        |member: &Member| member.client_urls().iter().any(|url| known.contains_key(authority(url)));
    let strangers = members.iter().filter(|member| !is_known(member)).take(MAX_UNCONFIGURED);
    strangers.filter_map(|member| member.client_urls().first().cloned()).collect()
}

fn authority(url: &str) -> &str {
    url.split("://").last().unwrap_or(url).trim_end_matches('/')
}

async fn query_member(
    connector: &Connector,
    contacts: &ClientPool,
    source: AddressSource,
    url: String,
    deadline: Instant,
) -> (MemberReply, Vec<Member>) {
    let asked = within(remaining(deadline), query_pooled(connector, contacts, source, &url)).await;
    let (status, members) = match asked {
        Ok((report, members)) => (Ok(report), members),
        Err(fault) => {
            contacts.lock().remove(&url);
            (Err(fault), Vec::new())
        }
    };
    (MemberReply { source, address: authority(&url).to_owned(), status }, members)
}

async fn query_pooled(
    connector: &Connector,
    contacts: &ClientPool,
    source: AddressSource,
    url: &str,
) -> Result<(MemberStatus, Vec<Member>), Fault> {
    let pooled = contacts.lock().get(url).cloned();
    if let Some(client) = pooled {
        match query_client(client).await {
            // The connection or the session may have ended since.
            Err(fault) if fault != Fault::Denied => contacts.lock().remove(url),
            answer => return answer,
        };
    }
    let login = connector.settings.login.as_ref().filter(|_| source == AddressSource::Settings);
    // Another line than that of the store's own link: an answer here is no sign of life there.
    let client = connector.connect(url, login, Arc::default()).await?;
    // The first call includes the time to connect.
    client.maintenance_client().status().await?;
    let answer = query_client(client.clone()).await?;
    contacts.lock().insert(url.to_owned(), client);
    Ok(answer)
}

async fn query_client(client: Client) -> Result<(MemberStatus, Vec<Member>), Fault> {
    let begun = Instant::now();
    let status = client.maintenance_client().status().await?;
    let report = MemberStatus::of(&status, begun.elapsed())?;
    // Only root may list the members on some servers: then they have no names here.
    let listed = client.cluster_client().member_list().await;
    Ok((report, listed.map(|list| list.members().to_vec()).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
