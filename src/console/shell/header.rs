//! The first line: the context, the badges of the stores (SYNCED, RESYNCED, PAUSED), whether writing is possible.
//! Context, state and lock are always shown; the rest is dropped by priority.

use ratatui::layout::Rect;

use crate::check::{ReceiverEnv, SeverityCounts};
use crate::console::age::left;
use crate::console::model::{Model, WriteAccess};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun};
use crate::console::words;
use crate::domain::{Condition, LinkState, TokenKind, size};

/// A segment of the header; the one with the lowest priority is dropped first.
struct HeaderSegment {
    priority: u8,
    /// Segments of one group stand close together.
    group: u8,
    run: TextRun,
    /// A shorter form, used before any segment of at least priority [`WORTH`] is dropped.
    short: Option<TextRun>,
}

impl HeaderSegment {
    fn new(priority: u8, group: u8, style: StyleRole, text: impl Into<String>) -> Self {
        Self { priority, group, run: TextRun::of(style, text.into()), short: None }
    }

    fn or_short(self, style: StyleRole, text: impl Into<String>) -> Self {
        Self { short: Some(TextRun::of(style, text.into())), ..self }
    }
}

/// From this priority on, shorter forms are used before a segment is dropped.
const WORTH: u8 = 50;

/// Never dropped.
const ALWAYS: u8 = u8::MAX;

/// The least columns for a context's name: enough to tell contexts apart.
const LEAST_CONTEXT: u16 = 4;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let name = model.context.name.as_str();
    let mut parts = vec![
        HeaderSegment::new(20, 0, StyleRole::Dim, "confdeck ·"),
        HeaderSegment::new(ALWAYS, 0, StyleRole::Context, name),
    ];
    badge(&mut parts, model);
    secrets(&mut parts, model);
    problems(&mut parts, model);
    extras(&mut parts, model);
    // Keeps the badges of both stores together.
    parts.sort_by_key(|part| part.group);
    let margins = if area.width < 40 { 0 } else { 1 };
    let room = area.width.saturating_sub(2 * margins);
    fit(&mut parts, room);

    let mut line = surface.row(area, 0);
    line.skip(margins).margin(margins);
    let (left, right): (Vec<HeaderSegment>, Vec<HeaderSegment>) =
        parts.into_iter().partition(|part| part.group == 0);
    let right = joined(&right, gap(room));
    // State and lock take precedence over a long context name.
    let reserved = line.remaining().saturating_sub(LEAST_CONTEXT + 1);
    if right.width() > reserved {
        let least = line.remaining().min(LEAST_CONTEXT);
        line.put_column(least, StyleRole::Context, name).skip(1).put_run(&right);
        return;
    }
    line.put_right(&right);
    if !right.is_empty() {
        line.margin(1);
    }
    line.put_run(&joined(&left, " "));
}

fn gap(room: u16) -> &'static str {
    match room {
        0..40 => " ",
        40..100 => "  ",
        _ => "    ",
    }
}

fn fit(parts: &mut Vec<HeaderSegment>, room: u16) {
    loop {
        let least = parts.iter().map(|part| part.priority).min().unwrap_or(ALWAYS);
        if joined(parts, gap(room)).width() <= room || least == ALWAYS {
            return;
        }
        if least >= WORTH && parts.iter().any(|part| part.short.is_some()) {
            for part in parts.iter_mut() {
                part.run = part.short.take().unwrap_or_else(|| std::mem::take(&mut part.run));
            }
            continue;
        }
        parts.retain(|part| part.priority != least);
    }
}

fn joined(parts: &[HeaderSegment], between: &'static str) -> TextRun {
    let mut text_run = TextRun::default();
    let mut group = None;
    for part in parts {
        text_run.join(if group == Some(part.group) { " " } else { between }, part.run.clone());
        group = Some(part.group);
    }
    text_run
}

/// The badge of the store: `etcd ● SYNCED r48213 <5ms`.
fn badge(parts: &mut Vec<HeaderSegment>, model: &Model) {
    let link = &model.link;
    let mut add = |worth, style, text: String| parts.push(HeaderSegment::new(worth, 1, style, text));
    let (glyph, style) = words::link_badge(model);
    // If only one of them fits, the one that warns is kept.
    let (state, partial) = if link.state.is_synced() { (92, ALWAYS) } else { (ALWAYS, 92) };
    let is_partial = model.inventory.coverage().is_partial();
    add(50, StyleRole::Dim, model.context.backend.name.into());
    add(90, style, glyph.into());
    add(if is_partial { state } else { ALWAYS }, style, link.state.word().into());
    if is_partial {
        add(partial, StyleRole::Warning, words::PARTIAL.into());
    }
    match &link.state {
        LinkState::Loading { entries, bytes_per_second } => {
            add(70, style, words::grouped(*entries));
            if let Some(rate) = bytes_per_second {
                add(60, StyleRole::Dim, format!("{}/s", size(*rate)));
            }
        }
        LinkState::CatchingUp { store, .. } => {
            let applied = model.inventory.revision();
            let newest = store.map_or("more".to_owned(), |store| store.to_string());
            add(80, style, format!("{applied} of {newest}"));
        }
        LinkState::Stale { .. } => add(80, style, model.age(link.since).text),
        _ => {}
    }
    if let Some(alarm) = model.health.alarm() {
        add(91, StyleRole::Warning, alarm.into());
    }
    if let Some(mark) = resync(model) {
        add(75, StyleRole::Warning, mark);
    }
    let revision = model.inventory.revision();
    let is_shown = matches!(link.state, LinkState::CatchingUp { .. });
    if model.context.capabilities.tokens == TokenKind::Counter && revision.0 > 0 && !is_shown {
        add(40, StyleRole::Dim, revision.to_string());
    }
    if let Some(latency) = link.latency.filter(|_| link.state.is_synced()) {
        add(30, StyleRole::Dim, latency.word().into());
    }
}

/// The badge of the secret store, and how many values were read from it: `vault ● unsealed <5ms`.
fn secrets(parts: &mut Vec<HeaderSegment>, model: &Model) {
    let Some(lookup) = &model.context.secrets else { return };
    let link = &model.secret_link;
    let mut add = |worth, style, text: String| parts.push(HeaderSegment::new(worth, 2, style, text));
    let (glyph, style) = words::standing_badge(link);
    let serves = link.standing.is_none_or(|standing| standing.serves());
    let well = serves && !link.summary.is_bad();
    add(if well { 46 } else { 84 }, StyleRole::Dim, link.backend.into());
    add(if well { 48 } else { 88 }, style, glyph.into());
    add(if serves { 48 } else { 93 }, style, words::standing(link).into());
    if let Some(host) = &link.redirect {
        // `unsealed at vault-2.example:8200`, or `redirects to` it where that is not followed.
        let place = if serves { "at" } else { "to" };
        add(85, StyleRole::Warning, format!("{place} {host}"));
    }
    let summary = link.summary;
    if summary.is_bad() && serves {
        let ago = summary.until.and_then(|until| model.long_ago(until));
        let (forbidden, missing) = (words::grouped(summary.forbidden), words::grouped(summary.missing));
        let counts =
            [(summary.forbidden, glyph::FORBIDDEN, forbidden), (summary.missing, glyph::BAD, missing)];
        let told = counts.into_iter().filter(|(count, ..)| *count > 0);
        let short: String = told.map(|(_, glyph, count)| format!("{count}{glyph} ")).collect();
        let seen = words::grouped(summary.seen);
        let long = HeaderSegment::new(86, 2, StyleRole::Warning, words::secrets_summary(&summary));
        parts.push(long.or_short(StyleRole::Warning, format!("{short}of {seen}")));
        parts.extend(ago.map(|ago| HeaderSegment::new(47, 2, StyleRole::Dim, ago)));
    }
    let mut add = |worth, style, text: String| parts.push(HeaderSegment::new(worth, 2, style, text));
    if matches!(lookup.env, ReceiverEnv::Unreadable(_)) {
        add(87, StyleRole::Warning, format!("{} variables unreadable", glyph::WARNING));
    } else if serves && model.context.settings.condition() > Condition::Healthy {
        add(87, StyleRole::Warning, format!("{} settings", glyph::WARNING));
    }
    if let Some(latency) = link.latency.filter(|_| serves) {
        add(28, StyleRole::Dim, latency.word().into());
    }
    let reads = words::grouped(usize::try_from(model.secret_actions.reads).unwrap_or(usize::MAX));
    let (worth, style) =
        if model.secret_actions.reads == 0 { (44, StyleRole::Dim) } else { (78, StyleRole::Warning) };
    let long = format!("secret values read: {reads}");
    parts.push(HeaderSegment::new(worth, 3, style, long).or_short(style, format!("{reads} values read")));
    if link.root {
        let long = HeaderSegment::new(62, 7, StyleRole::Warning, format!("{} root token", glyph::WARNING));
        parts.push(long.or_short(StyleRole::Warning, format!("{} root", glyph::WARNING)));
    }
}

/// What is wrong with all documents: `2✗ 14▲`.
fn problems(parts: &mut Vec<HeaderSegment>, model: &Model) {
    let total = model.checks.index.total();
    let (errors, warnings) = (SeverityCounts { warnings: 0, ..total }, SeverityCounts { errors: 0, ..total });
    for (priority, counts) in [(89, errors), (45, warnings)] {
        let run = words::severity_counts(model, counts);
        if !run.is_empty() {
            parts.push(HeaderSegment { priority, group: 6, run, short: None });
        }
    }
}

/// How much the last load differed from what was shown before.
fn resync(model: &Model) -> Option<String> {
    let resync = model.link.resync.as_ref()?;
    if model.link.resync_ends().is_some_and(|ends| ends <= model.now.mono) {
        return None;
    }
    Some(if resync.replaced {
        "RESYNCED: store replaced".into()
    } else {
        format!("RESYNCED {}", words::grouped(resync.differences))
    })
}

fn extras(parts: &mut Vec<HeaderSegment>, model: &Model) {
    let mut add =
        |worth, group, style, text: String| parts.push(HeaderSegment::new(worth, group, style, text));
    if model.traffic.is_shown() {
        let rate = format!("{}/s", words::grouped(model.traffic.rate() as usize));
        add(25, 4, StyleRole::Dim, rate);
        add(22, 4, StyleRole::Accent, sparkline(model));
    }
    if let Some(held) = &model.paused {
        let more = if held.overflowed { "+" } else { "" };
        // Otherwise SYNCED would describe a paused display.
        add(95, 5, StyleRole::Warning, "PAUSED".into());
        let waiting = format!("{} {}{more} waiting", glyph::DOT, words::grouped(held.changes));
        add(65, 5, StyleRole::Warning, waiting);
    }
    for mark in &model.context.warnings {
        add(60, 7, StyleRole::Warning, format!("{} {mark}", glyph::WARNING));
    }
    if model.context.protected {
        add(55, 8, StyleRole::Loud, "PROTECTED".into());
    }
    match model.lock {
        WriteAccess::ReadOnly => add(ALWAYS, 8, StyleRole::Loud, "READ ONLY".into()),
        WriteAccess::Locked => add(ALWAYS, 8, StyleRole::Strong, "LOCKED".into()),
        WriteAccess::Open(Some(until)) => {
            let left = left(until.saturating_sub(model.now.mono)).text;
            add(ALWAYS, 8, StyleRole::Warning, format!("UNLOCKED {left}"));
        }
        WriteAccess::Open(None) => {}
    }
}

fn sparkline(model: &Model) -> String {
    let highest = model.traffic.seconds.iter().max().map_or(1, |count| (*count).max(1));
    let step = |count: &u32| {
        let steps = glyph::SPARK.len() as u64 - 1;
        // Any change at all is drawn higher than none.
        let at = (u64::from(*count) * steps).div_ceil(u64::from(highest));
        glyph::SPARK.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default()
    };
    model.traffic.seconds.iter().map(step).collect()
}
