//! The page as drawn: its title, and the rows in view with what is looked for.

use ratatui::layout::Rect;

use super::content::ShownRow;
use super::state::EffectivePage;
use crate::console::model::Model;
use crate::console::screens::editor::text_buffer::columns;
use crate::console::shell::layout::EditLayout;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, clamp_scroll};
use crate::console::words;

pub(super) fn draw(surface: &mut Surface<'_>, model: &Model, parts: EditLayout) {
    let Some(page) = &model.effective else { return };
    surface.row(parts.title, 0).skip(1).margin(1).put_run(&title(model, page));
    let area = parts.text;
    if !page.is_ready() {
        surface.row(area, 0).skip(1).put(StyleRole::Dim, format!("preparing the page {}", glyph::MORE));
        return;
    }
    let first = clamp_scroll(page.scroll, page.row_count(), area.height);
    for (y, row) in (0..area.height).zip(page.rows().iter().skip(first)) {
        surface.row(area, y).skip(1).put_run(&row.run);
        highlight(surface, page, row, Rect { y: area.y + y, height: 1, ..area });
    }
    if words::may_be_outdated(&model.link) {
        surface.set_style(area, StyleRole::Stale);
    }
}

/// `EFFECTIVE  production/orders  r48190`
fn title(model: &Model, page: &EffectivePage) -> TextRun {
    let title = TextRun::of(StyleRole::FocusedTitle, "EFFECTIVE")
        .and(StyleRole::Text, "  ")
        .and(StyleRole::Strong, page.key.to_string());
    match model.inventory.get(&page.key) {
        Some(row) => title.and(StyleRole::Dim, format!("  {}", words::token(model, row.token()))),
        None => title.and(StyleRole::Bad, format!("  {} deleted: this is how it was", glyph::BAD)),
    }
}

/// Marks what is looked for in a row; a place that is broken between two rows is found, and not marked.
fn highlight(surface: &mut Surface<'_>, page: &EffectivePage, row: &ShownRow, line: Rect) {
    let Some(needle) = page.search.needle() else { return };
    let text: String = row.run.spans().iter().map(|(_, text)| text.as_str()).collect();
    let is_current = page.search.current.as_ref().is_some_and(|(at, _)| *at == row.line);
    let style = if is_current { StyleRole::Selection } else { StyleRole::Match };
    for found in needle.all(&text) {
        let [from, to] = [found.start, found.end]
            .map(|at| u16::try_from(columns(text.get(..at).unwrap_or_default())).unwrap_or(u16::MAX));
        let x = line.x.saturating_add(1).saturating_add(from);
        let place = Rect { x, width: to.saturating_sub(from), ..line };
        surface.set_style(place.intersection(line), style);
    }
}
