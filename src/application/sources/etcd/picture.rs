//! What a watch has told of the keys of one layer; no I/O, and no clock of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::application::{LayerRevision, SourceError, SourceFault};
use crate::domain::{ChangeKind, Coverage, Entry, LinkState, ResourceKey, Revision, StoreId, Token};
use crate::provider::{MISSING_RIGHT_REMEDY, WatchEvent};

/// How many deletions are remembered, to tell a write that came too late.
const MAX_DELETIONS: usize = 1_000;

/// The entries of a layer at one revision, and whether they are current.
pub(super) struct EtcdPicture {
    store: Option<StoreId>,
    entries: BTreeMap<ResourceKey, Entry>,
    coverage: Coverage,
    /// Everything up to here has arrived.
    pub(super) at: Revision,
    /// When entries that count were changed last, as far as was seen; `None` before the first load.
    changed_at: Option<Revision>,
    deleted: BTreeMap<ResourceKey, Revision>,
    /// Deletions up to here may have been forgotten.
    forgotten: Revision,
    load: Option<PendingLoad>,
    link: LinkState,
    fault: Option<LinkFault>,
    /// How many attempts to reach the store have failed.
    pub(super) failures: u64,
}

struct PendingLoad {
    store: StoreId,
    at: Revision,
    coverage: Coverage,
    entries: BTreeMap<ResourceKey, Entry>,
}

struct LinkFault {
    reason: String,
    remedy: &'static str,
    /// Of the last attempt.
    since: Instant,
}

/// Why a write on the condition of a revision cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StaleWrite {
    /// Somebody has written or deleted the key since, or may have.
    Changed,
    /// The revision is that of another store.
    OtherStore,
}

impl EtcdPicture {
    pub(super) fn new() -> Self {
        Self {
            store: None,
            entries: BTreeMap::new(),
            coverage: Coverage::Whole,
            at: Revision::default(),
            changed_at: None,
            deleted: BTreeMap::new(),
            forgotten: Revision::default(),
            load: None,
            link: LinkState::Connecting { error: None, retry_in: None },
            fault: None,
            failures: 0,
        }
    }

    /// Takes in what a watch tells; says whether a load may answer otherwise than before.
    pub(super) fn apply(
        &mut self,
        event: WatchEvent,
        counts: impl Fn(&ResourceKey) -> bool,
        now: Instant,
    ) -> bool {
        match event {
            WatchEvent::State(state) => self.set_link(state, now),
            WatchEvent::Load { store, at, coverage, .. } => {
                self.load = Some(PendingLoad { store, at, coverage, entries: BTreeMap::new() });
                false
            }
            WatchEvent::Page(entries) => {
                if let Some(load) = &mut self.load {
                    let counting = entries.into_iter().filter(|entry| counts(&entry.key));
                    load.entries.extend(counting.map(|entry| (entry.key.clone(), entry)));
                }
                false
            }
            WatchEvent::Loaded { .. } => self.load.take().is_some_and(|load| self.replace(load)),
            WatchEvent::Batch { at, changes } => {
                self.at = at;
                let counting = changes.into_iter().filter(|change| counts(change.key()));
                let changed = counting.map(|change| self.change(at, change.kind)).count() > 0;
                if changed {
                    self.changed_at = Some(at);
                }
                changed
            }
            WatchEvent::Progress { at } => {
                self.at = at;
                false
            }
            WatchEvent::Compared { .. } => false,
        }
    }

    /// The store was shut down: nothing more comes.
    pub(super) fn end(&mut self, now: Instant) {
        self.fail("this etcd provider has been shut down".into(), "restart the process", now);
    }

    fn set_link(&mut self, state: LinkState, now: Instant) -> bool {
        let was_faulty = self.fault.is_some();
        match &state {
            // The next member is tried at once.
            _ if state.retry_in() == Some(Duration::ZERO) => {}
            LinkState::Denied { permission, .. } => {
                self.fail(format!("permission denied: {permission}"), MISSING_RIGHT_REMEDY, now);
            }
            LinkState::Connecting { error: Some(reason), .. } | LinkState::Stale { reason, .. } => {
                self.fail(reason.clone(), "it is tried again by itself", now);
            }
            LinkState::Synced | LinkState::CatchingUp { .. } => self.fault = None,
            LinkState::Connecting { error: None, .. } | LinkState::Loading { .. } => {}
        }
        self.link = state;
        was_faulty != self.fault.is_some()
    }

    fn fail(&mut self, reason: String, remedy: &'static str, now: Instant) {
        self.failures += 1;
        self.fault = Some(LinkFault { reason, remedy, since: now });
    }

    fn replace(&mut self, load: PendingLoad) -> bool {
        let same_store = self.store.as_ref() == Some(&load.store);
        let same = same_store
            && self.changed_at.is_some()
            && self.coverage == load.coverage
            && tokens(&self.entries).eq(tokens(&load.entries));
        self.at = load.at;
        if same {
            return false;
        }
        if same_store {
            let gone: Vec<_> =
                self.entries.keys().filter(|key| !load.entries.contains_key(*key)).cloned().collect();
            gone.into_iter().for_each(|key| self.remember_deletion(key, load.at));
        } else {
            self.deleted.clear();
        }
        // What came and went before the load was not seen.
        self.forgotten = load.at;
        (self.store, self.coverage, self.entries) = (Some(load.store), load.coverage, load.entries);
        self.changed_at = Some(load.at);
        true
    }

    fn change(&mut self, at: Revision, kind: ChangeKind) {
        match kind {
            ChangeKind::Put { entry } => {
                self.deleted.remove(&entry.key);
                self.entries.insert(entry.key.clone(), entry);
            }
            ChangeKind::Deleted { key } => {
                self.entries.remove(&key);
                self.remember_deletion(key, at);
            }
        }
    }

    fn remember_deletion(&mut self, key: ResourceKey, at: Revision) {
        self.deleted.insert(key, at);
        if self.deleted.len() > MAX_DELETIONS
            && let Some((oldest, at)) =
                self.deleted.iter().min_by_key(|(_, at)| **at).map(|(key, at)| (key.clone(), *at))
        {
            self.deleted.remove(&oldest);
            self.forgotten = self.forgotten.max(at);
        }
    }

    pub(super) fn entries(&self) -> &BTreeMap<ResourceKey, Entry> {
        &self.entries
    }

    pub(super) fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    pub(super) fn link(&self) -> &LinkState {
        &self.link
    }

    /// How long ago the last attempt failed, while the store cannot be reached.
    pub(super) fn failed_since(&self) -> Option<Instant> {
        self.fault.as_ref().map(|fault| fault.since)
    }

    /// The revision of the entries, or why they are not current; `None` while that is not known yet.
    pub(super) fn current(&self, place: &str) -> Option<Result<LayerRevision, SourceError>> {
        match &self.fault {
            Some(fault) => Some(Err(SourceError {
                fault: SourceFault::Unavailable,
                place: place.to_owned(),
                reason: fault.reason.clone(),
                remedy: fault.remedy.to_owned(),
            })),
            None if self.load.is_some() => None,
            None => self.changed_at.and_then(|at| self.layer_revision(at)).map(Ok),
        }
    }

    fn layer_revision(&self, at: Revision) -> Option<LayerRevision> {
        let store = self.store.as_ref()?;
        Some(LayerRevision(format!("{}@{}", store.as_str(), at.0).into()))
    }

    /// What a revision of the layer is in the store that answers now.
    fn revision_of(&self, revision: &LayerRevision) -> Result<Revision, StaleWrite> {
        let (store, at) = revision.0.rsplit_once('@').ok_or(StaleWrite::OtherStore)?;
        let known = self.store.as_ref().is_some_and(|known| known.as_str() == store);
        at.parse().ok().map(Revision).filter(|_| known).ok_or(StaleWrite::OtherStore)
    }

    /// The revision that a write of one key has made of another one, if it has arrived and no other key was
    /// changed in between: who takes it for read knows all that it stands for.
    pub(super) fn after_write(
        &self,
        key: &ResourceKey,
        read: &LayerRevision,
        written: Revision,
    ) -> Option<LayerRevision> {
        let read = self.revision_of(read).ok()?;
        let unread = |at: Revision| read < at && at <= written;
        let entries = self.entries.iter().map(|(other, entry)| (other, entry.revision));
        let deleted = self.deleted.iter().map(|(other, at)| (other, *at));
        let others = entries.chain(deleted).any(|(other, at)| other != key && unread(at));
        let has_all = self.at >= written && unread(written) && self.forgotten <= read && !others;
        has_all.then(|| self.layer_revision(written)).flatten()
    }

    /// The token that a key had at a revision of the layer, if it is what the key has still.
    pub(super) fn unchanged_since(
        &self,
        key: &ResourceKey,
        expect: &LayerRevision,
    ) -> Result<Option<Token>, StaleWrite> {
        let at = self.revision_of(expect)?;
        match (self.entries.get(key), self.deleted.get(key)) {
            (Some(entry), _) if entry.revision <= at => Ok(Some(entry.token)),
            (None, Some(deleted)) if *deleted <= at => Ok(None),
            (None, None) if self.forgotten <= at => Ok(None),
            _ => Err(StaleWrite::Changed),
        }
    }
}

/// What tells one state of the entries from another.
fn tokens(entries: &BTreeMap<ResourceKey, Entry>) -> impl Iterator<Item = (&ResourceKey, Token)> {
    entries.iter().map(|(key, entry)| (key, entry.token))
}

#[cfg(test)]
mod tests;
