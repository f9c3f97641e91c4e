//! The tab Health: what there is to act on, how current the picture is, and what every backend reports of
//! itself.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `findings` | verdicts and findings, with what to do |
//! | `link` | the link to the store: state, retries, comparison, what happened so far |
//! | `secrets` | the secret store: its state, and how many values were read |
//! | `backend` | facts, members and certificates |
//! | `grid` | rows of cells, folded into lines where they do not fit |

mod backend;
mod findings;
mod grid;
mod link;
mod secrets;

use ratatui::layout::Rect;

use super::widgets::{Surface, TextRun};
use super::words;
use crate::console::model::Model;
use crate::console::theme::StyleRole;

pub(super) use backend::next_changes;

/// Indent of what belongs to a heading.
const INDENT: u16 = 4;

/// Width of a label.
const LABEL: u16 = 12;

pub(super) fn draw(canvas: &mut Surface<'_>, model: &Model, area: Rect) {
    let lines = lines(model, area.width);
    let first = words::clamp_scroll(model.health.scroll, lines.len(), area.height);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        canvas.row(area, row).margin(1).skip(line.indent).put_run(&line.run);
    }
}

/// Number of lines of the page.
pub(in crate::console) fn height(model: &Model) -> usize {
    lines(model, model.frame().body.width).len()
}

struct HealthLine {
    indent: u16,
    run: TextRun,
}

impl HealthLine {
    fn heading(run: TextRun) -> Self {
        Self { indent: 1, run }
    }

    fn of(run: TextRun) -> Self {
        Self { indent: INDENT, run }
    }

    fn blank() -> Self {
        Self { indent: 0, run: TextRun::default() }
    }
}

fn lines(model: &Model, width: u16) -> Vec<HealthLine> {
    let room = width.saturating_sub(INDENT + 1);
    let mut lines = findings::lines(model, room);
    lines.push(HealthLine::blank());
    lines.extend(link::lines(model, room));
    for health in &model.health.backends {
        lines.extend(backend::lines(model, health, room));
    }
    lines.extend(secrets::lines(model, room));
    lines
}

/// Labelled words, wrapped beside their label.
fn labelled(label: &str, ink: StyleRole, words: &str, room: u16) -> Vec<HealthLine> {
    let lines = words::wrap(words, room.saturating_sub(LABEL).max(8));
    let line = |(at, line)| {
        let label = if at == 0 { label } else { "" };
        let width = usize::from(LABEL);
        HealthLine::of(TextRun::of(StyleRole::Dim, format!("{label:width$}")).and(ink, line))
    };
    lines.into_iter().enumerate().map(line).collect()
}
