//! The watchable state behind the memory and file providers: entries at one revision, recent
//! changes, and the watches that follow them. A reader that falls too far behind reloads; it never
//! blocks the others.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;

use tokio::sync::watch;

use super::watch::WatchClosed;
use super::{Error, PAGE_LIMIT, Page, Result, WatchEvent, WatchSender};
use crate::domain::{
    Change, ChangeKind, Coverage, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId,
};

/// How many changes are kept for readers that are behind or reconnect. The newest batch is kept
/// whatever its size, so that one large update does not force a reload.
const HISTORY_LIMIT: usize = 16_384;

/// How many batches a reader takes at a time, so that the lock is held briefly.
const REPLAY_BATCHES: usize = 128;

/// The contents of one store, shared by its calls and its watches.
#[derive(Debug)]
pub(crate) struct Feed {
    state: Mutex<FeedState>,
    updates: watch::Sender<()>,
}

/// The entries at one revision, with the changes that led there.
#[derive(Debug)]
pub(crate) struct FeedState {
    store: StoreId,
    at: Revision,
    entries: BTreeMap<ResourceKey, Entry>,
    batches: VecDeque<Batch>,
    change_count: usize,
    /// Every change after this revision is in `batches`.
    floor: Revision,
    /// Counts breaks in history; a reader from an older epoch reloads.
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

/// The position of one reader.
#[derive(Debug, Default)]
struct Cursor {
    seen: Option<(u64, Revision)>,
    shown: Option<LinkState>,
}

impl FeedState {
    pub(crate) fn at(&self) -> Revision {
        self.at
    }

    pub(crate) fn entries(&self) -> &BTreeMap<ResourceKey, Entry> {
        &self.entries
    }

    pub(crate) fn link(&self) -> &LinkState {
        &self.link
    }

    /// Whether readers and callers get nothing for now.
    pub(crate) fn is_withheld(&self) -> bool {
        self.withheld
    }

    /// Applies changes as one revision. The entries carry the revision after [`FeedState::at`].
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
        self.change_count += changes.len();
        self.batches.push_back(Batch { at, changes });
        while self.change_count > HISTORY_LIMIT && self.batches.len() > 1 {
            if let Some(oldest) = self.batches.pop_front() {
                self.change_count -= oldest.changes.len();
                self.floor = oldest.at;
            }
        }
    }

    /// Makes every reader reload, as after a compaction.
    pub(crate) fn clear_history(&mut self) {
        self.batches.clear();
        self.change_count = 0;
        self.floor = self.at;
        self.epoch += 1;
    }

    /// Replaces everything, with another store id and another revision count.
    pub(crate) fn replace(&mut self, store: StoreId, at: Revision, entries: BTreeMap<ResourceKey, Entry>) {
        self.store = store;
        self.at = at;
        self.entries = entries;
        self.clear_history();
    }

    /// Sets the link state, and whether changes are withheld meanwhile.
    pub(crate) fn set_link(&mut self, link: LinkState, withheld: bool) {
        self.link = link;
        self.withheld = withheld;
    }

    fn entries_under(&self, prefix: &KeyPrefix) -> Vec<Entry> {
        self.entries.values().filter(|entry| prefix.covers(&entry.key)).cloned().collect()
    }

    /// The next events for one reader; empty if it is up to date.
    fn next_events(&self, prefix: &KeyPrefix, cursor: &mut Cursor) -> Vec<WatchEvent> {
        if !self.withheld {
            match cursor.seen {
                Some((epoch, seen)) if epoch == self.epoch && seen >= self.floor => {
                    if seen < self.at {
                        return self.replay(prefix, seen, cursor);
                    }
                }
                _ => return self.load(prefix, cursor),
            }
        }
        let link = match &self.link {
            // What was never shown cannot be stale.
            LinkState::Stale { reason, retry_in } if cursor.seen.is_none() => {
                LinkState::Connecting { error: Some(reason.clone()), retry_in: *retry_in }
            }
            link => link.clone(),
        };
        if cursor.shown.as_ref() == Some(&link) {
            return Vec::new();
        }
        cursor.shown = Some(link.clone());
        vec![WatchEvent::State(link)]
    }

    fn load(&self, prefix: &KeyPrefix, cursor: &mut Cursor) -> Vec<WatchEvent> {
        let resync = cursor.seen.is_some();
        let mut events = vec![WatchEvent::Load {
            store: self.store.clone(),
            at: self.at,
            resync,
            coverage: Coverage::Whole,
        }];
        let entries = self.entries_under(prefix);
        events.extend(entries.chunks(PAGE_LIMIT).map(|page| WatchEvent::Page(page.to_vec())));
        events.push(WatchEvent::Loaded { at: self.at });
        cursor.seen = Some((self.epoch, self.at));
        events
    }

    fn replay(&self, prefix: &KeyPrefix, seen: Revision, cursor: &mut Cursor) -> Vec<WatchEvent> {
        let mut events = Vec::new();
        let behind = cursor.shown.as_ref().is_some_and(|shown| !shown.is_synced());
        if behind && self.link.is_synced() && !matches!(cursor.shown, Some(LinkState::CatchingUp { .. })) {
            let state = LinkState::CatchingUp { applied: seen, store: Some(self.at) };
            events.push(WatchEvent::State(state.clone()));
            cursor.shown = Some(state);
        }
        let first = self.batches.partition_point(|batch| batch.at <= seen);
        let mut reached = seen;
        let mut told = seen;
        for batch in self.batches.range(first..).take(REPLAY_BATCHES) {
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
    /// An empty store.
    pub(crate) fn new(store: StoreId, link: LinkState) -> Self {
        let picture = FeedState {
            store,
            at: Revision::default(),
            entries: BTreeMap::new(),
            batches: VecDeque::new(),
            change_count: 0,
            floor: Revision::default(),
            epoch: 0,
            link,
            withheld: false,
            closed: false,
        };
        Self { state: Mutex::new(picture), updates: watch::Sender::new(()) }
    }

    /// Changes the state and wakes all readers.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut FeedState) -> R) -> R {
        let answer = change(&mut self.state.lock());
        self.updates.send_replace(());
        answer
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&FeedState) -> R) -> R {
        look(&self.state.lock())
    }

    /// A receiver that is notified of every [`Feed::update`].
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.updates.subscribe()
    }

    /// Ends every watch; later calls fail.
    pub(crate) fn close(&self) {
        self.update(|picture| picture.closed = true);
    }

    /// Fails once the store has been shut down.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.read(|picture| picture.closed) {
            return Err(Error::unavailable("the store has been shut down"));
        }
        Ok(())
    }

    /// All entries of a range at one revision.
    pub(crate) fn pages(&self, prefix: &KeyPrefix) -> Vec<Page> {
        let list = self.read(|picture| Page {
            store: picture.store.clone(),
            at: picture.at,
            coverage: Coverage::Whole,
            entries: picture.entries_under(prefix),
        });
        list.split()
    }

    /// Sends one reader that it connects, and everything from then on; returns when the store is shut down.
    ///
    /// # Errors
    /// [`WatchClosed`] once the reader is gone.
    pub(crate) async fn follow(
        &self,
        prefix: &KeyPrefix,
        out: &WatchSender,
    ) -> std::result::Result<(), WatchClosed> {
        let mut news = self.updates.subscribe();
        let connecting = LinkState::Connecting { error: None, retry_in: None };
        out.send(WatchEvent::State(connecting.clone())).await?;
        let mut cursor = Cursor { shown: Some(connecting), ..Cursor::default() };
        loop {
            news.mark_unchanged();
            let step = self.read(|state| (!state.closed).then(|| state.next_events(prefix, &mut cursor)));
            let Some(events) = step else { return Ok(()) };
            if events.is_empty() {
                tokio::select! {
                    _ = news.changed() => {}
                    () = out.closed() => return Err(WatchClosed),
                }
            }
            for event in events {
                out.send(event).await?;
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
        feed.update(|picture| {
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
                (HISTORY_LIMIT, (vec![], HISTORY_LIMIT)),
                (HISTORY_LIMIT + 1, (vec![(2 * HISTORY_LIMIT as u64 + 1, true)], 0)),
            ] {
                feed.update(|picture| picture.set_link(cut.clone(), true));
                assert_eq!(watch.events.next().await, Some(WatchEvent::State(cut.clone())));
                (0..changes).for_each(|number| put(&feed, number % 5_000));
                feed.update(|picture| picture.set_link(LinkState::Synced, false));
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
            feed.update(|picture| picture.replace(StoreId::new("backup"), Revision(2), BTreeMap::new()));
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
