//! The tab Health: what there is to act on, how true the picture is, and what every backend says of
//! itself.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `findings` | the verdicts, with what to do |
//! | `link` | the picture: state, retries, comparison, what happened so far |
//! | `secrets` | the store of secrets: how it stands, and how many values were read |
//! | `backend` | facts, members and certificates |
//! | `grid` | rows of cells that fold into lines where they do not fit |

mod backend;
mod findings;
mod grid;
mod link;
mod secrets;

use ratatui::layout::Rect;

use super::widgets::{Canvas, Phrase};
use super::words;
use crate::console::model::Model;
use crate::console::theme::Ink;

pub(super) use backend::moments;

/// Blanks before what belongs to a heading.
const INDENT: u16 = 4;

/// Columns of the names before values.
const LABEL: u16 = 12;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let lines = lines(model, area.width);
    let first = words::clamp_scroll(model.health.scroll, lines.len(), area.height);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        canvas.row(area, row).margin(1).skip(line.indent).phrase(&line.words);
    }
}

/// How many lines the page has, for whoever scrolls it.
pub(in crate::console) fn height(model: &Model) -> usize {
    lines(model, model.frame().body.width).len()
}

/// A line of the page.
struct Line {
    indent: u16,
    words: Phrase,
}

impl Line {
    /// Stands above what belongs to it.
    fn heading(words: Phrase) -> Self {
        Self { indent: 1, words }
    }

    fn of(words: Phrase) -> Self {
        Self { indent: INDENT, words }
    }

    fn blank() -> Self {
        Self { indent: 0, words: Phrase::default() }
    }
}

fn lines(model: &Model, width: u16) -> Vec<Line> {
    let room = width.saturating_sub(INDENT + 1);
    let mut lines = findings::lines(model, room);
    lines.push(Line::blank());
    lines.extend(link::lines(model, room));
    for health in &model.health.backends {
        lines.extend(backend::lines(model, health, room));
    }
    lines.extend(secrets::lines(model, room));
    lines
}

/// Words behind a name, on as many lines as they need.
fn labelled(label: &str, ink: Ink, words: &str, room: u16) -> Vec<Line> {
    let lines = words::wrap(words, room.saturating_sub(LABEL).max(8));
    let line = |(at, line)| {
        let label = if at == 0 { label } else { "" };
        let width = usize::from(LABEL);
        Line::of(Phrase::of(Ink::Dim, format!("{label:width$}")).and(ink, line))
    };
    lines.into_iter().enumerate().map(line).collect()
}
