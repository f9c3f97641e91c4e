//! The verdicts, and what there is to act on: who can, what it is, what to do.

use super::super::widgets::Phrase;
use super::super::words;
use super::{INDENT, LABEL, Line, labelled};
use crate::console::model::Model;
use crate::console::theme::{Ink, glyph};
use crate::domain::{Cause, Condition, Finding, Health};

pub(super) fn lines(model: &Model, room: u16) -> Vec<Line> {
    if model.health.backends.is_empty() {
        let asking = format!("asking {} {}", model.context.backend, glyph::MORE);
        return vec![Line::heading(Phrase::of(Ink::Dim, asking))];
    }
    model.health.all().flat_map(|health| of_backend(model, health, room)).collect()
}

fn of_backend(model: &Model, health: &Health, room: u16) -> Vec<Line> {
    let (glyph, ink) = words::condition_look(health.condition());
    let mut head = Phrase::of(ink, format!("{glyph} {}", health.verdict()));
    head.join("  ", Phrase::of(Ink::Strong, health.backend));
    if let Some(latency) = health.latency {
        head.join("  ", Phrase::of(Ink::Dim, format!("answers in {}", latency.word())));
    }
    if let Some(ago) = model.health.checked.and_then(|checked| words::long_ago(model, checked)) {
        head.join("  ", Phrase::of(Ink::Dim, format!("checked {ago} ago")));
    }
    let mut lines = vec![Line::heading(head)];
    lines.extend(health.findings().iter().flat_map(|finding| of_finding(finding, room)));
    lines
}

fn of_finding(finding: &Finding, room: u16) -> Vec<Line> {
    let (glyph, ink) = match (finding.cause, finding.condition()) {
        (Cause::Hint, _) => (glyph::HOLLOW, Ink::Dim),
        (_, Condition::Unusable) => (glyph::BAD, Ink::Bad),
        _ => (glyph::WARNING, Ink::Warning),
    };
    let columns = room.saturating_sub(LABEL).max(8);
    let label = format!("{glyph} {}", finding.cause.word());
    // Measured and not padded by the formatter: a glyph may be more than one byte.
    let label = super::grid::padded(ink, &label, LABEL);
    let text = words::wrap(&finding.text, columns).into_iter();
    let mut lines: Vec<_> = text
        .enumerate()
        .map(|(at, line)| {
            let before = if at == 0 { label.clone() } else { super::grid::padded(ink, "", LABEL) };
            Line { indent: INDENT, words: before.and(Ink::Text, line) }
        })
        .collect();
    if !finding.remedy.is_empty() {
        lines.extend(labelled("", Ink::Dim, &format!("{} {}", glyph::ARROW, finding.remedy), room));
    }
    lines
}
