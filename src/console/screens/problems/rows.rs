//! The rows of the Problems tab: each problem of each document, in the order shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::check::Problem;
use crate::console::screens::browse::{Filter, ListContext};
use crate::console::widgets::ListSource;
use crate::console::widgets::filtered_rows::merge;
use crate::domain::ResourceKey;
use crate::domain::json::Severity;
use crate::inventory::{RowRef, Scope, Slot, SlotSet};

/// Documents whose problems are collected in one turn of the event loop.
const SLICE: usize = 20_000;

/// A problem, as long as its document has it: the rule, and which of its problems there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemId {
    pub key: ResourceKey,
    pub rule: &'static str,
    pub number: usize,
}

impl ProblemId {
    fn of(row: RowRef<'_>, problems: &[Problem], at: usize) -> Option<Self> {
        let rule = problems.get(at)?.rule;
        let number = problems.iter().take(at).filter(|problem| problem.rule == rule).count();
        Some(Self { key: row.key(), rule, number })
    }

    /// The problem among those of its document, and its index.
    pub fn find<'p>(&self, problems: &'p [Problem]) -> Option<(usize, &'p Problem)> {
        let mut of_rule = problems.iter().enumerate().filter(|(_, problem)| problem.rule == self.rule);
        of_rule.nth(self.number)
    }
}

/// How problems are ordered; those of equal rank are in the order of their documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProblemOrder {
    /// By severity, then by rule.
    #[default]
    Severity,
    Document,
}

/// A document's row, and the index of one of its problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ProblemRow {
    slot: Slot,
    at: u32,
}

/// What comes first in an order, before the document.
type Group = Option<(Severity, &'static str)>;

#[derive(Debug, Default)]
pub struct ProblemRows {
    open: bool,
    order: ProblemOrder,
    filter: Filter,
    shown: Vec<ProblemRow>,
    /// While rows are collected: the documents that are left, last first, and the rows so far.
    pending: Vec<Slot>,
    groups: BTreeMap<Group, Vec<ProblemRow>>,
    /// Documents that changed meanwhile.
    late: SlotSet,
}

impl ProblemRows {
    /// Whether rows are collected at all.
    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn is_partial(&self) -> bool {
        !self.pending.is_empty()
    }

    pub fn order(&self) -> ProblemOrder {
        self.order
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn set_filter(&mut self, filter: Filter, context: ListContext<'_>) {
        self.filter = filter;
        self.rebuild(context);
    }

    pub fn set_order(&mut self, order: ProblemOrder, context: ListContext<'_>) {
        self.order = order;
        self.rebuild(context);
    }

    /// Collects all rows afresh.
    pub fn rebuild(&mut self, context: ListContext<'_>) {
        self.open = true;
        self.filter.settle(&context);
        self.shown.clear();
        self.groups.clear();
        self.late = SlotSet::default();
        let scopes = [Scope::AllWebhooks, Scope::Connections, Scope::Foreign];
        self.pending = scopes.iter().flat_map(|scope| context.inventory.slots(scope)).collect();
        self.pending.reverse();
        self.work(context);
    }

    /// Collects one more slice; returns whether there was work left. Documents come in their order, so rows of
    /// one group are in order, too, and nothing is sorted.
    pub fn work(&mut self, context: ListContext<'_>) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        let most = self.filter.slice().min(SLICE);
        for slot in self.pending.split_off(self.pending.len().saturating_sub(most)).into_iter().rev() {
            for (group, row) in self.rows_of(context, slot) {
                self.groups.entry(group).or_default().push(row);
            }
        }
        self.shown = self.groups.values().flatten().copied().collect();
        if self.pending.is_empty() {
            self.groups.clear();
            let late = std::mem::take(&mut self.late);
            self.refresh(context, &late);
        }
        true
    }

    /// Takes the problems of these documents again; returns whether rows may have changed.
    pub fn refresh(&mut self, context: ListContext<'_>, changed: &SlotSet) -> bool {
        if !self.open || changed.is_empty() {
            return false;
        }
        if self.is_partial() {
            self.late.extend(changed.iter());
            return false;
        }
        self.shown.retain(|row| !changed.contains(row.slot));
        let fresh = changed.iter().flat_map(|slot| self.rows_of(context, slot)).map(|(_, row)| row).collect();
        let mut shown = std::mem::take(&mut self.shown);
        merge(&mut shown, fresh, |a, b| self.compare(context, a, b));
        self.shown = shown;
        true
    }

    /// The problems from an index on, with the rows of their documents.
    pub fn from<'m>(
        &self,
        context: ListContext<'m>,
        first: usize,
    ) -> impl Iterator<Item = (RowRef<'m>, &'m Problem)> {
        self.shown.iter().skip(first).filter_map(move |row| problem(context, *row))
    }

    /// The rows of a document that pass the filter.
    fn rows_of(&self, context: ListContext<'_>, slot: Slot) -> Vec<(Group, ProblemRow)> {
        let Some(row) = context.inventory.row(slot) else { return Vec::new() };
        let problems = context.found(row).unwrap_or_default();
        let rows = (0u32..).zip(problems);
        let rows = rows.filter(|(_, problem)| self.filter.accepts_problem(row, problem, &context));
        rows.map(|(at, problem)| (self.group(problem), ProblemRow { slot, at })).collect()
    }

    fn group(&self, problem: &Problem) -> Group {
        match self.order {
            ProblemOrder::Severity => Some((problem.severity, problem.rule)),
            ProblemOrder::Document => None,
        }
    }

    fn compare(&self, context: ListContext<'_>, a: ProblemRow, b: ProblemRow) -> Ordering {
        let (Some((one, first)), Some((other, second))) = (problem(context, a), problem(context, b)) else {
            return (a.slot, a.at).cmp(&(b.slot, b.at));
        };
        let by_document = || match a.slot == b.slot {
            true => a.at.cmp(&b.at),
            false => document_order(one).cmp(&document_order(other)),
        };
        self.group(first).cmp(&self.group(second)).then_with(by_document)
    }
}

fn problem<'m>(context: ListContext<'m>, row: ProblemRow) -> Option<(RowRef<'m>, &'m Problem)> {
    let document = context.inventory.row(row.slot)?;
    Some((document, context.found(document)?.get(usize::try_from(row.at).ok()?)?))
}

/// Webhooks, connections, then keys that the receiver ignores, each in the order of their keys.
fn document_order(row: RowRef<'_>) -> (u8, &str, &[u8]) {
    match row.namespace() {
        Some(namespace) => (0, namespace.as_str(), row.short()),
        None => (if row.key().is_foreign() { 2 } else { 1 }, "", row.short()),
    }
}

impl ListSource for (&ProblemRows, ListContext<'_>) {
    type Id = ProblemId;

    fn len(&self) -> usize {
        self.0.shown.len()
    }

    fn id_at(&self, at: usize) -> Option<ProblemId> {
        let shown = self.0.shown.get(at)?;
        let row = self.1.inventory.row(shown.slot)?;
        ProblemId::of(row, self.1.found(row)?, usize::try_from(shown.at).ok()?)
    }

    fn position(&self, id: &ProblemId) -> Option<usize> {
        let (rows, context) = *self;
        let slot = context.inventory.find(&id.key)?;
        let (at, _) = id.find(context.found(context.inventory.row(slot)?)?)?;
        let wanted = ProblemRow { slot, at: u32::try_from(at).ok()? };
        rows.shown.binary_search_by(|other| rows.compare(context, *other, wanted)).ok()
    }
}
