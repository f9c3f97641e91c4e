//! Panes: a title in the first row and one rule to the left, without a box.

use ratatui::layout::Rect;

use super::surface::Surface;
use super::text_run::TextRun;
use crate::console::shell::layout::inner;
use crate::console::theme::{StyleRole, glyph};

pub(crate) struct PaneTitle {
    pub(crate) name: String,
    /// At the right end: counts, sort order.
    pub(crate) right: TextRun,
    /// Whether keys go to this pane.
    pub(crate) focused: bool,
}

pub(crate) fn draw_title(surface: &mut Surface<'_>, pane: Rect, title: PaneTitle) {
    let style = if title.focused { StyleRole::FocusedTitle } else { StyleRole::Title };
    let mut line = surface.row(inner(pane), 0);
    // A glyph besides the style, for screens without colours.
    line.put(style, if title.focused { glyph::FOCUSED } else { " " }).margin(1).put_right(&title.right);
    if !title.right.is_empty() {
        line.margin(1);
    }
    line.put(style, title.name);
}

/// Draws the rule to the left of every pane but the first.
pub(crate) fn draw_rules(surface: &mut Surface<'_>, panes: &[Rect]) {
    for pane in panes.iter().filter(|pane| pane.width > 0 && pane.x > 0) {
        for row in 0..pane.height {
            surface.row(Rect { width: 1, ..*pane }, row).put(StyleRole::Rule, glyph::VERTICAL);
        }
    }
}
