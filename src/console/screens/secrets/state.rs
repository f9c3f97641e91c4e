//! State of the Secrets tab. The selection is a secret, so it stays on its row while other rows appear,
//! disappear and move around it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::index::{SecretCount, SecretEntry, SecretSubject};
use super::listing::{AGAIN, FolderPage, ListingEnd, ListingProgress};
use super::rows::SecretRows;
use super::secret_state::SecretsView;
use crate::console::request::{Pending, RequestId};
use crate::console::screens::browse::Filter;
use crate::console::screens::secrets::actions::SecretTarget;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{ListState, Movement};
use crate::domain::{FieldName, FieldState, Mount, Presence, SecretMetadata, SecretPath, SecretVersion};
use crate::inventory::{Delta, Inventory};
use crate::provider::Error;

#[derive(Default)]
pub struct SecretsPage {
    /// Whether the tab was ever opened, so that rows are collected.
    pub opened: bool,
    pub rows: SecretRows,
    pub list: ListState<SecretSubject>,
    /// Set while the detail fills the screen, so that no row is visible.
    pub covered: bool,
    /// Whether the user moved the selection; until then the first row is selected.
    moved_by_user: bool,
    pub focus: Pane,
    /// Whether the focused pane fills the screen.
    pub zoomed: bool,
    pub detail_selection: Option<Selection>,
    pub scroll: usize,
    /// Versions of the selected secret.
    pub version_history: Option<VersionHistory>,
    /// The listing of the mounts.
    pub listing: ListingProgress,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretFieldRow {
    /// `None` if it does not exist, or is not known.
    pub state: Option<FieldState>,
    /// The number of references to it.
    pub count: SecretCount,
}

/// The most fields shown for a secret.
pub const MAX_FIELDS: usize = 500;

/// The most versions shown for a secret.
pub const MAX_VERSIONS: usize = 100;

impl SecretsPage {
    /// Opens the tab: its rows are collected from now on.
    pub fn open(&mut self) {
        if !std::mem::replace(&mut self.opened, true) {
            self.rows.index.begin();
        }
    }

    pub fn entry(&self) -> Option<&SecretEntry> {
        self.rows.get(self.list.selected.as_ref()?)
    }

    /// The secrets on the screen from top to bottom, then the selected one if it is not among them.
    pub fn visible_paths(&self) -> Vec<SecretPath> {
        let selected = self.list.selected.as_ref().and_then(SecretSubject::path);
        let height = if self.covered { 0 } else { self.list.height };
        let shown = self.rows.from(self.list.offset).take(height).filter_map(|entry| entry.subject.path());
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
        self.rows.work(inventory, view);
        self.restore_selection();
    }

    pub fn apply_delta(&mut self, delta: &Delta) {
        if self.opened {
            self.rows.index.apply_delta(delta);
        }
    }

    pub fn begin_listing(&mut self, request: RequestId, mounts: Vec<Mount>) {
        self.listing = ListingProgress { asked: Some(request), mounts, ..ListingProgress::default() };
    }

    pub fn folder_listed(&mut self, request: RequestId, listed: FolderPage, view: SecretsView<'_>) {
        if self.listing.asked != Some(request) {
            return;
        }
        let found = self.listing.record_folder(listed);
        self.rows.add_stored(found, view);
        self.restore_selection();
    }

    /// Ends the listing. Secrets that a complete listing did not find are removed.
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
        let found = std::mem::take(&mut self.listing.found);
        if self.listing.is_complete() {
            self.rows.retain_stored(|path| found.contains(path), view);
        }
        self.restore_selection();
    }

    /// Sets the number of visible rows.
    pub fn resize(&mut self, height: usize) {
        self.list.height = height;
        self.restore_selection();
    }

    /// Selects another row.
    pub(crate) fn step(&mut self, step: Movement) {
        self.moved_by_user = true;
        self.select(|list, rows| list.step(rows, step));
    }

    /// Restores selection and scroll after the list changed.
    pub fn restore_selection(&mut self) {
        self.restore_by(|list, rows| _ = list.restore(rows));
    }

    /// Restores them, or selects the first row if nobody has selected another.
    fn restore_by(&mut self, restore: impl FnOnce(&mut ListState<SecretSubject>, &SecretRows)) {
        let stays = self.moved_by_user || self.focus == Pane::Detail;
        self.select(|list, rows| if stays { restore(list, rows) } else { list.select_at(rows, 0) });
    }

    fn select(&mut self, change: impl FnOnce(&mut ListState<SecretSubject>, &SecretRows)) {
        let before = self.list.selected.clone();
        change(&mut self.list, &self.rows);
        if self.list.selected != before {
            self.detail_selection = None;
            self.scroll = 0;
        }
    }

    pub fn apply_filter(&mut self) {
        self.rows.set_filter(Filter::words(self.list.filter.text()));
        self.restore_by(|list, rows| _ = list.restore_filtered(rows));
    }

    pub fn next_sort(&mut self, view: SecretsView<'_>) {
        self.rows.toggle_sort(view);
        self.restore_selection();
    }

    /// Makes the version history follow the selection.
    pub fn follow_selection(&mut self, is_visible: bool, now: Duration) {
        let path = self.list.selected.as_ref().and_then(SecretSubject::path);
        let path = path.filter(|path| is_visible && matches!(path, SecretPath::Kv { .. }));
        if self.version_history.as_ref().map(|past| &past.path) != path {
            self.version_history = path.map(|path| VersionHistory::begin(path.clone(), now));
        }
    }

    pub fn fields(&self, presence: Option<&Presence>) -> Vec<(FieldName, SecretFieldRow)> {
        let mut rows: BTreeMap<FieldName, SecretFieldRow> = BTreeMap::new();
        for (name, count) in self.entry().into_iter().flat_map(|entry| &entry.fields) {
            rows.entry(name.clone()).or_default().count = *count;
        }
        if let Some(Presence::Present(contents)) = presence {
            for (name, state) in &contents.fields {
                rows.entry(name.clone()).or_default().state = Some(*state);
            }
        }
        rows.into_iter().take(MAX_FIELDS).collect()
    }

    /// What can be selected in the detail, in order.
    pub fn selectable(
        &self,
        inventory: &Inventory,
        presence: Option<&Presence>,
    ) -> impl Iterator<Item = Selection> + use<> {
        let fields = self.fields(presence).into_iter().map(|(name, _)| Selection::Field(name));
        let versions = self.versions().map_or(&[][..], |versions| &versions.list);
        let versions: Vec<_> = versions.iter().map(|info| Selection::Version(info.version)).collect();
        let (dependents, behind) = self.entry().map_or((0, 0), |entry| entry.count(inventory));
        fields
            .chain(versions.into_iter().take(MAX_VERSIONS))
            .chain((0..dependents + behind).map(Selection::Holder))
    }

    /// The versions of the selected secret, if they are known.
    pub fn versions(&self) -> Option<&SecretMetadata> {
        self.version_history.as_ref()?.answer.as_ref()?.as_ref().ok()?.as_ref()
    }
}

/// How long a row must stay selected before its versions are requested, so that moving past it costs nothing.
const VERSIONS_REST: Duration = Duration::from_millis(150);

/// How long an answer is considered current.
const VERSIONS_AGAIN: Duration = Duration::from_secs(10);

/// The versions of the selected secret.
#[derive(Debug)]
pub struct VersionHistory {
    pub path: SecretPath,
    pub answer: Option<Result<Option<SecretMetadata>, String>>,
    pub asked: Pending<()>,
    /// `None` if its store keeps no versions.
    due: Option<Duration>,
}

impl VersionHistory {
    pub(crate) fn begin(path: SecretPath, now: Duration) -> Self {
        Self { path, answer: None, asked: Pending::default(), due: Some(now + VERSIONS_REST) }
    }

    /// When to request it; `None` while a request is pending.
    pub fn due(&self) -> Option<Duration> {
        self.due.filter(|_| !self.asked.is_pending())
    }

    /// Requests it again at once.
    pub fn ask_now(&mut self, now: Duration) {
        self.asked.cancel();
        self.due = Some(now);
    }

    /// Takes an answer; returns whether it was for the last request.
    pub fn accept(
        &mut self,
        request: RequestId,
        told: Result<Option<SecretMetadata>, Error>,
        now: Duration,
    ) -> bool {
        if self.asked.accept(request).is_none() {
            return false;
        }
        // An engine that keeps no versions will not keep any in ten seconds either.
        self.due = (!matches!(told, Err(Error::Unsupported { .. }))).then_some(now + VERSIONS_AGAIN);
        self.answer = Some(told.map_err(|error| error.to_string()));
        true
    }
}
