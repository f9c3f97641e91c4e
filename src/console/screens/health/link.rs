//! The link to the store: whether the picture is current, retries, and what happened so far.

use super::view::heading;
use crate::console::age::so_far;
use crate::console::model::Model;
use crate::console::theme::StyleRole;
use crate::console::widgets::{ReviewPage, TextRun};
use crate::console::words;
use crate::domain::TokenKind;

/// Readable ranges listed before the rest is only counted.
const RANGES: usize = 8;

pub(super) fn add(page: &mut ReviewPage<'_>, model: &Model) {
    let link = &model.link;
    let (glyph, ink) = words::link_badge(model);
    let mut head = TextRun::of(ink, format!("{glyph} {}", link.state.word()));
    if model.inventory.coverage().is_partial() {
        head.join(" ", TextRun::of(StyleRole::Warning, words::PARTIAL));
    }
    head.join(
        "  ",
        TextRun::of(StyleRole::Strong, format!("{} {}", model.context.backend.name, model.context.target)),
    );
    head.join("  ", TextRun::of(StyleRole::Dim, format!("since {} ago", words::ago(model, link.since).text)));
    heading(page, head);
    if let Some(picture) = picture(model) {
        page.fact("picture", StyleRole::Text, &picture);
    }
    for (index, range) in ranges(model).iter().enumerate() {
        page.fact(if index == 0 { "may read" } else { "" }, StyleRole::Text, range);
    }
    let facts = [
        ("why", StyleRole::Warning, link.state.reason().map(str::to_owned)),
        ("again", StyleRole::Text, next_try(model)),
        ("last outage", StyleRole::Text, last_outage(model)),
        ("comparison", StyleRole::Text, comparison(model)),
        ("resync", StyleRole::Warning, resync(model)),
        ("session", StyleRole::Text, Some(session(model))),
    ];
    for (label, ink, words) in facts {
        if let Some(words) = words {
            page.fact(label, ink, &words);
        }
    }
    for mark in &model.context.warnings {
        page.warn("note", mark);
    }
}

fn picture(model: &Model) -> Option<String> {
    let link = &model.link;
    let at = match model.context.capabilities.tokens {
        TokenKind::Counter => format!(" at {}", model.inventory.revision()),
        TokenKind::Digest => String::new(),
    };
    let heard = link.history.last_progress.and_then(|heard| words::long_ago(model, heard));
    let heard = heard.map(|ago| format!(", last heard of {ago} ago")).unwrap_or_default();
    match model.paused.as_ref().filter(|held| held.is_behind()) {
        Some(held) => Some(format!("paused{at}; {} held back", words::plural(held.changes, "change"))),
        None if link.state.is_synced() => {
            let whole = !model.inventory.coverage().is_partial();
            let what = if whole { "the store" } else { "what this user may read" };
            Some(format!("equal to {what}{at}{heard}"))
        }
        None => link.has_loaded.then(|| format!("as the store was{at}{heard}")),
    }
}

/// The ranges that a partial picture covers.
fn ranges(model: &Model) -> Vec<String> {
    let ranges = model.inventory.coverage().ranges();
    let mut named: Vec<_> = ranges.iter().take(RANGES).map(ToString::to_string).collect();
    if let Some(more @ 1..) = ranges.len().checked_sub(RANGES) {
        named.push(format!("and {}", words::plural(more, "more range")));
    }
    named
}

/// Which attempt comes next and when, and the key that skips the wait.
fn next_try(model: &Model) -> Option<String> {
    let retry = words::retry(model)?.text;
    let failures = model.link.history.outage.as_ref().filter(|outage| outage.ended.is_none())?.failures;
    let tried = words::plural(failures, "attempt");
    Some(format!("{retry}, after {tried}; ctrl-r tries now and starts the back-off over"))
}

fn last_outage(model: &Model) -> Option<String> {
    let outage = model.link.history.outage.as_ref()?;
    let ended = outage.ended?;
    let lasted = so_far(ended.saturating_sub(outage.began)).text;
    let tried = words::plural(outage.failures, "attempt");
    let ago = words::ago(model, ended).text;
    Some(format!("ended {ago} ago, lasted {lasted}, {tried}: {}", outage.reason))
}

fn comparison(model: &Model) -> Option<String> {
    let comparison = model.link.history.last_check?;
    let found = match comparison.differences {
        0 => "no difference".to_owned(),
        some => words::plural(some, "difference"),
    };
    let ago = words::ago(model, comparison.when).text;
    Some(format!("{found} to a fresh list at {}, {ago} ago", comparison.at))
}

fn resync(model: &Model) -> Option<String> {
    let resync = model.link.resync.or(model.link.history.last_resync)?;
    let what = if resync.replaced {
        "another store, or an older state of this one, took the place of what was shown".to_owned()
    } else {
        format!("the last load found {}", words::plural(resync.differences, "difference"))
    };
    Some(format!("{what}, {} ago", words::ago(model, resync.at).text))
}

fn session(model: &Model) -> String {
    let record = &model.link.history;
    let changes = words::plural(record.changes, "change");
    format!("{changes} applied, {}", words::plural(record.resyncs, "resync"))
}
