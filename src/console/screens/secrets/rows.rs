//! The rows of the Secrets tab in the order shown, and their counts.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::index::{IndexDelta, SecretEntry, SecretIndex, SecretPart, SecretSubject, by_path};
use super::secret_state::{SecretState, SecretsView};
use crate::console::screens::browse::Filter;
use crate::console::widgets::ListSource;
use crate::console::widgets::filtered_rows::{self, FilteredRows};
use crate::domain::SecretPath;
use crate::inventory::{Inventory, Slot};

#[derive(Default)]
pub struct SecretRows {
    pub(super) index: SecretIndex,
    order: Vec<u32>,
    /// Whether rows are ordered by state, worst first, using the states known when this order was chosen.
    /// Otherwise they are ordered by path, with variables last.
    pub(crate) by_state: bool,
    /// The state of each row when the order by state was chosen: rows stay in place while states change.
    ranks: HashMap<u32, SecretState>,
    filter: Filter,
    /// `None` without a filter.
    pub(crate) shown: Option<FilteredRows<u32>>,
    /// Rows known to lack something that a document needs.
    pub(crate) broken: HashSet<u32>,
    /// Rows without references.
    pub(crate) unreferenced: HashSet<u32>,
}

impl SecretRows {
    /// Whether documents are still being scanned, so that counts are not final.
    pub fn is_partial(&self) -> bool {
        self.index.is_partial() || self.shown.as_ref().is_some_and(FilteredRows::is_partial)
    }

    /// The number of secrets, regardless of the filter.
    pub fn total(&self) -> usize {
        self.order.len()
    }

    pub fn from(&self, first: usize) -> impl Iterator<Item = &SecretEntry> {
        self.listed().iter().skip(first).filter_map(|number| self.index.entry(*number))
    }

    /// Finds a secret, regardless of the filter.
    pub fn get(&self, subject: &SecretSubject) -> Option<&SecretEntry> {
        self.index.entry(self.index.number(subject)?)
    }

    /// How a document depends on a secret, and whether it has a default.
    pub fn parts(&self, subject: &SecretSubject, slot: Slot) -> impl Iterator<Item = (&SecretPart, bool)> {
        let number = self.index.number(subject);
        number.into_iter().flat_map(move |number| self.index.parts(number, slot))
    }

    /// Scans one more slice of documents, and filters one slice of rows.
    pub fn work(&mut self, inventory: &Inventory, view: SecretsView<'_>) {
        if self.index.is_partial() {
            let changed = self.index.work(inventory, view.lookup);
            self.apply_index_delta(&changed, view);
        }
        self.filter_slice();
    }

    /// Records that the store has these secrets.
    pub fn add_stored(&mut self, paths: Vec<SecretPath>, view: SecretsView<'_>) {
        let changed = self.index.add_stored(paths);
        self.apply_index_delta(&changed, view);
    }

    /// Removes the stored secrets that a new listing did not find.
    pub fn retain_stored(&mut self, still: impl Fn(&SecretPath) -> bool, view: SecretsView<'_>) {
        let changed = self.index.retain_stored(still);
        self.apply_index_delta(&changed, view);
    }

    /// Updates the state of secrets whose presence changed.
    pub fn refresh_states(&mut self, paths: impl Iterator<Item = SecretPath>, view: SecretsView<'_>) {
        for path in paths {
            if let Some(number) = self.index.number(&SecretSubject::Path(path)) {
                self.classify(number, view);
            }
        }
    }

    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        let all = self.filter.is_empty();
        self.shown = (!all).then(|| FilteredRows::new(self.order.iter().copied()));
        self.filter_slice();
    }

    /// Switches between the order by the currently known states and the order by path.
    pub fn toggle_sort(&mut self, view: SecretsView<'_>) {
        self.by_state = !self.by_state;
        self.ranks.clear();
        if self.by_state {
            self.ranks = self.order.iter().filter_map(|number| self.rank(*number, view)).collect();
        }
        let mut order = std::mem::take(&mut self.order);
        order.sort_unstable_by(|a, b| self.order(*a, *b));
        self.order = order;
        let filter = std::mem::take(&mut self.filter);
        self.set_filter(filter);
    }

    fn listed(&self) -> &[u32] {
        self.shown.as_ref().map_or(&self.order, FilteredRows::shown)
    }

    fn apply_index_delta(&mut self, changed: &IndexDelta, view: SecretsView<'_>) {
        let IndexDelta { fresh, gone, touched } = changed;
        let removed: Vec<u32> = gone.iter().copied().collect();
        filtered_rows::remove(&mut self.order, &removed);
        if let Some(shown) = &mut self.shown {
            shown.remove(&removed);
        }
        for number in gone {
            self.broken.remove(number);
            self.unreferenced.remove(number);
            self.ranks.remove(number);
        }
        for number in fresh.iter().chain(touched) {
            self.classify(*number, view);
        }
        if self.by_state {
            let ranks: Vec<_> = fresh.iter().filter_map(|number| self.rank(*number, view)).collect();
            self.ranks.extend(ranks);
        }
        let mut order = std::mem::take(&mut self.order);
        filtered_rows::merge(&mut order, fresh.clone(), |a, b| self.order(a, b));
        self.order = order;
        if let Some(mut shown) = self.shown.take() {
            let fresh = fresh.iter().copied().filter(|number| self.passes(*number)).collect();
            shown.insert(fresh, |a, b| self.order(a, b));
            self.shown = Some(shown);
        }
    }

    /// The state of a row, regardless of how many fields it lacks.
    fn rank(&self, number: u32, view: SecretsView<'_>) -> Option<(u32, SecretState)> {
        let rank = match SecretState::of(self.index.entry(number)?, view) {
            SecretState::FieldMissing(_) => SecretState::FieldMissing(0),
            state => state,
        };
        Some((number, rank))
    }

    fn classify(&mut self, number: u32, view: SecretsView<'_>) {
        let Some(entry) = self.index.entry(number) else { return };
        let put =
            |set: &mut HashSet<u32>, holds| if holds { set.insert(number) } else { set.remove(&number) };
        put(&mut self.broken, SecretState::of(entry, SecretsView { aged: true, ..view }).is_bad());
        put(&mut self.unreferenced, entry.dependents.is_empty());
    }

    fn passes(&self, number: u32) -> bool {
        self.index.entry(number).is_some_and(|entry| self.filter.accepts_text(&entry.text))
    }

    fn filter_slice(&mut self) {
        if let Some(mut shown) = self.shown.take() {
            shown.work(|number| self.passes(number), |a, b| self.order(a, b));
            self.shown = Some(shown);
        }
    }

    fn order(&self, a: u32, b: u32) -> Ordering {
        let (Some(one), Some(other)) = (self.index.entry(a), self.index.entry(b)) else { return a.cmp(&b) };
        let rank = |number| self.ranks.get(&number);
        rank(a).cmp(&rank(b)).then_with(|| by_path((&one.subject, &one.text), (&other.subject, &other.text)))
    }
}

impl ListSource for SecretRows {
    type Id = SecretSubject;

    fn len(&self) -> usize {
        self.listed().len()
    }

    fn id_at(&self, at: usize) -> Option<SecretSubject> {
        Some(self.index.entry(*self.listed().get(at)?)?.subject.clone())
    }

    fn position(&self, subject: &SecretSubject) -> Option<usize> {
        let number = self.index.number(subject)?;
        self.listed().binary_search_by(|other| self.order(*other, number)).ok()
    }
}
