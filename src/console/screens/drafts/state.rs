//! Drafts on disk: autosaved ones of this session, and those of earlier sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::console::drafts::{DraftEntry, DraftId, DraftSummary};
use crate::console::model::Model;
use crate::console::request::{Pending, RequestId};
use crate::console::screens::editor::{Base, Draft};
use crate::console::widgets::{ListSource, ListState};
use crate::domain::{ResourceKey, Token};
use crate::inventory::Inventory;

/// The pause in typing after which a draft is saved.
const PAUSE: Duration = Duration::from_millis(300);

/// The longest time that typing without a pause stays unsaved.
const AT_MOST: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct SavedDrafts {
    /// The request for the drafts of earlier sessions; sent once.
    pub asked: Option<RequestId>,
    /// The drafts of earlier sessions.
    pub offered: Vec<DraftEntry>,
    /// Whether they were listed, and the user is still to be notified.
    pub unannounced: bool,
    /// The draft that is being resumed or discarded.
    pub pending: Pending<DraftId>,
    /// The drafts of this session that have a file.
    pub on_disk: BTreeSet<ResourceKey>,
    /// Why the last save failed; shown once.
    pub failure: Option<String>,
}

/// How far the saved draft is behind the one in memory.
#[derive(Debug, Default)]
pub struct AutosaveState {
    /// The first and the last change not yet saved.
    changes: Option<(Duration, Duration)>,
    /// The last buffer revision that was noted.
    seen_revision: u64,
    saving: Pending<()>,
    /// The number of secrets left out of the last save.
    pub withheld: usize,
    pub failed: bool,
}

impl AutosaveState {
    /// For a resumed draft, whose saved form lacks `withheld` secrets.
    pub fn of(revision: u64, withheld: usize) -> Self {
        Self { seen_revision: revision, withheld, ..Self::default() }
    }

    /// Records the revision of the text.
    pub fn note(&mut self, revision: u64, now: Duration) {
        if revision != self.seen_revision {
            self.seen_revision = revision;
            self.touch(now);
        }
    }

    /// Records a change.
    pub fn touch(&mut self, now: Duration) {
        let first = self.changes.map_or(now, |(first, _)| first);
        self.changes = Some((first, now));
    }

    /// When to save.
    pub fn due(&self) -> Option<Duration> {
        let (first, last) = self.changes.filter(|_| !self.saving.is_pending())?;
        Some((last + PAUSE).min(first + AT_MOST))
    }

    /// Whether the saved draft is behind: there are changes, or the last save failed.
    pub fn is_behind(&self) -> bool {
        self.changes.is_some() || self.failed
    }

    /// Whether the saved draft is current, as far as known.
    pub fn is_current(&self) -> bool {
        !self.is_behind() && !self.saving.is_pending()
    }

    pub fn begin(&mut self, request: RequestId) {
        self.changes = None;
        self.saving.begin(request, ());
    }

    /// Nothing is to be saved.
    pub fn reset(&mut self) {
        *self = Self { seen_revision: self.seen_revision, ..Self::default() };
    }

    /// For a draft with another base: whatever was saved of it, or is being saved, is outdated.
    pub fn outdated(&self) -> Self {
        Self { seen_revision: u64::MAX, withheld: self.withheld, failed: self.failed, ..Self::default() }
    }

    /// Takes a result; returns whether it was for the pending save.
    pub fn accept(&mut self, request: RequestId, result: &Result<usize, String>) -> bool {
        let mine = self.saving.accept(request).is_some();
        if mine {
            self.failed = result.is_err();
            self.withheld = *result.as_ref().unwrap_or(&self.withheld);
        }
        mine
    }
}

/// The page that lists drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftsPage {
    pub list: ListState<DraftRowId>,
    /// When it was opened; keys in the first 300 ms resume nothing.
    pub opened: Duration,
}

/// What a row stands for, whatever comes and goes around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftRowId {
    ThisSession(ResourceKey),
    EndedSession(DraftId),
}

impl ListSource for Vec<DraftRow<'_>> {
    type Id = DraftRowId;

    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn id_at(&self, at: usize) -> Option<DraftRowId> {
        Some(match self.get(at)? {
            DraftRow::ThisSession(draft) => DraftRowId::ThisSession(draft.key.clone()),
            DraftRow::EndedSession(entry) => DraftRowId::EndedSession(entry.id.clone()),
        })
    }

    fn position(&self, id: &DraftRowId) -> Option<usize> {
        (0..self.as_slice().len()).find(|at| self.id_at(*at).as_ref() == Some(id))
    }
}

#[derive(Clone, Copy)]
pub enum DraftRow<'m> {
    ThisSession(&'m Draft),
    /// A draft of an earlier session.
    EndedSession(&'m DraftEntry),
}

/// How the base of a saved draft relates to what is stored now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftStatus {
    /// The base is what is stored, or neither exists.
    AsStored,
    StoredNow(Token),
    Deleted,
    /// It is from another store.
    OtherStore,
    /// It is from another context, and stays there.
    OtherContext,
    /// It cannot be read, or nothing was loaded yet.
    Unknown,
}

impl DraftStatus {
    pub fn of(model: &Model, summary: &DraftSummary) -> Self {
        let inventory: &Inventory = &model.inventory;
        if summary.context != model.context.name {
            return Self::OtherContext;
        }
        if !model.link.has_loaded {
            return Self::Unknown;
        }
        if summary.store.as_ref() != inventory.store() {
            return Self::OtherStore;
        }
        match (summary.token, inventory.get(&summary.key).map(|row| row.token())) {
            (_, None) if !inventory.coverage().covers(&summary.key) => Self::Unknown,
            (Some(base), Some(now)) if base == now => Self::AsStored,
            (None, None) => Self::AsStored,
            (_, Some(now)) => Self::StoredNow(now),
            (Some(_), None) => Self::Deleted,
        }
    }
}

impl Model {
    /// The rows of the page that lists drafts: this session's first.
    pub fn draft_rows(&self) -> Vec<DraftRow<'_>> {
        let here = self.drafts.values().map(|edit| DraftRow::ThisSession(edit));
        here.chain(self.saved_drafts.offered.iter().map(DraftRow::EndedSession)).collect()
    }

    /// Every draft of this session, including the open one.
    pub fn edits_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.edit.iter_mut().chain(self.drafts.values_mut()).map(|edit| &mut **edit)
    }

    pub(crate) fn next_save(&self) -> Option<Duration> {
        self.edit.iter().chain(self.drafts.values()).filter_map(|edit| edit.autosave.due()).min()
    }
}

impl Draft {
    pub fn token(&self) -> Option<Token> {
        match &self.base {
            Base::Stored(entry) => Some(entry.token),
            Base::Absent { .. } => None,
        }
    }
}
