//! The tab Health: how true the picture is, and what every backend says of itself.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Column, Phrase, Table};
use super::words;
use crate::console::model::Model;
use crate::console::theme::{Ink, glyph};
use crate::domain::{Health, LatencyClass, MemberHealth, TokenKind};
use crate::text::Safe;

const MEMBERS: [Column; 5] = [
    Column { name: "MEMBER", least: 12, worth: 90, right: false },
    Column { name: "ROLE", least: 6, worth: 60, right: false },
    Column { name: "STATE", least: 8, worth: 80, right: false },
    Column { name: "ANSWERS", least: 7, worth: 50, right: true },
    Column { name: "DETAIL", least: 12, worth: 70, right: false },
];

/// How many of the ranges that may be read are named.
const RANGES: usize = 8;

/// Blanks before the facts of a backend.
const INDENT: u16 = 4;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let room = area.width.saturating_sub(INDENT + 2);
    let mut lines = link_lines(model, room);
    for health in &model.health.backends {
        lines.push(Line::words(0, Phrase::default()));
        lines.extend(backend_lines(model, health, room));
    }
    if model.health.backends.is_empty() {
        lines.push(Line::words(0, Phrase::default()));
        lines.push(Line::words(1, Phrase::of(Ink::Dim, format!("asking the backends {}", glyph::MORE))));
    }
    let tables: Vec<_> = model.health.backends.iter().map(members).collect();
    let first = words::clamp_scroll(model.health.scroll, lines.len(), area.height);
    for (row, line) in (0..area.height).zip(lines.iter().skip(first)) {
        let mut pen = canvas.row(area, row);
        pen.margin(1).skip(line.indent);
        match line.table {
            None => {
                pen.phrase(&line.words);
            }
            Some((backend, member)) => {
                let Some(table) = tables.iter().find(|(name, _)| *name == backend).map(|(_, table)| table)
                else {
                    continue;
                };
                let widths = table.widths(room);
                match member {
                    Some(member) => table.row(&mut pen, member, &widths),
                    None => {
                        let rest = Rect { x: area.x + INDENT, width: room, ..area };
                        table.names(canvas, rest, row, &widths);
                    }
                }
            }
        }
    }
}

/// A line of the page: words, or a row of a backend's table of members (`None`: its names).
struct Line {
    indent: u16,
    words: Phrase,
    table: Option<(&'static str, Option<usize>)>,
}

impl Line {
    fn words(indent: u16, words: Phrase) -> Self {
        Self { indent, words, table: None }
    }
}

fn link_lines(model: &Model, room: u16) -> Vec<Line> {
    let link = &model.link;
    let coverage = model.inventory.coverage();
    let (glyph, ink) = words::link_look(model);
    let mut head = Phrase::of(ink, format!("{glyph} {}", link.state.word()));
    if coverage.is_partial() {
        head.join(" ", Phrase::of(Ink::Warning, words::PARTIAL));
    }
    head.join("  ", Phrase::of(Ink::Strong, format!("{} {}", model.context.backend, model.context.target)));
    let mut lines = vec![Line::words(1, head)];
    let mut add = |label: &str, ink, words: &str| lines.extend(labelled(label, ink, words, room));
    if link.state.is_true() {
        let at = match model.context.capabilities.tokens {
            TokenKind::Counter => format!(" at {}", model.inventory.revision()),
            TokenKind::Digest => String::new(),
        };
        let what =
            if coverage.is_partial() { "equal to what this user may read" } else { "equal to the store" };
        add("picture", Ink::Text, &format!("{what}{at}"));
    }
    for (index, range) in coverage.ranges().iter().take(RANGES).enumerate() {
        add(if index == 0 { "may read" } else { "" }, Ink::Text, range);
    }
    if let Some(more @ 1..) = coverage.ranges().len().checked_sub(RANGES) {
        add("", Ink::Text, &format!("and {}", words::plural(more, "more range")));
    }
    add("since", Ink::Text, &format!("{} ago", words::ago(model, link.since).text));
    if let Some(reason) = words::reason(&link.state) {
        add("why", Ink::Warning, reason);
    }
    if let Some(retry) = words::retry(model) {
        add("and now", Ink::Text, &retry.text);
    }
    if let Some(resync) = link.resync {
        let what = if resync.replaced {
            "another store, or an older state of this one, took the place of what was shown".to_owned()
        } else {
            format!("the last load found {}", words::plural(resync.differences, "difference"))
        };
        add("resync", Ink::Warning, &format!("{what}, {} ago", words::ago(model, resync.at).text));
    }
    for mark in &model.context.marks {
        add("note", Ink::Warning, &format!("{} {mark}", glyph::WARNING));
    }
    lines
}

fn backend_lines(model: &Model, health: &Health, room: u16) -> Vec<Line> {
    let (glyph, ink) = words::condition_look(health.condition);
    let mut head = Phrase::of(ink, format!("{glyph} {}", health.condition.word()));
    head.join("  ", Phrase::of(Ink::Strong, health.backend));
    if let Some(latency) = health.latency {
        head.join("  ", Phrase::of(Ink::Dim, format!("answers in {}", LatencyClass::of(latency).word())));
    }
    if let Some(checked) = model.health.checked {
        head.join("  ", Phrase::of(Ink::Dim, format!("checked {} ago", words::ago(model, checked).text)));
    }
    let mut lines = vec![Line::words(1, head)];
    for line in words::wrap(&health.summary, room).into_iter().filter(|line| !line.is_empty()) {
        lines.push(Line::words(INDENT, Phrase::of(ink, line)));
    }
    for (label, value) in &health.facts {
        lines.extend(labelled(label, Ink::Text, value, room));
    }
    if !health.members.is_empty() {
        lines.push(Line::words(0, Phrase::default()));
        let rows = std::iter::once(None).chain((0..health.members.len()).map(Some));
        lines.extend(rows.map(|member| Line {
            indent: INDENT,
            words: Phrase::default(),
            table: Some((health.backend, member)),
        }));
    }
    lines
}

fn labelled(label: &str, ink: Ink, words: &str, room: u16) -> Vec<Line> {
    const LABEL: u16 = 12;
    let lines = words::wrap(words, room.saturating_sub(LABEL).max(8));
    let line = |(at, line)| {
        let label = if at == 0 { label } else { "" };
        Line::words(INDENT, Phrase::of(Ink::Dim, format!("{label:12}")).and(ink, line))
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn members(health: &Health) -> (&'static str, Table<'_>) {
    let rows = health.members.iter().map(member).collect();
    (health.backend, Table { columns: &MEMBERS, rows })
}

fn member(member: &MemberHealth) -> Vec<(Ink, Safe<'_>)> {
    let (glyph, ink) = words::condition_look(member.condition);
    vec![
        (Ink::Text, Safe::new(&member.name)),
        (Ink::Text, Safe::literal(member.role)),
        (ink, format!("{glyph} {}", member.condition.word()).into()),
        (Ink::Dim, Safe::literal(member.latency.map_or("", |latency| LatencyClass::of(latency).word()))),
        (Ink::Dim, Safe::new(&member.detail)),
    ]
}
