//! Connections: one at a time, to one member, with failover to the next.
//!
//! The client library balances over all members by itself, at random and over dead ones too. It is
//! given one, so that a watch and its keepalive reads go to the same member, a failed member is not
//! used again at once, and it is known whether a write was sent.

use std::sync::Arc;
use std::time::Duration;

use etcd_client::{Client, ConnectOptions};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::error::{Fault, within};
use super::link::{HEAD_DEADLINE, Head, MemberLink};
use super::login::{LOGIN_DEADLINE, LoginBackoff};
use super::page_sizer::PageSizer;
use super::settings::{Endpoint, EtcdSettings};
use super::store_identity::{IdentityBaseline, StoreIdentity};
use super::tls::{TlsCredentials, probe};
use crate::domain::{Revision, StoreId};
use crate::provider::CALL_DEADLINE;
use crate::provider::tls::TlsError;

/// How long a TCP connection may take.
const CONNECT_DEADLINE: Duration = Duration::from_millis(1_500);

/// HTTP/2 pings while a stream is open. etcd calls a client that pings more often than every 5 s
/// hostile (`too_many_pings`); a dead peer is noticed within 3 s by the watch's own `Keepalive`.
const PING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));

/// Opens links, one at a time.
pub(super) struct Connector {
    settings: EtcdSettings,
    slot: Mutex<LinkSlot>,
    store_identity: StoreIdentity,
    closed: watch::Sender<bool>,
    login_backoff: LoginBackoff,
    page_sizer: Arc<PageSizer>,
}

#[derive(Default)]
struct LinkSlot {
    link: Option<MemberLink>,
    /// Counts links; the endpoint in use is this modulo the number of endpoints.
    serial: u64,
}

impl Connector {
    pub(super) fn new(settings: EtcdSettings) -> Self {
        Self {
            settings,
            slot: Mutex::default(),
            store_identity: StoreIdentity::default(),
            closed: watch::Sender::new(false),
            login_backoff: LoginBackoff::default(),
            page_sizer: Arc::default(),
        }
    }

    pub(super) fn settings(&self) -> &EtcdSettings {
        &self.settings
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
        StoreId::new(match self.store_identity.history() {
            0 => format!("etcd:{cluster:016x}:{prefix}"),
            history => format!("etcd:{cluster:016x}/{history}:{prefix}"),
        })
    }

    /// What is known of the store; take it before the read that [`Connector::observe`] gets.
    pub(super) fn baseline(&self) -> IdentityBaseline {
        self.store_identity.baseline()
    }

    /// The same, for a reader that has seen a store up to a revision.
    pub(super) fn baseline_at(&self, store: &StoreId, at: Revision) -> IdentityBaseline {
        let mark = self.store_identity.baseline();
        let same = mark.cluster().is_some_and(|cluster| self.store(cluster) == *store);
        if same { mark.at_least(at) } else { mark }
    }

    /// Records the result of a linearizable read over this link; returns whether it continues the
    /// baseline's history. If not, [`Connector::store`] gives another id from here on.
    pub(super) fn observe(&self, mark: IdentityBaseline, link: &MemberLink, head: Head) -> bool {
        self.store_identity.observe(mark, link.serial, head)
    }

    /// Verifies that the store behind a link is the one that was read, so that no write goes to another
    /// that has replaced it. `key` is one that the user may read.
    pub(super) async fn verify_store(&self, link: &MemberLink, key: Vec<u8>) -> Result<(), Fault> {
        if self.store_identity.is_verified(link.serial) {
            return Ok(());
        }
        let mark = self.store_identity.baseline();
        match within(HEAD_DEADLINE, link.head(key)).await {
            Ok(head) if self.store_identity.observe(mark, link.serial, head) => Ok(()),
            Ok(_) => Err(Fault::StoreReplaced),
            // A user who may not read has seen nothing that could have been replaced.
            Err(Fault::Denied) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The link in use, or a new one to the member whose turn it is.
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
            match link.head(key.to_vec()).await {
                Err(fault) if fault.retry_elsewhere() => Err(fault),
                // A refusal is an answer too.
                _ => Ok(link),
            }
        })
        .await
    }

    /// Gives a link up, so that the next one goes to the next member; returns the likely cause.
    pub(super) async fn fail(&self, link: &MemberLink, fault: Fault) -> Fault {
        let mut slot = self.slot.lock().await;
        if slot.serial == link.serial {
            slot.serial += 1;
            slot.link = None;
        }
        drop(slot);
        if link.is_responsive() { fault } else { self.explain(link.serial, fault).await }
    }

    /// Finds out whether TLS is the cause of a failed link, and of which member.
    async fn explain(&self, serial: u64, fault: Fault) -> Fault {
        let why = match fault {
            Fault::Broken => None,
            Fault::Tls { why, .. } => Some(why),
            other => return other,
        };
        let Ok(endpoint) = self.endpoint(serial) else { return tls_or_broken(why, None) };
        let why = match why {
            None | Some(TlsError::Handshake | TlsError::NotTls) => self.probe(endpoint).await.or(why),
            clear => clear,
        };
        let why = match self.settings.tls.identity {
            None => why.map(TlsError::without_identity),
            Some(_) => why,
        };
        tls_or_broken(why, (self.endpoints() > 1).then(|| endpoint.to_string()))
    }

    async fn probe(&self, endpoint: &Endpoint) -> Option<TlsError> {
        if !self.settings.uses_tls(endpoint) {
            return probe(endpoint, None).await;
        }
        let credentials = TlsCredentials::read(&self.settings.tls).await.ok()?;
        probe(endpoint, Some(&credentials)).await
    }

    /// Reads, from another member if one does not answer. `call` may run more than once; all of it
    /// within [`CALL_DEADLINE`].
    pub(super) async fn read<T, F, Answer>(&self, call: F) -> Result<T, Fault>
    where
        F: Fn(MemberLink) -> Answer + Send + Sync,
        Answer: Future<Output = Result<T, Fault>> + Send,
    {
        let read = async {
            match self.read_somewhere(&call).await {
                // Authentication was enabled after the link was opened.
                Err(Fault::NoLogin) if self.settings.login.is_some() => self.read_somewhere(&call).await,
                answer => answer,
            }
        };
        within(CALL_DEADLINE, read).await
    }

    async fn read_somewhere<T, F, Answer>(&self, call: &F) -> Result<T, Fault>
    where
        F: Fn(MemberLink) -> Answer + Send + Sync,
        Answer: Future<Output = Result<T, Fault>> + Send,
    {
        let members = u32::try_from(self.endpoints()).unwrap_or(u32::MAX);
        let patience = (CALL_DEADLINE / members).max(CONNECT_DEADLINE);
        let mut told: Option<Fault> = None;
        for _ in 0..members {
            let fault = match self.link().await {
                Ok(link) => match within(patience, link.with_token_renewal(|| call(link.clone()))).await {
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
            told = Some(match told {
                Some(earlier) => earlier.or_more_specific(fault),
                None => fault,
            });
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
            Err(fault) if fault.wants_login() => Err(self.fail(link, fault).await),
            answer => answer,
        }
    }

    /// Lets the next link log in, even if a login was just refused.
    pub(super) fn allow_login(&self) {
        self.login_backoff.allow_now(Instant::now());
    }

    async fn open(&self, serial: u64) -> Result<MemberLink, Fault> {
        let endpoint = self.endpoint(serial)?;
        let tls = self.settings.uses_tls(endpoint);
        let client = self.connect(&endpoint.url(tls), tls).await?;
        let user = self.settings.login.as_ref().map(|login| login.username.as_str().into());
        Ok(MemberLink::new(serial, client, user, Arc::clone(&self.page_sizer)))
    }

    fn endpoint(&self, serial: u64) -> Result<&Endpoint, Fault> {
        let count = u64::try_from(self.endpoints()).unwrap_or(1);
        let turn = usize::try_from(serial % count).unwrap_or(0);
        let endpoint = self.settings.endpoints.get(turn);
        endpoint.ok_or_else(|| Fault::InvalidSettings("no etcd endpoint is named: set ETCD_HOST".into()))
    }

    /// A client of one URL, logged in where we have a login; nothing is sent before the first call
    /// otherwise.
    pub(super) async fn connect(&self, url: &str, tls: bool) -> Result<Client, Fault> {
        let mut options = self.options(tls).await?;
        let plain = options.clone();
        let Some(login) = &self.settings.login else {
            return within(LOGIN_DEADLINE, client(url, plain)).await;
        };
        self.login_backoff.check(Instant::now())?;
        options =
            options.with_user(login.username.as_str(), login.password.expose()).with_auto_token_refresh(true);
        let opened = within(LOGIN_DEADLINE, client(url, options)).await;
        self.login_backoff.record(&opened, Instant::now());
        match opened {
            // As etcdctl does: credentials are ignored where authentication is disabled.
            Err(Fault::AuthDisabled) => within(LOGIN_DEADLINE, client(url, plain)).await,
            opened => opened,
        }
    }

    /// As [`Connector::connect`], to a member that is not configured: without the login.
    pub(super) async fn connect_without_login(&self, url: &str, tls: bool) -> Result<Client, Fault> {
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
        Ok(options.with_tls(TlsCredentials::read(&self.settings.tls).await?.options()))
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

fn tls_or_broken(why: Option<TlsError>, at: Option<String>) -> Fault {
    why.map_or(Fault::Broken, |why| Fault::Tls { why, at })
}
