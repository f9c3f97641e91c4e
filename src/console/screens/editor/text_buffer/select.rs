//! The selection.

use super::{Pos, TextBuffer};

impl TextBuffer {
    /// Start and end of the selection.
    pub fn selection(&self) -> Option<(Pos, Pos)> {
        let (anchor, cursor) = (self.clamp(self.anchor?), self.cursor());
        match anchor.cmp(&cursor) {
            std::cmp::Ordering::Less => Some((anchor, cursor)),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some((cursor, anchor)),
        }
    }

    /// Selects a range; the cursor goes to `to`.
    pub fn select(&mut self, from: Pos, to: Pos) {
        self.move_to(to);
        self.anchor = Some(self.clamp(from));
    }

    /// The lines to indent: those selected, or the cursor's.
    pub(crate) fn selected_rows(&self) -> std::ops::RangeInclusive<usize> {
        match self.selection() {
            // A selection that ends at the start of a line does not reach into it.
            Some((from, to)) if to.at == 0 => from.row..=to.row.saturating_sub(1).max(from.row),
            Some((from, to)) => from.row..=to.row,
            None => self.cursor().row..=self.cursor().row,
        }
    }
}
