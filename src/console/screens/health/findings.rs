//! Verdicts and findings: who can act, what is wrong, what to do.

use super::view::{HealthLine, LABEL, labelled};
use crate::console::model::Model;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::TextRun;
use crate::console::words;
use crate::domain::{Cause, Condition, Finding, Health};

pub(super) fn lines(model: &Model, room: u16) -> Vec<HealthLine> {
    if model.health.backends.is_empty() {
        let asking = format!("asking {} {}", model.context.backend.name, glyph::MORE);
        return vec![HealthLine::heading(TextRun::of(StyleRole::Dim, asking))];
    }
    model.health.all().flat_map(|health| of_backend(model, health, room)).collect()
}

fn of_backend(model: &Model, health: &Health, room: u16) -> Vec<HealthLine> {
    let (glyph, ink) = words::condition_badge(health.condition());
    let mut head = TextRun::of(ink, format!("{glyph} {}", health.verdict()));
    head.join("  ", TextRun::of(StyleRole::Strong, health.backend));
    if let Some(latency) = health.latency {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("answers in {}", latency.word())));
    }
    if let Some(ago) = model.health.checked.and_then(|checked| words::long_ago(model, checked)) {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("checked {ago} ago")));
    }
    let mut lines = vec![HealthLine::heading(head)];
    lines.extend(health.findings().iter().flat_map(|finding| of_finding(finding, room)));
    lines
}

fn of_finding(finding: &Finding, room: u16) -> Vec<HealthLine> {
    let (glyph, ink) = match (finding.cause, finding.condition()) {
        (Cause::Hint, _) => (glyph::HOLLOW, StyleRole::Dim),
        (_, Condition::Unusable) => (glyph::BAD, StyleRole::Bad),
        _ => (glyph::WARNING, StyleRole::Warning),
    };
    let label = TextRun::of(ink, format!("{glyph} {}", finding.cause.word()));
    let text = TextRun::wrap(StyleRole::Text, &finding.text, room.saturating_sub(LABEL).max(8));
    let mut lines: Vec<_> = TextRun::beside(&label, LABEL, text).into_iter().map(HealthLine::of).collect();
    if !finding.remedy.is_empty() {
        lines.extend(labelled("", StyleRole::Dim, &format!("{} {}", glyph::ARROW, finding.remedy), room));
    }
    lines
}
