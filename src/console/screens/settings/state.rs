//! State of the Settings tab. The selection is a setting, so it stays on its row while others change around it.

use super::filter::SettingFilter;
use super::picture::{SettingOrder, SettingRow, SettingsPicture};
use crate::application::SettingPath;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{ListSource, ListState, Movement};

#[derive(Debug, Default)]
pub struct SettingsPage {
    /// The newest picture that is shown; `None` until the application is open.
    pub picture: Option<Box<SettingsPicture>>,
    /// The newest picture, while the display is paused.
    pub held: Option<Box<SettingsPicture>>,
    /// Why the application cannot be opened.
    pub failure: Option<String>,
    /// The shown rows, as indices into those of the picture.
    shown: Vec<usize>,
    pub order: SettingOrder,
    pub filter: SettingFilter,
    pub list: ListState<SettingPath>,
    pub focus: Pane,
    /// Whether the focused pane fills the screen.
    pub zoomed: bool,
    /// The first line of the detail shown.
    pub scroll: usize,
}

impl SettingsPage {
    /// Takes the newest picture of the application.
    pub fn take(&mut self, picture: Box<SettingsPicture>) {
        (self.picture, self.failure, self.held) = (Some(picture), None, None);
        self.arrange();
        self.restore();
    }

    fn arrange(&mut self) {
        let rows = self.rows();
        let mut shown: Vec<usize> =
            rows.iter().enumerate().filter(|(_, row)| self.filter.accepts(row)).map(|(at, _)| at).collect();
        if self.order != SettingOrder::Path {
            let row = |at: &usize| rows.get(*at);
            shown.sort_by(|a, b| match (row(a), row(b)) {
                (Some(a), Some(b)) => self.order.compare(a, b),
                _ => a.cmp(b),
            });
        }
        self.shown = shown;
    }

    /// All rows, whether the filter shows them or not.
    pub fn rows(&self) -> &[SettingRow] {
        self.picture.as_ref().map_or(&[], |picture| &picture.rows)
    }

    /// How many rows are shown.
    pub fn shown_count(&self) -> usize {
        self.shown.len()
    }

    /// The rows that are shown, from an index on.
    pub fn from(&self, first: usize) -> impl Iterator<Item = &SettingRow> {
        self.shown.iter().skip(first).filter_map(|at| self.rows().get(*at))
    }

    pub fn selected(&self) -> Option<&SettingRow> {
        self.picture.as_ref()?.row(self.list.selected.as_ref()?)
    }

    /// Restores selection and scroll after rows or sizes changed.
    pub fn restore(&mut self) {
        self.change_list(|list, rows| _ = list.restore(rows));
    }

    pub fn apply_filter(&mut self) {
        self.filter = SettingFilter::parse(self.list.filter.text());
        self.arrange();
        self.change_list(|list, rows| _ = list.restore_filtered(rows));
    }

    pub fn next_order(&mut self) {
        self.order = match self.order {
            SettingOrder::Path => SettingOrder::Changed,
            SettingOrder::Changed => SettingOrder::Path,
        };
        self.arrange();
        self.restore();
    }

    pub(crate) fn step(&mut self, by: Movement) {
        self.change_list(|list, rows| list.step(rows, by));
    }

    fn change_list(&mut self, change: impl FnOnce(&mut ListState<SettingPath>, &ShownSettings<'_>)) {
        let mut list = std::mem::take(&mut self.list);
        let before = list.selected.clone();
        change(&mut list, &ShownSettings(self));
        if list.selected != before {
            self.scroll = 0;
        }
        self.list = list;
    }
}

/// The shown rows as a list.
pub struct ShownSettings<'p>(pub &'p SettingsPage);

impl ListSource for ShownSettings<'_> {
    type Id = SettingPath;

    fn len(&self) -> usize {
        self.0.shown.len()
    }

    fn id_at(&self, at: usize) -> Option<SettingPath> {
        self.0.from(at).next().map(|row| row.path.clone())
    }

    fn position(&self, id: &SettingPath) -> Option<usize> {
        let at = self.0.picture.as_ref()?.position(id).ok()?;
        match self.0.order {
            SettingOrder::Path => self.0.shown.binary_search(&at).ok(),
            SettingOrder::Changed => self.0.shown.iter().position(|shown| *shown == at),
        }
    }
}
