//! The list at the cursor: below its line, or above it where there is more room.

use ratatui::layout::Rect;

use super::CompletionPopup;
use crate::console::model::Model;
use crate::console::screens::editor::Draft;
use crate::console::shell::layout::edit_layout;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun, draw_box, draw_more, first_row, put_marker, width};
use crate::text::Safe;

/// The most rows and columns that it takes of the text.
const ROWS: u16 = 8;
const COLUMNS: u16 = 76;

/// The columns of its border and of the selection's marker.
const FRAME: u16 = 5;

/// The blanks between a label and what is known of it.
const GAP: u16 = 2;

pub(in crate::console::screens::editor) fn draw(surface: &mut Surface<'_>, model: &Model, edit: &Draft) {
    let (Some(popup), Some(cursor)) = (&edit.completion, surface.cursor) else { return };
    let area = edit_layout(&model.frame(), false).text;
    let items = popup.items();
    let columns = |text: &str| width(&Safe::new(text));
    let labels = items.iter().map(|item| columns(&item.label)).max().unwrap_or_default();
    let details = items.iter().map(|item| columns(&item.detail)).max().unwrap_or_default();
    let wanted = labels.saturating_add(GAP).saturating_add(details).saturating_add(FRAME);
    let (above, below) = (cursor.y - area.y, area.bottom().saturating_sub(cursor.y + 1));
    let height = u16::try_from(items.len()).unwrap_or(ROWS).min(ROWS) + 2;
    let is_below = below >= height || below >= above;
    let height = height.min(if is_below { below } else { above });
    let width = wanted.min(COLUMNS).min(area.width);
    // Its words stand below those that they complete.
    let begins = cursor.x.saturating_sub(columns(&popup.typed)).saturating_sub(FRAME - 2);
    let x = begins.clamp(area.x, area.right().saturating_sub(width).max(area.x));
    let y = if is_below { cursor.y + 1 } else { cursor.y - height };
    let inside = draw_box(surface, Rect { x, y, width, height });
    draw_items(surface, popup, inside, labels);
    surface.set_cursor(cursor.x, cursor.y);
}

fn draw_items(surface: &mut Surface<'_>, popup: &CompletionPopup, inside: Rect, labels: u16) {
    let items = popup.items();
    let height = usize::from(inside.height);
    let first = first_row(0, popup.selected.unwrap_or_default(), items.len(), height);
    for (row, (at, item)) in (0..inside.height).zip(items.iter().enumerate().skip(first)) {
        let mut line = surface.row(inside, row);
        let is_selected = popup.selected == Some(at);
        put_marker(&mut line, is_selected, true);
        line.put_column(labels, StyleRole::Text, item.label.as_str()).skip(GAP);
        line.put_run(&TextRun::of(StyleRole::Dim, item.detail.clone()));
    }
    if items.len() > first + height {
        draw_more(surface, inside);
    }
}
