//! Over real etcds: behind a gate that can be shut, compacted, killed and started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use confdeck::domain::{KeyPrefix, ResourceKey};
use confdeck::provider::etcd::EtcdProvider;
use confdeck::provider::{ConfigReader, ConfigWriter};
use etcd_client::{Client, Error, PutOptions, Txn, TxnOp};

use crate::script::{BROKEN, LEASES, Step, TEXTS, Write};
use crate::support::etcd::{EtcdServer, Gate, Launch, provider_at};
use crate::support::observer::Observer;
use crate::world::{Tally, World, seeds, witnessed};

/// So many servers at a time; each interleaving is alone on its own.
const SERVERS: usize = 8;

/// As stored after the prefix; the last two are of shapes that the receiver ignores.
const STORED: [&str; 8] = [
    "a/webhooks/one",
    "a/webhooks/two",
    "a-b/webhooks/one",
    "b/webhooks/three",
    "global/connections/main",
    "global/connections/backup",
    "a/webhooks/x/y",
    "odd",
];

struct Etcd {
    server: Arc<EtcdServer>,
    /// Talks past the gate.
    outside: Client,
    gate: Gate,
    prefix: String,
    provider: Arc<EtcdProvider>,
    observer: Observer,
    keys: Vec<ResourceKey>,
    leases: [Option<i64>; LEASES],
    /// Leases that end by themselves.
    brief: Vec<i64>,
}

impl Etcd {
    async fn begin(server: Arc<EtcdServer>, seed: u64) -> Self {
        let (gate, prefix) = (Gate::before(&server).await, format!("/i/{seed}/"));
        let provider = Arc::new(provider_at(&gate.address(), &prefix));
        let observer = Observer::new(provider.watch(KeyPrefix::All));
        let keys = ["a/one", "a/two", "a-b/one", "b/three", "connections/main", "connections/backup"]
            .map(|address| address.parse::<confdeck::domain::Address>().unwrap().0)
            .into_iter()
            .chain(STORED[6..].iter().map(|raw| ResourceKey::foreign(raw.as_bytes())))
            .collect();
        let outside = server.client().await;
        Self {
            server,
            outside,
            gate,
            prefix,
            provider,
            observer,
            keys,
            leases: [None; LEASES],
            brief: Vec::new(),
        }
    }

    fn stored(&self, key: usize) -> String {
        format!("{}{}", self.prefix, STORED[key])
    }

    fn operation(&self, write: Write) -> TxnOp {
        match write {
            Write::Put(key, text) => TxnOp::put(self.stored(key), TEXTS[text], None),
            Write::Delete(key) => TxnOp::delete(self.stored(key), None),
        }
    }

    /// Another program's call; its client finds its way back to a server that was started again.
    async fn call<T>(&self, call: impl AsyncFn(Client) -> Result<T, Error>) -> T {
        let begun = Instant::now();
        loop {
            match call(self.outside.clone()).await {
                Ok(answer) => return answer,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(30), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn together(&self, writes: &[Write]) {
        let mut named = Vec::new();
        let mut operations = Vec::new();
        for write in writes {
            let (Write::Put(key, _) | Write::Delete(key)) = *write;
            // A transaction names each key once.
            if !named.contains(&key) {
                named.push(key);
                operations.push(self.operation(*write));
            }
        }
        let txn = Txn::new().and_then(operations);
        self.call(async |client| client.kv_client().txn(txn.clone()).await).await;
    }

    async fn put(&self, key: usize, value: &str, options: Option<PutOptions>) {
        let key = self.stored(key);
        self.call(async |client| client.kv_client().put(key.as_str(), value, options.clone()).await).await;
    }

    async fn lease(&mut self, key: usize, slot: usize) {
        let lease = match self.leases[slot] {
            Some(lease) => lease,
            None => self.call(async |client| client.lease_client().grant(600, None).await).await.id(),
        };
        self.leases[slot] = Some(lease);
        self.put(key, TEXTS[0], Some(PutOptions::new().with_lease(lease))).await;
    }

    async fn expire(&mut self, key: usize) {
        let key = self.stored(key);
        // Together, because a lease that ended while the server was away has to be granted again.
        let put = async |client: Client| {
            let lease = client.lease_client().grant(1, None).await?.id();
            client.kv_client().put(key.as_str(), TEXTS[3], Some(PutOptions::new().with_lease(lease))).await?;
            Ok(lease)
        };
        let lease = self.call(put).await;
        self.brief.push(lease);
    }

    async fn is_over(&self, lease: i64) -> bool {
        let left = async |client: Client| client.lease_client().time_to_live(lease, None).await;
        self.call(left).await.ttl() < 0
    }

    async fn revoke(&mut self, slot: usize) {
        if let Some(lease) = self.leases[slot].take() {
            self.call(async |client| client.lease_client().revoke(lease).await).await;
        }
    }

    async fn compact(&self, before_head: u64) {
        let answer = self.call(async |client| client.kv_client().get("/", None).await).await;
        let at = answer.header().unwrap().revision() - i64::try_from(before_head).unwrap();
        // What was compacted before is refused.
        drop(self.outside.kv_client().compact(at, None).await);
    }
}

#[async_trait(?Send)]
impl World for Etcd {
    fn keys(&self) -> &[ResourceKey] {
        &self.keys
    }

    fn store(&self) -> Arc<dyn ConfigWriter> {
        Arc::clone(&self.provider) as Arc<dyn ConfigWriter>
    }

    fn observer(&mut self) -> &mut Observer {
        &mut self.observer
    }

    async fn happen(&mut self, step: &Step) {
        match step {
            Step::Outside(write) => self.together(&[*write]).await,
            Step::Together(writes) => self.together(writes).await,
            Step::Break(key, broken) => self.put(*key, BROKEN[*broken], None).await,
            Step::Lease(key, slot) => self.lease(*key, *slot).await,
            Step::Revoke(slot) => self.revoke(*slot).await,
            Step::Expire(key) => self.expire(*key).await,
            Step::Cut => self.gate.shut(),
            Step::Mend { retry } => {
                self.gate.reopen();
                if *retry {
                    self.observer.retry_now();
                }
            }
            Step::Compact { before_head } => self.compact(*before_head).await,
            Step::Restart => {
                let server = Arc::clone(&self.server);
                tokio::task::spawn_blocking(move || server.restart()).await.unwrap();
            }
            Step::Ours(_) | Step::Read(_) => {}
        }
    }

    async fn mend_all(&mut self) {
        self.gate.reopen();
        for lease in self.brief.clone() {
            while !self.is_over(lease).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        // What was written last is the end of what the watch has to say.
        self.put(0, TEXTS[1], None).await;
    }

    async fn truth(&self) -> Vec<confdeck::domain::Entry> {
        let past_the_gate = self.server.provider(&self.prefix);
        crate::support::observer::listed(&past_the_gate).await
    }
}

/// A member alone waits for an election after every start: it need not wait long.
fn start() -> EtcdServer {
    Launch::default().flags(&["--heartbeat-interval=10", "--election-timeout=100"]).start()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn etcd_ends_equal_to_a_fresh_list() {
    let (seeds, next, tally) = (seeds(1_000, 5_000), AtomicU64::new(0), Tally::default());
    let lane = async || {
        let server = Arc::new(tokio::task::spawn_blocking(start).await.unwrap());
        while let Some(seed) = seeds.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap()) {
            let mut world = Etcd::begin(Arc::clone(&server), *seed).await;
            witnessed("etcd", *seed, &mut world, &tally).await;
        }
    };
    let begun = Instant::now();
    let lanes: Vec<_> = (0..SERVERS.min(seeds.len())).map(|_| lane()).collect();
    futures::future::join_all(lanes).await;
    println!(
        "{} interleavings, {} loads, {} of them again, in {:?}",
        tally.cases.load(Ordering::Relaxed),
        tally.loads.load(Ordering::Relaxed),
        tally.resyncs.load(Ordering::Relaxed),
        begun.elapsed()
    );
}
