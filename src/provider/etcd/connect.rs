//! Connections: one at a time, to one member, and the next member when that one fails.
//!
//! The client library balances over all members by itself, at random and over dead ones too. We give
//! it one, so that the watch and the reads that watch over it see the same member, a failed member is
//! left for good, and it is known whether a write was sent.

use std::sync::Arc;
use std::time::Duration;

use etcd_client::{Client, ConnectOptions};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::error::{Fault, within};
use super::lineage::{Lineage, Mark};
use super::link::{HEAD_DEADLINE, Head, Link};
use super::login::{LOGIN_DEADLINE, Refusals};
use super::pace::Pace;
use super::settings::{Endpoint, EtcdSettings};
use super::tls::{Credentials, TlsFault, probe};
use crate::domain::{Revision, StoreId};
use crate::provider::CALL_DEADLINE;

/// How long a TCP connection may take.
const CONNECT_DEADLINE: Duration = Duration::from_millis(1_500);

/// HTTP/2 pings while a stream is open. etcd calls a client that pings more often than every 5 s
/// hostile (`too_many_pings`); what notices a dead peer within 3 s is the watch's own vigil.
const PING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));

/// Opens links, one at a time.
pub(super) struct Connector {
    settings: EtcdSettings,
    slot: Mutex<Slot>,
    lineage: Lineage,
    closed: watch::Sender<bool>,
    refusals: Refusals,
    pace: Arc<Pace>,
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
            refusals: Refusals::default(),
            pace: Arc::default(),
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
        match within(HEAD_DEADLINE, link.head(key)).await {
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
        let serial = slot.serial;
        match self.open(serial).await {
            Ok(link) => Ok(slot.link.insert(link).clone()),
            Err(fault) => {
                if fault.elsewhere() {
                    slot.serial += 1;
                }
                drop(slot);
                Err(self.explain(serial, fault).await)
            }
        }
    }

    /// A link whose member is known to answer: what a write goes out on. One that hangs, learns, has
    /// no leader or wants another TLS is found out by a read before, and another member is asked.
    pub(super) async fn proven(&self) -> Result<Link, Fault> {
        let key = self.settings.prefix.as_str().as_bytes();
        self.read(|link| async move {
            if link.is_proven() {
                return Ok(link);
            }
            match link.head(key.to_vec()).await {
                Err(fault) if fault.elsewhere() => Err(fault),
                // A refusal is an answer too.
                _ => Ok(link),
            }
        })
        .await
    }

    /// Gives a link up, so that the next one goes to the next member; says what is known of why.
    pub(super) async fn fail(&self, link: &Link, fault: Fault) -> Fault {
        let mut slot = self.slot.lock().await;
        if slot.serial == link.serial {
            slot.serial += 1;
            slot.link = None;
        }
        drop(slot);
        if link.is_proven() { fault } else { self.explain(link.serial, fault).await }
    }

    /// Why a link came to nothing: what TLS has to do with it, and with which member.
    async fn explain(&self, serial: u64, fault: Fault) -> Fault {
        let why = match fault {
            Fault::Broken => None,
            Fault::Tls { why, .. } => Some(why),
            other => return other,
        };
        let Ok(endpoint) = self.endpoint(serial) else { return why_not(why, None) };
        let why = match why {
            None | Some(TlsFault::Handshake) => self.probe(endpoint).await.or(why),
            clear => clear,
        };
        let why = why.map(|why| match why {
            TlsFault::Refused(_) if self.settings.tls.identity.is_none() => TlsFault::Anonymous,
            why => why,
        });
        why_not(why, (self.endpoints() > 1).then(|| endpoint.to_string()))
    }

    async fn probe(&self, endpoint: &Endpoint) -> Option<TlsFault> {
        if !self.settings.uses_tls(endpoint) {
            return probe(endpoint, None).await;
        }
        let credentials = Credentials::read(&self.settings.tls).await.ok()?;
        probe(endpoint, Some(&credentials)).await
    }

    /// Reads, from another member if one does not answer. `call` may run more than once; all of it
    /// within [`CALL_DEADLINE`].
    pub(super) async fn read<T, F, Answer>(&self, call: F) -> Result<T, Fault>
    where
        F: Fn(Link) -> Answer + Send + Sync,
        Answer: Future<Output = Result<T, Fault>> + Send,
    {
        let read = async {
            match self.read_somewhere(&call).await {
                // Authentication was switched on after we came.
                Err(Fault::NoLogin) if self.settings.login.is_some() => self.read_somewhere(&call).await,
                answer => answer,
            }
        };
        within(CALL_DEADLINE, read).await
    }

    async fn read_somewhere<T, F, Answer>(&self, call: &F) -> Result<T, Fault>
    where
        F: Fn(Link) -> Answer + Send + Sync,
        Answer: Future<Output = Result<T, Fault>> + Send,
    {
        let members = u32::try_from(self.endpoints()).unwrap_or(u32::MAX);
        let patience = (CALL_DEADLINE / members).max(CONNECT_DEADLINE);
        let mut told: Option<Fault> = None;
        for _ in 0..members {
            let fault = match self.link().await {
                Ok(link) => match within(patience, link.renewing(|| call(link.clone()))).await {
                    Err(fault) if fault.elsewhere() => self.fail(&link, fault).await,
                    answer => {
                        link.prove();
                        return self.part_if_refused(&link, answer).await;
                    }
                },
                Err(fault) => fault,
            };
            if !fault.elsewhere() {
                return Err(fault);
            }
            told = Some(match told {
                Some(earlier) => earlier.or_more_telling(fault),
                None => fault,
            });
        }
        Err(told.unwrap_or(Fault::Unreachable))
    }

    /// Gives a link up whose login is not good any more, so that the next one logs in, or says at once
    /// that this was refused a moment ago.
    pub(super) async fn part_if_refused<T>(&self, link: &Link, answer: Result<T, Fault>) -> Result<T, Fault> {
        self.refusals.note(&answer, Instant::now());
        match answer {
            Err(fault) if fault.wants_login() => Err(self.fail(link, fault).await),
            answer => answer,
        }
    }

    /// Lets the next link log in, even if that was refused a moment ago.
    pub(super) fn log_in_again(&self) {
        self.refusals.lift(Instant::now());
    }

    async fn open(&self, serial: u64) -> Result<Link, Fault> {
        let endpoint = self.endpoint(serial)?;
        let tls = self.settings.uses_tls(endpoint);
        let client = self.connect(&endpoint.url(tls), tls).await?;
        let user = self.settings.login.as_ref().map(|login| login.username.as_str().into());
        Ok(Link::new(serial, client, user, Arc::clone(&self.pace)))
    }

    /// Whose turn it is.
    fn endpoint(&self, serial: u64) -> Result<&Endpoint, Fault> {
        let count = u64::try_from(self.endpoints()).unwrap_or(1);
        let turn = usize::try_from(serial % count).unwrap_or(0);
        let endpoint = self.settings.endpoints.get(turn);
        endpoint.ok_or_else(|| Fault::Unusable("no etcd endpoint is named: set ETCD_HOST".into()))
    }

    /// A client of one URL, logged in where we have a login; nothing is sent before the first call
    /// otherwise.
    pub(super) async fn connect(&self, url: &str, tls: bool) -> Result<Client, Fault> {
        let mut options = self.options(tls).await?;
        let plain = options.clone();
        let Some(login) = &self.settings.login else {
            return within(LOGIN_DEADLINE, client(url, plain)).await;
        };
        self.refusals.check(Instant::now())?;
        options =
            options.with_user(login.username.as_str(), login.password.expose()).with_auto_token_refresh(true);
        let opened = within(LOGIN_DEADLINE, client(url, options)).await;
        self.refusals.note(&opened, Instant::now());
        match opened {
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
        Ok(options.with_tls(Credentials::read(&self.settings.tls).await?.options()))
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

/// The fault of a connection that TLS may have to do with.
fn why_not(why: Option<TlsFault>, at: Option<String>) -> Fault {
    why.map_or(Fault::Broken, |why| Fault::Tls { why, at })
}
