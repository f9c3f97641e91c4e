//! The rows of the tab Secrets in the order shown, and the counts over them.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::console::model::Filter;
use crate::domain::SecretPath;
use crate::inventory::{Delta, Inventory, Slot};

use super::index::{Changed, Entry, Index, Part};
use super::ranks;
use super::state::{Outlook, State};
use super::subject::{Subject, by_path};

/// How the secrets are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretSort {
    /// By path; variables come last.
    #[default]
    Path,
    /// The worst state first, as it was known when the order was taken.
    State,
}

impl SecretSort {
    /// The other order.
    pub fn next(self) -> Self {
        match self {
            Self::Path => Self::State,
            Self::State => Self::Path,
        }
    }
}

/// How many rows one slice of filtering looks at.
const SLICE: usize = 20_000;

/// The rows.
#[derive(Default)]
pub struct Rows {
    index: Index,
    order: Vec<u32>,
    sort: SecretSort,
    /// The state of each row when the order by state was taken, so that rows stay where they are
    /// while states come in.
    ranks: HashMap<u32, u8>,
    filter: Filter,
    /// `None` where no filter narrows them.
    shown: Option<Vec<u32>>,
    /// What the filter has not seen yet, last first.
    pending: Vec<u32>,
    /// Those known to lack what a document needs.
    bad: HashSet<u32>,
    /// Those that no document was seen to refer to.
    loose: HashSet<u32>,
}

impl Rows {
    /// Rows that are yet to be found.
    pub fn begin() -> Self {
        Self { index: Index::begin(), ..Self::default() }
    }

    /// Whether documents are still being looked at, so that counts are not final.
    pub fn is_partial(&self) -> bool {
        self.index.is_partial() || !self.pending.is_empty()
    }

    /// How many rows are listed.
    pub fn len(&self) -> usize {
        self.listed().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.listed().is_empty()
    }

    /// How many secrets there are, whatever the filter.
    pub fn total(&self) -> usize {
        self.order.len()
    }

    /// How many of them are known to lack what a document needs.
    pub fn bad(&self) -> usize {
        self.bad.len()
    }

    /// How many of them no document was seen to refer to.
    pub fn loose(&self) -> usize {
        self.loose.len()
    }

    /// The order.
    pub fn sort(&self) -> SecretSort {
        self.sort
    }

    /// Whether a filter narrows the rows.
    pub fn is_filtered(&self) -> bool {
        self.shown.is_some()
    }

    /// The row at a place.
    pub fn at(&self, at: usize) -> Option<&Entry> {
        self.listed().get(at).and_then(|number| self.index.entry(*number))
    }

    /// The rows from a place on.
    pub fn from(&self, first: usize) -> impl Iterator<Item = &Entry> {
        self.listed().iter().skip(first).filter_map(|number| self.index.entry(*number))
    }

    /// What is known of a subject, listed or not.
    pub fn get(&self, subject: &Subject) -> Option<&Entry> {
        self.index.entry(self.index.number(subject)?)
    }

    /// The place of a subject, if it is listed.
    pub fn position(&self, subject: &Subject) -> Option<usize> {
        let number = self.index.number(subject)?;
        self.listed().binary_search_by(|other| self.order(*other, number)).ok()
    }

    /// What of a secret a document depends on, and whether it has a default for it.
    pub fn parts(&self, subject: &Subject, slot: Slot) -> impl Iterator<Item = (&Part, bool)> {
        let number = self.index.number(subject);
        number.into_iter().flat_map(move |number| self.index.parts(number, slot))
    }

    /// Remembers what the inventory did.
    pub fn take(&mut self, delta: &Delta) {
        self.index.take(delta);
    }

    /// Looks at one more slice of documents, or of rows that a filter has not seen.
    pub fn work(&mut self, inventory: &Inventory, outlook: &dyn Outlook) {
        if self.index.is_partial() {
            let changed = self.index.work(inventory, outlook);
            self.follow(&changed, outlook);
        }
        self.filter_on();
    }

    /// Takes in what the store was seen to hold.
    pub fn found(&mut self, paths: Vec<SecretPath>, outlook: &dyn Outlook) {
        let changed = self.index.found(paths);
        self.follow(&changed, outlook);
    }

    /// Forgets what the store was seen to hold, but for these.
    pub fn keep_stored(&mut self, still: impl Fn(&SecretPath) -> bool, outlook: &dyn Outlook) {
        let changed = self.index.keep_stored(still);
        self.follow(&changed, outlook);
    }

    /// Judges again what more is known of.
    pub fn look_again<'p>(&mut self, paths: impl IntoIterator<Item = &'p SecretPath>, outlook: &dyn Outlook) {
        for path in paths {
            if let Some(number) = self.index.number(&Subject::Path(path.clone())) {
                self.mark(number, outlook);
            }
        }
    }

    /// Lists what a filter leaves.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.pending.clear();
        self.shown = None;
        if !self.filter.is_empty() {
            self.shown = Some(Vec::new());
            self.pending = self.order.iter().rev().copied().collect();
            self.filter_on();
        }
    }

    /// Orders anew, by what is known now.
    pub fn set_sort(&mut self, sort: SecretSort, outlook: &dyn Outlook) {
        self.sort = sort;
        self.ranks.clear();
        if sort == SecretSort::State {
            let rank = |number: &u32| {
                Some((*number, self.index.entry(*number).map(|entry| State::of(entry, outlook))?.rank()))
            };
            self.ranks = self.order.iter().filter_map(rank).collect();
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

    fn follow(&mut self, changed: &Changed, outlook: &dyn Outlook) {
        let Changed { fresh, gone, touched } = changed;
        for list in [&mut self.order, &mut self.pending].into_iter().chain(&mut self.shown) {
            ranks::remove(list, gone);
        }
        for number in gone {
            self.bad.remove(number);
            self.loose.remove(number);
            self.ranks.remove(number);
        }
        for number in fresh.iter().chain(touched) {
            self.mark(*number, outlook);
        }
        if self.sort == SecretSort::State {
            for number in fresh {
                if let Some(state) = self.index.entry(*number).map(|entry| State::of(entry, outlook)) {
                    self.ranks.insert(*number, state.rank());
                }
            }
        }
        let mut order = std::mem::take(&mut self.order);
        ranks::merge(&mut order, fresh.clone(), |a, b| self.order(a, b));
        self.order = order;
        self.show(fresh.clone());
    }

    fn mark(&mut self, number: u32, outlook: &dyn Outlook) {
        let Some(entry) = self.index.entry(number) else { return };
        let put =
            |set: &mut HashSet<u32>, holds| if holds { set.insert(number) } else { set.remove(&number) };
        put(&mut self.bad, State::of(entry, outlook).is_bad());
        put(&mut self.loose, entry.holders.is_empty());
    }

    /// Lists those of these that the filter lets pass.
    fn show(&mut self, mut fresh: Vec<u32>) {
        let Some(mut shown) = self.shown.take() else { return };
        fresh.retain(|number| {
            self.index.entry(*number).is_some_and(|entry| self.filter.accepts_text(&entry.text))
        });
        ranks::merge(&mut shown, fresh, |a, b| self.order(a, b));
        self.shown = Some(shown);
    }

    fn filter_on(&mut self) {
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
