//! The rows of the tab Secrets in the order shown, and their counts.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::index::{IndexDelta, SecretEntry, SecretIndex, SecretPart};
use super::secret_state::SecretState;
use super::secrets_view::SecretsView;
use super::subject::{SecretSubject, by_path};
use crate::console::screens::browse::Filter;
use crate::console::screens::secrets::sorted_ids;
use crate::domain::SecretPath;
use crate::inventory::{Delta, Inventory, Slot};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretSort {
    /// By path; variables come last.
    #[default]
    Path,
    /// The worst state first, as it was known when the order was chosen.
    State,
}

impl SecretSort {
    pub fn next(self) -> Self {
        match self {
            Self::Path => Self::State,
            Self::State => Self::Path,
        }
    }
}

/// The rows filtered in one slice.
const SLICE: usize = 20_000;

#[derive(Default)]
pub struct SecretRows {
    index: SecretIndex,
    order: Vec<u32>,
    sort: SecretSort,
    /// The state of each row when the order by state was chosen, so that rows stay in place while
    /// states change.
    ranks: HashMap<u32, SecretState>,
    filter: Filter,
    /// `None` without a filter.
    shown: Option<Vec<u32>>,
    /// Rows not yet filtered, last first.
    pending: Vec<u32>,
    /// Those known to lack what a document needs.
    broken: HashSet<u32>,
    /// Those without references.
    unreferenced: HashSet<u32>,
}

impl SecretRows {
    pub fn begin() -> Self {
        Self { index: SecretIndex::begin(), ..Self::default() }
    }

    /// Whether documents are still being scanned, so that counts are not final.
    pub fn is_partial(&self) -> bool {
        self.index.is_partial() || !self.pending.is_empty()
    }

    pub fn len(&self) -> usize {
        self.listed().len()
    }

    pub fn is_empty(&self) -> bool {
        self.listed().is_empty()
    }

    /// The number of secrets, regardless of the filter.
    pub fn total(&self) -> usize {
        self.order.len()
    }

    /// The number of secrets known to lack what a document needs.
    pub fn broken(&self) -> usize {
        self.broken.len()
    }

    /// The number of secrets without references.
    pub fn unreferenced(&self) -> usize {
        self.unreferenced.len()
    }

    pub fn sort(&self) -> SecretSort {
        self.sort
    }

    pub fn is_filtered(&self) -> bool {
        self.shown.is_some()
    }

    pub fn at(&self, at: usize) -> Option<&SecretEntry> {
        self.listed().get(at).and_then(|number| self.index.entry(*number))
    }

    pub fn from(&self, first: usize) -> impl Iterator<Item = &SecretEntry> {
        self.listed().iter().skip(first).filter_map(|number| self.index.entry(*number))
    }

    /// Finds a secret, regardless of the filter.
    pub fn get(&self, subject: &SecretSubject) -> Option<&SecretEntry> {
        self.index.entry(self.index.number(subject)?)
    }

    pub fn position(&self, subject: &SecretSubject) -> Option<usize> {
        let number = self.index.number(subject)?;
        self.listed().binary_search_by(|other| self.order(*other, number)).ok()
    }

    /// What a document depends on in a secret, and whether it has a default.
    pub fn parts(&self, subject: &SecretSubject, slot: Slot) -> impl Iterator<Item = (&SecretPart, bool)> {
        let number = self.index.number(subject);
        number.into_iter().flat_map(move |number| self.index.parts(number, slot))
    }

    pub fn apply_delta(&mut self, delta: &Delta) {
        self.index.apply_delta(delta);
    }

    /// Scans one more slice of documents, and filters one of rows.
    pub fn work(&mut self, inventory: &Inventory, view: SecretsView<'_>) {
        if self.index.is_partial() {
            let changed = self.index.work(inventory, view);
            self.apply_index_delta(&changed, view);
        }
        self.filter_slice();
    }

    /// Records that the store has these secrets.
    pub fn add_stored(&mut self, paths: Vec<SecretPath>, view: SecretsView<'_>) {
        let changed = self.index.add_stored(paths);
        self.apply_index_delta(&changed, view);
    }

    /// Forgets the stored secrets that a new listing did not find.
    pub fn retain_stored(&mut self, still: impl Fn(&SecretPath) -> bool, view: SecretsView<'_>) {
        let changed = self.index.retain_stored(still);
        self.apply_index_delta(&changed, view);
    }

    /// Updates the state of secrets whose presence changed.
    pub fn refresh_states<'p>(
        &mut self,
        paths: impl IntoIterator<Item = &'p SecretPath>,
        view: SecretsView<'_>,
    ) {
        for path in paths {
            if let Some(number) = self.index.number(&SecretSubject::Path(path.clone())) {
                self.classify(number, view);
            }
        }
    }

    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.pending.clear();
        self.shown = None;
        if !self.filter.is_empty() {
            self.shown = Some(Vec::new());
            self.pending = self.order.iter().rev().copied().collect();
            self.filter_slice();
        }
    }

    /// Orders by the states as they are known now.
    pub fn set_sort(&mut self, sort: SecretSort, view: SecretsView<'_>) {
        self.sort = sort;
        self.ranks.clear();
        if sort == SecretSort::State {
            self.ranks = self.order.iter().filter_map(|number| self.rank(*number, view)).collect();
        }
        let mut order = std::mem::take(&mut self.order);
        order.sort_unstable_by(|a, b| self.order(*a, *b));
        self.order = order;
        let filter = std::mem::take(&mut self.filter);
        self.set_filter(filter);
    }

    fn listed(&self) -> &[u32] {
        self.shown.as_ref().unwrap_or(&self.order)
    }

    fn apply_index_delta(&mut self, changed: &IndexDelta, view: SecretsView<'_>) {
        let IndexDelta { fresh, gone, touched } = changed;
        for list in [&mut self.order, &mut self.pending].into_iter().chain(&mut self.shown) {
            sorted_ids::remove(list, gone);
        }
        for number in gone {
            self.broken.remove(number);
            self.unreferenced.remove(number);
            self.ranks.remove(number);
        }
        for number in fresh.iter().chain(touched) {
            self.classify(*number, view);
        }
        if self.sort == SecretSort::State {
            let ranks: Vec<_> = fresh.iter().filter_map(|number| self.rank(*number, view)).collect();
            self.ranks.extend(ranks);
        }
        let mut order = std::mem::take(&mut self.order);
        sorted_ids::merge(&mut order, fresh.clone(), |a, b| self.order(a, b));
        self.order = order;
        self.show(fresh.clone());
    }

    /// The state of a row, however many fields it lacks.
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
        put(&mut self.broken, SecretState::of(entry, view).is_bad());
        put(&mut self.unreferenced, entry.dependents.is_empty());
    }

    /// Lists those that pass the filter.
    fn show(&mut self, mut fresh: Vec<u32>) {
        let Some(mut shown) = self.shown.take() else { return };
        fresh.retain(|number| {
            self.index.entry(*number).is_some_and(|entry| self.filter.accepts_text(&entry.text))
        });
        sorted_ids::merge(&mut shown, fresh, |a, b| self.order(a, b));
        self.shown = Some(shown);
    }

    fn filter_slice(&mut self) {
        if !self.pending.is_empty() {
            let from = self.pending.len().saturating_sub(SLICE);
            let slice = self.pending.split_off(from);
            self.show(slice);
        }
    }

    fn order(&self, a: u32, b: u32) -> Ordering {
        let (Some(one), Some(other)) = (self.index.entry(a), self.index.entry(b)) else { return a.cmp(&b) };
        let rank = |number| self.ranks.get(&number);
        rank(a).cmp(&rank(b)).then_with(|| by_path((&one.subject, &one.text), (&other.subject, &other.text)))
    }
}
