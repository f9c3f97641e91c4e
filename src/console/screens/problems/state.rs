//! State of the Problems tab. The selection is a problem of a document, so it stays on its row while others
//! appear, disappear and move around it.

use super::rows::{ProblemId, ProblemOrder, ProblemRows};
use crate::check::Problem;
use crate::console::screens::browse::{Filter, ListContext};
use crate::console::shell::layout::Pane;
use crate::console::widgets::{ListState, Movement};
use crate::inventory::{RowRef, SlotSet};

#[derive(Debug, Default)]
pub struct ProblemsPage {
    pub rows: ProblemRows,
    pub list: ListState<ProblemId>,
    pub focus: Pane,
    /// Whether the focused pane fills the screen.
    pub zoomed: bool,
    /// The first line of the detail shown.
    pub scroll: usize,
}

impl ProblemsPage {
    /// Whether rows are still to be collected.
    pub fn is_partial(&self) -> bool {
        self.rows.is_partial()
    }

    /// Collects the rows, from the first time that the tab is shown.
    pub fn open(&mut self, context: ListContext<'_>) {
        if !self.rows.is_open() {
            self.rows.rebuild(context);
            self.restore(context);
        }
    }

    /// Collects one more slice of rows.
    pub fn work(&mut self, context: ListContext<'_>) {
        if self.rows.work(context) {
            self.list.restore_filtered(&(&self.rows, context));
        }
    }

    /// Takes note of documents whose problems are others now.
    pub fn refresh(&mut self, context: ListContext<'_>, changed: &SlotSet) {
        if self.rows.refresh(context, changed) {
            self.restore(context);
        }
    }

    /// Restores selection and scroll after rows or sizes changed.
    pub fn restore(&mut self, context: ListContext<'_>) {
        let before = self.list.selected.clone();
        self.list.restore(&(&self.rows, context));
        if self.list.selected != before {
            self.scroll = 0;
        }
    }

    pub fn apply_filter(&mut self, context: ListContext<'_>) {
        self.rows.set_filter(Filter::parse(self.list.filter.text(), context.own_rules), context);
        self.list.restore_filtered(&(&self.rows, context));
        self.scroll = 0;
    }

    /// Switches to the other order.
    pub fn next_order(&mut self, context: ListContext<'_>) {
        let order = match self.rows.order() {
            ProblemOrder::Severity => ProblemOrder::Document,
            ProblemOrder::Document => ProblemOrder::Severity,
        };
        self.rows.set_order(order, context);
        self.restore(context);
    }

    pub(crate) fn step(&mut self, context: ListContext<'_>, by: Movement) {
        self.list.step(&(&self.rows, context), by);
        self.scroll = 0;
    }

    /// The selected problem, with its document's row.
    pub fn selected<'m>(&self, context: ListContext<'m>) -> Option<(RowRef<'m>, &'m Problem)> {
        let id = self.list.selected.as_ref()?;
        let row = context.inventory.get(&id.key)?;
        Some((row, id.find(context.found(row)?)?.1))
    }
}
