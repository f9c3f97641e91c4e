//! What each member says of itself: asked all at once, over connections that are kept from one check
//! to the next, so that a latency is a round trip and a password is hashed once.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use etcd_client::{Client, StatusResponse};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::super::connect::Connector;
use super::super::error::{Fault, within};
use super::left;
use crate::domain::LatencyClass;

/// The most members asked beside the configured ones.
const OTHERS: usize = 8;

/// Connections to members, by URL.
#[derive(Default)]
pub(super) struct Contacts(Mutex<HashMap<String, Client>>);

impl Contacts {
    /// Every connection that answered when it was last asked.
    pub(super) fn all(&self) -> Vec<Client> {
        self.lock().values().cloned().collect()
    }

    fn get(&self, url: &str) -> Option<Client> {
        self.lock().get(url).cloned()
    }

    fn keep(&self, url: &str, client: Client) {
        self.lock().insert(url.to_owned(), client);
    }

    fn forget(&self, url: &str) {
        self.lock().remove(url);
    }

    /// Lets go of members that are not asked any more.
    fn only(&self, urls: &HashSet<String>) {
        self.lock().retain(|url, _| urls.contains(url));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Client>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A member as the cluster lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: u64,
    /// Empty before it has been started for the first time.
    pub(super) name: String,
    pub(super) clients: Vec<String>,
    pub(super) peers: Vec<String>,
    pub(super) learner: bool,
}

/// What a member says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) member: u64,
    pub(super) cluster: u64,
    pub(super) version: String,
    /// Sizes in bytes; what is not told is `None`.
    pub(super) size: u64,
    pub(super) used: Option<u64>,
    pub(super) quota: Option<u64>,
    /// 0 for none.
    pub(super) leader: u64,
    pub(super) term: u64,
    /// Entries of the log that it holds and has not applied.
    pub(super) behind: u64,
    pub(super) learner: bool,
    /// Alarms by member, as the cluster knows them.
    pub(super) alarms: Vec<(u64, String)>,
    pub(super) latency: LatencyClass,
}

impl Report {
    fn of(status: &StatusResponse, latency: Duration) -> Result<Self, Fault> {
        let header = status.header().ok_or(Fault::Malformed)?;
        // Fields that a server does not know arrive as zero.
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

/// An alarm among the errors of a status: `memberID:123 alarm:NOSPACE`. Asking for the alarms
/// themselves would write to the log of every member each time.
fn alarm(error: &str) -> Option<(u64, String)> {
    let part = |name: &str| error.split_whitespace().find_map(|word| word.strip_prefix(name));
    let raised = part("alarm:")?;
    let known = raised.bytes().all(|byte| byte.is_ascii_uppercase());
    let member = part("memberID:").and_then(|id| id.parse().ok()).unwrap_or_default();
    Some((member, if known { raised.to_owned() } else { "UNKNOWN".to_owned() }))
}

/// Whose address a member has: only one that was configured is told our name and password. The rest
/// are what the cluster says of itself, over plain http perhaps; they answer without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    BySettings,
    ByCluster,
}

/// One member to be asked.
#[derive(Debug, Clone)]
struct Target {
    named: Named,
    address: String,
    url: String,
    tls: bool,
}

/// What came of asking one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) named: Named,
    pub(super) address: String,
    pub(super) said: Result<Report, Fault>,
}

impl Answer {
    /// Whether the member is alive: also a refusal is an answer.
    pub(super) fn is_alive(&self) -> bool {
        let refusal = |fault: &Fault| {
            matches!(fault, Fault::Denied | Fault::NoLogin | Fault::BadLogin | Fault::NoLeader)
        };
        self.said.as_ref().err().is_none_or(refusal)
    }
}

/// All that was seen of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Configured members in the order of the settings, then those the cluster lists beside them.
    pub(super) answers: Vec<Answer>,
    /// The cluster's own list; empty where it is not permitted.
    pub(super) members: Vec<Listed>,
}

impl Seen {
    /// The member behind an answer: by what it said, else by its address.
    pub(super) fn member(&self, answer: &Answer) -> Option<&Listed> {
        let id = answer.said.as_ref().ok().map(|report| report.member);
        let leads_here = |member: &&Listed| match id {
            Some(id) => member.id == id,
            None => member.clients.iter().any(|url| authority(url) == answer.address),
        };
        self.members.iter().find(leads_here)
    }

    /// What to call a member: its name, else its number as etcdctl prints it.
    pub(super) fn name_of(&self, id: u64) -> String {
        let named = self.members.iter().find(|member| member.id == id && !member.name.is_empty());
        named.map_or_else(|| format!("{id:x}"), |member| member.name.clone())
    }

    /// The members that are cut off from the majority, or have none.
    pub(super) fn leaderless(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|answer| match &answer.said {
            Ok(report) => report.leader == 0,
            Err(fault) => *fault == Fault::NoLeader,
        })
    }

    /// What every member that answered said.
    pub(super) fn reports(&self) -> impl Iterator<Item = &Report> {
        self.answers.iter().filter_map(|answer| answer.said.as_ref().ok())
    }

    /// How many members there are and how many of them make a majority.
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

/// Asks every configured member, and the others as soon as one has told who they are.
pub(super) async fn look_around(connector: &Connector, contacts: &Contacts, deadline: Instant) -> Seen {
    let settings = connector.settings();
    let targets: Vec<_> = settings
        .endpoints
        .iter()
        .map(|endpoint| {
            let tls = settings.uses_tls(endpoint);
            Target { named: Named::BySettings, address: endpoint.to_string(), url: endpoint.url(tls), tls }
        })
        .collect();
    let mut urls: HashSet<_> = targets.iter().map(|target| target.url.clone()).collect();
    let place: HashMap<_, _> =
        targets.iter().enumerate().map(|(at, target)| (target.address.clone(), at)).collect();
    let mut seen = Seen::default();
    let mut asked: FuturesUnordered<BoxFuture<'_, (Answer, Vec<Listed>)>> =
        targets.into_iter().map(|target| one(connector, contacts, target, deadline)).collect();
    while let Some((answer, members)) = asked.next().await {
        seen.answers.push(answer);
        if seen.members.is_empty() && !members.is_empty() {
            for target in strangers(&members, &place) {
                urls.insert(target.url.clone());
                asked.push(one(connector, contacts, target, deadline));
            }
            seen.members = members;
        }
    }
    contacts.only(&urls);
    let at = |answer: &Answer| place.get(&answer.address).copied().unwrap_or(usize::MAX);
    seen.answers
        .sort_by_key(|answer| (answer.named != Named::BySettings, at(answer), answer.address.clone()));
    without_doubles(&mut seen);
    seen
}

/// Members that no configured address is the same as.
fn strangers(members: &[Listed], known: &HashMap<String, usize>) -> Vec<Target> {
    let is_known = |member: &Listed| member.clients.iter().any(|url| known.contains_key(authority(url)));
    let strangers = members.iter().filter(|member| !is_known(member)).take(OTHERS);
    let target = |member: &Listed| {
        let url = member.clients.first()?.clone();
        let tls = url.starts_with("https://");
        Some(Target { named: Named::ByCluster, address: authority(&url).to_owned(), url, tls })
    };
    strangers.filter_map(target).collect()
}

/// The same member may have been asked under a second address.
fn without_doubles(seen: &mut Seen) {
    let id = |answer: &Answer| answer.said.as_ref().ok().map(|report| report.member);
    let by_settings = |answer: &&Answer| answer.named == Named::BySettings;
    let known: HashSet<_> = seen.answers.iter().filter(by_settings).filter_map(id).collect();
    seen.answers.retain(|answer| {
        answer.named == Named::BySettings || id(answer).is_none_or(|id| !known.contains(&id))
    });
}

pub(super) fn authority(url: &str) -> &str {
    url.split("://").last().unwrap_or(url).trim_end_matches('/')
}

fn one<'a>(
    connector: &'a Connector,
    contacts: &'a Contacts,
    target: Target,
    deadline: Instant,
) -> BoxFuture<'a, (Answer, Vec<Listed>)> {
    Box::pin(async move {
        let asked = within(left(deadline), converse(connector, contacts, &target)).await;
        if asked.is_err() {
            contacts.forget(&target.url);
        }
        let (said, members) = match asked {
            Ok((report, members)) => (Ok(report), members),
            Err(fault) => (Err(fault), Vec::new()),
        };
        (Answer { named: target.named, address: target.address, said }, members)
    })
}

async fn converse(
    connector: &Connector,
    contacts: &Contacts,
    target: &Target,
) -> Result<(Report, Vec<Listed>), Fault> {
    if let Some(client) = contacts.get(&target.url) {
        match question(client).await {
            // Its connection or its session may have ended since.
            Err(fault) if fault != Fault::Denied => contacts.forget(&target.url),
            answer => return answer,
        }
    }
    let client = match target.named {
        Named::BySettings => connector.connect(&target.url, target.tls).await?,
        Named::ByCluster => connector.connect_unnamed(&target.url, target.tls).await?,
    };
    // The first answer pays for the connection.
    client.maintenance_client().status().await?;
    let answer = question(client.clone()).await?;
    contacts.keep(&target.url, client);
    Ok(answer)
}

async fn question(client: Client) -> Result<(Report, Vec<Listed>), Fault> {
    let begun = Instant::now();
    let status = client.maintenance_client().status().await?;
    let report = Report::of(&status, begun.elapsed())?;
    // Only root may list the members on some servers: then they have no names here.
    let listed = client.cluster_client().member_list().await;
    let members = listed.map(|list| list.members().iter().map(listed_member).collect());
    Ok((report, members.unwrap_or_default()))
}

fn listed_member(member: &etcd_client::Member) -> Listed {
    Listed {
        id: member.id(),
        name: member.name().to_owned(),
        clients: member.client_urls().to_vec(),
        peers: member.peer_urls().to_vec(),
        learner: member.is_learner(),
    }
}

#[cfg(test)]
mod tests;
