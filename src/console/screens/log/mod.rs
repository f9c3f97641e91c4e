//! The Log screen: the last lines of confdeck's own log.

mod state;

pub use state::{LOG_LINES, LogPage};

use ratatui::layout::Rect;

use crate::console::component::Component;
use crate::console::model::Model;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct LogScreen;

impl Component for LogScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        draw(surface, model, model.frame().body);
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        // The newest line is at the bottom: moving down reduces `back`.
        let (first, lines, height) = extent(model);
        model.log.back = lines.saturating_sub(height + by.scroll(first, lines, height));
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let (first, lines, height) = extent(model);
        by.can_scroll(first, lines, height)
    }
}

/// The first line shown, the number of lines, and how many are shown at once.
fn extent(model: &Model) -> (usize, usize, usize) {
    let (lines, height) = (model.log.lines.len(), usize::from(model.frame().body.height));
    (lines.saturating_sub(height + model.log.back), lines, height)
}

fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let lines = &model.log.lines;
    if lines.is_empty() {
        surface
            .row(area, 1)
            .skip(2)
            .margin(1)
            .put(StyleRole::Dim, "nothing logged yet; what confdeck notices shows here");
        return;
    }
    let (first, ..) = extent(model);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        surface.row(area, row).skip(1).margin(1).put(style(line), shown(line, model.absolute_times));
    }
}

/// Offsets into a line's timestamp, such as `2026-01-31T12:34:56.123456Z`.
const DAY: usize = "2026-01-31T".len();
const SECOND: usize = "2026-01-31T12:34:56".len();
const STAMP: usize = "2026-01-31T12:34:56.123456Z".len();

/// A line without the fraction of its second, and without its date unless that is asked for.
fn shown(line: &str, with_date: bool) -> String {
    let (time, zone) = if with_date { (line.get(..SECOND), "Z") } else { (line.get(DAY..SECOND), "") };
    match (time, line.get(STAMP..)) {
        (Some(time), Some(rest)) if line.get(..STAMP).is_some_and(|stamp| stamp.ends_with('Z')) => {
            format!("{time}{zone}{rest}")
        }
        _ => line.to_owned(),
    }
}

/// Warnings and errors stand out; the level is one of the first words.
fn style(line: &str) -> StyleRole {
    let level = line.split_whitespace().take(4).find_map(|word| match word {
        "ERROR" => Some(StyleRole::Bad),
        "WARN" => Some(StyleRole::Warning),
        "DEBUG" | "TRACE" => Some(StyleRole::Dim),
        _ => None,
    });
    level.unwrap_or(StyleRole::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_its_time_and_on_request_its_date() {
        let line = "2026-01-31T12:34:56.123456Z  INFO confdeck: SYNCED";
        assert_eq!(shown(line, false), "12:34:56  INFO confdeck: SYNCED");
        assert_eq!(shown(line, true), "2026-01-31T12:34:56Z  INFO confdeck: SYNCED");
        let other = "7 lines are only in the file, which is not the Log tab";
        assert_eq!((shown(other, false), shown(other, true)), (other.into(), other.into()));
    }
}
