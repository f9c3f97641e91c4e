//! Connections: one at a time, to one member, with failover to the next.
//!
//! The client library's own balancer picks among all members at random, dead ones included. It is given
//! a single member, so that a watch and its keepalive reads go to the same member, a failed member is
//! not used again at once, and it is known whether a write was sent.

use std::sync::Arc;
use std::time::Duration;

use etcd_client::{Client, ConnectOptions};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::error::{Fault, within};
use super::layout::Keyspace;
use super::line_activity::{CountedChannel, LineActivity};
use super::link::{HEAD_DEADLINE, MemberLink};
use super::login::{LOGIN_DEADLINE, LoginBackoff};
use super::page_sizer::PageSizer;
use super::settings::{Endpoint, EtcdLogin, EtcdSettings};
use super::store_identity::{IdentityBaseline, StoreIdentity};
use super::tls::{TlsCredentials, probe};
use crate::domain::{Revision, StoreId};
use crate::provider::CALL_DEADLINE;
use crate::provider::tls::TlsError;

/// How long a TCP connection may take.
const CONNECT_DEADLINE: Duration = Duration::from_millis(1_500);

/// How long closing waits for what runs in the background, and for a connection that is being opened.
const BACKGROUND_WITHIN: Duration = Duration::from_millis(2_500);
const CLOSE_WITHIN: Duration = Duration::from_millis(500);

/// HTTP/2 pings while a stream is open. etcd calls a client that pings more often than every 5 s
/// hostile (`too_many_pings`); a dead peer is noticed within 3 s by the watch's own `Keepalive`.
const PING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));

/// Opens links, one at a time.
pub(super) struct Connector {
    pub(super) settings: EtcdSettings,
    pub(super) keyspace: Keyspace,
    slot: Mutex<LinkSlot>,
    pub(super) store_identity: StoreIdentity,
    closed: watch::Sender<bool>,
    pub(super) login_backoff: LoginBackoff,
    page_sizer: Arc<PageSizer>,
    /// Of all links: a read that one member does not answer in time goes on at the next.
    activity: Arc<LineActivity>,
    background: parking_lot::Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct LinkSlot {
    link: Option<MemberLink>,
    /// Counts links; the endpoint in use is this modulo the number of endpoints.
    serial: usize,
}

impl Connector {
    pub(super) fn new(settings: EtcdSettings) -> Self {
        Self {
            keyspace: Keyspace { prefix: settings.prefix.clone(), layout: settings.layout },
            settings,
            slot: Mutex::default(),
            store_identity: StoreIdentity::default(),
            closed: watch::Sender::new(false),
            login_backoff: LoginBackoff::default(),
            page_sizer: Arc::default(),
            activity: Arc::default(),
            background: parking_lot::Mutex::default(),
        }
    }

    /// The number of configured endpoints, at least 1.
    pub(super) fn endpoints(&self) -> usize {
        self.settings.endpoints.len().max(1)
    }

    /// The cluster's endpoints, for messages.
    pub(super) fn name(&self) -> String {
        let names: Vec<_> = self.settings.endpoints.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    /// The store id: revisions belong to the cluster and its history, keys to the prefix in it.
    pub(super) fn store(&self, cluster: u64) -> StoreId {
        let prefix = self.settings.prefix.as_str();
        StoreId::new(match self.store_identity.baseline().history {
            0 => format!("etcd:{cluster:016x}:{prefix}"),
            history => format!("etcd:{cluster:016x}/{history}:{prefix}"),
        })
    }

    /// [`StoreIdentity::baseline`], for a reader that has seen a store up to a revision.
    pub(super) fn baseline_at(&self, store: &StoreId, at: Revision) -> IdentityBaseline {
        let mut mark = self.store_identity.baseline();
        if let Some(known) = &mut mark.known
            && self.store(known.cluster) == *store
        {
            known.revision = known.revision.max(at);
        }
        mark
    }

    /// Verifies that the store behind a link is the one that was read, so that no write goes to a store that
    /// has replaced it. `key` is one that the user may read.
    pub(super) async fn verify_store(&self, link: &MemberLink, key: &[u8]) -> Result<(), Fault> {
        if self.store_identity.is_verified(link.serial) {
            return Ok(());
        }
        let mark = self.store_identity.baseline();
        match link.activity.within_silence(HEAD_DEADLINE, link.head(key)).await {
            Ok(head) if self.store_identity.observe(mark, link.serial, head) => Ok(()),
            Ok(_) => Err(Fault::StoreReplaced),
            // A user who may not read has seen nothing that could have been replaced.
            Err(Fault::Denied) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The link in use, or a new one to the next member in turn.
    pub(super) async fn link(&self) -> Result<MemberLink, Fault> {
        let mut slot = self.slot.lock().await;
        if *self.closed.borrow() {
            return Err(Fault::ShutDown);
        }
        if let Some(link) = &slot.link {
            return Ok(link.clone());
        }
        let serial = slot.serial;
        match self.open(serial).await {
            Ok(link) => Ok(slot.link.insert(link).clone()),
            Err(fault) => {
                if fault.retry_elsewhere() {
                    slot.serial += 1;
                }
                drop(slot);
                Err(self.explain(serial, fault).await)
            }
        }
    }

    /// A link whose member is known to answer, for writes. A member that hangs, is a learner, has no
    /// leader or has a TLS problem is found by a read first, and another member is tried.
    pub(super) async fn responsive_link(&self) -> Result<MemberLink, Fault> {
        let key = self.settings.prefix.as_str().as_bytes();
        self.read(|link| async move {
            if link.is_responsive() {
                return Ok(link);
            }
            match link.head(key).await {
                Err(fault) if fault.retry_elsewhere() => Err(fault),
                // A refusal proves that the member responds.
                _ => Ok(link),
            }
        })
        .await
    }

    /// Gives up a link, so that the next one goes to the next member; returns the likely cause.
    pub(super) async fn fail(&self, link: &MemberLink, fault: Fault) -> Fault {
        let mut slot = self.slot.lock().await;
        if slot.serial == link.serial {
            slot.serial += 1;
            slot.link = None;
        }
        drop(slot);
        if link.is_responsive() { fault } else { self.explain(link.serial, fault).await }
    }

    /// Finds out whether TLS is the cause of a failed link, and at which member.
    async fn explain(&self, serial: usize, fault: Fault) -> Fault {
        let Ok(endpoint) = self.endpoint(serial) else { return fault };
        let files = self.settings.uses_tls(endpoint).then_some(&self.settings.tls);
        let why = match &fault {
            Fault::Broken => probe(endpoint, files).await,
            Fault::Tls { why: why @ (TlsError::Handshake | TlsError::NotTls), .. } => {
                probe(endpoint, files).await.or(Some(why.clone()))
            }
            Fault::Tls { why, .. } => Some(why.clone()),
            _ => None,
        };
        let Some(why) = why else { return fault };
        let why = if self.settings.tls.identity.is_none() { why.without_identity() } else { why };
        Fault::Tls { why, at: (self.endpoints() > 1).then(|| endpoint.to_string()) }
    }

    /// Reads, from another member if one does not answer. `call` may run more than once; all attempts end
    /// once nothing has arrived for [`CALL_DEADLINE`].
    pub(super) async fn read<T, Answer>(&self, call: impl Fn(MemberLink) -> Answer) -> Result<T, Fault>
    where
        Answer: Future<Output = Result<T, Fault>>,
    {
        let read = async {
            match self.read_somewhere(&call).await {
                // Authentication was enabled after the link was opened.
                Err(Fault::NoLogin) if self.settings.login.is_some() => self.read_somewhere(&call).await,
                answer => answer,
            }
        };
        self.activity.within_silence(CALL_DEADLINE, read).await
    }

    async fn read_somewhere<T, Answer>(&self, call: &impl Fn(MemberLink) -> Answer) -> Result<T, Fault>
    where
        Answer: Future<Output = Result<T, Fault>>,
    {
        let members = u32::try_from(self.endpoints()).unwrap_or(u32::MAX);
        let patience = (CALL_DEADLINE / members).max(CONNECT_DEADLINE);
        let mut told: Option<Fault> = None;
        for _ in 0..members {
            let fault = match self.link().await {
                Ok(link) => match link
                    .activity
                    .within_silence(patience, link.with_token_renewal(|| call(link.clone())))
                    .await
                {
                    Err(fault) if fault.retry_elsewhere() => self.fail(&link, fault).await,
                    answer => {
                        link.mark_responsive();
                        return self.drop_if_refused(&link, answer).await;
                    }
                },
                Err(fault) => fault,
            };
            if !fault.retry_elsewhere() {
                return Err(fault);
            }
            told = Some(fault.or_more_specific(told));
        }
        Err(told.unwrap_or(Fault::Unreachable))
    }

    /// Drops a link whose login is no longer valid, so that the next one logs in, or fails at once if a
    /// login was just refused.
    pub(super) async fn drop_if_refused<T>(
        &self,
        link: &MemberLink,
        answer: Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.login_backoff.record(&answer, Instant::now());
        match answer {
            // A new login may help.
            Err(fault @ (Fault::TokenExpired | Fault::NoLogin | Fault::BadLogin)) => {
                Err(self.fail(link, fault).await)
            }
            answer => answer,
        }
    }

    async fn open(&self, serial: usize) -> Result<MemberLink, Fault> {
        let endpoint = self.endpoint(serial)?;
        let login = self.settings.login.as_ref();
        let url = endpoint.url(self.settings.uses_tls(endpoint));
        let activity = LineActivity::part_of(&self.activity);
        let client = self.connect(&url, login, Arc::clone(&activity)).await?;
        let user = login.map(|login| login.username.as_str().into());
        Ok(MemberLink {
            serial,
            client,
            user,
            token_renewer: Arc::default(),
            responsive: Arc::default(),
            page_sizer: Arc::clone(&self.page_sizer),
            activity,
        })
    }

    fn endpoint(&self, serial: usize) -> Result<&Endpoint, Fault> {
        let endpoint = self.settings.endpoints.get(serial % self.endpoints());
        endpoint.ok_or_else(|| Fault::InvalidSettings("no etcd endpoint is named: set ETCD_HOST".into()))
    }

    /// A client of one URL; without a login, nothing is sent before the first call. What arrives is counted as
    /// `activity`.
    pub(super) async fn connect(
        &self,
        url: &str,
        login: Option<&EtcdLogin>,
        activity: Arc<LineActivity>,
    ) -> Result<Client, Fault> {
        let mut plain = ConnectOptions::new()
            .with_connect_timeout(CONNECT_DEADLINE)
            .with_keep_alive(PING.0, PING.1)
            .with_keep_alive_while_idle(false)
            .with_require_leader(true);
        if url.starts_with("https://") {
            plain = plain.with_tls(TlsCredentials::read(&self.settings.tls).await?.options());
        }
        let open = |options| {
            let channel = CountedChannel(Arc::clone(&activity));
            let client = Client::connect_with_balanced_channel([url], Some(options), channel);
            within(LOGIN_DEADLINE, async { Ok(client.await?) })
        };
        if let Some(EtcdLogin { username, password }) = login {
            self.login_backoff.check(Instant::now())?;
            let options = plain.clone().with_user(username, password.expose());
            let opened = open(options).await;
            self.login_backoff.record(&opened, Instant::now());
            // As etcdctl does: credentials are ignored where authentication is disabled.
            if !matches!(opened, Err(Fault::AuthDisabled)) {
                return opened;
            }
        }
        open(plain).await
    }

    /// Runs what a call leaves to be done; [`Connector::close`] waits for it.
    pub(super) fn in_background(&self, task: impl Future<Output = ()> + Send + 'static) {
        // Where the runtime has ended, so has all I/O.
        let Ok(runtime) = Handle::try_current() else { return };
        let mut tasks = self.background.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &runtime);
    }

    /// Finishes what runs in the background, closes the link and ends every watch. Nothing that hangs is waited
    /// for longer than the two limits.
    pub(super) async fn close(&self) {
        let mut tasks = std::mem::take(&mut *self.background.lock());
        let ended = async { while tasks.join_next().await.is_some() {} };
        // What has not ended by then is given up with the set.
        let _ = timeout(BACKGROUND_WITHIN, ended).await;
        self.closed.send_replace(true);
        if let Ok(mut slot) = timeout(CLOSE_WITHIN, self.slot.lock()).await {
            slot.link = None;
        }
    }

    /// Resolves once the provider has been shut down.
    pub(super) async fn closed(&self) {
        // An error would mean that the sender is gone, but `self` owns it.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}
