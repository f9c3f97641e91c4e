//! The etcd provider: one key prefix of one cluster.
//!
//! | module | what it is for |
//! | --- | --- |
//! | `settings` | endpoints, prefix, layout, login, TLS files |
//! | `layout` | resource keys to etcd keys and back |
//! | `connect` | one connection at a time, and failover to the next member |
//! | `link` | a connection to one member |
//! | `page_sizer` | how many keys a page asks for |
//! | `tls` | credentials from files, and the causes of failed handshakes |
//! | `store_identity` | whether the cluster still has the history that was read |
//! | `login` | back-off after refused logins, renewal of expired tokens |
//! | `rights` | the user's role permissions: readable ranges, missing rights |
//! | `line_activity` | when bytes last arrived, and left |
//! | `load` | paged reads pinned to one revision |
//! | `range_call` | one page's request, and its entries as they arrive |
//! | `watch` | the task behind a watch: load, follow, reconnect |
//! | `write` | one request per commit |
//! | `health` | a quorum read, member status, certificates |
//! | `error` | failures by kind |

mod connect;
mod error;
mod health;
mod layout;
mod line_activity;
mod link;
mod load;
mod login;
mod page_sizer;
mod range_call;
mod rights;
mod settings;
mod store_identity;
mod tls;
mod watch;
mod write;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;

pub use layout::KeyLayout;
pub use settings::{
    Endpoint, EtcdLogin, EtcdSettings, EtcdSettingsError, IdentityFiles, Password, Prefix, TlsFiles,
};

use super::{Backend, Capabilities, Commit, ConfigReader, ConfigWriter, KeyPage, Op, Page, Result, Watch};
use crate::domain::{Entry, Health, KeyPrefix, LeaseId, ResourceKey};
use connect::Connector;
use health::HealthCache;

pub const BACKEND: Backend = super::backend::ETCD;

/// One prefix of one etcd cluster.
///
/// Reads try every endpoint; a write that may have been sent is never sent again. All calls and
/// watches share one connection at a time.
///
/// ```no_run
/// use confdeck::manager::UnifiedConfigManager;
/// use confdeck::provider::etcd::{Endpoint, EtcdProvider, EtcdSettings, KeyLayout};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let members = Endpoint::parse("10.0.0.1,10.0.0.2,10.0.0.3", 2379)?;
/// let etcd = EtcdProvider::new(EtcdSettings::new(members, KeyLayout::Namespaced));
/// let manager = UnifiedConfigManager::open(etcd, None);
/// println!("{}", manager.health().await.condition().word());
/// # Ok(())
/// # }
/// ```
pub struct EtcdProvider {
    connector: Arc<Connector>,
    health_cache: HealthCache,
}

impl EtcdProvider {
    /// A provider that connects when it is first used.
    pub fn new(settings: EtcdSettings) -> Self {
        Self { connector: Arc::new(Connector::new(settings)), health_cache: HealthCache::default() }
    }
}

#[async_trait]
impl ConfigReader for EtcdProvider {
    fn capabilities(&self) -> Capabilities {
        write::capabilities(self.connector.keyspace.layout)
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        let stored = &self.connector.keyspace.encode(key)?;
        let answer = self.connector.read(|link| async move { Ok(link.kv().get(&**stored, None).await?) });
        let answer = answer
            .await
            .map_err(|fault| fault.into_error(&self.connector.name(), || format!("read of {key} in etcd")))?;
        Ok(answer.kvs().first().and_then(|kv| load::entry(&self.connector.keyspace, kv)))
    }

    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        load::pages(Arc::clone(&self.connector), prefix, false).boxed()
    }

    fn list_keys(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<KeyPage>> {
        load::pages(Arc::clone(&self.connector), prefix, true).map(|page| page.map(KeyPage::from)).boxed()
    }

    fn watch(&self, prefix: KeyPrefix) -> Watch {
        watch::spawn(Arc::clone(&self.connector), prefix)
    }

    async fn lease_left(&self, lease: LeaseId) -> Result<Option<Duration>> {
        let answer = self.connector.read(|link| async move {
            Ok(link.client.lease_client().time_to_live(lease.0, None).await?.ttl())
        });
        let seconds = answer.await.map_err(|fault| {
            fault.into_error(&self.connector.name(), || format!("read of the lease {lease} in etcd"))
        })?;
        // etcd answers -1 for an expired or unknown lease.
        Ok(u64::try_from(seconds).ok().map(Duration::from_secs))
    }

    async fn health(&self) -> Health {
        health::check(&self.connector, &self.health_cache).await
    }

    async fn shutdown(&self) {
        self.connector.close().await;
    }
}

#[async_trait]
impl ConfigWriter for EtcdProvider {
    async fn commit(&self, ops: Vec<Op>) -> Result<Commit> {
        write::commit(self, ops).await
    }

    fn commit_deadline(&self, ops: &[Op]) -> Duration {
        write::deadline(ops)
    }
}
