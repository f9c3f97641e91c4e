//! Connections: one at a time, to one member, and the next member when that one fails.
//!
//! The client library balances over all members by itself, at random and over dead ones too. We give
//! it one, so that the watch and the reads that watch over it see the same member, a failed member is
//! left for good, and it is known whether a write was sent.

use std::sync::Once;
use std::time::Duration;

use etcd_client::{
    Certificate, Client, ConnectOptions, Identity, KvClient, LeaseClient, ResponseHeader, TlsOptions,
    WatchClient,
};
use tokio::sync::{Mutex, watch};

use super::error::{Fault, within};
use super::lineage::{Lineage, Mark};
use super::settings::{EtcdSettings, TlsFiles};
use crate::domain::{Revision, StoreId};
use crate::provider::CALL_DEADLINE;

/// How long a TCP connection may take.
const CONNECT_DEADLINE: Duration = Duration::from_millis(1_500);

/// How long a member may take to say where it stands before a write is sent to it.
const VOUCH_DEADLINE: Duration = Duration::from_secs(2);

/// How long a login may take, its connection included; etcd hashes passwords slowly on purpose.
const LOGIN_DEADLINE: Duration = Duration::from_secs(3);

/// The largest answer we take. 128 values, the most of one transaction, of 1.5 MiB, the most of one
/// request, fit; pages of a load stay far below by their own measure.
const DECODE_LIMIT: usize = 256 * 1024 * 1024;

/// HTTP/2 pings while a stream is open. etcd calls a client that pings more often than every 5 s
/// hostile (`too_many_pings`); what notices a dead peer within 3 s is the watch's own vigil.
const PING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));

/// Where a system keeps the certificates it trusts: Debian, Fedora, openSUSE, Alpine.
const SYSTEM_TRUST: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Makes `aws-lc-rs` this process's cryptography, unless a program has already chosen. rustls panics
/// where two are linked and none is chosen.
pub fn ensure_crypto_provider() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        // An error means that somebody chose before us, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

/// A connection to one member; cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    serial: u64,
    client: Client,
}

impl Link {
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
        Head::of(self.kv().get(key, None).await?.header())
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

/// Opens links, one at a time.
pub(super) struct Connector {
    settings: EtcdSettings,
    slot: Mutex<Slot>,
    lineage: Lineage,
    closed: watch::Sender<bool>,
}

#[derive(Default)]
struct Slot {
    link: Option<Link>,
    /// Counts links; the endpoint in use is this modulo their number.
    serial: u64,
}

impl Connector {
    pub(super) fn new(settings: EtcdSettings) -> Self {
        Self {
            settings,
            slot: Mutex::default(),
            lineage: Lineage::default(),
            closed: watch::Sender::new(false),
        }
    }

    pub(super) fn settings(&self) -> &EtcdSettings {
        &self.settings
    }

    /// How many members are known to us.
    pub(super) fn endpoints(&self) -> usize {
        self.settings.endpoints.len().max(1)
    }

    /// What to call the cluster in a message.
    pub(super) fn name(&self) -> String {
        let names: Vec<_> = self.settings.endpoints.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    /// Which store a cluster is to us: revisions belong to the cluster, keys to the prefix in it.
    pub(super) fn store(&self, cluster: u64) -> StoreId {
        let prefix = self.settings.prefix.as_str();
        StoreId::new(match self.lineage.history() {
            0 => format!("etcd:{cluster:016x}:{prefix}"),
            history => format!("etcd:{cluster:016x}/{history}:{prefix}"),
        })
    }

    /// What is known of the store, to be taken before it is asked where it stands.
    pub(super) fn mark(&self) -> Mark {
        self.lineage.mark()
    }

    /// The same, for somebody who has seen a store up to a revision.
    pub(super) fn mark_seen(&self, store: &StoreId, at: Revision) -> Mark {
        let mark = self.lineage.mark();
        let same = mark.cluster().is_some_and(|cluster| self.store(cluster) == *store);
        if same { mark.seen(at) } else { mark }
    }

    /// Takes in where the store stands by a linearizable read over this link; says whether it goes on
    /// from the mark. If it does not, [`Connector::store`] has another name for it from here on.
    pub(super) fn judge(&self, mark: Mark, link: &Link, head: Head) -> bool {
        self.lineage.judge(mark, link.serial, head)
    }

    /// Makes sure that the store behind a link is the one that was read, so that no write meant for one
    /// arrives in another that has replaced it. `key` is one that the writer may read.
    pub(super) async fn vouch(&self, link: &Link, key: Vec<u8>) -> Result<(), Fault> {
        if self.lineage.vouches_for(link.serial) {
            return Ok(());
        }
        let mark = self.lineage.mark();
        match within(VOUCH_DEADLINE, link.head(key)).await {
            Ok(head) if self.lineage.judge(mark, link.serial, head) => Ok(()),
            Ok(_) => Err(Fault::Replaced),
            // Who may not read cannot have been shown anything that was replaced.
            Err(Fault::Denied) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The link in use, or a new one to the member whose turn it is.
    pub(super) async fn link(&self) -> Result<Link, Fault> {
        let mut slot = self.slot.lock().await;
        if *self.closed.borrow() {
            return Err(Fault::ShutDown);
        }
        if let Some(link) = &slot.link {
            return Ok(link.clone());
        }
        let opened = self.open(slot.serial).await;
        if opened.as_ref().is_err_and(Fault::elsewhere) {
            slot.serial += 1;
        }
        let link = opened?;
        slot.link = Some(link.clone());
        Ok(link)
    }

    /// Gives a link up; the next one goes to the next member.
    pub(super) async fn fail(&self, link: &Link) {
        let mut slot = self.slot.lock().await;
        if slot.serial == link.serial {
            slot.serial += 1;
            slot.link = None;
        }
    }

    /// Reads, from another member if one does not answer. `call` may run more than once; all of it
    /// within [`CALL_DEADLINE`].
    pub(super) async fn read<T, F, Answer>(&self, call: F) -> Result<T, Fault>
    where
        F: Fn(Link) -> Answer + Send + Sync,
        Answer: Future<Output = Result<T, Fault>> + Send,
    {
        within(CALL_DEADLINE, self.read_somewhere(call)).await
    }

    async fn read_somewhere<T, F, Answer>(&self, call: F) -> Result<T, Fault>
    where
        F: Fn(Link) -> Answer + Send + Sync,
        Answer: Future<Output = Result<T, Fault>> + Send,
    {
        let members = u32::try_from(self.endpoints()).unwrap_or(u32::MAX);
        let patience = (CALL_DEADLINE / members).max(CONNECT_DEADLINE);
        let mut fault = Fault::Unreachable;
        for _ in 0..members {
            fault = match self.link().await {
                Ok(link) => match within(patience, call(link.clone())).await {
                    Err(fault) if fault.elsewhere() => {
                        self.fail(&link).await;
                        fault
                    }
                    answer => return answer,
                },
                Err(fault) => fault,
            };
            if !fault.elsewhere() {
                break;
            }
        }
        Err(fault)
    }

    async fn open(&self, serial: u64) -> Result<Link, Fault> {
        let count = u64::try_from(self.endpoints()).unwrap_or(1);
        let turn = usize::try_from(serial % count).unwrap_or(0);
        let endpoint = self
            .settings
            .endpoints
            .get(turn)
            .ok_or_else(|| Fault::Unusable("no etcd endpoint is named: set ETCD_HOST".into()))?;
        let tls = self.settings.uses_tls(endpoint);
        let client = self.connect(&endpoint.url(tls), tls).await?;
        Ok(Link { serial, client })
    }

    /// A client of one URL, logged in where we have a login; nothing is sent before the first call
    /// otherwise.
    pub(super) async fn connect(&self, url: &str, tls: bool) -> Result<Client, Fault> {
        let mut options = self.options(tls).await?;
        let plain = options.clone();
        if let Some(login) = &self.settings.login {
            options = options
                .with_user(login.username.as_str(), login.password.expose())
                .with_auto_token_refresh(true);
        }
        match within(LOGIN_DEADLINE, client(url, options)).await {
            // As etcdctl does: a name and a password are no obstacle where nobody asks for them.
            Err(Fault::AuthOff) => within(LOGIN_DEADLINE, client(url, plain)).await,
            opened => opened,
        }
    }

    /// As [`Connector::connect`], to a member that no setting names: without the login.
    pub(super) async fn connect_unnamed(&self, url: &str, tls: bool) -> Result<Client, Fault> {
        client(url, self.options(tls).await?).await
    }

    async fn options(&self, tls: bool) -> Result<ConnectOptions, Fault> {
        let options = ConnectOptions::new()
            .with_connect_timeout(CONNECT_DEADLINE)
            .with_keep_alive(PING.0, PING.1)
            .with_keep_alive_while_idle(false)
            .with_require_leader(true);
        if !tls {
            return Ok(options);
        }
        ensure_crypto_provider();
        Ok(options.with_tls(tls_options(&self.settings.tls).await?))
    }

    /// Closes the link and ends every watch.
    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        self.slot.lock().await.link = None;
    }

    /// Resolves once the provider has been shut down.
    pub(super) async fn closed(&self) {
        // An error means that the sender is gone, and we hold it.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

async fn client(url: &str, options: ConnectOptions) -> Result<Client, Fault> {
    Ok(Client::connect([url], Some(options)).await?)
}

async fn tls_options(files: &TlsFiles) -> Result<TlsOptions, Fault> {
    let trusted = match &files.ca_cert {
        Some(path) => pem(path, "ETCD_CACERT").await?,
        None => system_trust().await?,
    };
    let options = TlsOptions::new().ca_certificate(Certificate::from_pem(trusted));
    let Some(identity) = &files.identity else { return Ok(options) };
    let cert = pem(&identity.cert, "ETCD_CERT").await?;
    let key = zeroize::Zeroizing::new(pem(&identity.key, "ETCD_KEY").await?);
    Ok(options.identity(Identity::from_pem(cert, &*key)))
}

async fn pem(path: &std::path::Path, variable: &str) -> Result<Vec<u8>, Fault> {
    tokio::fs::read(path).await.map_err(|error| {
        Fault::Unusable(format!("cannot read {} ({variable}): {}", path.display(), error.kind()))
    })
}

async fn system_trust() -> Result<Vec<u8>, Fault> {
    for path in SYSTEM_TRUST {
        if let Ok(bundle) = tokio::fs::read(path).await {
            return Ok(bundle);
        }
    }
    Err(Fault::Unusable("this system has no certificates to trust: set ETCD_CACERT".into()))
}
