//! Drafts on disk: autosaved ones of this session, and those of earlier sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::console::drafts::{DraftEntry, DraftId};
use crate::console::request::{Pending, RequestId};
use crate::console::screens::editor::Draft;
use crate::console::widgets::{ListSource, ListState};
use crate::domain::ResourceKey;

#[derive(Debug, Default)]
pub struct SavedDrafts {
    /// The request for the drafts of earlier sessions; sent only once.
    pub asked: Option<RequestId>,
    /// Until when they should be listed.
    pub listed_by: Option<Duration>,
    /// Whether the state folder does not answer.
    pub silent: bool,
    /// The drafts of earlier sessions.
    pub offered: Vec<DraftEntry>,
    /// Whether they were listed but the user has not been notified yet.
    pub unannounced: bool,
    /// The draft that is being resumed or discarded.
    pub pending: Pending<DraftId>,
    /// The drafts of this session that have a file.
    pub on_disk: BTreeSet<ResourceKey>,
    /// Why the last save failed; shown once.
    pub failure: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftsPage {
    pub list: ListState<DraftRowId>,
    /// When it was opened; keys in the first 300 ms resume nothing.
    pub opened: Duration,
}

/// The identity of a row, stable while other rows appear and disappear.
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
