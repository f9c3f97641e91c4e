//! Follows a store after a load: one watch stream with a watcher for each readable range, and
//! keepalive reads on the same connection.

use std::sync::Arc;
use std::time::Duration;

use etcd_client::{Event, WatchOptions, WatchRequestSender, WatchResponse, WatchResponseStream};
use futures::FutureExt;
use futures::future::{BoxFuture, Fuse};
use tokio::time::{Instant, sleep_until};

use super::assemble::RevisionBatch;
use super::keepalive::{Keepalive, KeepaliveAction};
use super::lag::StoreLag;
use super::merge_ranges::RangeMerger;
use super::snapshot_digest::{KeyHashes, list_hashes};
use super::{WatchCheckpoint, WatchStart, WatchTask};
use crate::domain::{Change, ChangeKind, LinkState, Revision};
use crate::provider::etcd::error::{Fault, within};
use crate::provider::etcd::line_activity::LineActivity;
use crate::provider::etcd::link::{HEAD_DEADLINE, Head, MemberLink};
use crate::provider::etcd::load::signed;
use crate::provider::etcd::rights::ReadableRanges;
use crate::provider::etcd::store_identity::IdentityBaseline;
use crate::provider::{CALL_DEADLINE, WatchEvent};

/// How often the rights are queried again while the coverage is partial, to notice new ones; a manual
/// retry queries at once. Revoked rights are noticed at every ping.
const RIGHTS_INTERVAL: Duration = Duration::from_secs(30);

/// How long a progress response must wait for its confirmation while the watch catches up: servers
/// sync watchers every 100 ms, if they can.
const PROGRESS_CONFIRMATION: Duration = Duration::from_secs(1);

/// A watch stream with its keepalive, its comparison and its rights check.
struct WatchSession<'a> {
    task: &'a mut WatchTask,
    checkpoint: WatchCheckpoint,
    link: &'a MemberLink,
    /// The activity of the watch stream alone.
    stream: Arc<LineActivity>,
    requests: WatchRequestSender,
    messages: WatchResponseStream,
    merger: RangeMerger<Change>,
    keepalive: Keepalive,
    /// How many watchers the server has not confirmed as created.
    uncreated: usize,
    /// The store's revision when the watch started or was seen to be behind, until the watch has reached it.
    target: Option<Revision>,
    lag: StoreLag,
    /// See [`MemberLink::has_ordered_progress`].
    has_ordered_progress: bool,
    /// Whether a comparison with a fresh list is still due.
    compare: bool,
    /// A ping, with the baseline from before it was sent.
    ping: Fuse<BoxFuture<'static, Result<(IdentityBaseline, Head), Fault>>>,
    comparison: Fuse<BoxFuture<'static, Result<(Revision, KeyHashes), Fault>>>,
    rights: Fuse<BoxFuture<'static, Result<ReadableRanges, Fault>>>,
    pings: usize,
}

impl WatchTask {
    /// Follows the store from the checkpoint until that is no longer possible, or the link is lost.
    pub(super) async fn follow(&mut self, link: &MemberLink, resumed: bool) -> Result<WatchStart, Fault> {
        // Taken while it is in use, and put back however that ends.
        let Some(checkpoint) = self.checkpoint.take() else { return Ok(WatchStart::Load) };
        let stream = LineActivity::part_of(&link.activity);
        let (opened, has_ordered_progress) =
            tokio::join!(stream.counting(open(link, &checkpoint)), link.has_ordered_progress());
        let (requests, messages) = match opened {
            Ok(stream) => stream,
            Err(fault) => {
                self.checkpoint = Some(checkpoint);
                return Err(fault);
            }
        };
        let watchers = checkpoint.readable.ranges.len();
        let mut session = WatchSession {
            merger: RangeMerger::new(&checkpoint.reached),
            keepalive: Keepalive::new(Instant::now(), self.retry.rounds()),
            task: self,
            checkpoint,
            link,
            stream,
            requests,
            messages,
            uncreated: watchers,
            target: None,
            lag: StoreLag::new(has_ordered_progress),
            has_ordered_progress,
            compare: resumed,
            ping: Fuse::terminated(),
            comparison: Fuse::terminated(),
            rights: Fuse::terminated(),
            pings: 0,
        };
        let ended = session.run().await;
        let (at, reached) = (session.merger.proven(), session.merger.reached());
        self.checkpoint = Some(WatchCheckpoint { at, reached, ..session.checkpoint });
        ended
    }
}

/// Opens a stream with a watcher for each range; the watcher's id is the range's index.
async fn open(
    link: &MemberLink,
    picture: &WatchCheckpoint,
) -> Result<(WatchRequestSender, WatchResponseStream), Fault> {
    let options = |at: i64, to: &[u8], reached: Revision| {
        WatchOptions::new()
            .with_range(to)
            .with_watch_id(at)
            .with_start_revision(signed(reached.next()))
            .with_progress_notify()
            .with_fragment()
    };
    within(CALL_DEADLINE, async {
        let mut ranges = (0..).zip(picture.readable.ranges.iter().zip(&picture.reached));
        let (at, (first, reached)) = ranges.next().ok_or(Fault::Denied)?;
        let opened = link.watch().watch(&*first.from, Some(options(at, &first.to, *reached))).await?;
        let (mut asker, messages) = opened.split();
        for (at, (range, reached)) in ranges {
            asker.watch(&*range.from, Some(options(at, &range.to, *reached))).await?;
        }
        Ok((asker, messages))
    })
    .await
}

impl WatchSession<'_> {
    async fn run(&mut self) -> Result<WatchStart, Fault> {
        self.schedule_rights_check(RIGHTS_INTERVAL);
        loop {
            let (at, due) = self.keepalive.next();
            let ended = tokio::select! {
                // The stream goes before the timer: after the reader was slow for long, messages are waiting
                // in it, so the peer was not silent.
                biased;
                message = self.messages.message() => self.message(&message?.ok_or(Fault::Broken)?).await?,
                answer = &mut self.ping => self.ping_answered(answer).await?,
                fresh = &mut self.comparison => self.compared(fresh).await,
                rights = &mut self.rights => {
                    self.schedule_rights_check(RIGHTS_INTERVAL);
                    // A link fault shows up elsewhere, and a revoked right at the next ping.
                    let changed = rights.is_ok_and(|now| now.coverage != self.checkpoint.readable.coverage);
                    changed.then_some(WatchStart::Load)
                }
                // A manual retry.
                () = self.task.wake.notified(), if self.checkpoint.readable.coverage.is_partial() => {
                    self.schedule_rights_check(Duration::ZERO);
                    None
                }
                () = sleep_until(at) => self.timer_fired(due).await?,
            };
            if let Some(start) = ended {
                return Ok(start);
            }
        }
    }

    async fn message(&mut self, message: &WatchResponse) -> Result<Option<WatchStart>, Fault> {
        self.keepalive.message_received(Instant::now());
        let head = Head::of(message.header())?;
        if self.task.connector.store(head.cluster) != self.checkpoint.store {
            return Ok(Some(WatchStart::Load));
        }
        if message.canceled() {
            return self.cancelled(message).await.map(Some);
        }
        // Only the response to a progress request concerns all watchers; it has no watcher id.
        let watcher = usize::try_from(message.watch_id()).ok();
        if message.created() {
            self.uncreated = self.uncreated.saturating_sub(1);
            // Events since the load are replayed from history, where etcd can lose a deletion.
            self.compare |= head.revision > self.merger.watermark();
            self.target = self.target.max(Some(head.revision));
            self.keepalive.hasten_progress(Instant::now());
        } else if message.events().is_empty() {
            match watcher {
                Some(watcher) => self.merger.set_progress(watcher, head.revision),
                None if self.has_ordered_progress => self.merger.prove_progress(head.revision),
                None => {
                    // Older servers answer for the store, even while a watcher is still catching up.
                    let stand = if self.target.is_some() { PROGRESS_CONFIRMATION } else { Duration::ZERO };
                    let now = Instant::now();
                    self.merger.claim_progress(head.revision, now, stand);
                    let (stream, line) = (self.stream.bytes(), self.link.activity.bytes());
                    let traffic = self.lag.traffic(now, &self.keepalive, stream, line);
                    self.merger.doubt_progress(head.revision, now, traffic);
                }
            }
            self.progressed().await;
        } else {
            self.keepalive.events_arriving(Instant::now());
            self.events(watcher.ok_or(Fault::Malformed)?, message.events()).await?;
        }
        self.check_synced().await;
        self.check_lag(Some(head.revision)).await;
        Ok(None)
    }

    /// Says so if the watch has been behind the store for too long, whatever the reason: a thin line, a busy server.
    /// `store` is its revision, as far as a message names it.
    async fn check_lag(&mut self, store: Option<Revision>) {
        let (now, applied) = (Instant::now(), self.merger.proven());
        let state = if self.lag.becomes_congested(now, &mut self.keepalive, self.link.activity.bytes()) {
            self.target = self.target.max(Some(applied));
            LinkState::CatchingUp { applied, store: None }
        } else if let Some(store) = store
            && self.lag.is_too_far(now, applied, store)
            && self.target < Some(store)
        {
            self.target = Some(store);
            LinkState::CatchingUp { applied, store: Some(store) }
        } else {
            return;
        };
        self.task.send_state(state).await;
    }

    /// The server cancelled the watch, or never created it.
    async fn cancelled(&mut self, message: &WatchResponse) -> Result<WatchStart, Fault> {
        if message.compact_revision() > 0 {
            return Ok(WatchStart::Load);
        }
        let fault = Fault::of_cancel(message.cancel_reason());
        if !matches!(fault, Fault::Denied | Fault::TokenExpired) {
            return Err(fault);
        }
        // etcd answers "permission denied" to a watch whose token has expired. A read renews the token,
        // and shows which of the two it was.
        let head = self.checkpoint.readable.head(self.link, self.pings);
        match self.link.activity.within_silence(HEAD_DEADLINE, head).await {
            Err(Fault::Denied) => Ok(WatchStart::Load),
            Err(fault) => Err(fault),
            Ok(head) if self.task.may_renew() => Ok(WatchStart::Resume { store: head.revision }),
            Ok(_) => Err(Fault::TokenExpired),
        }
    }

    async fn events(&mut self, watcher: usize, events: &[Event]) -> Result<(), Fault> {
        let bytes = events.iter().filter_map(Event::kv).map(|kv| kv.key().len() + kv.value().len()).sum();
        let changes = events.iter().filter_map(|event| self.task.scope.change(event));
        if !self.merger.push(watcher, changes, bytes) {
            return Err(Fault::Malformed);
        }
        self.send_ready().await;
        Ok(())
    }

    /// Sends the batches that every watcher has reached.
    async fn send_ready(&mut self) {
        while let Some(RevisionBatch { at, events: changes }) = self.merger.pop_ready() {
            for change in &changes {
                match &change.kind {
                    ChangeKind::Put { entry } => self.checkpoint.digest.put(entry),
                    ChangeKind::Deleted { key } => self.checkpoint.digest.delete(key),
                }
            }
            self.task.send(WatchEvent::Batch { at, changes }).await;
        }
        if self.merger.is_waiting() {
            self.keepalive.hasten_progress(Instant::now());
        }
    }

    /// The watch reported its progress.
    async fn progressed(&mut self) {
        self.keepalive.progress_answered();
        self.send_ready().await;
        self.task.send(WatchEvent::Progress { at: self.merger.proven() }).await;
        if self.compare && self.target.is_none() {
            self.begin_comparison();
        }
    }

    /// Reports `Synced` once the watch has reached the revision that the store had when it started.
    async fn check_synced(&mut self) {
        let reached = self.target.is_some_and(|target| target <= self.merger.proven());
        if !reached || self.uncreated > 0 || self.lag.is_congested() {
            return;
        }
        self.target = None;
        self.task.retry.succeeded(Instant::now());
        self.task.renewals = 0;
        self.task.member_fault = None;
        self.keepalive.caught_up();
        self.task.send_state(LinkState::Synced).await;
        if self.compare {
            self.begin_comparison();
        }
    }

    /// Handles the answer to a ping: the store's head, or that a right to read was revoked.
    async fn ping_answered(
        &mut self,
        answer: Result<(IdentityBaseline, Head), Fault>,
    ) -> Result<Option<WatchStart>, Fault> {
        let now = Instant::now();
        let (mark, head) = match answer {
            Err(Fault::Denied) => return Ok(Some(WatchStart::Load)),
            answer => answer?,
        };
        let took = self.keepalive.ping_answered(now);
        let connector = &self.task.connector;
        connector.store_identity.observe(mark, self.link.serial, head);
        if connector.store(head.cluster) != self.checkpoint.store {
            return Ok(Some(WatchStart::Load));
        }
        if head.revision > self.merger.proven() {
            self.keepalive.hasten_progress(now);
        }
        if self.lag.has_traffic(self.link.activity.bytes()) {
            self.keepalive.events_arriving(now);
        }
        if self.lag.ping_answered(took, self.link.activity.bytes()) {
            self.target = self.target.max(Some(head.revision));
            self.check_synced().await;
        }
        self.check_lag(Some(head.revision)).await;
        if head.revision == self.merger.proven() && self.keepalive.awaits_progress() {
            // Servers from 3.5.19 on do not answer a progress request while the watch starts at a future
            // revision. Then this answer means the same.
            self.progressed().await;
        } else if self.keepalive.progress_overdue(now) {
            return Err(Fault::Timeout);
        }
        Ok(None)
    }

    async fn timer_fired(&mut self, due: KeepaliveAction) -> Result<Option<WatchStart>, Fault> {
        let now = Instant::now();
        match due {
            // Messages that arrived meanwhile are read first.
            KeepaliveAction::GiveUp if self.keepalive.was_suspended(now) => {
                self.keepalive.message_received(now);
            }
            // On a thin line the answer to a ping waits behind events that have not arrived as a whole.
            KeepaliveAction::GiveUp if self.keepalive.message_received(self.link.activity.last_heard()) => {
                self.check_lag(None).await;
            }
            KeepaliveAction::GiveUp => return Err(Fault::Timeout),
            KeepaliveAction::Ping => {
                let (link, ranges, turn) = (self.link.clone(), self.checkpoint.readable.clone(), self.pings);
                // The watch may get ahead of the answer before the answer is processed.
                let mark = self.task.connector.baseline_at(&self.checkpoint.store, self.merger.watermark());
                self.ping = async move { Ok((mark, ranges.head(&link, turn).await?)) }.boxed().fuse();
                self.pings += 1;
                self.lag.ping_sent(self.link.activity.bytes());
                self.keepalive.ping_sent(now);
            }
            KeepaliveAction::RequestProgress => {
                self.keepalive.progress_requested(now, self.target.is_some() || self.merger.is_waiting());
                self.requests.request_progress().await?;
            }
        }
        Ok(None)
    }

    /// Reads the keys as of the current revision, in the background, and compares: bugs around
    /// compaction have lost events (etcd issues 18089, 19179).
    fn begin_comparison(&mut self) {
        self.compare = false;
        self.checkpoint.digest.begin_comparison();
        let (scope, ranges) = (self.task.scope.clone(), self.checkpoint.readable.clone());
        self.comparison =
            list_hashes(self.link.clone(), scope, ranges, self.merger.watermark()).boxed().fuse();
    }

    async fn compared(&mut self, fresh: Result<(Revision, KeyHashes), Fault>) -> Option<WatchStart> {
        let Ok((at, fresh)) = fresh else {
            // Compacted meanwhile, or too slow: repeated after the next progress, at a newer revision.
            self.compare = true;
            return None;
        };
        let differences = self.checkpoint.digest.differences(&fresh);
        self.task.send(WatchEvent::Compared { at, differences }).await;
        (differences > 0).then_some(WatchStart::Load)
    }

    /// Schedules the next query of the rights, unless the coverage is whole already.
    fn schedule_rights_check(&mut self, after: Duration) {
        if !self.checkpoint.readable.coverage.is_partial() {
            return;
        }
        let (link, scope) = (self.link.clone(), self.task.scope.clone());
        let later = async move {
            tokio::time::sleep(after).await;
            ReadableRanges::query(&link, &scope).await
        };
        self.rights = later.boxed().fuse();
    }
}
