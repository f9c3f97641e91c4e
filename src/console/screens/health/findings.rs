//! Verdicts and findings: who can act, what is wrong, what to do.

use super::view::heading;
use crate::console::model::Model;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ReviewPage, TextRun};
use crate::console::words;
use crate::domain::{Cause, Condition, Health};

pub(super) fn add(page: &mut ReviewPage<'_>, model: &Model) {
    if model.health.backends.is_empty() {
        let asking = format!("asking {} {}", model.context.backend.name, glyph::MORE);
        heading(page, TextRun::of(StyleRole::Dim, asking));
    } else {
        model.health.all().for_each(|health| of_backend(page, model, health));
    }
}

fn of_backend(page: &mut ReviewPage<'_>, model: &Model, health: &Health) {
    let (glyph, ink) = words::condition_badge(health.condition());
    let mut head = TextRun::of(ink, format!("{glyph} {}", health.verdict()));
    head.join("  ", TextRun::of(StyleRole::Strong, health.backend));
    if let Some(latency) = health.latency {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("answers in {}", latency.word())));
    }
    if let Some(ago) = model.health.checked.and_then(|checked| words::long_ago(model, checked)) {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("checked {ago} ago")));
    }
    heading(page, head);
    for finding in health.findings() {
        let (glyph, ink) = match (finding.cause, finding.condition()) {
            (Cause::Hint, _) => (glyph::HOLLOW, StyleRole::Dim),
            (_, Condition::Unusable) => (glyph::BAD, StyleRole::Bad),
            _ => (glyph::WARNING, StyleRole::Warning),
        };
        let label = TextRun::of(ink, format!("{glyph} {}", finding.cause.word()));
        page.labelled(&label, StyleRole::Text, &finding.text);
        if !finding.remedy.is_empty() {
            page.fact("", StyleRole::Dim, &format!("{} {}", glyph::ARROW, finding.remedy));
        }
    }
}
