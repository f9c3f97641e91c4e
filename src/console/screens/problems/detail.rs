//! The detail of the selected problem: what it means, what to do about it, and where it is.

use ratatui::layout::Rect;

use crate::check::rules::severity_word;
use crate::check::{Problem, Rule};
use crate::console::model::Model;
use crate::console::screens::browse::ListContext;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, clamp_scroll, draw_title};
use crate::console::words;
use crate::inventory::RowRef;

/// The columns of the labels.
const LABEL: u16 = 10;

/// The most other problems of the document that are named.
const NAMED: usize = 12;

pub(super) fn draw(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    if pane.width == 0 {
        return;
    }
    let rows = body_rows(pane);
    let context = ListContext::from(model);
    let Some((row, problem)) = model.problems.selected(context) else { return };
    if rows.height < pane.height {
        let title = words::pane_title(model, Pane::Detail, &row.key().to_string(), TextRun::default());
        draw_title(surface, pane, title);
    }
    let area = text_area(rows);
    let lines = lines(model, context, row, problem, area.width);
    let first = clamp_scroll(model.problems.scroll, lines.len(), area.height);
    surface.put_lines(area, 0, lines.iter().skip(first));
}

/// The number of its lines, and how many of them are shown at once.
pub(super) fn extent(model: &Model) -> (usize, usize) {
    let area = text_area(body_rows(model.panes().detail));
    let context = ListContext::from(model);
    let selected = model.problems.selected(context);
    let total = selected.map_or(0, |(row, problem)| lines(model, context, row, problem, area.width).len());
    (total, usize::from(area.height))
}

fn text_area(rows: Rect) -> Rect {
    Rect { x: rows.x + 1, width: rows.width.saturating_sub(2), ..rows }
}

fn lines(
    model: &Model,
    context: ListContext<'_>,
    row: RowRef<'_>,
    problem: &Problem,
    room: u16,
) -> Vec<TextRun> {
    let mut lines = Vec::new();
    let mut add = |label: &str, style: StyleRole, text: &str| {
        let text = model.glyphs.spell(text);
        lines.extend(TextRun::labelled(label, LABEL, style, &text, room));
    };
    let (style, mark) = words::severity_badge(problem.severity);
    let rule = model.context.receiver.rule(problem.rule);
    let title = rule.map_or_else(|| problem.rule.to_owned(), Rule::title);
    add("rule", style, &format!("{mark} {} {title}", severity_word(problem.severity)));
    add("problem", StyleRole::Text, &problem.message);
    if !problem.remedy.is_empty() {
        add("to do", StyleRole::Text, problem.remedy);
    }
    if !problem.fix.is_empty() {
        add("fix", StyleRole::Text, &format!("in the editor: {}", problem.fix));
    }
    if !problem.pointer.is_empty() {
        add("at", StyleRole::Text, &problem.pointer);
    }
    if let Some((line, column)) = problem.place() {
        let label = if problem.pointer.is_empty() { "at" } else { "" };
        add(label, StyleRole::Text, &format!("line {line}, column {column} of the text as stored"));
    }
    // An own rule has no other words than its message.
    if let Some(rule) = rule.filter(|rule| rule.summary != &*problem.message) {
        add("finds", StyleRole::Dim, rule.summary);
    }
    let same = context.counts_of_rule(problem.rule).total().saturating_sub(1);
    if same > 0 {
        let words = format!("{} of this rule: /problem:{}", words::plural(same, "other"), problem.rule);
        add("others", StyleRole::Dim, &words);
    }
    let others: Vec<_> = context.found(row).unwrap_or_default().iter().filter(|it| *it != problem).collect();
    for (at, other) in others.iter().take(NAMED).enumerate() {
        let (style, mark) = words::severity_badge(other.severity);
        let label = if at == 0 { "and here" } else { "" };
        add(label, style, &format!("{mark} {} {}", other.rule, other.message));
    }
    if others.len() > NAMED {
        add("", StyleRole::Dim, &format!("{} and {} more", glyph::MORE, others.len() - NAMED));
    }
    lines
}
