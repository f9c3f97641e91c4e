//! The line under the text: the problem at the cursor, or the search line.

use ratatui::layout::Rect;

use super::diagnostics::BufferDiagnostic;
use super::state::Draft;
use crate::check::rules::MAX_DIAGNOSTICS;
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun};
use crate::domain::json::Severity;

/// Draws the problem nearest to the cursor, with its number and the total.
pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, edit: &Draft, area: Rect) {
    let mut line = surface.row(area, 0);
    line.skip(1).margin(1);
    if edit.preparing.is_pending() {
        line.put(StyleRole::Accent, format!("the review is being made {}", glyph::MORE));
        return;
    }
    let behind =
        if edit.diagnostics.is_behind(&edit.buffer) { format!(" {}", glyph::MORE) } else { String::new() };
    let diagnostics = edit.diagnostics.list();
    let nearest = edit.diagnostics.nearest(edit.buffer.cursor());
    let Some((at, flaw)) = nearest.and_then(|at| Some((at, diagnostics.get(at)?))) else {
        if behind.is_empty() {
            line.put(StyleRole::Good, glyph::GOOD).put(StyleRole::Dim, " a JSON object");
        } else {
            line.put(StyleRole::Dim, glyph::MORE);
        }
        return;
    };
    let more = if diagnostics.len() == MAX_DIAGNOSTICS { "+" } else { "" };
    let mut number = TextRun::default();
    if diagnostics.len() > 1 {
        number = number.and(StyleRole::Dim, format!("{} of {}{more}", at + 1, diagnostics.len()));
    }
    let mut right = TextRun::default();
    if let (Some(remedy), Some(key)) = (&flaw.fix, model.keymap.key(Place::Editor, Action::Fix)) {
        right = TextRun::hint(key, remedy.words());
    }
    right.join(" · ", number.clone());
    right.join("", TextRun::of(StyleRole::Dim, behind));
    let left = problem_run(flaw);
    // The message takes precedence; its fix is shown if there is room.
    if left.width() + right.width() + 2 <= line.remaining() || line.remaining() > 100 {
        line.put_right(&right).margin(2);
    } else if !number.is_empty() {
        line.put_right(&number).margin(2);
    }
    line.put_run(&left);
}

pub(super) fn severity_badge(severity: Severity) -> (StyleRole, &'static str) {
    match severity {
        Severity::Error => (StyleRole::Bad, glyph::BAD),
        Severity::Warning | Severity::Info => (StyleRole::Warning, glyph::WARNING),
    }
}

fn problem_run(flaw: &BufferDiagnostic) -> TextRun {
    let (style, mark) = severity_badge(flaw.found.severity);
    let mut left = TextRun::of(style, mark).and(style, format!(" {}", flaw.found));
    if !flaw.found.pointer.is_empty() {
        left = left.and(StyleRole::Dim, format!(", in {}", flaw.found.pointer));
    }
    if !flaw.found.remedy.is_empty() {
        left = left.and(StyleRole::Dim, format!("; expected {}", flaw.found.remedy));
    }
    left
}

/// Draws the search line, and the number of matches.
pub(crate) fn find_line(surface: &mut Surface<'_>, edit: &Draft, area: Rect) {
    let mut line = surface.row(area, 0);
    line.skip(1).margin(1);
    let tally = edit.find.match_count;
    if !edit.find.input.text().is_empty() {
        let style = if tally.total == 0 { StyleRole::Bad } else { StyleRole::Dim };
        let mark = if tally.total == 0 { format!("{} ", glyph::BAD) } else { String::new() };
        line.put_right(&TextRun::of(style, format!("{mark}{tally}"))).margin(2);
    }
    let x = line.put(StyleRole::Key, "find ").put_input(&edit.find.input);
    surface.set_cursor(x, area.y);
}
