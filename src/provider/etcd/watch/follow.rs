//! Following a store from a loaded picture on: one stream, with a watcher for each range that may be
//! read, watched over by reads on the same connection.

use std::time::Duration;

use etcd_client::{Event, WatchOptions, WatchRequestSender, WatchResponse, WatchResponseStream};
use futures::FutureExt;
use futures::future::{BoxFuture, Fuse};
use tokio::time::{Instant, sleep_until};

use super::assemble::Batch;
use super::ledger::{Fingerprint, Stamp};
use super::vigil::{Due, Vigil};
use super::weave::Weave;
use super::{End, Picture, Task};
use crate::domain::{Change, ChangeKind, LinkState, Revision};
use crate::provider::etcd::error::{Fault, within};
use crate::provider::etcd::lineage::Mark;
use crate::provider::etcd::link::{HEAD_DEADLINE, Head, Link};
use crate::provider::etcd::load::{Pager, Scope, entry, signed, unsigned};
use crate::provider::etcd::rights::Reach;
use crate::provider::{CALL_DEADLINE, WatchEvent};

/// How often it is asked whether a partial picture could show more; a person who retries asks at once.
/// That it must show less is noticed at every sign of life.
const RIGHTS: Duration = Duration::from_secs(30);

/// How long a claim of progress has to stand while the watch catches up: servers bring watchers up to
/// date every 100 ms, where they can.
const CATCHES_UP: Duration = Duration::from_secs(1);

/// Why a picture is not followed any further on a link that is well.
pub(super) enum Ended {
    /// It cannot be followed from where it is: load anew.
    Reload,
    /// The watch was opened with a token that had lapsed: open it again.
    Reopen,
}

type Fresh = Vec<(Fingerprint, Stamp)>;

/// A watch stream and all that watches over it.
struct Follow<'a> {
    task: &'a mut Task,
    picture: Picture,
    link: &'a Link,
    asker: WatchRequestSender,
    messages: WatchResponseStream,
    weave: Weave<Change>,
    vigil: Vigil,
    /// How many watchers have not begun.
    unborn: usize,
    /// The revision that the store had when the watch began, until the watch has come there.
    target: Option<Revision>,
    /// A comparison with a fresh list is still to be made.
    compare: bool,
    beat: Fuse<BoxFuture<'static, Result<(Mark, Head), Fault>>>,
    comparison: Fuse<BoxFuture<'static, Result<(Revision, Fresh), Fault>>>,
    rights: Fuse<BoxFuture<'static, Result<Reach, Fault>>>,
    /// Counts signs of life.
    beats: usize,
}

enum Step {
    Message(WatchResponse),
    /// An answer, and what was known when it was asked for.
    Beat(Result<(Mark, Head), Fault>),
    Compared(Result<(Revision, Fresh), Fault>),
    Rights(Result<Reach, Fault>),
    /// A person wants to know now.
    Retry,
    Due(Due),
}

impl Task {
    /// Follows the picture until it cannot be followed, or the link is lost.
    pub(super) async fn follow(&mut self, link: &Link, resumed: bool) -> Result<Ended, End> {
        // Taken for as long as it is followed, and put back wherever that ends.
        let Some(picture) = self.picture.take() else { return Ok(Ended::Reload) };
        let (asker, messages) = match open(link, &picture).await {
            Ok(stream) => stream,
            Err(fault) => {
                self.picture = Some(picture);
                return Err(fault.into());
            }
        };
        let (watchers, picture_at) = (picture.reach.ranges.len(), picture.at);
        let in_vain = self.retry.rounds();
        let mut follow = Follow {
            weave: Weave::new(watchers, picture_at),
            task: self,
            picture,
            link,
            asker,
            messages,
            vigil: Vigil::new(Instant::now(), in_vain),
            unborn: watchers,
            target: None,
            compare: resumed,
            beat: Fuse::terminated(),
            comparison: Fuse::terminated(),
            rights: Fuse::terminated(),
            beats: 0,
        };
        let ended = follow.run().await;
        follow.picture.at = follow.weave.solid();
        let Follow { task, picture, .. } = follow;
        task.picture = Some(picture);
        ended
    }
}

/// Opens a stream with a watcher for each range; the watcher's id is the range's place.
async fn open(link: &Link, picture: &Picture) -> Result<(WatchRequestSender, WatchResponseStream), Fault> {
    let options = |at: i64, to: &[u8]| {
        WatchOptions::new()
            .with_range(to)
            .with_watch_id(at)
            .with_start_revision(signed(picture.at.next()))
            .with_progress_notify()
            .with_fragment()
    };
    within(CALL_DEADLINE, async {
        let mut ranges = (0..).zip(&picture.reach.ranges);
        let (at, first) = ranges.next().ok_or(Fault::Denied)?;
        let opened = link.watch().watch(&*first.from, Some(options(at, &first.to))).await?;
        let (mut asker, messages) = opened.split();
        for (at, range) in ranges {
            asker.watch(&*range.from, Some(options(at, &range.to))).await?;
        }
        Ok((asker, messages))
    })
    .await
}

impl Follow<'_> {
    async fn run(&mut self) -> Result<Ended, End> {
        self.plan_rights(RIGHTS);
        loop {
            let ended = match self.step().await? {
                Step::Message(message) => self.message(&message).await?,
                Step::Beat(answer) => self.beat(answer).await?,
                Step::Compared(fresh) => self.compared(fresh).await?,
                Step::Rights(reach) => self.rights(reach),
                Step::Retry => {
                    self.plan_rights(Duration::ZERO);
                    None
                }
                Step::Due(due) => self.due(due).await?,
            };
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    /// Whatever comes first. The stream goes before the clock: after a reader was slow for long, its
    /// answers wait there, and are no silence.
    async fn step(&mut self) -> Result<Step, Fault> {
        let (at, due) = self.vigil.next();
        tokio::select! {
            biased;
            message = self.messages.message() => Ok(Step::Message(message?.ok_or(Fault::Broken)?)),
            beat = &mut self.beat => Ok(Step::Beat(beat)),
            fresh = &mut self.comparison => Ok(Step::Compared(fresh)),
            reach = &mut self.rights => Ok(Step::Rights(reach)),
            () = self.task.wake.woken(), if self.picture.reach.coverage.is_partial() => {
                Ok(Step::Retry)
            }
            () = sleep_until(at) => Ok(Step::Due(due)),
        }
    }

    async fn message(&mut self, message: &WatchResponse) -> Result<Option<Ended>, End> {
        self.vigil.heard(Instant::now());
        let head = Head::of(message.header())?;
        if self.task.connector.store(head.cluster) != self.picture.store {
            return Ok(Some(Ended::Reload));
        }
        if message.canceled() {
            return self.cancelled(message).await.map(Some);
        }
        // Only an answer to a question for progress speaks for all watchers, and has no watcher.
        let watcher = usize::try_from(message.watch_id()).ok();
        if message.created() {
            self.unborn = self.unborn.saturating_sub(1);
            // What was written since the load comes out of history, where etcd can lose a deletion.
            self.compare |= head.revision > self.weave.solid();
            self.target = self.target.max(Some(head.revision));
            self.vigil.hurry(Instant::now());
        } else if message.events().is_empty() {
            match watcher {
                Some(watcher) => self.weave.note(watcher, head.revision),
                None => {
                    // A server of old answers for the store, and not for a watcher that catches up.
                    let stand = if self.target.is_some() { CATCHES_UP } else { Duration::ZERO };
                    self.weave.claim(head.revision, Instant::now(), stand);
                }
            }
            self.progressed().await?;
        } else {
            self.events(watcher.ok_or(Fault::Malformed)?, message.events()).await?;
        }
        self.settle().await?;
        Ok(None)
    }

    /// The server ended the watch, or never began it.
    async fn cancelled(&mut self, message: &WatchResponse) -> Result<Ended, End> {
        if message.compact_revision() > 0 {
            return Ok(Ended::Reload);
        }
        let fault = Fault::of_cancel(message.cancel_reason());
        if !matches!(fault, Fault::Denied | Fault::Expired) {
            return Err(fault.into());
        }
        // etcd says that permission is denied to a watch whose token has lapsed. A read renews the
        // token, and tells which of the two it was.
        match within(HEAD_DEADLINE, self.picture.reach.head(self.link, self.beats)).await {
            Err(Fault::Denied) => Ok(Ended::Reload),
            Err(fault) => Err(fault.into()),
            Ok(_) if self.task.may_renew() => Ok(Ended::Reopen),
            Ok(_) => Err(Fault::Expired.into()),
        }
    }

    async fn events(&mut self, watcher: usize, events: &[Event]) -> Result<(), End> {
        let bytes = events.iter().filter_map(Event::kv).map(|kv| kv.key().len() + kv.value().len()).sum();
        let changes = events.iter().filter_map(|event| change(&self.task.scope, event));
        if !self.weave.answer(watcher, changes, bytes) {
            return Err(Fault::Malformed.into());
        }
        self.hand_on_ready().await?;
        if self.weave.is_waiting() {
            self.vigil.hurry(Instant::now());
        }
        Ok(())
    }

    async fn hand_on_ready(&mut self) -> Result<(), End> {
        while let Some(batch) = self.weave.ready() {
            self.hand_on(batch).await?;
        }
        Ok(())
    }

    async fn hand_on(&mut self, batch: Batch<Change>) -> Result<(), End> {
        let Batch { at, events: changes } = batch;
        for change in &changes {
            match &change.kind {
                ChangeKind::Put { entry } => self.picture.ledger.put(entry),
                ChangeKind::Deleted { key } => self.picture.ledger.delete(key),
            }
        }
        self.task.events.send(WatchEvent::Batch { at, changes }).await?;
        Ok(())
    }

    /// The watch said how far it is.
    async fn progressed(&mut self) -> Result<(), End> {
        self.vigil.progress_answered();
        self.hand_on_ready().await?;
        if self.weave.is_waiting() {
            self.vigil.hurry(Instant::now());
        }
        let at = self.weave.solid();
        self.task.events.send(WatchEvent::Progress { at }).await?;
        if self.compare && self.target.is_none() {
            self.begin_comparison();
        }
        Ok(())
    }

    /// Says SYNCED once the watch has come to where the store was when it began.
    async fn settle(&mut self) -> Result<(), End> {
        let Some(target) = self.target else { return Ok(()) };
        if self.unborn > 0 || self.weave.solid() < target {
            return Ok(());
        }
        self.target = None;
        self.task.well();
        self.vigil.caught_up();
        self.task.state(LinkState::Synced).await?;
        if self.compare {
            self.begin_comparison();
        }
        Ok(())
    }

    /// A sign of life, with what the store is now; or that some of the picture may not be read any more.
    async fn beat(&mut self, answer: Result<(Mark, Head), Fault>) -> Result<Option<Ended>, End> {
        let now = Instant::now();
        let (mark, head) = match answer {
            Err(Fault::Denied) => return Ok(Some(Ended::Reload)),
            answer => answer?,
        };
        self.vigil.beat_answered(now);
        let connector = &self.task.connector;
        connector.judge(mark, self.link, head);
        if connector.store(head.cluster) != self.picture.store {
            return Ok(Some(Ended::Reload));
        }
        if head.revision == self.weave.solid() && self.vigil.progress_open() {
            // Servers from 3.5.19 on do not answer a question for progress while the watch begins
            // in the future. Then this answer says the same.
            self.progressed().await?;
        } else if self.vigil.progress_overdue(now) {
            return Err(Fault::Silent.into());
        }
        Ok(None)
    }

    async fn due(&mut self, due: Due) -> Result<Option<Ended>, End> {
        let now = Instant::now();
        match due {
            // What came meanwhile is read first.
            Due::Silence if self.vigil.overslept(now) => self.vigil.heard(now),
            Due::Silence => return Err(Fault::Silent.into()),
            Due::Beat => {
                let (link, reach, turn) = (self.link.clone(), self.picture.reach.clone(), self.beats);
                // The watch may come further than the answer before that is looked at.
                let mark = self.task.connector.mark_seen(&self.picture.store, self.weave.solid());
                self.beat = async move { Ok((mark, reach.head(&link, turn).await?)) }.boxed().fuse();
                self.beats += 1;
                self.vigil.beat_asked(now);
            }
            Due::Progress => {
                self.vigil.progress_asked(now, self.target.is_some() || self.weave.is_waiting());
                self.asker.request_progress().await.map_err(Fault::from)?;
            }
        }
        Ok(None)
    }

    /// Reads the keys as they were at this very revision, in the background, and compares: bugs
    /// around compaction have lost events (etcd issues 18089, 19179).
    fn begin_comparison(&mut self) {
        self.compare = false;
        self.picture.ledger.begin_comparison();
        let (scope, reach) = (self.task.scope.clone(), self.picture.reach.clone());
        self.comparison = fresh(self.link.clone(), scope, reach, self.weave.solid()).boxed().fuse();
    }

    async fn compared(&mut self, fresh: Result<(Revision, Fresh), Fault>) -> Result<Option<Ended>, End> {
        let Ok((at, fresh)) = fresh else {
            // Compacted meanwhile, or too slow: with the next progress, at a newer revision.
            self.compare = true;
            return Ok(None);
        };
        let differences = self.picture.ledger.differences(&fresh);
        self.task.events.send(WatchEvent::Compared { at, differences }).await?;
        Ok((differences > 0).then_some(Ended::Reload))
    }

    /// Asks again, after a while, what may be read; not of a whole picture, which cannot grow.
    fn plan_rights(&mut self, after: Duration) {
        if !self.picture.reach.coverage.is_partial() {
            return;
        }
        let (link, scope) = (self.link.clone(), self.task.scope.clone());
        let later = async move {
            tokio::time::sleep(after).await;
            Reach::ask(&link, &scope).await
        };
        self.rights = later.boxed().fuse();
    }

    fn rights(&mut self, now: Result<Reach, Fault>) -> Option<Ended> {
        self.plan_rights(RIGHTS);
        // A fault of the link shows elsewhere, and a right lost at the next sign of life.
        now.is_ok_and(|now| now.coverage != self.picture.reach.coverage).then_some(Ended::Reload)
    }
}

async fn fresh(link: Link, scope: Scope, reach: Reach, at: Revision) -> Result<(Revision, Fresh), Fault> {
    let mut pager = Pager::new(link, &reach).keys_only(true).at(at);
    let mut fresh = Fresh::new();
    while let Some(chunk) = pager.next().await? {
        let named = chunk.kvs.iter().filter_map(|kv| Some((scope.name(kv.key())?, Stamp::of(kv))));
        fresh.extend(named.map(|(key, stamp)| (Fingerprint::of(&key), stamp)));
    }
    Ok((at, fresh))
}

/// What an event says, with its revision; `None` for keys outside the range asked for.
fn change(scope: &Scope, event: &Event) -> Option<(Revision, Change)> {
    let kv = event.kv()?;
    let key = scope.name(kv.key())?;
    let revision = unsigned(kv.mod_revision());
    // By the version and not by the event's type, at whose unknown values the client library panics:
    // a deletion resets the version to zero, a write never leaves it there.
    let kind = match kv.version() {
        0 => ChangeKind::Deleted { key },
        _ => ChangeKind::Put { entry: entry(key, kv) },
    };
    Some((revision, Change { revision, kind }))
}
