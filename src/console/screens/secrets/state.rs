//! State of the tab Secrets. The selection is a secret, so it stays on its row while others come,
//! go and move around it.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::index::{SecretCount, SecretEntry};
use super::listing::{AGAIN, FolderPage, ListingEnd, ListingProgress};
use super::rows::{SecretRows, SecretSort};
use super::secrets_view::SecretsView;
use super::subject::SecretSubject;
use super::version_history::VersionHistory;
use crate::console::request::RequestId;
use crate::console::screens::browse::Filter;
use crate::console::screens::secrets::actions::SecretTarget;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{ListState, Movement};
use crate::domain::{FieldName, FieldState, Mount, Presence, SecretPath, SecretVersion};
use crate::inventory::{Delta, Inventory};

#[derive(Default)]
pub struct SecretsPage {
    /// `None` until the tab is opened for the first time.
    pub rows: Option<SecretRows>,
    pub list: ListState<SecretSubject>,
    /// Set while the detail fills the screen, so that no row is visible.
    pub covered: bool,
    /// Whether the user moved the selection; until then it is the first row.
    moved_by_user: bool,
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether the focused pane fills the screen.
    pub zoomed: bool,
    /// The selection in the detail.
    pub detail_selection: Option<Selection>,
    pub scroll: usize,
    /// Versions of the selected secret.
    pub version_history: Option<VersionHistory>,
    /// The listing of the mounts.
    pub listing: ListingProgress,
    /// The secrets it found so far.
    listed_paths: HashSet<SecretPath>,
}

/// Something selectable in the detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    Field(FieldName),
    Version(SecretVersion),
    /// The index of a dependent document.
    Holder(usize),
}

/// A field of a secret that exists, or that a document refers to, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFieldRow {
    pub name: FieldName,
    /// `None` if it does not exist, or is not known.
    pub state: Option<FieldState>,
    /// The number of references to it.
    pub count: SecretCount,
}

/// The most fields shown of a secret.
pub const MAX_FIELDS: usize = 500;

/// The most versions shown of a secret.
pub const MAX_VERSIONS: usize = 100;

impl SecretsPage {
    /// The tab is opened: its rows are collected from now on.
    pub fn open(&mut self) {
        self.rows.get_or_insert_with(SecretRows::begin);
    }

    /// Whether there is work left for [`SecretsPage::work`].
    pub fn is_partial(&self) -> bool {
        self.rows.as_ref().is_some_and(SecretRows::is_partial)
    }

    /// The number of secrets that are known to lack what a document needs.
    pub fn broken(&self) -> usize {
        self.rows.as_ref().map_or(0, SecretRows::broken)
    }

    pub fn entry(&self) -> Option<&SecretEntry> {
        self.rows.as_ref()?.get(self.list.selected.as_ref()?)
    }

    /// The secrets on the screen from top to bottom, then the selected one if it is not among them.
    pub fn visible_paths(&self) -> Vec<SecretPath> {
        let Some(rows) = &self.rows else { return Vec::new() };
        let selected = self.list.selected.as_ref().and_then(SecretSubject::path);
        let height = if self.covered { 0 } else { self.list.height };
        let shown = rows.from(self.list.offset).take(height).filter_map(|entry| entry.subject.path());
        let mut paths: Vec<_> = shown.cloned().collect();
        if let Some(selected) = selected.filter(|selected| !paths.contains(selected)) {
            paths.push(selected.clone());
        }
        paths
    }

    /// The target of actions.
    pub fn target(&self) -> Option<SecretTarget> {
        let path = self.list.selected.as_ref()?.path()?.clone();
        let field = match (&self.detail_selection, self.focus) {
            (Some(Selection::Field(field)), Pane::Detail) => Some(field.clone()),
            _ => None,
        };
        Some(SecretTarget { path, field })
    }

    /// Does one slice of the work.
    pub fn work(&mut self, inventory: &Inventory, view: SecretsView<'_>) {
        if let Some(rows) = &mut self.rows {
            rows.work(inventory, view);
        }
        self.restore_selection();
    }

    pub fn apply_delta(&mut self, delta: &Delta) {
        if let Some(rows) = &mut self.rows {
            rows.apply_delta(delta);
        }
    }

    /// The presence of these changed.
    pub fn presence_changed<'p>(
        &mut self,
        paths: impl IntoIterator<Item = &'p SecretPath>,
        view: SecretsView<'_>,
    ) {
        if let Some(rows) = &mut self.rows {
            rows.refresh_states(paths, view);
        }
    }

    /// A listing of the mounts begins.
    pub fn begin_listing(&mut self, request: RequestId, mounts: Vec<Mount>) {
        self.listing = ListingProgress::begin(request, mounts);
        self.listed_paths.clear();
    }

    /// The listing is stopped; what it found stays.
    pub fn stop_listing(&mut self) {
        self.listing.asked = None;
        self.listed_paths.clear();
    }

    /// Adds the listing of a folder.
    pub fn folder_listed(&mut self, request: RequestId, listed: FolderPage, view: SecretsView<'_>) {
        if self.listing.asked != Some(request) {
            return;
        }
        let found = self.listing.record_folder(listed);
        self.listed_paths.extend(found.iter().cloned());
        if let Some(rows) = &mut self.rows {
            rows.add_stored(found, view);
        }
        self.restore_selection();
    }

    /// The listing ended. Secrets that a complete one did not find are removed.
    pub fn listing_ended(
        &mut self,
        request: RequestId,
        ended: ListingEnd,
        view: SecretsView<'_>,
        now: Duration,
    ) {
        if self.listing.asked != Some(request) {
            return;
        }
        self.listing.asked = None;
        self.listing.retry_at = matches!(ended, ListingEnd::Failed(_)).then_some(now + AGAIN);
        self.listing.ended = Some(ended);
        let found = std::mem::take(&mut self.listed_paths);
        if let Some(rows) = self.rows.as_mut().filter(|_| self.listing.is_complete()) {
            rows.retain_stored(|path| found.contains(path), view);
        }
        self.restore_selection();
    }

    /// Sets the number of visible rows.
    pub fn resize(&mut self, height: usize) {
        self.list.height = height;
        self.restore_selection();
    }

    /// Selects a row by a key or the mouse.
    pub fn select_by_user(&mut self, at: usize) {
        self.moved_by_user = true;
        self.select(|list, rows| list.select_at(rows, at));
    }

    pub(crate) fn step(&mut self, step: Movement) {
        self.moved_by_user = true;
        self.select(|list, rows| list.step(rows, step));
    }

    /// Restores selection and scroll after the list changed.
    pub fn restore_selection(&mut self) {
        let stays = self.moved_by_user || self.focus == Pane::Detail;
        self.select(|list, rows| match stays {
            true => {
                list.restore(rows);
            }
            false => list.select_at(rows, 0),
        });
    }

    fn select(&mut self, change: impl FnOnce(&mut ListState<SecretSubject>, &SecretRows)) {
        let Some(rows) = &self.rows else { return };
        let before = self.list.selected.clone();
        change(&mut self.list, rows);
        if self.list.selected != before {
            self.detail_selection = None;
            self.scroll = 0;
        }
    }

    pub fn apply_filter(&mut self) {
        let filter = Filter::words(self.list.filter.text());
        if let Some(rows) = &mut self.rows {
            rows.set_filter(filter);
        }
        self.restore_selection();
    }

    pub fn next_sort(&mut self, view: SecretsView<'_>) {
        if let Some(rows) = &mut self.rows {
            let next: SecretSort = rows.sort().next();
            rows.set_sort(next, view);
        }
        self.restore_selection();
    }

    /// Lets the version history follow the selection.
    pub fn follow_selection(&mut self, is_visible: bool, now: Duration) {
        let path = self.list.selected.as_ref().filter(|subject| is_visible && subject.is_kv());
        let path = path.and_then(SecretSubject::path);
        if self.version_history.as_ref().map(|past| &past.path) != path {
            self.version_history = path.map(|path| VersionHistory::begin(path.clone(), now));
        }
    }

    pub fn fields(&self, presence: Option<&Presence>) -> Vec<SecretFieldRow> {
        let mut rows: BTreeMap<FieldName, SecretFieldRow> = BTreeMap::new();
        let row = |name: &FieldName| SecretFieldRow {
            name: name.clone(),
            state: None,
            count: SecretCount::default(),
        };
        for (name, count) in self.entry().into_iter().flat_map(|entry| &entry.fields) {
            rows.entry(name.clone()).or_insert_with(|| row(name)).count = *count;
        }
        if let Some(Presence::Present(contents)) = presence {
            for (name, state) in &contents.fields {
                rows.entry(name.clone()).or_insert_with(|| row(name)).state = Some(*state);
            }
        }
        rows.into_values().take(MAX_FIELDS).collect()
    }

    /// The selectable item at an index of the detail: fields, then versions, then documents.
    pub fn selection_at(&self, presence: Option<&Presence>, at: usize) -> Option<Selection> {
        let fields = self.fields(presence);
        if let Some(field) = fields.get(at) {
            return Some(Selection::Field(field.name.clone()));
        }
        let at = at - fields.len();
        let versions = self.versions();
        if let Some(version) = versions.get(at) {
            return Some(Selection::Version(*version));
        }
        let at = at - versions.len();
        (at < self.entry().map_or(0, |entry| entry.dependents.len())).then_some(Selection::Holder(at))
    }

    /// The index of the selection in the detail, and the number of selectable items.
    pub fn selection_position(&self, presence: Option<&Presence>) -> (Option<usize>, usize) {
        let (fields, versions) = (self.fields(presence), self.versions());
        let holders = self.entry().map_or(0, |entry| entry.dependents.len());
        let at = self.detail_selection.as_ref().and_then(|spot| match spot {
            Selection::Field(name) => fields.iter().position(|field| field.name == *name),
            Selection::Version(version) => {
                versions.iter().position(|other| other == version).map(|at| fields.len() + at)
            }
            Selection::Holder(at) => (*at < holders).then_some(fields.len() + versions.len() + at),
        });
        (at, fields.len() + versions.len() + holders)
    }

    fn versions(&self) -> Vec<SecretVersion> {
        match self.version_history.as_ref().and_then(|past| past.answer.as_ref()) {
            Some(Ok(Some(versions))) => {
                versions.list.iter().take(MAX_VERSIONS).map(|info| info.version).collect()
            }
            _ => Vec::new(),
        }
    }
}
