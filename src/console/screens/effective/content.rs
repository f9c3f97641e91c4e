//! The lines of the page: what the library says of the webhook, in words and columns. Made off the loop for a large
//! document.

use std::sync::Arc;

use crate::check::receiver::{
    EffectiveLine, EffectiveView, LineNote, LineNoteKind, LineText, ReceiverKnowledge, Verdict,
    effective_view,
};
use crate::check::{ReceiverProfile, SecretLookup};
use crate::console::shell::layout::gutter;
use crate::console::theme::{Glyphs, StyleRole, glyph};
use crate::console::widgets::{TextRun, style_role_of};
use crate::domain::{Masking, Presence, ResourceKey, SecretPath};
use crate::inventory::{CheckState, Facts};

/// Columns of a fact's label, and of a check's names.
const LABEL: u16 = 11;
const CHECK: u16 = 18;

/// The columns by which notes are set off from the line that they are about.
const UNDER: u16 = 4;

/// The lines, each as text to look through and as rows of the screen.
#[derive(Debug, Default)]
pub(super) struct EffectiveContent {
    pub(super) texts: Vec<String>,
    pub(super) rows: Vec<ShownRow>,
}

#[derive(Debug)]
pub(super) struct ShownRow {
    /// The line that it shows, or a part of.
    pub(super) line: usize,
    pub(super) run: TextRun,
}

/// What the page is made from.
pub(super) struct EffectiveInput {
    pub(super) key: ResourceKey,
    pub(super) facts: Facts,
    pub(super) masking: Masking,
    pub(super) receiver: Arc<ReceiverProfile>,
    pub(super) lookup: SecretLookup,
    pub(super) presences: Vec<(SecretPath, Presence)>,
    pub(super) columns: u16,
    pub(super) glyphs: Glyphs,
}

impl EffectiveInput {
    pub(super) fn content(&self) -> EffectiveContent {
        let known = |path: &SecretPath| {
            let found = self.presences.iter().find(|(known, _)| known == path);
            found.map(|(_, presence)| presence.clone())
        };
        // The console holds no values of variables.
        let knowledge = ReceiverKnowledge {
            receiver: &self.receiver,
            lookup: &self.lookup,
            variables: None,
            presence: &known,
        };
        let view = effective_view(Some(&self.key), &self.facts, &self.masking, knowledge);
        let mut page = PageBuilder {
            content: EffectiveContent::default(),
            room: self.columns.saturating_sub(2).max(8),
            glyphs: self.glyphs,
        };
        page.head(&view);
        page.checks(&view);
        page.ignored(&view);
        page.not_known(&view);
        page.document(&view);
        page.content
    }
}

impl EffectiveContent {
    /// What is shown if the page could not be made.
    pub(super) fn failed() -> Self {
        let words = "the page could not be made; the log has the details";
        let row = ShownRow { line: 0, run: TextRun::of(StyleRole::Bad, words) };
        Self { texts: vec![words.into()], rows: vec![row] }
    }
}

struct PageBuilder {
    content: EffectiveContent,
    room: u16,
    glyphs: Glyphs,
}

impl PageBuilder {
    /// A line on the rows that it needs.
    fn push(&mut self, rows: Vec<TextRun>) {
        let line = self.content.texts.len();
        let text = |run: &TextRun| run.spans().iter().map(|(_, text)| text.as_str()).collect::<String>();
        // A place that is broken at a blank is found as it is read.
        let texts: Vec<_> = rows.iter().map(text).collect();
        self.content.texts.push(texts.join(" "));
        self.content.rows.extend(rows.into_iter().map(|run| ShownRow { line, run }));
    }

    fn fact(&mut self, label: &str, style: StyleRole, words: &str) {
        let words = self.glyphs.spell(words);
        self.push(TextRun::labelled(label, LABEL, style, &words, self.room));
    }

    fn section(&mut self, title: &'static str, about: &'static str) {
        self.push(vec![TextRun::default()]);
        let title = TextRun::of(StyleRole::Title, title);
        self.push(vec![if about.is_empty() {
            title
        } else {
            title.and(StyleRole::Dim, format!("  {about}"))
        }]);
    }

    fn head(&mut self, view: &EffectiveView) {
        let judgement = &view.judgement;
        for (at, route) in view.routes.iter().enumerate() {
            self.fact(if at == 0 { "route" } else { "" }, StyleRole::Text, &format!("POST {route}"));
        }
        if view.routes.is_empty() {
            self.fact("route", StyleRole::Warning, &format!("{} none leads to it", glyph::WARNING));
        }
        if view.is_catch_all {
            let words = "and every unknown id of its namespace: it is the catch-all";
            self.fact("", StyleRole::Warning, &format!("{} {words}", glyph::WARNING));
        }
        let (style, mark) = match judgement.verdict {
            Verdict::Open => (StyleRole::Warning, glyph::WARNING),
            Verdict::Refused => (StyleRole::Good, glyph::GOOD),
            Verdict::RefusesAll | Verdict::Broken | Verdict::NotServed => (StyleRole::Bad, glyph::BAD),
        };
        let by = judgement.anonymous.by.map(|by| format!(" by {by}")).unwrap_or_default();
        let (status, verdict) = (judgement.anonymous.status, judgement.verdict.word());
        let words = format!("{mark} {status}{by} without credentials, {verdict}: {}", judgement.reason);
        self.fact("answer", style, &words);
        if let Some(after) = judgement.after_restart {
            let words = format!(
                "{} after the receiver's next start every webhook answers {} ({})",
                glyph::BAD,
                after.status,
                after.by.unwrap_or_default()
            );
            self.fact("", StyleRole::Bad, &words);
        }
    }

    fn checks(&mut self, view: &EffectiveView) {
        let checks = &view.judgement.checks;
        if checks.is_empty() {
            return;
        }
        self.section("CHECKS", "in the receiver's order");
        for (at, check) in checks.iter().enumerate() {
            let style = match check.state {
                CheckState::RefusesAll(_) | CheckState::Breaks(_) => StyleRole::Bad,
                _ => StyleRole::Text,
            };
            let label = TextRun::of(StyleRole::Dim, format!("{:>2} ", at + 1))
                .and(StyleRole::JsonKey, check.auth.member);
            let words = self.glyphs.spell(&check.words()).into_owned();
            let lines = TextRun::wrap(style, &words, self.room.saturating_sub(CHECK).max(8));
            self.push(TextRun::beside(&label, CHECK, lines));
        }
    }

    fn ignored(&mut self, view: &EffectiveView) {
        if view.ignored.is_empty() {
            return;
        }
        self.section("IGNORED", "");
        for part in &view.ignored {
            let style = if part.is_check { StyleRole::Warning } else { StyleRole::Text };
            self.marked(1, (style, glyph::WARNING), &format!("{}: {}", part.member, part.why));
        }
    }

    fn not_known(&mut self, view: &EffectiveView) {
        if view.not_known.is_empty() {
            return;
        }
        self.section("NOT KNOWN FROM HERE", "");
        for words in &view.not_known {
            self.marked(1, (StyleRole::Text, glyph::UNKNOWN), words);
        }
    }

    /// Words beside their mark.
    fn marked(&mut self, indent: u16, (style, mark): (StyleRole, &'static str), words: &str) {
        let label = TextRun::of(style, format!("{}{mark}", " ".repeat(usize::from(indent))));
        let words = self.glyphs.spell(words).into_owned();
        let lines = TextRun::wrap(style, &words, self.room.saturating_sub(indent + 2).max(8));
        self.push(TextRun::beside(&label, indent + 2, lines));
    }

    fn document(&mut self, view: &EffectiveView) {
        self.section("DOCUMENT", "as the receiver holds it, its secrets hidden");
        let numbers = gutter(view.masked.line_count());
        for EffectiveLine { text, notes } in &view.lines {
            let (label, line) = match text {
                LineText::Document(at) => {
                    let width = usize::from(numbers) - 1;
                    let label = TextRun::of(StyleRole::LineNumber, format!("{:>width$} ", at + 1));
                    let segments = view.masked.line(*at).map(|line| line.into_owned().segments);
                    let run = |run: TextRun, segment: crate::text::Segment<'static>| {
                        run.and(style_role_of(segment.role), segment.text)
                    };
                    (label, segments.into_iter().flatten().fold(TextRun::default(), run))
                }
                LineText::Added(text) => {
                    let width = usize::from(numbers) - 1;
                    (
                        TextRun::of(StyleRole::Added, format!("{:>width$} ", "+")),
                        TextRun::of(StyleRole::Added, text.clone()),
                    )
                }
            };
            let rows = line.spelled(self.glyphs).broken(self.room.saturating_sub(numbers).max(8));
            self.push(TextRun::beside(&label, numbers, rows));
            notes.iter().for_each(|note| self.note(numbers, note));
        }
    }

    fn note(&mut self, numbers: u16, note: &LineNote) {
        let mark = match note.kind {
            LineNoteKind::Value => (StyleRole::Dim, glyph::ARROW),
            LineNoteKind::Substitute => (StyleRole::Warning, glyph::FALLBACK),
            LineNoteKind::Cleaned | LineNoteKind::Ignored => (StyleRole::Warning, glyph::WARNING),
            LineNoteKind::NotKnown => (StyleRole::Dim, glyph::UNKNOWN),
            LineNoteKind::Added => (StyleRole::Dim, glyph::DOT),
        };
        self.marked(numbers + UNDER, mark, &note.words);
    }
}
