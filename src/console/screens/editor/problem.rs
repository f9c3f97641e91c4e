//! The lines under the text: the problem at the cursor with what to do about it, or what is known of the member that
//! the cursor is in; or the search line.

use ratatui::layout::Rect;

use super::diagnostics::BufferDiagnostic;
use super::state::Draft;
use crate::check::Diagnostic;
use crate::check::rules::{MAX_DIAGNOSTICS, rule_of};
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{LineWriter, Surface, TextRun};
use crate::domain::json::Severity;

/// Draws the problem nearest to the cursor, with its number and the total.
pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, edit: &Draft, area: Rect) {
    let columns = area.width.saturating_sub(2);
    if edit.preparing.is_pending() {
        let words = TextRun::of(StyleRole::Accent, format!("the review is being made {}", glyph::MORE));
        surface.row(area, 0).skip(1).margin(1).put_run(&words);
        return;
    }
    let cursor = edit.buffer.cursor();
    let nearest = edit.diagnostics.nearest(cursor);
    let nearest = nearest.and_then(|at| Some((at, edit.diagnostics.list().get(at)?)));
    let is_at = nearest.is_some_and(|(_, flaw)| flaw.from.row <= cursor.row && cursor.row <= flaw.to.row);
    let right = totals(edit, nearest.map(|(at, _)| at));
    let (first, rest) = match nearest {
        Some((_, flaw)) if area.height == 1 => problem_runs(flaw, u16::MAX, is_at),
        Some((_, flaw)) => problem_runs(flaw, columns.saturating_sub(right.width() + 2), is_at),
        None => (state(edit), TextRun::default()),
    };
    let fix = nearest.and_then(|(_, flaw)| {
        Some(TextRun::hint(model.keymap.key(Place::Editor, Action::Fix)?, flaw.fix.as_ref()?.words()))
    });
    let mut line = surface.row(area, 0);
    line.skip(1).margin(1);
    if area.height == 1 {
        one_line(&mut line, first, right, fix);
        return;
    }
    if !right.is_empty() {
        line.put_right(&right).margin(2);
    }
    line.put_run(&first);
    let described = || {
        let line = edit.diagnostics.descriptions.get(&edit.outline.cursor_path().path);
        line.map(|line| TextRun::of(StyleRole::Dim, line))
    };
    let is_object = edit.diagnostics.first_error().is_none() && nearest.is_some();
    let left = if is_at { rest } else { described().unwrap_or(rest) };
    let right = fix.or_else(|| is_object.then(|| state(edit)));
    let mut line = surface.row(area, 1);
    line.skip(1).margin(1);
    if let Some(right) = right.filter(|right| right.width() + 2 <= line.remaining() * 2 / 3) {
        line.put_right(&right).margin(2);
    }
    // Below the words of the problem.
    line.skip(2).put_run(&left);
}

fn one_line(line: &mut LineWriter<'_>, first: TextRun, totals: TextRun, fix: Option<TextRun>) {
    let mut right = fix.unwrap_or_default();
    right.join(" · ", totals.clone());
    // The message takes precedence; its fix is shown if there is room.
    let has_room = first.width() + right.width() + 2 <= line.remaining() || line.remaining() > 100;
    let right = if has_room { right } else { totals };
    if !right.is_empty() {
        line.put_right(&right).margin(2);
    }
    line.put_run(&first);
}

/// How many problems there are, the number of the one that is shown, and whether there may be others.
fn totals(edit: &Draft, nearest: Option<usize>) -> TextRun {
    let (list, mut run) = (edit.diagnostics.list(), TextRun::default());
    if let Some(at) = nearest.filter(|_| list.len() > 1) {
        let counts = edit.diagnostics.counts();
        let each = [
            (counts.errors, Severity::Error),
            (counts.warnings, Severity::Warning),
            (counts.hints, Severity::Info),
        ];
        for (count, severity) in each.into_iter().filter(|(count, _)| *count > 0) {
            let (style, mark) = severity_badge(severity);
            run.join(" ", TextRun::of(style, format!("{count}{mark}")));
        }
        let more = if list.len() >= MAX_DIAGNOSTICS { "+" } else { "" };
        run.join(" · ", TextRun::of(StyleRole::Dim, format!("{} of {}{more}", at + 1, list.len())));
    }
    let is_behind =
        edit.diagnostics.is_behind(&edit.buffer) || edit.diagnostics.is_document_behind(&edit.buffer);
    if is_behind && nearest.is_some() {
        run.join("", TextRun::of(StyleRole::Dim, format!(" {}", glyph::MORE)));
    }
    run
}

/// What is known of a text without a problem.
fn state(edit: &Draft) -> TextRun {
    if edit.diagnostics.is_behind(&edit.buffer) {
        return TextRun::of(StyleRole::Dim, glyph::MORE);
    }
    TextRun::of(StyleRole::Good, glyph::GOOD).and(StyleRole::Dim, " a JSON object")
}

pub(super) fn severity_badge(severity: Severity) -> (StyleRole, &'static str) {
    match severity {
        Severity::Error => (StyleRole::Bad, glyph::BAD),
        Severity::Warning => (StyleRole::Warning, glyph::WARNING),
        Severity::Info => (StyleRole::Dim, glyph::HOLLOW),
    }
}

/// The style of the place of a problem.
pub(super) fn problem_role(severity: Severity) -> StyleRole {
    match severity {
        Severity::Error => StyleRole::Problem,
        Severity::Warning => StyleRole::ProblemWarning,
        Severity::Info => StyleRole::ProblemHint,
    }
}

/// What is wrong, on one line or on two; what to do about it, and the rule, after it.
fn problem_runs(flaw: &BufferDiagnostic, columns: u16, is_at: bool) -> (TextRun, TextRun) {
    let (style, mark) = severity_badge(flaw.found.severity);
    let mut badge = TextRun::of(style, format!("{mark} "));
    if !flaw.is_of_text {
        badge = badge.and(StyleRole::Dim, format!("{} ", flaw.found.rule));
    }
    // At the cursor, the status line says where it is.
    let message = if is_at && !flaw.is_of_text { flaw.found.message.clone() } else { flaw.found.to_string() };
    let mut lines = TextRun::wrap(style, &message, columns.saturating_sub(badge.width())).into_iter();
    let mut first = badge.and(style, lines.next().unwrap_or_default().plain());
    let mut rest = TextRun::default();
    let further: Vec<_> = lines.map(|line| line.plain()).collect();
    if !further.is_empty() {
        rest = TextRun::of(style, further.join(" "));
    }
    if flaw.is_of_text {
        let (between, detail) = text_detail(flaw);
        let detail = TextRun::of(StyleRole::Dim, detail);
        let is_one_line = rest.is_empty() && first.width() + 2 + detail.width() <= columns;
        if is_one_line {
            first.join(between, detail)
        } else {
            rest.join(between, detail)
        }
        return (first, rest);
    }
    if !flaw.found.remedy.is_empty() {
        rest.join(" · ", TextRun::of(StyleRole::Text, flaw.found.remedy));
    }
    if let Some(rule) = rule_of(&flaw.found) {
        rest.join(" · ", TextRun::of(StyleRole::Dim, rule.name));
    }
    (first, rest)
}

/// In which member a problem of the text is, and what is expected there; with what stands before that.
fn text_detail(flaw: &BufferDiagnostic) -> (&'static str, String) {
    let Diagnostic { pointer, remedy, .. } = &flaw.found;
    match (pointer.is_empty(), remedy.is_empty()) {
        (true, true) => ("", String::new()),
        (true, false) => ("; ", format!("expected {remedy}")),
        (false, true) => (", ", format!("in {pointer}")),
        (false, false) => (", ", format!("in {pointer}; expected {remedy}")),
    }
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
