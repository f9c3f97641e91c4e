//! One connection to one member, and what is known of that member.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use etcd_client::{Client, KvClient, LeaseClient, ResponseHeader, WatchClient};

use super::error::{Fault, within};
use super::login::{LOGIN_DEADLINE, RENEWALS, Renewals};
use super::pace::Pace;
use crate::domain::Revision;

/// How long a member may take to say where it stands, before a watch goes on or a write is sent there.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_secs(2);

/// The largest answer we take. 128 values, the most of one transaction, of 1.5 MiB, the most of one
/// request, fit; pages of a load stay far below by their own measure.
const DECODE_LIMIT: usize = 256 * 1024 * 1024;

/// A connection to one member; cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    /// Which of the connector's links it is.
    pub(super) serial: u64,
    client: Client,
    /// As whom, where we have a login.
    user: Option<Arc<str>>,
    renewals: Arc<Renewals>,
    /// The member has answered, so it is one that can.
    proven: Arc<AtomicBool>,
    /// How fast the line is, as all links of the connector have found it.
    pub(super) pace: Arc<Pace>,
}

impl Link {
    pub(super) fn new(serial: u64, client: Client, user: Option<Arc<str>>, pace: Arc<Pace>) -> Self {
        Self { serial, client, user, renewals: Arc::default(), proven: Arc::default(), pace }
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Makes a call, and again with a new token if the one we have has lapsed. The store refuses such a
    /// call before it does anything, so a write may be repeated too. The client library renews tokens
    /// that the store has forgotten, and not those that a change of users or roles made old.
    pub(super) async fn renewing<T, Answer>(&self, call: impl Fn() -> Answer) -> Result<T, Fault>
    where
        Answer: Future<Output = Result<T, Fault>>,
    {
        for _ in 0..RENEWALS {
            let token = self.renewals.current();
            match call().await {
                Err(Fault::Expired) if self.user.is_some() => {
                    let login = within(LOGIN_DEADLINE, async { Ok(self.client.refresh_token().await?) });
                    self.renewals.renew(token, login).await?;
                }
                answer => return answer,
            }
        }
        call().await
    }

    /// Notes that the member has answered.
    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    pub(super) fn kv(&self) -> KvClient {
        self.client.kv_client().max_decoding_message_size(DECODE_LIMIT)
    }

    pub(super) fn watch(&self) -> WatchClient {
        self.client.watch_client().max_decoding_message_size(DECODE_LIMIT)
    }

    pub(super) fn lease(&self) -> LeaseClient {
        self.client.lease_client()
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// The cluster and its present revision, by the cheapest read that needs a quorum.
    pub(super) async fn head(&self, key: Vec<u8>) -> Result<Head, Fault> {
        self.renewing(|| {
            let (mut kv, key) = (self.kv(), key.clone());
            async move { Head::of(kv.get(key, None).await?.header()) }
        })
        .await
    }
}

/// Where a cluster stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) cluster: u64,
    pub(super) revision: Revision,
    /// Counts the cluster's elections.
    pub(super) term: u64,
}

impl Head {
    pub(super) fn of(header: Option<&ResponseHeader>) -> Result<Self, Fault> {
        let header = header.ok_or(Fault::Malformed)?;
        let revision = u64::try_from(header.revision()).map_err(|_| Fault::Malformed)?;
        Ok(Self { cluster: header.cluster_id(), revision: Revision(revision), term: header.raft_term() })
    }
}
