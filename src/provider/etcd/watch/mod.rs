//! The watch task: load, follow, reconnect.

mod assemble;
mod follow;
mod keepalive;
mod lag;
mod merge_ranges;
mod retry;
mod snapshot_digest;

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::connect::Connector;
use super::error::Fault;
use super::line_activity::LineRate;
use super::link::{HEAD_DEADLINE, Head, MemberLink};
use super::load::{KeyScope, KvChunk, PagedRead, Pager};
use super::login::RENEWALS;
use super::rights::ReadableRanges;
use crate::domain::{KeyPrefix, LinkState, Revision, StoreId};
use crate::provider::{PAGE_LIMIT, Watch, WatchClosed, WatchEvent, WatchHandle, WatchSender, watch_channel};
use retry::Retry;
use snapshot_digest::SnapshotDigest;

/// How often a load says how far it is while it waits for one response.
const RATE_INTERVAL: Duration = Duration::from_secs(1);

/// Starts a watch task. It ends when the [`Watch`] is dropped or the provider shut down; that drops
/// its streams, which cancels the watch at the server.
pub(super) fn spawn(connector: Arc<Connector>, prefix: KeyPrefix) -> Watch {
    let (events, watch) = watch_channel();
    let (reader, store) = (events.clone(), Arc::clone(&connector));
    let task = WatchTask {
        retry: Retry::new(connector.endpoints()),
        scope: KeyScope::new(&connector.keyspace, prefix),
        connector,
        events,
        wake: watch.wake.clone(),
        checkpoint: None,
        unfinished: None,
        loaded_before: false,
        renewals: 0,
        member_fault: None,
    };
    tokio::spawn(async move {
        tokio::select! {
            // Shutdown is checked first: a provider that was shut down sends nothing more.
            biased;
            () = reader.closed() => {}
            () = store.closed() => {}
            _ = task.run() => {}
        }
    });
    watch
}

/// The reader's position: where the watch resumes.
struct WatchCheckpoint {
    store: StoreId,
    /// Everything up to here has arrived.
    at: Revision,
    /// The same for each of the ranges: one that has arrived further is not sent again what it has.
    reached: Vec<Revision>,
    readable: ReadableRanges,
    digest: SnapshotDigest,
}

/// A load, as far as it has come: everything before the pager's position has been sent.
struct UnfinishedLoad {
    so_far: WatchCheckpoint,
    entries: usize,
    pager: Pager,
}

/// How a watch starts over a link, or continues over a healthy one.
#[derive(Debug, PartialEq, Eq)]
enum WatchStart {
    /// Follow from the checkpoint's next revision, or go on with an unfinished load, of a store at this revision.
    Resume { store: Revision },
    /// Load: there is neither, or the watch cannot be resumed from it, for example because this is
    /// another store, or the same one restored to an earlier time.
    Load,
}

impl WatchStart {
    /// etcd would accept a watch from a future revision but send nothing (etcd issues 14303, 9656).
    fn decide(picture: (&StoreId, Revision), now: (&StoreId, Revision)) -> Self {
        if picture.0 == now.0 && picture.1 <= now.1 { Self::Resume { store: now.1 } } else { Self::Load }
    }
}

struct WatchTask {
    connector: Arc<Connector>,
    scope: KeyScope,
    events: WatchSender,
    wake: WatchHandle,
    /// `None` before the first load, during a load, and while the watch follows the store.
    checkpoint: Option<WatchCheckpoint>,
    /// A load whose link failed: it goes on over the next one, at its revision.
    unfinished: Option<UnfinishedLoad>,
    loaded_before: bool,
    /// How often an expired session was renewed since the watch was last synced.
    renewals: usize,
    retry: Retry,
    /// The most specific fault of the members that were tried since the last wait.
    member_fault: Option<Fault>,
}

impl WatchTask {
    async fn run(mut self) -> Infallible {
        self.send_state(LinkState::Connecting { error: None, retry_in: None }).await;
        loop {
            let fault = match self.connector.link().await {
                Ok(link) => match self.load_and_follow(&link).await {
                    // Another member would deny it too.
                    Err(Fault::Denied) => Fault::Denied,
                    Err(fault) => self.connector.fail(&link, fault).await,
                },
                Err(fault) => fault,
            };
            self.wait(fault).await;
        }
    }

    async fn send(&self, event: WatchEvent) {
        if let Err(WatchClosed) = self.events.send(event).await {
            // The task waiting here is about to be dropped: see `spawn`.
            pending().await
        }
    }

    async fn send_state(&self, state: LinkState) {
        self.send(WatchEvent::State(state)).await;
    }

    /// Uses one link until it fails.
    async fn load_and_follow(&mut self, link: &MemberLink) -> Result<Infallible, Fault> {
        let mut start = self.reconnect(link).await?;
        loop {
            match start {
                WatchStart::Resume { store } if self.unfinished.is_none() => {
                    let applied = self.checkpoint.as_ref().map_or(store, |checkpoint| checkpoint.at);
                    self.send_state(LinkState::CatchingUp { applied, store: Some(store) }).await;
                }
                _ => {
                    let unfinished = self.unfinished.take().filter(|_| start != WatchStart::Load);
                    match self.load(link, unfinished).await {
                        // The store compacted the revision that was being read.
                        Err(Fault::Compacted) => {
                            (self.unfinished, start) = (None, WatchStart::Load);
                            continue;
                        }
                        loaded => loaded?,
                    }
                }
            }
            link.mark_responsive();
            start = self.follow(link, start != WatchStart::Load).await?;
        }
    }

    async fn reconnect(&self, link: &MemberLink) -> Result<WatchStart, Fault> {
        let unfinished = self.unfinished.as_ref().map(|load| &load.so_far);
        let Some(picture) = self.checkpoint.as_ref().or(unfinished) else { return Ok(WatchStart::Load) };
        let mark = self.connector.baseline_at(&picture.store, picture.at);
        let head = picture.readable.head(link, 0);
        let now = match link.activity.within_silence(HEAD_DEADLINE, head).await {
            // The load finds out what is still readable.
            Err(Fault::Denied) => return Ok(WatchStart::Load),
            now => now?,
        };
        self.connector.store_identity.observe(mark, link.serial, now);
        if picture.readable.coverage.is_partial() {
            let ranges = ReadableRanges::query(link, &self.scope).await?;
            if ranges.coverage != picture.readable.coverage {
                return Ok(WatchStart::Load);
            }
        }
        let store = self.connector.store(now.cluster);
        Ok(WatchStart::decide((&picture.store, picture.at), (&store, now.revision)))
    }

    /// Reports the fault and the time of the next attempt, and waits for it or for a manual retry.
    async fn wait(&mut self, fault: Fault) {
        let session_expired = matches!(fault, Fault::TokenExpired | Fault::NoLogin);
        if session_expired && self.connector.settings.login.is_some() && self.may_renew() {
            // Nothing is reported unless a new login fails.
            return;
        }
        let wait = self.retry.after_failure(Instant::now());
        let fault = fault.or_more_specific(self.member_fault.take());
        if wait.is_zero() {
            self.member_fault = Some(fault.clone());
        }
        let retry_in = Some(wait);
        let reason = fault.message(&self.connector.name());
        self.send_state(match fault {
            Fault::Denied => LinkState::Denied { permission: self.scope.permission(), retry_in },
            Fault::NoLogin | Fault::BadLogin => LinkState::Denied { permission: reason, retry_in },
            _ if self.loaded_before => LinkState::Stale { reason, retry_in },
            _ => LinkState::Connecting { error: Some(reason), retry_in },
        })
        .await;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.wake.notified() => {
                self.retry.reset();
                self.connector.login_backoff.allow_now(Instant::now());
            }
        }
    }

    fn may_renew(&mut self) -> bool {
        self.renewals += 1;
        self.renewals <= RENEWALS
    }

    /// Loads, or goes on with an unfinished load. After a failure, what is known of it is kept for the next link.
    async fn load(&mut self, link: &MemberLink, unfinished: Option<UnfinishedLoad>) -> Result<(), Fault> {
        let (mut load, mut chunk) = match unfinished {
            Some(load) => (UnfinishedLoad { pager: load.pager.over(link), ..load }, None),
            None => self.begin_load(link).await?,
        };
        let mut rate = LineRate::new(&link.activity);
        loop {
            // The next response is requested while this one is sent on.
            let (sent, next) = tokio::join!(
                self.send_pages(chunk, &mut load.so_far.digest),
                self.next_chunk(&mut load.pager, load.entries, &mut rate),
            );
            load.entries += sent;
            self.send_state(rate.loading(load.entries)).await;
            chunk = match next {
                Ok(Some(next)) => Some(next),
                Ok(None) => break,
                Err(fault) => {
                    self.unfinished = Some(load);
                    return Err(fault);
                }
            };
        }
        self.send(WatchEvent::Loaded { at: load.so_far.at }).await;
        self.loaded_before = true;
        self.checkpoint = Some(load.so_far);
        Ok(())
    }

    async fn begin_load(&mut self, link: &MemberLink) -> Result<(UnfinishedLoad, Option<KvChunk>), Fault> {
        let mark = self.connector.store_identity.baseline();
        let PagedRead { readable, first, pager } = PagedRead::start(link, &self.scope, false).await?;
        self.connector.store_identity.observe(mark, link.serial, first.head);
        let Head { cluster, revision: at, .. } = first.head;
        let store = self.connector.store(cluster);
        self.checkpoint = None;
        let (resync, coverage) = (self.loaded_before, readable.coverage.clone());
        self.send(WatchEvent::Load { store: store.clone(), at, resync, coverage }).await;
        let reached = vec![at; readable.ranges.len()];
        let so_far = WatchCheckpoint { store, at, reached, readable, digest: SnapshotDigest::default() };
        Ok((UnfinishedLoad { so_far, entries: 0, pager }, Some(first)))
    }

    /// The next response of a load; on a thin line, with a state every second until it is there.
    async fn next_chunk(
        &self,
        pager: &mut Pager,
        entries: usize,
        rate: &mut LineRate<'_>,
    ) -> Result<Option<KvChunk>, Fault> {
        let mut next = pin!(pager.next());
        loop {
            tokio::select! {
                biased;
                next = &mut next => return next,
                () = sleep(RATE_INTERVAL) => self.send_state(rate.loading(entries)).await,
            }
        }
    }

    /// Sends the entries of a response; returns how many there are.
    async fn send_pages(&self, chunk: Option<KvChunk>, digest: &mut SnapshotDigest) -> usize {
        let mut count = 0;
        // By value: a response's memory is freed as its pages are sent.
        let mut rest = chunk.map(|chunk| chunk.kvs).unwrap_or_default().into_iter();
        while rest.len() > 0 {
            // A page's own memory, then that of its part of the response at once: taking turns, what stays would
            // lie scattered through what is freed.
            let part: Vec<_> = rest.by_ref().take(PAGE_LIMIT).collect();
            let page: Vec<_> = part.iter().filter_map(|kv| self.scope.entry(kv)).collect();
            drop(part);
            count += page.len();
            page.iter().for_each(|entry| digest.put(entry));
            if !page.is_empty() {
                self.send(WatchEvent::Page(page)).await;
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_resumes_only_in_the_same_store_at_no_lower_a_revision() {
        let (ours, other) = (StoreId::new("a"), StoreId::new("b"));
        let at = Revision(7);
        let resume = |store| WatchStart::Resume { store: Revision(store) };
        assert_eq!(WatchStart::decide((&ours, at), (&ours, Revision(7))), resume(7));
        assert_eq!(WatchStart::decide((&ours, at), (&ours, Revision(9))), resume(9));
        assert_eq!(WatchStart::decide((&ours, at), (&ours, Revision(6))), WatchStart::Load);
        assert_eq!(WatchStart::decide((&ours, at), (&other, Revision(9))), WatchStart::Load);
    }
}
