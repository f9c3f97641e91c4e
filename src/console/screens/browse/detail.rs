//! The detail pane: what the store knows of the selected document, what it means to the receiver, and its
//! text with secrets masked.

use std::collections::BTreeSet;
use std::iter;

use ratatui::layout::Rect;

use super::detail_links::{DetailLink, LinkTarget};
use super::detail_rows::{DetailRow, DetailRows};
use super::diagnostics::{dangling, first_of, problems_of};
use super::state::{BrowsePage, DetailDocument};
use crate::check::Problem;
use crate::check::receiver::{Verdict, routes};
use crate::check::rules::{
    OPEN_TO_ANYONE, REFUSED_AT_START, SHARED_VARIABLE, UNROUTABLE_ID, UNUSABLE_DOCUMENT,
};
use crate::console::age::{TimedText, left};
use crate::console::model::Model;
use crate::console::screens::browse::needs::{self, NeedLines};
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::{Glyphs, StyleRole, glyph};
use crate::console::widgets::{PaneTitle, Surface, TextRun, draw_title, width};
use crate::console::words;
use crate::domain::json::Severity;
use crate::domain::{ConnectionName, LeaseId, ResourceKey, TokenKind};
use crate::inventory::RowRef;
use crate::text::{DocumentLayout, Safe};

/// The most dependents listed; beyond that they are only counted.
const NAMED: usize = 8;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, browse: &BrowsePage, pane: Rect) {
    if pane.width == 0 {
        return;
    }
    let rows = body_rows(pane);
    if rows.height < pane.height {
        draw_title(surface, pane, title(model, browse));
    }
    let Some((shown, row)) = selected(model, browse) else { return };
    let area = text_area(rows);
    let facts = facts(model, shown, row, area.width);
    let rows = DetailRows::new(&browse.detail, facts.lines.len(), area);
    let selected = browse.detail.link.as_ref().filter(|_| model.has_focus(Pane::Detail));
    let selected = facts.links.iter().find(|link| Some(&link.to) == selected);
    for (line, row) in (0..area.height).zip(rows.visible()) {
        match row {
            DetailRow::Fact(at) => {
                let mut writer = surface.row(area, line);
                if selected.is_some_and(|link| link.lines.contains(&at)) {
                    writer.highlight(StyleRole::Selection);
                }
                if let Some(fact) = facts.lines.get(at) {
                    writer.put_run(fact);
                }
            }
            DetailRow::Rule => rule(surface, browse, shown, area, line),
            DetailRow::Text { line: number, bytes, begins } => {
                rows.draw_text(surface, line, (number, bytes), begins);
            }
            DetailRow::Preparing => {
                let words = format!("preparing the text {}", glyph::MORE);
                surface.row(area, line).put(StyleRole::Dim, words);
            }
        }
    }
}

/// The rule above the text, which says how that is shown.
fn rule(surface: &mut Surface<'_>, browse: &BrowsePage, shown: &DetailDocument, area: Rect, line: u16) {
    let whole = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
    let mut words = match shown.text.as_ref().map(|text| text.layout) {
        Some(DocumentLayout::Pretty) => " laid out".to_owned(),
        Some(DocumentLayout::Stored) => " as stored".to_owned(),
        None => String::new(),
    };
    if !words.is_empty() && !browse.detail.wraps {
        words.push_str(&format!(" {} from column {}", glyph::DOT, browse.detail.aside + 1));
    }
    let words =
        if words.is_empty() { TextRun::default() } else { TextRun::of(StyleRole::Dim, format!("{words} ")) };
    let mut writer = surface.row(whole, line);
    if words.width() + 2 <= whole.width {
        writer.margin(1).put_right(&words);
    }
    writer.fill(StyleRole::Rule, glyph::HORIZONTAL);
    surface
        .row(Rect { x: whole.right().saturating_sub(1), width: 1, ..whole }, line)
        .put(StyleRole::Rule, glyph::HORIZONTAL);
}

/// The rows of the detail in its pane.
pub(super) fn rows(model: &Model) -> Option<DetailRows<'_>> {
    rows_and_links(model).map(|(rows, _)| rows)
}

/// The rows of the detail in its pane, and the facts among them that lead somewhere.
pub(super) fn rows_and_links(model: &Model) -> Option<(DetailRows<'_>, Vec<DetailLink>)> {
    let area = text_area(body_rows(model.panes().detail));
    let browse = model.browse()?;
    let (shown, row) = selected(model, browse)?;
    let LabelledLines { lines, links, .. } = facts(model, shown, row, area.width);
    Some((DetailRows::new(&browse.detail, lines.len(), area), links))
}

fn text_area(rows: Rect) -> Rect {
    Rect { x: rows.x + 1, width: rows.width.saturating_sub(2), ..rows }
}

fn selected<'m>(model: &'m Model, browse: &'m BrowsePage) -> Option<(&'m DetailDocument, RowRef<'m>)> {
    let shown = browse.detail.shown.as_deref()?;
    Some((shown, model.inventory.get(&shown.key)?))
}

fn title(model: &Model, browse: &BrowsePage) -> PaneTitle {
    let name = browse.detail.shown.as_ref().map(|shown| shown.key.to_string()).unwrap_or_default();
    let name = match model.panes().is_alone() {
        true if !name.starts_with("key:") => name.replacen('/', &format!(" {} ", glyph::CRUMB), 1),
        _ => name,
    };
    words::pane_title(model, Pane::Detail, &name, TextRun::default())
}

/// The facts above the text.
fn facts(model: &Model, shown: &DetailDocument, row: RowRef<'_>, room: u16) -> LabelledLines {
    let glyphs = model.glyphs;
    let mut facts = LabelledLines { lines: Vec::new(), links: Vec::new(), room, glyphs };
    // The title would be cut.
    let key = shown.key.to_string();
    let beside = if model.panes().is_alone() { width(&Safe::new(&model.context.name)) + 6 } else { 0 };
    if width(&Safe::new(&glyphs.spell(&key))) + beside > room {
        facts.add("key", StyleRole::Text, &key);
    }
    facts.lines.extend(TextRun::pack(history(model, row), room));
    if let Some(lease) = row.lease() {
        facts.add("lease", StyleRole::Text, &lease_words(model, lease).text);
    }
    let found = problems_of(model, row);
    if let Some(trouble) = first_of(&found, &UNUSABLE_DOCUMENT) {
        facts.marked("state", StyleRole::Bad, glyph::BAD, &trouble.message);
    }
    match &shown.key {
        ResourceKey::Webhook { .. } => {
            route(&mut facts, model, &shown.key, &found);
            if shown.facts.error.is_none() {
                auth(&mut facts, model, shown, &found);
                needs(&mut facts, model, shown);
                connections(&mut facts, model, shown, &found);
            }
        }
        ResourceKey::Connection { name } => {
            dependents(&mut facts, model, name.as_str());
            if shown.facts.error.is_none() {
                needs(&mut facts, model, shown);
            }
        }
        ResourceKey::Foreign { .. } => {
            facts.add("note", StyleRole::Dim, "the receiver ignores this key; it can be viewed and deleted");
        }
    }
    problems(&mut facts, shown, &found);
    facts
}

/// The rules whose problems are told beside the fact that they are about.
const TOLD_BY_FACTS: [&str; 4] =
    [UNUSABLE_DOCUMENT.id, UNROUTABLE_ID.id, OPEN_TO_ANYONE.id, SHARED_VARIABLE.id];

/// `✗ L09 unknown key (line 7)`: the other problems, worst first; what is told of several places is told once.
fn problems(facts: &mut LabelledLines, shown: &DetailDocument, found: &[Problem]) {
    let missing: Vec<_> = shown.facts.connections.iter().filter_map(|name| dangling(found, name)).collect();
    let is_told = |problem: &Problem| TOLD_BY_FACTS.contains(&problem.rule) || missing.contains(&problem);
    let others: Vec<_> = found.iter().filter(|problem| !is_told(problem)).collect();
    let told: Vec<_> =
        others.chunk_by(|one, next| (one.rule, &one.message) == (next.rule, &next.message)).collect();
    let mut label = "found";
    for same in told.iter().take(NAMED) {
        let Some(problem) = same.first() else { continue };
        let (style, mark) = words::severity_badge(problem.severity);
        let lines: BTreeSet<_> = same.iter().filter_map(|problem| Some(problem.place()?.0)).collect();
        let places = lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let places = match lines.len() {
            0 => String::new(),
            1 => format!(" (line {places})"),
            _ => format!(" (lines {places})"),
        };
        facts.marked(label, style, mark, &format!("{} {}{places}", problem.rule, problem.message));
        label = "";
    }
    if told.len() > NAMED {
        facts.add("", StyleRole::Dim, &format!("and {} more", words::grouped(told.len() - NAMED)));
    }
}

/// `r48190 · v7 · created r31002 · changed 4m (observed)`
fn history(model: &Model, row: RowRef<'_>) -> Vec<TextRun> {
    let stored = match model.context.capabilities.tokens {
        TokenKind::Counter => TextRun::of(StyleRole::Text, row.revision().to_string()),
        TokenKind::Digest => {
            TextRun::of(StyleRole::Dim, "token ").and(StyleRole::Text, Safe::display(&row.token()))
        }
    };
    let more = [
        row.version().map(|version| format!("v{version}")),
        row.created().map(|created| format!("created {created}")),
        row.observed().map(|at| format!("changed {} (observed)", model.age(at).text)),
    ];
    let more = more.into_iter().flatten().map(|words| TextRun::of(StyleRole::Text, words));
    iter::once(stored).chain(more).collect()
}

/// `694d77aa · 12m left`
pub(crate) fn lease_words(model: &Model, lease: LeaseId) -> TimedText {
    let known = model.lease.filter(|known| known.lease == lease).and_then(|known| known.ends);
    let Some(ends) = known else { return TimedText { text: lease.to_string(), changes_in: None } };
    let TimedText { text, changes_in } = left(ends.saturating_sub(model.now.mono));
    let ending = if changes_in.is_some() { " left" } else { "" };
    TimedText { text: format!("{lease} {} {text}{ending}", glyph::DOT), changes_in }
}

/// Labelled lines; long ones are wrapped beside their label.
struct LabelledLines {
    lines: Vec<TextRun>,
    links: Vec<DetailLink>,
    room: u16,
    glyphs: Glyphs,
}

const LABEL: u16 = 7;

impl LabelledLines {
    fn add(&mut self, label: &str, style: StyleRole, words: &str) {
        let words = self.glyphs.spell(words);
        self.lines.extend(TextRun::labelled(label, LABEL, style, &words, self.room));
    }

    /// Adds lines that lead somewhere, where no others do.
    fn link(&mut self, to: LinkTarget, add: impl FnOnce(&mut Self)) {
        let first = self.lines.len();
        add(self);
        if self.links.iter().all(|link| link.to != to) {
            self.links.push(DetailLink { lines: first..self.lines.len(), to });
        }
    }

    fn marked(&mut self, label: &str, style: StyleRole, glyph: &str, words: &str) {
        self.add(label, style, &format!("{glyph} {words}"));
    }
}

fn route(facts: &mut LabelledLines, model: &Model, key: &ResourceKey, found: &[Problem]) {
    if let Some(found) = first_of(found, &UNROUTABLE_ID) {
        facts.marked("route", StyleRole::Warning, glyph::WARNING, &format!("no route: {}", found.message));
        return;
    }
    for (at, route) in routes(key, &model.context.receiver.default_namespace).iter().enumerate() {
        facts.add(if at == 0 { "route" } else { "" }, StyleRole::Text, &format!("POST {route}"));
    }
}

/// What a request without credentials gets, from which check; which blocks do nothing, and why.
fn auth(facts: &mut LabelledLines, model: &Model, shown: &DetailDocument, found: &[Problem]) {
    let kinds = shown.facts.auth;
    let own = needs::own_auth(model, &shown.key);
    let judgement = shown.text.as_ref().and_then(|text| text.judgement.as_ref());
    let is_shut = |verdict| match verdict {
        Verdict::RefusesAll => !needs::may_complete(model, shown.facts.own),
        verdict => verdict == Verdict::Broken,
    };
    match judgement {
        Some(judgement) if is_shut(judgement.verdict) => {
            let status = judgement.anonymous.status;
            let by = judgement.anonymous.by.map(|by| format!(" by {by}")).unwrap_or_default();
            let words = format!("{}: {status}{by}; {}", judgement.verdict.word(), judgement.reason);
            facts.marked("auth", StyleRole::Bad, glyph::BAD, &words);
        }
        _ => match first_of(found, &OPEN_TO_ANYONE) {
            Some(found) => facts.marked("auth", StyleRole::Warning, glyph::WARNING, &found.message),
            None if kinds.is_open() => {
                facts.add("auth", StyleRole::Text, &format!("{}, by a secret of its own", own.join(", ")));
            }
            None => {
                let words: Vec<_> = kinds.iter().map(|auth| auth.word).collect();
                facts.add("auth", StyleRole::Text, &format!("401 by {}", words.join(", then ")));
            }
        },
    }
    let Some(judgement) = judgement else { return };
    // What the context silences, or does not count as an error, is not told in other words.
    let is_told = first_of(found, &REFUSED_AT_START).is_some_and(|found| found.severity == Severity::Error);
    if judgement.after_restart.is_some() && is_told {
        let words = "after the receiver's next start every webhook answers 404 (L01)";
        facts.marked("", StyleRole::Bad, glyph::BAD, words);
    }
    for part in judgement.ignored.iter().filter(|part| part.is_check) {
        let words = format!("ignored: {}, {}", part.member, part.why);
        facts.marked("", StyleRole::Warning, glyph::WARNING, &words);
    }
}

fn needs(facts: &mut LabelledLines, model: &Model, shown: &DetailDocument) {
    if model.context.secrets.is_none() {
        return;
    }
    let room = facts.room.saturating_sub(LABEL).max(8);
    let NeedLines { lines, links, .. } = needs::block(model, &shown.key, room);
    let first = facts.lines.len();
    facts.lines.extend(TextRun::beside(&TextRun::of(StyleRole::Dim, "needs"), LABEL, lines));
    for (line, name) in links {
        let to = LinkTarget::Users(name);
        if facts.links.iter().all(|link| link.to != to) {
            facts.links.push(DetailLink { lines: first + line..first + line + 1, to });
        }
    }
}

fn connections(facts: &mut LabelledLines, model: &Model, shown: &DetailDocument, found: &[Problem]) {
    let mut label = "used";
    for name in &shown.facts.connections {
        let others = model.inventory.dependents(name).len().saturating_sub(1);
        if let Some(found) = dangling(found, name) {
            let to = LinkTarget::Users(name.to_string());
            facts.link(to, |facts| {
                facts.marked(label, StyleRole::Warning, glyph::WARNING, &found.message);
            });
        } else {
            let others = match others {
                0 if model.inventory.coverage().is_partial() => {
                    format!("{} else", words::no_visible_webhook(model))
                }
                0 => "nobody else".to_owned(),
                others => words::plural(others, "other"),
            };
            let words = format!("connection {} {} {others}", Safe::name(&**name), glyph::DOT);
            let add = |facts: &mut LabelledLines| facts.add(label, StyleRole::Text, &words);
            match ConnectionName::new(name).ok().map(ResourceKey::connection) {
                Some(key) => facts.link(LinkTarget::Document(key), add),
                None => add(facts),
            }
        }
        label = "";
    }
}

fn dependents(facts: &mut LabelledLines, model: &Model, name: &str) {
    let slots = model.inventory.dependents(name);
    if slots.is_empty() {
        facts.add("used", StyleRole::Dim, &format!("by {}", words::no_visible_webhook(model)));
        return;
    }
    facts.add("used", StyleRole::Text, &format!("by {}", words::plural(slots.len(), "webhook")));
    for row in slots.iter().take(NAMED).filter_map(|slot| model.inventory.row(*slot)) {
        let key = row.key();
        let words = key.to_string();
        facts.link(LinkTarget::Document(key), |facts| facts.add("", StyleRole::Dim, &words));
    }
    if slots.len() > NAMED {
        let words = format!("and {} more", words::grouped(slots.len() - NAMED));
        facts.link(LinkTarget::Users(name.to_owned()), |facts| facts.add("", StyleRole::Dim, &words));
    }
}

#[cfg(test)]
mod tests;
