//! Drafts beside those in memory: what is saved of this session's, and what ended ones left.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Base, Edit, Model};
use crate::console::drafts::{Listed, SavedId, Summary};
use crate::console::effect::Request;
use crate::domain::{ResourceKey, Token};
use crate::inventory::Inventory;

/// A pause in typing after which a draft is saved.
const PAUSE: Duration = Duration::from_millis(300);

/// How long typing without a pause may go on unsaved.
const AT_MOST: Duration = Duration::from_secs(2);

/// Drafts on disk, as far as the console knows.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The question what ended sessions left; asked once.
    pub asked: Option<Request>,
    /// What they left.
    pub offered: Vec<Listed>,
    /// Whether the answer has come, and is still to be told.
    pub untold: bool,
    /// The draft being taken up, or thrown away.
    pub moving: Option<(Request, SavedId)>,
    /// The drafts of this session that have a file.
    pub on_disk: BTreeSet<ResourceKey>,
    /// Why the last save failed; said once.
    pub failure: Option<String>,
}

/// How far the saved form of a draft is behind it.
#[derive(Debug, Default)]
pub struct Saving {
    /// The first and the last change that no save has taken along.
    changes: Option<(Duration, Duration)>,
    /// The revision of the text that was looked at last.
    seen: u64,
    /// The save under way.
    asked: Option<Request>,
    /// Secrets left out of the last save.
    pub withheld: usize,
    /// Whether the last save failed.
    pub failed: bool,
}

impl Saving {
    /// Of a draft whose saved form is without so many secrets.
    pub fn of(revision: u64, withheld: usize) -> Self {
        Self { seen: revision, withheld, ..Self::default() }
    }

    /// Notes that the text is at a revision.
    pub fn note(&mut self, revision: u64, now: Duration) {
        if revision != self.seen {
            self.seen = revision;
            self.touch(now);
        }
    }

    /// Notes a change.
    pub fn touch(&mut self, now: Duration) {
        let first = self.changes.map_or(now, |(first, _)| first);
        self.changes = Some((first, now));
    }

    /// When to save.
    pub fn due(&self) -> Option<Duration> {
        let (first, last) = self.changes.filter(|_| self.asked.is_none())?;
        Some((last + PAUSE).min(first + AT_MOST))
    }

    /// Whether the saved form is behind: something was changed, or could not be saved.
    pub fn is_behind(&self) -> bool {
        self.changes.is_some() || self.failed
    }

    /// Whether the saved form says what the draft says, as far as is known.
    pub fn is_current(&self) -> bool {
        !self.is_behind() && self.asked.is_none()
    }

    /// Begins a save.
    pub fn begin(&mut self, request: Request) {
        self.changes = None;
        self.asked = Some(request);
    }

    /// Nothing is to be saved.
    pub fn rest(&mut self) {
        *self = Self { seen: self.seen, ..Self::default() };
    }

    /// Of a draft that goes on with another base: whatever was saved of it, or is being saved, is not
    /// what it is now.
    pub fn outdated(&self) -> Self {
        Self { seen: u64::MAX, withheld: self.withheld, failed: self.failed, ..Self::default() }
    }

    /// Takes an answer in; says whether it was to the save under way.
    pub fn answered(&mut self, request: Request, result: &Result<usize, String>) -> bool {
        let mine = self.asked.take_if(|asked| *asked == request).is_some();
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
    /// The row the selection is on.
    pub cursor: usize,
    /// When it was opened; keys of the first 300 ms take nothing up.
    pub opened: Duration,
}

/// A row of that page.
#[derive(Clone, Copy)]
pub enum DraftRow<'m> {
    /// A draft of this session.
    Here(&'m Edit),
    /// What an ended session left.
    Left(&'m Listed),
}

/// How the base of a saved draft stands to what is stored now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is what is stored, or nothing was and nothing is.
    AsStored,
    /// Something else is stored.
    StoredNow(Token),
    /// It was deleted.
    Deleted,
    /// The store is another one.
    OtherStore,
    /// It is of another context, and stays there.
    OtherContext,
    /// It may not be read, or nothing has been loaded.
    Unknown,
}

impl Standing {
    /// Of a saved draft, as the picture tells it.
    pub fn of(model: &Model, summary: &Summary) -> Self {
        let inventory: &Inventory = &model.inventory;
        if summary.context != model.context.name {
            return Self::OtherContext;
        }
        if !model.link.had_picture {
            return Self::Unknown;
        }
        if summary.store.as_ref() != inventory.store() {
            return Self::OtherStore;
        }
        match (summary.token, inventory.get(&summary.key).map(|row| row.token())) {
            (_, None) if !inventory.coverage().sees(&summary.key) => Self::Unknown,
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
        let here = self.drafts.values().map(|edit| DraftRow::Here(edit));
        here.chain(self.shelf.offered.iter().map(DraftRow::Left)).collect()
    }

    /// Every draft of this session, the open one too.
    pub fn edits_mut(&mut self) -> impl Iterator<Item = &mut Edit> {
        self.edit.iter_mut().chain(self.drafts.values_mut()).map(|edit| &mut **edit)
    }

    /// When the next draft is to be saved.
    pub(super) fn next_save(&self) -> Option<Duration> {
        self.edit.iter().chain(self.drafts.values()).filter_map(|edit| edit.saving.due()).min()
    }
}

impl Edit {
    /// The token of the base, if there is one.
    pub fn token(&self) -> Option<Token> {
        match &self.base {
            Base::Stored(entry) => Some(entry.token),
            Base::Absent { .. } => None,
        }
    }
}
