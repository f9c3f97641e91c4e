//! The first line: where one is, whether what is shown is true, whether writing is possible.
//! Context, state and lock are always there; the rest gives way by worth.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Phrase};
use super::words;
use crate::console::age::left;
use crate::console::model::{Lock, Model};
use crate::console::theme::{Ink, glyph};
use crate::domain::{LinkState, TokenKind};

/// A part of the header; the part with the lowest worth is left out first.
struct Part {
    worth: u8,
    /// Parts of a group stand close together.
    group: u8,
    phrase: Phrase,
    /// The same in fewer words, said before anything of [`WORTH`] is left out.
    short: Option<Phrase>,
}

impl Part {
    fn new(worth: u8, group: u8, ink: Ink, text: impl Into<String>) -> Self {
        Self { worth, group, phrase: Phrase::of(ink, text.into()), short: None }
    }

    fn or(self, ink: Ink, text: impl Into<String>) -> Self {
        Self { short: Some(Phrase::of(ink, text.into())), ..self }
    }
}

/// From here on a part is worth that others are said in fewer words.
const WORTH: u8 = 50;

/// Never left out.
const ALWAYS: u8 = u8::MAX;

/// The least of a context's name that tells contexts apart.
const LEAST_CONTEXT: u16 = 4;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let name = model.context.name.as_str();
    let mut parts = vec![Part::new(20, 0, Ink::Dim, "confdeck ·"), Part::new(ALWAYS, 0, Ink::Strong, name)];
    badge(&mut parts, model);
    secrets(&mut parts, model);
    extras(&mut parts, model);
    // Marks of two kinds stand together.
    parts.sort_by_key(|part| part.group);
    let margins = if area.width < 40 { 0 } else { 1 };
    let room = area.width.saturating_sub(2 * margins);
    fit(&mut parts, room);

    let mut pen = canvas.row(area, 0);
    pen.skip(margins).margin(margins);
    let (left, right): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.group == 0);
    let right = joined(&right, gap(room));
    // The state and the lock come before a long name of the context.
    let reserved = pen.room().saturating_sub(LEAST_CONTEXT + 1);
    if right.width() > reserved {
        let least = pen.room().min(LEAST_CONTEXT);
        pen.cell(least, Ink::Strong, name).skip(1).phrase(&right);
        return;
    }
    pen.right(&right);
    if !right.is_empty() {
        pen.margin(1);
    }
    pen.phrase(&joined(&left, " "));
}

fn gap(room: u16) -> &'static str {
    if room < 40 {
        " "
    } else if room < 100 {
        "  "
    } else {
        "    "
    }
}

fn fit(parts: &mut Vec<Part>, room: u16) {
    let between = u16::try_from(gap(room).len()).unwrap_or(1);
    loop {
        let mut total = 0;
        let mut group = None;
        for part in parts.iter() {
            let before = match group {
                None => 0,
                Some(last) if last == part.group => 1,
                Some(_) => between,
            };
            total += before + part.phrase.width();
            group = Some(part.group);
        }
        let least = parts.iter().map(|part| part.worth).min().unwrap_or(ALWAYS);
        if total <= room || least == ALWAYS {
            return;
        }
        if least >= WORTH && parts.iter().any(|part| part.short.is_some()) {
            for part in parts.iter_mut() {
                part.phrase = part.short.take().unwrap_or_else(|| std::mem::take(&mut part.phrase));
            }
            continue;
        }
        parts.retain(|part| part.worth != least);
    }
}

fn joined(parts: &[Part], between: &'static str) -> Phrase {
    let mut phrase = Phrase::default();
    let mut group = None;
    for part in parts {
        phrase.join(if group == Some(part.group) { " " } else { between }, part.phrase.clone());
        group = Some(part.group);
    }
    phrase
}

/// The badge of the store: `etcd ● SYNCED r48213 <5ms`.
fn badge(parts: &mut Vec<Part>, model: &Model) {
    let link = &model.link;
    let mut add = |worth, ink, text: String| parts.push(Part::new(worth, 1, ink, text));
    let (glyph, ink) = words::link_look(model);
    // Where there is room for one of both, the one that warns stays.
    let (state, partial) = if link.state.is_true() { (92, ALWAYS) } else { (ALWAYS, 92) };
    let is_partial = model.inventory.coverage().is_partial();
    add(50, Ink::Dim, model.context.backend.into());
    add(90, ink, glyph.into());
    add(if is_partial { state } else { ALWAYS }, ink, link.state.word().into());
    if is_partial {
        add(partial, Ink::Warning, words::PARTIAL.into());
    }
    match &link.state {
        LinkState::Loading { entries } => add(70, ink, words::grouped(*entries)),
        LinkState::Stale { .. } => add(80, ink, words::ago(model, link.since).text),
        _ => {}
    }
    if let Some(mark) = resync(model) {
        add(75, Ink::Warning, mark);
    }
    let revision = model.inventory.revision();
    if model.context.capabilities.tokens == TokenKind::Counter && revision.0 > 0 {
        add(40, Ink::Dim, revision.to_string());
    }
    if let Some(latency) = link.latency.filter(|_| link.state.is_true()) {
        add(30, Ink::Dim, latency.word().into());
    }
}

/// The badge of the store of secrets, and how many values were read from it: `vault ● unsealed <5ms`.
fn secrets(parts: &mut Vec<Part>, model: &Model) {
    if model.context.secrets.is_none() {
        return;
    }
    let link = &model.secret_link;
    let mut add = |worth, ink, text: String| parts.push(Part::new(worth, 2, ink, text));
    let (glyph, ink) = words::standing_look(link);
    let serves = link.standing.is_none_or(|standing| standing.serves());
    let well = serves && link.forbidden == 0;
    add(if well { 46 } else { 84 }, Ink::Dim, link.backend.into());
    add(if well { 48 } else { 88 }, ink, glyph.into());
    add(if serves { 48 } else { 93 }, ink, words::standing(link).into());
    if link.forbidden > 0 && serves {
        add(86, Ink::Warning, format!("{} forbidden", words::grouped(link.forbidden)));
    }
    if let Some(latency) = link.latency.filter(|_| serves) {
        add(28, Ink::Dim, latency.word().into());
    }
    let reads = words::grouped(usize::try_from(model.hands.reads).unwrap_or(usize::MAX));
    let (worth, ink) = if model.hands.reads == 0 { (44, Ink::Dim) } else { (78, Ink::Warning) };
    let long = format!("secret values read: {reads}");
    parts.push(Part::new(worth, 3, ink, long).or(ink, format!("{reads} values read")));
    if link.root {
        let long = Part::new(62, 6, Ink::Warning, format!("{} root token", glyph::WARNING));
        parts.push(long.or(Ink::Warning, format!("{} root", glyph::WARNING)));
    }
}

/// What the last load found different from what had been shown.
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

fn extras(parts: &mut Vec<Part>, model: &Model) {
    let mut add = |worth, group, ink, text: String| parts.push(Part::new(worth, group, ink, text));
    if model.traffic.is_shown() {
        let rate = format!("{}/s", words::grouped(model.traffic.rate() as usize));
        add(25, 4, Ink::Dim, rate);
        add(22, 4, Ink::Accent, sparkline(model));
    }
    if let Some(held) = &model.held {
        let more = if held.overflowed { "+" } else { "" };
        // Without it, SYNCED would speak for a picture that is held still.
        add(95, 5, Ink::Warning, "PAUSED".into());
        let waiting = format!("{} {}{more} waiting", glyph::DOT, words::grouped(held.changes));
        add(65, 5, Ink::Warning, waiting);
    }
    for mark in &model.context.marks {
        add(60, 6, Ink::Warning, format!("{} {mark}", glyph::WARNING));
    }
    if model.context.protected {
        add(55, 7, Ink::Dim, "PROTECTED".into());
    }
    if let Some((ink, words)) = lock(model) {
        add(ALWAYS, 7, ink, words);
    }
}

fn lock(model: &Model) -> Option<(Ink, String)> {
    match model.lock {
        Lock::ReadOnly => Some((Ink::Strong, "READ ONLY".into())),
        Lock::Locked => Some((Ink::Strong, "LOCKED".into())),
        Lock::Open(Some(until)) => {
            let left = left(until.saturating_sub(model.now.mono)).text;
            Some((Ink::Warning, format!("UNLOCKED {left}")))
        }
        Lock::Open(None) => None,
    }
}

fn sparkline(model: &Model) -> String {
    let highest = model.traffic.history().max().unwrap_or_default().max(1);
    let step = |count: u32| {
        let steps = glyph::SPARK.len() as u64 - 1;
        // Any change at all stands above none.
        let at = (u64::from(count) * steps).div_ceil(u64::from(highest));
        glyph::SPARK.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default()
    };
    model.traffic.history().map(step).collect()
}
