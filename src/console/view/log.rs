//! The tab Log: the last lines of confdeck's own log, newest at the bottom.

use ratatui::layout::Rect;

use super::widgets::Canvas;
use crate::console::model::Model;
use crate::console::theme::Ink;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let lines = &model.log.lines;
    if lines.is_empty() {
        canvas
            .row(area, 1)
            .skip(2)
            .margin(1)
            .put(Ink::Dim, "nothing logged yet; what confdeck notices shows here");
        return;
    }
    let height = usize::from(area.height);
    let back = model.log.back.min(lines.len().saturating_sub(height));
    let first = lines.len().saturating_sub(height + back);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        canvas.row(area, row).skip(1).margin(1).put(ink(line), line.as_str());
    }
}

/// Lines of some weight stand out; the level is one of the first words.
fn ink(line: &str) -> Ink {
    let level = line.split_whitespace().take(4).find_map(|word| match word {
        "ERROR" => Some(Ink::Bad),
        "WARN" => Some(Ink::Warning),
        "DEBUG" | "TRACE" => Some(Ink::Dim),
        _ => None,
    });
    level.unwrap_or(Ink::Text)
}
