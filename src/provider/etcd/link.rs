//! A connection to one member.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use etcd_client::{Client, GetOptions, KvClient, ResponseHeader, WatchClient};

use super::error::{Fault, within};
use super::line_activity::LineActivity;
use super::login::{LOGIN_DEADLINE, RENEWALS, TokenRenewer};
use super::page_sizer::PageSizer;
use crate::domain::Revision;

/// How long a member may take to answer a head read, before a watch resumes or a write is sent there.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_secs(2);

/// The decoding limit: it fits 128 values (etcd's default maximum per transaction) of 1.5 MiB (its
/// default maximum per request); pages of a load are kept far smaller by [`PageSizer`].
const DECODE_LIMIT: usize = 256 * 1024 * 1024;

/// A connection to one member; cheap to clone.
#[derive(Clone)]
pub(super) struct MemberLink {
    pub(super) serial: usize,
    pub(super) client: Client,
    /// The user name, where there is a login.
    pub(super) user: Option<Arc<str>>,
    pub(super) token_renewer: Arc<TokenRenewer>,
    /// Whether the member has answered.
    pub(super) responsive: Arc<AtomicBool>,
    /// Shared by all links of the connector.
    pub(super) page_sizer: Arc<PageSizer>,
    pub(super) activity: Arc<LineActivity>,
}

impl MemberLink {
    /// Makes a call, and repeats it with a new token if the current one has expired. etcd refuses such a
    /// call before it does anything, so a write may be repeated too. The client library would repeat a call
    /// after any `UNAUTHENTICATED`, a proxy's as well, and does not know tokens outdated by a change of users
    /// or roles.
    pub(super) async fn with_token_renewal<T, Answer>(&self, call: impl Fn() -> Answer) -> Result<T, Fault>
    where
        Answer: Future<Output = Result<T, Fault>>,
    {
        for _ in 0..RENEWALS {
            let token = self.token_renewer.current();
            match call().await {
                Err(Fault::TokenExpired) if self.user.is_some() => {
                    let login = within(LOGIN_DEADLINE, async { Ok(self.client.refresh_token().await?) });
                    self.token_renewer.renew(token, login).await?;
                }
                answer => return answer,
            }
        }
        call().await
    }

    pub(super) fn mark_responsive(&self) {
        self.responsive.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_responsive(&self) -> bool {
        self.responsive.load(Ordering::Relaxed)
    }

    /// Whether the server's answers to progress requests are in order with the events of its watchers, as they
    /// are from 3.5.8 on (etcd issue 15220). `false` where the version cannot be found out.
    pub(super) async fn has_ordered_progress(&self) -> bool {
        let status = async { Ok(self.client.maintenance_client().status().await?) };
        let status = self.activity.within_silence(HEAD_DEADLINE, status).await;
        status.is_ok_and(|status| orders_progress(status.version()))
    }

    pub(super) fn kv(&self) -> KvClient {
        self.client.kv_client().max_decoding_message_size(DECODE_LIMIT)
    }

    pub(super) fn watch(&self) -> WatchClient {
        self.client.watch_client().max_decoding_message_size(DECODE_LIMIT)
    }

    /// The cluster and its current revision, by the cheapest linearizable read.
    pub(super) async fn head(&self, key: &[u8]) -> Result<Head, Fault> {
        self.with_token_renewal(|| async move { Head::read(&mut self.kv(), key).await }).await
    }
}

fn orders_progress(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next(), numbers.next(), numbers.next());
    version >= (Some(3), Some(5), Some(8))
}

/// Cluster id, revision and raft term, from a response header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) cluster: u64,
    pub(super) revision: Revision,
    pub(super) term: u64,
}

impl Head {
    /// Without the key's value, which may be large.
    pub(super) async fn read(kv: &mut KvClient, key: &[u8]) -> Result<Self, Fault> {
        Self::of(kv.get(key, Some(GetOptions::new().with_count_only())).await?.header())
    }

    pub(super) fn of(header: Option<&ResponseHeader>) -> Result<Self, Fault> {
        let header = header.ok_or(Fault::Malformed)?;
        let revision = u64::try_from(header.revision()).map_err(|_| Fault::Malformed)?;
        Ok(Self { cluster: header.cluster_id(), revision: Revision(revision), term: header.raft_term() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_from_3_5_8_on_answer_in_order() {
        for version in ["3.5.8", "3.5.21", "3.6.0-rc.1", "3.10.2", "4.0.0"] {
            assert!(orders_progress(version), "{version}");
        }
        for version in ["3.4.23", "3.5.1", "3.5.7", "3.5", "", "unknown"] {
            assert!(!orders_progress(version), "{version}");
        }
    }
}
