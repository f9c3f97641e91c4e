//! An etcd cluster as a store.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `settings` | where the cluster is, under which keys, as whom |
//! | `layout` | keys to names and back |
//! | `connect` | one connection at a time, and the next member when it fails |
//! | `link` | that connection |
//! | `pace` | how many keys a page asks for |
//! | `tls` | whom we trust and who we are; what is wrong with the other side |
//! | `lineage` | whether the store is still the one that was read |
//! | `login` | logins that were refused, tokens that lapsed |
//! | `rights` | the parts of a range that a user may read |
//! | `load` | growing pages pinned to one revision |
//! | `watch` | the task behind a watch: load, follow, return |
//! | `write` | one transaction for one commit |
//! | `health` | the permitted read that decides, and what else may be seen |
//! | `error` | faults by kind |

mod connect;
mod error;
mod health;
mod layout;
mod lineage;
mod link;
mod load;
mod login;
mod pace;
mod rights;
mod settings;
mod tls;
mod watch;
mod write;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;

pub use layout::Layout;
pub use settings::{Endpoint, EtcdSettings, IdentityFiles, Login, Password, Prefix, SettingsError, TlsFiles};
pub use tls::ensure_crypto_provider;

use super::{Capabilities, Commit, ConfigReader, ConfigWriter, KeyPage, Op, Page, Result, Watch};
use crate::domain::{Entry, Health, KeyPrefix, LeaseId, Namespace, ResourceKey};
use connect::Connector;
use layout::Keyspace;
use load::Scope;

/// One prefix of one etcd cluster.
///
/// Reads try every endpoint; a write is sent once, and never again once it may have left. All calls
/// and watches share one connection at a time.
pub struct EtcdProvider {
    connector: Arc<Connector>,
    keyspace: Keyspace,
    observer: health::Observer,
}

impl EtcdProvider {
    /// A provider that connects when it is first used.
    pub fn new(settings: EtcdSettings) -> Self {
        let keyspace = Keyspace::new(settings.prefix.clone(), settings.layout);
        Self {
            connector: Arc::new(Connector::new(settings)),
            keyspace,
            observer: health::Observer::default(),
        }
    }

    /// The namespace that the receiver serves without naming it.
    pub fn default_namespace(&self) -> &Namespace {
        &self.connector.settings().namespace
    }

    fn scope(&self, prefix: KeyPrefix) -> Scope {
        Scope::new(&self.keyspace, prefix)
    }
}

#[async_trait]
impl ConfigReader for EtcdProvider {
    fn capabilities(&self) -> Capabilities {
        write::capabilities(self.keyspace.layout())
    }

    async fn get(&self, key: &ResourceKey) -> Result<Option<Entry>> {
        let stored = self.keyspace.encode(key)?;
        let answer = self.connector.read(|link| {
            let stored = stored.clone();
            async move { Ok(link.kv().get(stored, None).await?) }
        });
        let answer = answer
            .await
            .map_err(|fault| fault.into_error(&self.connector.name(), || format!("read of {key} in etcd")))?;
        let found = answer.kvs().first();
        Ok(found.and_then(|kv| Some(load::entry(self.keyspace.decode(kv.key())?, kv))))
    }

    fn list(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        load::pages(Arc::clone(&self.connector), self.scope(prefix), false).boxed()
    }

    fn list_keys(&self, prefix: KeyPrefix) -> BoxStream<'_, Result<KeyPage>> {
        load::pages(Arc::clone(&self.connector), self.scope(prefix), true)
            .map(|page| page.map(KeyPage::from))
            .boxed()
    }

    fn watch(&self, prefix: KeyPrefix) -> Watch {
        watch::spawn(Arc::clone(&self.connector), self.scope(prefix))
    }

    async fn lease_left(&self, lease: LeaseId) -> Result<Option<Duration>> {
        let answer = self
            .connector
            .read(|link| async move { Ok(link.lease().time_to_live(lease.0, None).await?.ttl()) });
        let seconds = answer.await.map_err(|fault| {
            fault.into_error(&self.connector.name(), || format!("read of the lease {lease} in etcd"))
        })?;
        // An expired or unknown lease has -1 s left.
        Ok(u64::try_from(seconds).ok().map(Duration::from_secs))
    }

    async fn health(&self) -> Health {
        health::check(&self.connector, &self.keyspace, &self.observer).await
    }

    async fn shutdown(&self) {
        self.connector.close().await;
    }
}

#[async_trait]
impl ConfigWriter for EtcdProvider {
    async fn commit(&self, ops: Vec<Op>) -> Result<Commit> {
        write::commit(&self.connector, &self.keyspace, ops).await
    }
}
