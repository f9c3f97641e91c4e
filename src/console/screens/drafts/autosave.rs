//! When a draft is saved: after a pause in typing, and at the latest after a while.

use std::time::Duration;

use crate::console::drafts::DraftSave;
use crate::console::request::{Pending, RequestId};

/// The pause in typing after which a draft is saved.
const PAUSE: Duration = Duration::from_millis(300);

/// The longest time that continuous typing stays unsaved.
const AT_MOST: Duration = Duration::from_secs(2);

/// How long the state folder may take to answer before it is said that it does not.
pub(crate) const SILENT_AFTER: Duration = Duration::from_secs(2);

/// How far the saved draft is behind the one in memory.
#[derive(Debug, Default)]
pub struct AutosaveState {
    /// The first and the last change not yet saved.
    changes: Option<(Duration, Duration)>,
    /// The last buffer revision that was noted.
    seen_revision: u64,
    /// The save under way, and since when.
    saving: Pending<Duration>,
    /// The number of secrets left out of the last save.
    pub withheld: usize,
    pub failed: bool,
    /// Whether its file made room for newer drafts; it is saved again once it is typed in.
    displaced: bool,
}

impl AutosaveState {
    /// For a resumed draft whose saved form lacks `withheld` secrets.
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

    /// Whether a save would help: there are changes, or the last save failed.
    pub fn is_behind(&self) -> bool {
        self.changes.is_some() || self.failed && !self.displaced
    }

    /// Whether the saved draft is current, as far as is known.
    pub fn is_current(&self) -> bool {
        self.changes.is_none() && !self.failed && !self.saving.is_pending()
    }

    /// Its file made room for newer drafts.
    pub fn displace(&mut self) {
        (self.failed, self.displaced) = (true, true);
    }

    pub fn begin(&mut self, request: RequestId, now: Duration) {
        self.changes = None;
        self.saving.begin(request, now);
    }

    /// When a save that is under way has taken so long that the disk does not answer.
    pub fn overdue_at(&self) -> Option<Duration> {
        self.saving.get().filter(|_| !self.failed).map(|since| *since + SILENT_AFTER)
    }

    /// Marks that there is nothing to save.
    pub fn reset(&mut self) {
        *self = Self { seen_revision: self.seen_revision, ..Self::default() };
    }

    /// For a draft with a new base: any completed or pending save of it is outdated.
    pub fn outdated(&self) -> Self {
        Self { seen_revision: u64::MAX, withheld: self.withheld, failed: self.failed, ..Self::default() }
    }

    /// Takes a result; returns whether it was for the pending save.
    pub fn accept(&mut self, request: RequestId, result: &Result<DraftSave, String>) -> bool {
        let mine = self.saving.accept(request).is_some();
        if mine {
            (self.failed, self.displaced) = (result.is_err(), false);
            self.withheld = result.as_ref().map_or(self.withheld, |saved| saved.withheld);
        }
        mine
    }
}
