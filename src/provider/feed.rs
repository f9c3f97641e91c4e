//! A picture with its recent changes, and the watches that follow it: what the stores of this
//! process share. A reader that falls behind the kept changes loads anew and holds nobody up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::watch::Closed;
use super::{Error, PAGE_LIMIT, Page, Result, WatchEvent, WatchSender};
use crate::domain::{
    Change, ChangeKind, Coverage, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId,
};

/// How many changes are kept for readers that are behind or come back. The newest batch is kept
/// whatever its size, so that one large reload is no gap.
const KEPT_CHANGES: usize = 16_384;

/// How many batches a reader takes from the picture at a time, so that the lock is held briefly.
const TAKEN_BATCHES: usize = 128;

/// The picture of one store, shared by its calls and its watches.
#[derive(Debug)]
pub(crate) struct Feed {
    picture: Mutex<Picture>,
    news: watch::Sender<()>,
}

/// What is stored, at one revision, with the changes that led there.
#[derive(Debug)]
pub(crate) struct Picture {
    store: StoreId,
    at: Revision,
    entries: BTreeMap<ResourceKey, Entry>,
    kept: VecDeque<Batch>,
    kept_changes: usize,
    /// Every change after this revision is kept.
    floor: Revision,
    /// Counts the breaks in history; a reader of an older one loads anew.
    epoch: u64,
    link: LinkState,
    withheld: bool,
    closed: bool,
}

#[derive(Debug)]
struct Batch {
    at: Revision,
    changes: Vec<Change>,
}

/// What one reader has been told.
#[derive(Debug, Default)]
struct Cursor {
    seen: Option<(u64, Revision)>,
    shown: Option<LinkState>,
}

enum Step {
    Send(Vec<WatchEvent>),
    Wait,
    End,
}

impl Picture {
    /// The last revision.
    pub(crate) fn at(&self) -> Revision {
        self.at
    }

    /// Everything that is stored.
    pub(crate) fn entries(&self) -> &BTreeMap<ResourceKey, Entry> {
        &self.entries
    }

    /// The link as a reader is told of it.
    pub(crate) fn link(&self) -> &LinkState {
        &self.link
    }

    /// Whether readers and callers are cut off.
    pub(crate) fn is_withheld(&self) -> bool {
        self.withheld
    }

    /// Applies changes as one revision. The entries carry the revision after [`Picture::at`].
    pub(crate) fn apply(&mut self, changes: Vec<ChangeKind>) {
        let at = self.at.next();
        self.at = at;
        for change in &changes {
            match change {
                ChangeKind::Put { entry } => self.entries.insert(entry.key.clone(), entry.clone()),
                ChangeKind::Deleted { key } => self.entries.remove(key),
            };
        }
        let changes: Vec<_> = changes.into_iter().map(|kind| Change { revision: at, kind }).collect();
        self.kept_changes += changes.len();
        self.kept.push_back(Batch { at, changes });
        while self.kept_changes > KEPT_CHANGES && self.kept.len() > 1 {
            if let Some(oldest) = self.kept.pop_front() {
                self.kept_changes -= oldest.changes.len();
                self.floor = oldest.at;
            }
        }
    }

    /// Makes every reader load anew, as after a compaction.
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
        self.kept_changes = 0;
        self.floor = self.at;
        self.epoch += 1;
    }

    /// Replaces everything, with another identity and another count of revisions.
    pub(crate) fn replace(&mut self, store: StoreId, at: Revision, entries: BTreeMap<ResourceKey, Entry>) {
        self.store = store;
        self.at = at;
        self.entries = entries;
        self.forget();
    }

    /// Says how the link is, and whether changes are withheld meanwhile.
    pub(crate) fn set_link(&mut self, link: LinkState, withheld: bool) {
        self.link = link;
        self.withheld = withheld;
    }

    fn covered(&self, prefix: &KeyPrefix) -> Vec<Entry> {
        self.entries.values().filter(|entry| prefix.covers(&entry.key)).cloned().collect()
    }

    fn step(&self, prefix: &KeyPrefix, cursor: &mut Cursor) -> Step {
        if self.closed {
            return Step::End;
        }
        if !self.withheld {
            match cursor.seen {
                Some((epoch, seen)) if epoch == self.epoch && seen >= self.floor => {
                    if seen < self.at {
                        return Step::Send(self.replay(prefix, seen, cursor));
                    }
                }
                _ => return Step::Send(self.load(prefix, cursor)),
            }
        }
        let link = self.link_for(cursor);
        if cursor.shown.as_ref() == Some(&link) {
            return Step::Wait;
        }
        cursor.shown = Some(link.clone());
        Step::Send(vec![WatchEvent::State(link)])
    }

    /// The link in the words of a reader: what was never shown cannot be stale.
    fn link_for(&self, cursor: &Cursor) -> LinkState {
        match &self.link {
            LinkState::Stale { reason, retry_in } if cursor.seen.is_none() => {
                LinkState::Connecting { error: Some(reason.clone()), retry_in: *retry_in }
            }
            link => link.clone(),
        }
    }

    fn load(&self, prefix: &KeyPrefix, cursor: &mut Cursor) -> Vec<WatchEvent> {
        let resync = cursor.seen.is_some();
        let mut events = vec![WatchEvent::Load {
            store: self.store.clone(),
            at: self.at,
            resync,
            coverage: Coverage::Whole,
        }];
        let entries = self.covered(prefix);
        events.extend(entries.chunks(PAGE_LIMIT).map(|page| WatchEvent::Page(page.to_vec())));
        events.push(WatchEvent::Loaded { at: self.at });
        cursor.seen = Some((self.epoch, self.at));
        events
    }

    fn replay(&self, prefix: &KeyPrefix, seen: Revision, cursor: &mut Cursor) -> Vec<WatchEvent> {
        let mut events = Vec::new();
        let behind = cursor.shown.as_ref().is_some_and(|shown| !shown.is_true());
        if behind && self.link.is_true() && cursor.shown != Some(LinkState::CatchingUp) {
            events.push(WatchEvent::State(LinkState::CatchingUp));
            cursor.shown = Some(LinkState::CatchingUp);
        }
        let first = self.kept.partition_point(|batch| batch.at <= seen);
        let mut reached = seen;
        let mut told = seen;
        for batch in self.kept.range(first..).take(TAKEN_BATCHES) {
            reached = batch.at;
            let changes: Vec<_> =
                batch.changes.iter().filter(|change| prefix.covers(change.key())).cloned().collect();
            if !changes.is_empty() {
                told = batch.at;
                events.push(WatchEvent::Batch { at: batch.at, changes });
            }
        }
        if told < reached {
            events.push(WatchEvent::Progress { at: reached });
        }
        cursor.seen = Some((self.epoch, reached));
        events
    }
}

impl Feed {
    /// A picture of nothing.
    pub(crate) fn new(store: StoreId, link: LinkState) -> Self {
        let picture = Picture {
            store,
            at: Revision::default(),
            entries: BTreeMap::new(),
            kept: VecDeque::new(),
            kept_changes: 0,
            floor: Revision::default(),
            epoch: 0,
            link,
            withheld: false,
            closed: false,
        };
        Self { picture: Mutex::new(picture), news: watch::Sender::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the picture and wakes its readers.
    pub(crate) fn edit<R>(&self, change: impl FnOnce(&mut Picture) -> R) -> R {
        let answer = change(&mut self.lock());
        self.news.send_replace(());
        answer
    }

    /// Looks at the picture.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Picture) -> R) -> R {
        look(&self.lock())
    }

    /// Hears of every [`Feed::edit`].
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Ends every watch; calls are refused from now on.
    pub(crate) fn close(&self) {
        self.edit(|picture| picture.closed = true);
    }

    /// Whether the store still takes calls.
    pub(crate) fn open(&self) -> Result<()> {
        if self.look(|picture| picture.closed) {
            return Err(Error::Unavailable { reason: "the store has been shut down".into(), retry_in: None });
        }
        Ok(())
    }

    /// All entries of a range at one revision. A range of nothing is one empty page, which still
    /// says which store answered and when.
    pub(crate) fn pages(&self, prefix: &KeyPrefix) -> Vec<Page> {
        let (store, at, entries) =
            self.look(|picture| (picture.store.clone(), picture.at, picture.covered(prefix)));
        if entries.is_empty() {
            return vec![Page { store, at, coverage: Coverage::Whole, entries }];
        }
        entries
            .chunks(PAGE_LIMIT)
            .map(|page| Page { store: store.clone(), at, coverage: Coverage::Whole, entries: page.to_vec() })
            .collect()
    }

    /// Tells one reader everything from now on; ends when the store is shut down.
    ///
    /// # Errors
    /// [`Closed`] once the reader is gone.
    pub(crate) async fn follow(
        &self,
        prefix: &KeyPrefix,
        out: &WatchSender,
    ) -> std::result::Result<(), Closed> {
        let mut news = self.news.subscribe();
        let mut cursor = Cursor::default();
        loop {
            news.mark_unchanged();
            let step = self.lock().step(prefix, &mut cursor);
            match step {
                Step::End => return Ok(()),
                Step::Send(events) => {
                    for event in events {
                        out.send(event).await?;
                    }
                }
                Step::Wait => tokio::select! {
                    _ = news.changed() => {}
                    () = out.closed() => return Err(Closed),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;
    use crate::domain::{ConnectionName, Document, Token};
    use crate::provider::watch_channel;

    fn put(feed: &Feed, number: usize) {
        let key = ResourceKey::connection(ConnectionName::new(&number.to_string()).unwrap());
        feed.edit(|picture| {
            let revision = picture.at().next();
            let token = Token::counter(revision.0);
            let document = Document::from("{}");
            let entry = Entry { key, document, revision, created: None, version: None, token, lease: None };
            picture.apply(vec![ChangeKind::Put { entry }]);
        });
    }

    /// Reads up to the next `Synced` and says which loads and how many batches came before.
    async fn read(watch: &mut crate::provider::Watch) -> (Vec<(u64, bool)>, usize) {
        let (mut loads, mut batches) = (Vec::new(), 0);
        loop {
            match watch.events.next().await.expect("an event") {
                WatchEvent::State(LinkState::Synced) => return (loads, batches),
                WatchEvent::Load { at, resync, .. } => loads.push((at.0, resync)),
                WatchEvent::Page(entries) => assert!(entries.len() <= PAGE_LIMIT),
                WatchEvent::Batch { .. } => batches += 1,
                _ => {}
            }
        }
    }

    #[tokio::test]
    async fn a_reader_that_lags_too_far_loads_anew() {
        let feed = Feed::new(StoreId::new("test"), LinkState::Synced);
        let cut = LinkState::Stale { reason: "cut".into(), retry_in: None };
        let (out, mut watch) = watch_channel();
        let reading = async {
            assert_eq!(read(&mut watch).await, (vec![(0, false)], 0));
            for (changes, expected) in [
                (KEPT_CHANGES, (vec![], KEPT_CHANGES)),
                (KEPT_CHANGES + 1, (vec![(2 * KEPT_CHANGES as u64 + 1, true)], 0)),
            ] {
                feed.edit(|picture| picture.set_link(cut.clone(), true));
                assert_eq!(watch.events.next().await, Some(WatchEvent::State(cut.clone())));
                (0..changes).for_each(|number| put(&feed, number % 5_000));
                feed.edit(|picture| picture.set_link(LinkState::Synced, false));
                assert_eq!(read(&mut watch).await, expected);
            }
            feed.close();
        };
        let (followed, ()) = tokio::join!(feed.follow(&KeyPrefix::All, &out), reading);
        assert_eq!(followed, Ok(()), "a store that is shut down ends the watch");
    }
    #[tokio::test]
    async fn another_store_with_lower_revisions_is_loaded_and_not_waited_for() {
        let feed = Feed::new(StoreId::new("test"), LinkState::Synced);
        (0..5).for_each(|number| put(&feed, number));
        let (out, mut watch) = watch_channel();
        let reading = async {
            assert_eq!(read(&mut watch).await, (vec![(5, false)], 0));
            feed.edit(|picture| picture.replace(StoreId::new("backup"), Revision(2), BTreeMap::new()));
            let load = WatchEvent::Load {
                store: StoreId::new("backup"),
                at: Revision(2),
                resync: true,
                coverage: Coverage::Whole,
            };
            assert_eq!(watch.events.next().await, Some(load));
            assert_eq!(watch.events.next().await, Some(WatchEvent::Loaded { at: Revision(2) }));
            feed.close();
        };
        let (followed, ()) = tokio::join!(feed.follow(&KeyPrefix::All, &out), reading);
        assert_eq!(followed, Ok(()));
    }
}
