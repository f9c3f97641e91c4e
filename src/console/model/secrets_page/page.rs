//! Where one stands in the tab. The selection is a subject, so it stays on its row while others come,
//! go and move around it.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use crate::console::effect::Request;
use crate::console::layout::Pane;
use crate::console::model::{Filter, Input, SecretTarget};
use crate::domain::{FieldName, FieldState, Mount, Presence, SecretPath, SecretVersion};
use crate::inventory::{Delta, Inventory};

use super::index::{Count, Entry};
use super::past::Past;
use super::rows::{Rows, SecretSort};
use super::state::Outlook;
use super::subject::Subject;
use super::walk::{AGAIN, Ended, Listed, Walk};

/// The tab Secrets.
#[derive(Default)]
pub struct SecretsPage {
    /// The rows; nothing is looked at before the tab was in front once.
    pub rows: Option<Rows>,
    /// The selected row.
    pub selected: Option<Subject>,
    /// Its place.
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
    /// How many rows are shown.
    height: usize,
    /// Set while the detail has all the room, so that no row is seen.
    pub covered: bool,
    /// Whether a person has moved the selection; until then it is the first row, whatever comes.
    moved: bool,
    /// The pane that keys go to.
    pub focus: Pane,
    /// The focused pane alone.
    pub zoomed: bool,
    /// The filter line as typed; kept when the tab is left.
    pub filter: Input,
    /// Whether the filter line is being typed, and what it was before.
    pub typing: Option<String>,
    /// What is selected in the detail.
    pub spot: Option<Spot>,
    /// The first line of the detail shown.
    pub scroll: usize,
    /// Versions of the selected secret.
    pub past: Option<Past>,
    /// What listing the mounts has told.
    pub walk: Walk,
    /// What it found so far, until it has ended.
    found: HashSet<SecretPath>,
}

/// Something to select in the detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// A field.
    Field(FieldName),
    /// A version.
    Version(SecretVersion),
    /// A document that depends on it, by its place among them.
    Holder(usize),
}

/// A field of a secret: one that is there, or that a document refers to, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFieldRow {
    /// Its name.
    pub name: FieldName,
    /// What is known of it; `None` is not there, or not known.
    pub state: Option<FieldState>,
    /// How many documents refer to it.
    pub count: Count,
}

/// The most fields that are told of one secret.
const MOST_FIELDS: usize = 500;

impl SecretsPage {
    /// The tab is in front: its rows are looked for from now on.
    pub fn open(&mut self) {
        self.rows.get_or_insert_with(Rows::begin);
    }

    /// Whether there is work left for [`SecretsPage::work`].
    pub fn is_partial(&self) -> bool {
        self.rows.as_ref().is_some_and(Rows::is_partial)
    }

    /// How many secrets are known to lack what a document needs.
    pub fn bad(&self) -> usize {
        self.rows.as_ref().map_or(0, Rows::bad)
    }

    /// What is known of the selected row.
    pub fn entry(&self) -> Option<&Entry> {
        self.rows.as_ref()?.get(self.selected.as_ref()?)
    }

    /// The secrets on the screen from top to bottom, then the selected one where it is none of them.
    pub fn visible_paths(&self) -> Vec<SecretPath> {
        let Some(rows) = &self.rows else { return Vec::new() };
        let selected = self.selected.as_ref().and_then(Subject::path);
        let height = if self.covered { 0 } else { self.height };
        let shown = rows.from(self.offset).take(height).filter_map(|entry| entry.subject.path());
        let mut paths: Vec<_> = shown.cloned().collect();
        if let Some(selected) = selected.filter(|selected| !paths.contains(selected)) {
            paths.push(selected.clone());
        }
        paths
    }

    /// What an act would be about.
    pub fn target(&self) -> Option<SecretTarget> {
        let path = self.selected.as_ref()?.path()?.clone();
        let field = match (&self.spot, self.focus) {
            (Some(Spot::Field(field)), Pane::Detail) => Some(field.clone()),
            _ => None,
        };
        Some(SecretTarget { path, field })
    }

    /// Does a slice of what is left.
    pub fn work(&mut self, inventory: &Inventory, outlook: &dyn Outlook) {
        if let Some(rows) = &mut self.rows {
            rows.work(inventory, outlook);
        }
        self.settle();
    }

    /// Follows what the inventory did.
    pub fn take(&mut self, delta: &Delta) {
        if let Some(rows) = &mut self.rows {
            rows.take(delta);
        }
    }

    /// More is known of these.
    pub fn seen<'p>(&mut self, paths: impl IntoIterator<Item = &'p SecretPath>, outlook: &dyn Outlook) {
        if let Some(rows) = &mut self.rows {
            rows.look_again(paths, outlook);
        }
    }

    /// The mounts are listed from now on.
    pub fn begin_walk(&mut self, request: Request, mounts: Vec<Mount>) {
        self.walk = Walk::begin(request, mounts);
        self.found.clear();
    }

    /// Nobody lists any more; what was found stays.
    pub fn end_walk(&mut self) {
        self.walk.asked = None;
        self.found.clear();
    }

    /// A folder was listed.
    pub fn listed(&mut self, request: Request, listed: Listed, outlook: &dyn Outlook) {
        if self.walk.asked != Some(request) {
            return;
        }
        let found = self.walk.take(listed);
        self.found.extend(found.iter().cloned());
        if let Some(rows) = &mut self.rows {
            rows.found(found, outlook);
        }
        self.settle();
    }

    /// Listing has ended. What an earlier one had found and a whole one has not, is gone.
    pub fn walked(&mut self, request: Request, ended: Ended, outlook: &dyn Outlook, now: Duration) {
        if self.walk.asked != Some(request) {
            return;
        }
        self.walk.asked = None;
        self.walk.again = matches!(ended, Ended::Failed(_)).then_some(now + AGAIN);
        self.walk.ended = Some(ended);
        let found = std::mem::take(&mut self.found);
        if let Some(rows) = self.rows.as_mut().filter(|_| self.walk.is_whole()) {
            rows.keep_stored(|path| found.contains(path), outlook);
        }
        self.settle();
    }

    /// Puts selection and scroll right, in so many rows.
    pub fn resize(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    /// How many rows are shown.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Selects the row at a place for a person.
    pub fn walk_to(&mut self, at: usize) {
        self.moved = true;
        self.select_at(at);
    }

    /// Selects the row at a place, or the nearest there is.
    pub fn select_at(&mut self, at: usize) {
        let Some(rows) = &self.rows else { return };
        self.cursor = at.min(rows.len().saturating_sub(1));
        let selected = rows.at(self.cursor).map(|entry| entry.subject.clone());
        if selected != self.selected {
            self.selected = selected;
            self.spot = None;
            self.scroll = 0;
        }
        self.scroll_into();
    }

    /// Puts selection and scroll right after the list changed in any way. The selected row keeps its
    /// line on the screen; one that is gone leaves the selection in its place.
    pub fn settle(&mut self) {
        let Some(rows) = &self.rows else { return };
        let stays = self.moved || self.focus == Pane::Detail;
        match self.selected.as_ref().filter(|_| stays).and_then(|subject| rows.position(subject)) {
            Some(at) => {
                self.offset = (self.offset + at).saturating_sub(self.cursor);
                self.cursor = at;
                self.scroll_into();
            }
            None if stays => self.select_at(self.cursor),
            None => self.select_at(0),
        }
    }

    fn scroll_into(&mut self) {
        let (height, len) = (self.height.max(1), self.rows.as_ref().map_or(0, Rows::len));
        self.offset = self
            .offset
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height))
            .min(len.saturating_sub(height.min(len)));
    }

    /// Narrows the list to what the filter line says.
    pub fn apply_filter(&mut self) {
        let filter = Filter::words(self.filter.text());
        if let Some(rows) = &mut self.rows {
            rows.set_filter(filter);
        }
        self.settle();
    }

    /// Takes the next order.
    pub fn next_sort(&mut self, outlook: &dyn Outlook) {
        if let Some(rows) = &mut self.rows {
            let next: SecretSort = rows.sort().next();
            rows.set_sort(next, outlook);
        }
        self.settle();
    }

    /// Lets the versions follow the selection.
    pub fn follow_past(&mut self, is_visible: bool, now: Duration) {
        let path = self.selected.as_ref().filter(|subject| is_visible && subject.is_kept());
        let path = path.and_then(Subject::path);
        if self.past.as_ref().map(|past| &past.path) != path {
            self.past = path.map(|path| Past::begin(path.clone(), now));
        }
    }

    /// The fields of the selected secret, by name.
    pub fn fields(&self, presence: Option<&Presence>) -> Vec<SecretFieldRow> {
        let mut rows: BTreeMap<FieldName, SecretFieldRow> = BTreeMap::new();
        let row =
            |name: &FieldName| SecretFieldRow { name: name.clone(), state: None, count: Count::default() };
        for (name, count) in self.entry().into_iter().flat_map(|entry| &entry.fields) {
            rows.entry(name.clone()).or_insert_with(|| row(name)).count = *count;
        }
        if let Some(Presence::Present(contents)) = presence {
            for (name, state) in &contents.fields {
                rows.entry(name.clone()).or_insert_with(|| row(name)).state = Some(*state);
            }
        }
        rows.into_values().take(MOST_FIELDS).collect()
    }

    /// What can be selected in the detail, as places: fields, then versions, then documents.
    pub fn spot_at(&self, presence: Option<&Presence>, at: usize) -> Option<Spot> {
        let fields = self.fields(presence);
        if let Some(field) = fields.get(at) {
            return Some(Spot::Field(field.name.clone()));
        }
        let at = at - fields.len();
        let versions = self.versions();
        if let Some(version) = versions.get(at) {
            return Some(Spot::Version(*version));
        }
        let at = at - versions.len();
        (at < self.entry().map_or(0, |entry| entry.holders.len())).then_some(Spot::Holder(at))
    }

    /// The place of what is selected in the detail, and how many places there are.
    pub fn spot_place(&self, presence: Option<&Presence>) -> (Option<usize>, usize) {
        let (fields, versions) = (self.fields(presence), self.versions());
        let holders = self.entry().map_or(0, |entry| entry.holders.len());
        let at = self.spot.as_ref().and_then(|spot| match spot {
            Spot::Field(name) => fields.iter().position(|field| field.name == *name),
            Spot::Version(version) => {
                versions.iter().position(|other| other == version).map(|at| fields.len() + at)
            }
            Spot::Holder(at) => (*at < holders).then_some(fields.len() + versions.len() + at),
        });
        (at, fields.len() + versions.len() + holders)
    }

    fn versions(&self) -> Vec<SecretVersion> {
        match self.past.as_ref().and_then(|past| past.told.as_ref()) {
            Some(Ok(Some(versions))) => versions.list.iter().map(|info| info.version).collect(),
            _ => Vec::new(),
        }
    }
}
