//! A real etcd of its own, behind a gate that can be shut.

use std::sync::Arc;

use async_trait::async_trait;
use confdeck::domain::ResourceKey;
use confdeck::provider::ConfigWriter;
use confdeck::provider::etcd::EtcdProvider;
use etcd_client::{Client, Txn, TxnOp};

use super::{Mend, Subject};
use crate::support::etcd::{EtcdServer, Gate, Launch, provider_at};

/// What the provider adds to every key by default.
const PREFIX: &str = "/cwm/";

pub(crate) struct Etcd {
    gate: Gate,
    provider: Arc<EtcdProvider>,
    /// Talks past the gate.
    outside: Client,
    /// Each case compacts and cuts as it likes, so each has a server to itself.
    _server: EtcdServer,
}

pub(crate) async fn etcd() -> Option<Etcd> {
    Some(on(EtcdServer::start()).await)
}

/// The older one that Debian ships.
pub(crate) async fn etcd34() -> Option<Etcd> {
    Some(on(Launch::default().binary(crate::support::etcd::etcd34()?).start()).await)
}

async fn on(server: EtcdServer) -> Etcd {
    let gate = Gate::before(&server).await;
    let provider = Arc::new(provider_at(&gate.address(), "/cwm/"));
    Etcd { gate, provider, outside: server.client().await, _server: server }
}

fn stored(key: &ResourceKey) -> Vec<u8> {
    let rest = match key {
        ResourceKey::Webhook { namespace, id } => {
            format!("{}/webhooks/{}", namespace.as_str(), id.as_str()).into_bytes()
        }
        ResourceKey::Connection { name } => format!("global/connections/{}", name.as_str()).into_bytes(),
        ResourceKey::Foreign { raw } => raw.to_vec(),
    };
    [PREFIX.as_bytes(), &rest].concat()
}

#[async_trait]
impl Subject for Etcd {
    fn store(&self) -> Arc<dyn ConfigWriter> {
        Arc::clone(&self.provider) as Arc<dyn ConfigWriter>
    }

    async fn outside_put(&self, key: &ResourceKey, bytes: &[u8]) {
        self.outside.kv_client().put(stored(key), bytes, None).await.unwrap();
    }

    async fn outside_delete(&self, key: &ResourceKey) {
        let deleted = self.outside.kv_client().delete(stored(key), None).await.unwrap();
        assert_eq!(deleted.deleted(), 1);
    }

    async fn outside_put_all(&self, documents: Vec<(ResourceKey, Vec<u8>)>) {
        for some in documents.chunks(100) {
            let puts = some.iter().map(|(key, bytes)| TxnOp::put(stored(key), bytes.as_slice(), None));
            self.outside.kv_client().txn(Txn::new().and_then(puts.collect::<Vec<_>>())).await.unwrap();
        }
    }

    fn foreign(&self) -> Vec<ResourceKey> {
        let raw: [&[u8]; 4] = [b"a b/webhooks/x", b"default/webhooks/a/b", b"default/webhooks/", b"\xff\x00"];
        raw.map(ResourceKey::foreign).to_vec()
    }

    async fn cut(&self) -> bool {
        self.gate.shut();
        true
    }

    async fn mend(&self, how: Mend) {
        if how == Mend::Resync {
            let mut kv = self.outside.kv_client();
            let now = kv.get(PREFIX, None).await.unwrap().header().unwrap().revision();
            kv.compact(now, None).await.unwrap();
        }
        self.gate.reopen();
    }
}
