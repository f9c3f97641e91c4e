//! The etcd provider against a real etcd.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod cluster;
mod compaction;
mod full;
mod health;
mod leases;
mod limits;
mod loading;
mod members;
mod outage;
mod prefixes;
mod restore;
mod rights;
mod session;
mod sieve;
mod thin;
mod tls;
mod tokens;
mod versions;
mod writing;

use std::time::{Duration, Instant};

use confdeck::domain::{
    Condition, ConnectionName, Coverage, Document, KeyPrefix, LeaseId, LinkState, Namespace, ResourceKey,
    Revision, StoreId, Token, WebhookId,
};
use confdeck::manager::UnifiedConfigManager;
use confdeck::provider::etcd::{Endpoint, EtcdLogin, EtcdProvider, EtcdSettings, KeyLayout, Password};
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease, Op};
use etcd_client::{PutOptions, Txn, TxnOp};
use futures::TryStreamExt;
use support::etcd::{EtcdServer, Gate, Guarded, Launch, Tls, alone, fresh, provider_at, settings_at};
use support::events::{PATIENCE, Reader, listed};

fn webhook(id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
}

fn connection(name: &str) -> ResourceKey {
    ResourceKey::connection(ConnectionName::new(name).unwrap())
}

async fn put(provider: &EtcdProvider, key: &ResourceKey, text: &str) -> Token {
    let set = provider.set(key.clone(), Document::from(text), Expect::Anything, Lease::Keep);
    set.await.unwrap().outcomes[0].after.unwrap()
}

/// A provider that reaches the store through the gate.
fn behind(gate: &Gate, prefix: &str) -> EtcdProvider {
    provider_at(&gate.address(), prefix)
}

/// Waits until something outside of a watch holds.
async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Many keys at once, as another writer would bring them.
async fn fill(client: &mut etcd_client::Client, prefix: &str, count: usize) {
    for chunk in (0..count).collect::<Vec<_>>().chunks(100) {
        let puts: Vec<_> = chunk
            .iter()
            .map(|n| TxnOp::put(format!("{prefix}default/webhooks/w{n:06}"), format!("{{\"n\":{n}}}"), None))
            .collect();
        client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
}
