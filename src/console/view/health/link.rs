//! The picture: whether it is true, what is done about it where it is not, and what happened so far.

use super::super::widgets::Phrase;
use super::super::words;
use super::{Line, labelled};
use crate::console::age::so_far;
use crate::console::model::{Model, Outage};
use crate::console::theme::{Ink, glyph};
use crate::domain::TokenKind;

/// How many of the ranges that may be read are named.
const RANGES: usize = 8;

pub(super) fn lines(model: &Model, room: u16) -> Vec<Line> {
    let link = &model.link;
    let (glyph, ink) = words::link_look(model);
    let mut head = Phrase::of(ink, format!("{glyph} {}", link.state.word()));
    if model.inventory.coverage().is_partial() {
        head.join(" ", Phrase::of(Ink::Warning, words::PARTIAL));
    }
    head.join("  ", Phrase::of(Ink::Strong, format!("{} {}", model.context.backend, model.context.target)));
    head.join("  ", Phrase::of(Ink::Dim, format!("since {} ago", words::ago(model, link.since).text)));
    let mut lines = vec![Line::heading(head)];
    let mut add = |label: &str, ink, words: &str| lines.extend(labelled(label, ink, words, room));
    if let Some(picture) = picture(model) {
        add("picture", Ink::Text, &picture);
    }
    for (index, range) in ranges(model).iter().enumerate() {
        add(if index == 0 { "may read" } else { "" }, Ink::Text, range);
    }
    if let Some(reason) = words::reason(&link.state) {
        add("why", Ink::Warning, reason);
    }
    if let Some(next) = next_try(model) {
        add("again", Ink::Text, &next);
    }
    if let Some(outage) = link.record.outage.as_ref().and_then(|outage| past(model, outage)) {
        add("last outage", Ink::Text, &outage);
    }
    if let Some(comparison) = comparison(model) {
        add("comparison", Ink::Text, &comparison);
    }
    if let Some(resync) = resync(model) {
        add("resync", Ink::Warning, &resync);
    }
    add("session", Ink::Text, &session(model));
    for mark in &model.context.marks {
        add("note", Ink::Warning, &format!("{} {mark}", glyph::WARNING));
    }
    lines
}

fn picture(model: &Model) -> Option<String> {
    let link = &model.link;
    let at = match model.context.capabilities.tokens {
        TokenKind::Counter => format!(" at {}", model.inventory.revision()),
        TokenKind::Digest => String::new(),
    };
    let heard = link.record.heard.and_then(|heard| words::long_ago(model, heard));
    let heard = heard.map(|ago| format!(", last heard of {ago} ago")).unwrap_or_default();
    match model.held.as_ref().filter(|held| held.is_behind()) {
        Some(held) => Some(format!("paused{at}; {} held back", words::plural(held.changes, "change"))),
        None if link.state.is_true() => {
            let whole = !model.inventory.coverage().is_partial();
            let what = if whole { "the store" } else { "what this user may read" };
            Some(format!("equal to {what}{at}{heard}"))
        }
        None => link.had_picture.then(|| format!("as the store was{at}{heard}")),
    }
}

/// The ranges that a partial picture is made of.
fn ranges(model: &Model) -> Vec<String> {
    let ranges = model.inventory.coverage().ranges();
    let mut named: Vec<_> = ranges.iter().take(RANGES).map(ToString::to_string).collect();
    if let Some(more @ 1..) = ranges.len().checked_sub(RANGES) {
        named.push(format!("and {}", words::plural(more, "more range")));
    }
    named
}

/// Which attempt comes next and when, and the key that does not wait for it.
fn next_try(model: &Model) -> Option<String> {
    let retry = words::retry(model)?.text;
    let failures = model.link.record.outage.as_ref().filter(|outage| outage.ended.is_none())?.failures;
    let tried = words::plural(failures, "attempt");
    Some(format!("{retry}, after {tried}; ctrl-r tries now and starts the back-off over"))
}

fn past(model: &Model, outage: &Outage) -> Option<String> {
    let ended = outage.ended?;
    let lasted = so_far(ended.saturating_sub(outage.began)).text;
    let tried = words::plural(outage.failures, "attempt");
    let ago = words::ago(model, ended).text;
    Some(format!("ended {ago} ago, lasted {lasted}, {tried}: {}", outage.reason))
}

fn comparison(model: &Model) -> Option<String> {
    let comparison = model.link.record.compared?;
    let found = match comparison.differences {
        0 => "no difference".to_owned(),
        some => words::plural(some, "difference"),
    };
    let ago = words::ago(model, comparison.when).text;
    Some(format!("{found} to a fresh list at {}, {ago} ago", comparison.at))
}

fn resync(model: &Model) -> Option<String> {
    let resync = model.link.resync.or(model.link.record.resynced)?;
    let what = if resync.replaced {
        "another store, or an older state of this one, took the place of what was shown".to_owned()
    } else {
        format!("the last load found {}", words::plural(resync.differences, "difference"))
    };
    Some(format!("{what}, {} ago", words::ago(model, resync.at).text))
}

fn session(model: &Model) -> String {
    let record = &model.link.record;
    let changes = words::plural(record.changes, "change");
    format!("{changes} applied, {}", words::plural(record.resyncs, "resync"))
}
