//! State of the chooser of columns: all columns of a list, those that are shown first.

use crate::console::screens::browse::{Column, ColumnList};

#[derive(Debug)]
pub struct ColumnsPage {
    pub list: ColumnList,
    /// Every column, and whether it is shown.
    pub rows: Vec<(Column, bool)>,
    pub cursor: usize,
}

impl ColumnsPage {
    /// The columns shown now in their order, then the others.
    pub fn new(list: ColumnList, shown: &[Column]) -> Self {
        let others =
            list.all().iter().filter(|column| !shown.contains(column)).map(|column| (*column, false));
        let rows = shown.iter().map(|column| (*column, true)).chain(others).collect();
        Self { list, rows, cursor: 0 }
    }

    /// The columns to show, in order.
    pub fn shown(&self) -> impl Iterator<Item = Column> + '_ {
        self.rows.iter().filter(|(_, is_shown)| *is_shown).map(|(column, _)| *column)
    }

    /// Shows the column at the cursor or leaves it out; `false` for the id, which stays.
    pub fn toggle(&mut self) -> bool {
        let Some((column, is_shown)) = self.rows.get_mut(self.cursor) else { return true };
        let may = *column != Column::Id;
        *is_shown ^= may;
        may
    }

    /// Moves the column at the cursor, and the cursor with it.
    pub fn shift(&mut self, by: isize) {
        let to = self.cursor.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        if to != self.cursor {
            self.rows.swap(self.cursor, to);
            self.cursor = to;
        }
    }
}
