//! Panes: a title in the first row, one rule to the left, no box.

use ratatui::layout::Rect;

use super::{Canvas, Phrase};
use crate::console::layout::inside;
use crate::console::theme::Ink;

/// What stands above a pane.
pub(in crate::console::view) struct Title {
    /// Its name.
    pub(in crate::console::view) name: String,
    /// At the right end: counts, order.
    pub(in crate::console::view) right: Phrase,
    /// Whether keys go to this pane.
    pub(in crate::console::view) focused: bool,
}

/// Draws the title of a pane.
pub(in crate::console::view) fn heading(canvas: &mut Canvas<'_>, pane: Rect, title: Title) {
    let ink = if title.focused { Ink::FocusedTitle } else { Ink::Title };
    let mut pen = canvas.row(inside(pane), 0);
    pen.skip(1).margin(1).right(&title.right);
    if !title.right.is_empty() {
        pen.margin(1);
    }
    pen.put(ink, title.name);
}

/// Draws the rule to the left of every pane but the first.
pub(in crate::console::view) fn rules(canvas: &mut Canvas<'_>, panes: &[Rect]) {
    for pane in panes.iter().filter(|pane| pane.width > 0 && pane.x > 0) {
        canvas.vertical(*pane, Ink::Rule);
    }
}
