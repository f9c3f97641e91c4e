//! The tab Log: the last lines of confdeck's own log, newest at the bottom.

use ratatui::layout::Rect;

use crate::console::model::Model;
use crate::console::theme::StyleRole;
use crate::console::widgets::Surface;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let lines = &model.log.lines;
    if lines.is_empty() {
        surface
            .row(area, 1)
            .skip(2)
            .margin(1)
            .put(StyleRole::Dim, "nothing logged yet; what confdeck notices shows here");
        return;
    }
    let height = usize::from(area.height);
    let back = model.log.back.min(lines.len().saturating_sub(height));
    let first = lines.len().saturating_sub(height + back);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        surface.row(area, row).skip(1).margin(1).put(ink(line), line.as_str());
    }
}

/// Warnings and errors stand out; the level is one of the first words.
fn ink(line: &str) -> StyleRole {
    let level = line.split_whitespace().take(4).find_map(|word| match word {
        "ERROR" => Some(StyleRole::Bad),
        "WARN" => Some(StyleRole::Warning),
        "DEBUG" | "TRACE" => Some(StyleRole::Dim),
        _ => None,
    });
    level.unwrap_or(StyleRole::Text)
}
