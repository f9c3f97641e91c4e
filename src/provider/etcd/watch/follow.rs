//! Following a store from a loaded picture on: one watch stream, watched over by reads on the same
//! connection.

use etcd_client::{Event, WatchOptions, WatchRequestSender, WatchResponse, WatchResponseStream};
use futures::FutureExt;
use futures::future::{BoxFuture, Fuse};
use tokio::time::{Instant, sleep_until};

use super::assemble::{Assembler, Batch};
use super::ledger::Fingerprint;
use super::vigil::{Due, Position, Vigil};
use super::{End, Picture, Task};
use crate::domain::{Change, ChangeKind, LinkState, Revision};
use crate::provider::etcd::connect::{Head, Link};
use crate::provider::etcd::error::{Fault, within};
use crate::provider::etcd::load::{Pager, Scope, entry, signed, unsigned};
use crate::provider::{CALL_DEADLINE, WatchEvent};

/// The picture can no longer be followed from where it is; load anew.
pub(super) struct Reload;

type Fresh = Vec<(Fingerprint, Revision)>;

/// A watch stream and all that watches over it.
struct Follow<'a> {
    task: &'a mut Task,
    picture: Picture,
    link: &'a Link,
    asker: WatchRequestSender,
    messages: WatchResponseStream,
    assembler: Assembler<Change>,
    vigil: Vigil,
    position: Position,
    /// The revision that the store had when the watch began, until the watch has come there.
    target: Option<Revision>,
    /// A comparison with a fresh list is still to be made.
    compare: bool,
    beat: Fuse<BoxFuture<'static, Result<Head, Fault>>>,
    /// How far the watch had come when the sign of life was asked for.
    asked_at: Revision,
    comparison: Fuse<BoxFuture<'static, Result<Fresh, Fault>>>,
}

enum Step {
    Message(WatchResponse),
    Beat(Head),
    Compared(Result<Fresh, Fault>),
    Due(Due),
}

impl Task {
    /// Follows the picture until it cannot be followed, or the link is lost.
    pub(super) async fn follow(&mut self, link: &Link, resumed: bool) -> Result<Reload, End> {
        // Taken for as long as it is followed, and put back wherever that ends.
        let Some(picture) = self.picture.take() else { return Ok(Reload) };
        let range = self.scope.range.clone();
        let options = WatchOptions::new()
            .with_range(range.to)
            .with_start_revision(signed(picture.at.next()))
            .with_progress_notify()
            .with_fragment();
        let mut client = link.watch();
        let opened =
            within(CALL_DEADLINE, async { Ok(client.watch(range.from, Some(options)).await?.split()) });
        let (asker, messages) = match opened.await {
            Ok(stream) => stream,
            Err(fault) => {
                self.picture = Some(picture);
                return Err(fault.into());
            }
        };
        let mut follow = Follow {
            position: Position::new(picture.at),
            asked_at: picture.at,
            task: self,
            picture,
            link,
            asker,
            messages,
            assembler: Assembler::new(),
            vigil: Vigil::new(Instant::now()),
            target: None,
            compare: resumed,
            beat: Fuse::terminated(),
            comparison: Fuse::terminated(),
        };
        let ended = follow.run().await;
        follow.picture.at = follow.position.solid();
        let Follow { task, picture, .. } = follow;
        task.picture = Some(picture);
        ended
    }
}

impl Follow<'_> {
    async fn run(&mut self) -> Result<Reload, End> {
        loop {
            let more = match self.step().await? {
                Step::Message(message) => self.message(&message).await?,
                Step::Beat(head) => self.beat(head).await?,
                Step::Compared(fresh) => self.compared(fresh),
                Step::Due(due) => self.due(due).await?,
            };
            if let Some(reload) = more {
                return Ok(reload);
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
            head = &mut self.beat => Ok(Step::Beat(head?)),
            fresh = &mut self.comparison => Ok(Step::Compared(fresh)),
            () = sleep_until(at) => Ok(Step::Due(due)),
        }
    }

    async fn message(&mut self, message: &WatchResponse) -> Result<Option<Reload>, End> {
        self.vigil.heard(Instant::now());
        let head = Head::of(message.header())?;
        if self.task.connector.store(head.cluster) != self.picture.store {
            return Ok(Some(Reload));
        }
        if message.canceled() {
            if message.compact_revision() > 0 {
                return Ok(Some(Reload));
            }
            return Err(Fault::of_cancel(message.cancel_reason()).into());
        }
        if message.created() {
            self.target = Some(head.revision);
            self.vigil.hurry(Instant::now());
        } else if message.events().is_empty() {
            self.progress(head, message.watch_id() >= 0).await?;
        } else {
            self.events(message.events()).await?;
        }
        self.settle().await?;
        Ok(None)
    }

    async fn events(&mut self, events: &[Event]) -> Result<(), End> {
        let bytes = events.iter().filter_map(Event::kv).map(|kv| kv.key().len() + kv.value().len()).sum();
        let changes = events.iter().filter_map(|event| change(&self.task.scope, event));
        for batch in self.assembler.answer(changes, bytes) {
            self.hand_on(batch).await?;
        }
        if self.assembler.is_open() {
            self.vigil.hurry(Instant::now());
        }
        Ok(())
    }

    async fn hand_on(&mut self, batch: Batch<Change>) -> Result<(), End> {
        let Batch { at, events: changes } = batch;
        for change in &changes {
            match &change.kind {
                ChangeKind::Put { entry } => self.picture.ledger.put(&entry.key, at),
                ChangeKind::Deleted { key } => self.picture.ledger.delete(key),
            }
        }
        self.task.events.send(WatchEvent::Batch { at, changes }).await?;
        self.position.reached(at);
        Ok(())
    }

    /// The watch said how far it is. Its own regular notes never overtake events; answers to our
    /// questions can.
    async fn progress(&mut self, head: Head, in_order: bool) -> Result<(), End> {
        if let Some(batch) = self.assembler.other() {
            self.hand_on(batch).await?;
        }
        if in_order {
            self.position.reached(head.revision);
        } else {
            self.position.claim(head.revision, Instant::now());
        }
        self.progressed().await
    }

    async fn progressed(&mut self) -> Result<(), End> {
        self.vigil.progress_answered();
        let at = self.position.solid();
        self.task.events.send(WatchEvent::Progress { at }).await?;
        if self.compare && self.target.is_none() {
            self.begin_comparison();
        }
        Ok(())
    }

    /// Says SYNCED once the watch has come to where the store was when it began.
    async fn settle(&mut self) -> Result<(), End> {
        let Some(target) = self.target else { return Ok(()) };
        if self.position.solid() < target {
            return Ok(());
        }
        self.target = None;
        self.task.well();
        self.task.state(LinkState::Synced).await?;
        if self.compare {
            self.begin_comparison();
        }
        Ok(())
    }

    /// A sign of life, with what the store is now.
    async fn beat(&mut self, head: Head) -> Result<Option<Reload>, End> {
        let now = Instant::now();
        self.vigil.beat_answered(now);
        let replaced = self.task.connector.store(head.cluster) != self.picture.store;
        // Events that came after the question may well be newer than its answer.
        if replaced || head.revision < self.asked_at {
            return Ok(Some(Reload));
        }
        if head.revision == self.position.solid() && self.vigil.progress_open() {
            // Servers from 3.5.19 on do not answer a question for progress while the watch begins
            // in the future. Then this answer says the same.
            self.progressed().await?;
        } else if self.vigil.progress_overdue(now) {
            return Err(Fault::Silent.into());
        }
        Ok(None)
    }

    async fn due(&mut self, due: Due) -> Result<Option<Reload>, End> {
        let now = Instant::now();
        match due {
            // What came meanwhile is read first.
            Due::Silence if self.vigil.overslept(now) => self.vigil.heard(now),
            Due::Silence => return Err(Fault::Silent.into()),
            Due::Beat => {
                let (link, key) = (self.link.clone(), self.task.scope.range.from.clone());
                self.beat = async move { link.head(key).await }.boxed().fuse();
                self.asked_at = self.position.solid();
                self.vigil.beat_asked(now);
            }
            Due::Progress => {
                self.vigil.progress_asked(now, self.target.is_some() || self.assembler.is_open());
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
        let at = self.position.solid();
        self.comparison = fresh(self.link.clone(), self.task.scope.clone(), at).boxed().fuse();
    }

    fn compared(&mut self, fresh: Result<Fresh, Fault>) -> Option<Reload> {
        match fresh {
            Ok(fresh) => (!self.picture.ledger.agrees_with(&fresh)).then_some(Reload),
            Err(_) => {
                // Compacted meanwhile, or too slow: with the next progress, at a newer revision.
                self.compare = true;
                None
            }
        }
    }
}

async fn fresh(link: Link, scope: Scope, at: Revision) -> Result<Fresh, Fault> {
    let mut pager = Pager::new(link.kv(), scope.range.clone()).keys_only().at(at);
    let mut fresh = Fresh::new();
    while let Some(chunk) = pager.next().await? {
        let named = chunk.kvs.iter().filter_map(|kv| Some((scope.name(kv.key())?, kv.mod_revision())));
        fresh.extend(named.map(|(key, at)| (Fingerprint::of(&key), unsigned(at))));
    }
    Ok(fresh)
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
