//! Sections that all reviews share: the receiver, what blocks the write, what depends on it.

use crate::check::Preflight;
use crate::console::action::Action;
use crate::console::model::{Model, WriteAccess};
use crate::console::place::Place;
use crate::console::screens::stale_dependents::SecretDependents;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::ReviewPage;
use crate::console::words;
use crate::domain::json::Severity;
use crate::domain::{Entry, ResourceKey};

/// The most names listed; beyond that they are only counted.
pub(crate) const NAMED: usize = 5;

/// The refusal of the store, and what can be done now.
pub(crate) fn conflict(page: &mut ReviewPage<'_>, what: &str, then: &str) {
    page.text(StyleRole::Bad, &format!("{} CONFLICT: {what}", glyph::BAD));
    page.text(StyleRole::Good, &format!("{} {then}", glyph::GOOD));
    page.blank();
}

/// What a write does to the receiver beyond its document, and how it is written all the same.
pub(crate) fn preflight(page: &mut ReviewPage<'_>, model: &Model, key: &ResourceKey, judged: &Preflight) {
    let stops: Vec<_> = judged.stops().collect();
    for stop in stops.iter().take(NAMED) {
        page.text(StyleRole::Bad, &format!("{} STOPPED: {stop}", glyph::BAD));
    }
    if stops.len() > NAMED {
        page.text(StyleRole::Bad, &format!("{} more reasons", words::grouped(stops.len() - NAMED)));
    }
    if let Some(stop) = stops.first() {
        let write = model.keymap.key(Place::Review, Action::Write).unwrap_or_default();
        let then = format!("{write} asks for the name {key}, to write it all the same");
        let remedy = if stop.remedy.is_empty() { then } else { format!("{}; {then}", stop.remedy) };
        page.text(StyleRole::Good, &format!("{} {remedy}", glyph::GOOD));
        return page.blank();
    }
    for found in judged.found.iter().take(NAMED) {
        let no_worse = match found.severity {
            Severity::Error => "no worse than what is stored: ",
            _ => "",
        };
        page.warn("receiver", &format!("{no_worse}{found}"));
    }
    if !judged.found.is_empty() {
        page.blank();
    }
}

/// The condition of a write: what must still be stored.
pub(crate) fn condition(model: &Model, before: Option<&Entry>) -> String {
    match before {
        Some(entry) => format!("only if still at {}", words::token(model, entry.token)),
        None => "only if it does not exist".to_owned(),
    }
}

/// When the receiver uses what was written.
pub(crate) fn receiver_note(page: &mut ReviewPage<'_>, model: &Model) {
    page.fact("receiver", StyleRole::Dim, model.context.backend.takes_up);
}

/// What blocks the write, or casts doubt on the data it is based on.
pub(crate) fn write_blockers(page: &mut ReviewPage<'_>, model: &Model, place: Place) {
    if model.unknown_outcome.is_some() {
        page.warn("outcome", &format!("{}: it is not sent again", words::UNKNOWN));
    }
    match model.lock {
        WriteAccess::Locked => {
            let key = model.keymap.key(place, Action::Command).unwrap_or_default();
            page.warn("lock", &format!("locked: {key}{} first", Action::Unlock.name()));
        }
        WriteAccess::ReadOnly => page.warn("lock", "read only"),
        WriteAccess::Open(_) => {}
    }
    if !model.link.state.is_synced() {
        page.warn("link", &format!("{}: what is stored may have changed", model.link.state.word()));
    }
}

/// The webhooks that use a connection.
pub(crate) fn dependants(page: &mut ReviewPage<'_>, model: &Model, key: &ResourceKey) {
    let ResourceKey::Connection { name } = key else { return };
    let slots = model.inventory.dependents(name.as_str());
    if slots.is_empty() {
        return page.fact("used by", StyleRole::Dim, words::no_visible_webhook(model));
    }
    page.fact("used by", StyleRole::Text, &words::plural(slots.len(), "webhook"));
}

/// The documents that refer to a secret, and those that use one of them as a connection.
pub(crate) fn holders(page: &mut ReviewPage<'_>, model: &Model, holders: &SecretDependents) {
    let SecretDependents { documents, total, via_connection: through, via_connection_total: through_total } =
        holders;
    if holders.is_empty() {
        let partial = if model.inventory.coverage().is_partial() { " that this user may read" } else { "" };
        return page.fact("used by", StyleRole::Dim, &format!("no document here{partial}"));
    }
    let names = name_list(documents.iter().cloned(), *total);
    page.fact("used by", StyleRole::Text, &format!("{}: {names}", words::plural(*total, "document")));
    if *through_total > 0 {
        let names = name_list(through.iter().map(|(webhook, _)| webhook.clone()), *through_total);
        let words = format!("through connections by {}: {names}", words::plural(*through_total, "webhook"));
        page.fact("", StyleRole::Text, &words);
    }
}

/// `a/one, a/two and 3 more`
pub(crate) fn name_list(keys: impl Iterator<Item = ResourceKey>, count: usize) -> String {
    let mut words: Vec<_> = keys.take(NAMED).map(|key| key.to_string()).collect();
    if count > words.len() {
        let more = words::grouped(count - words.len());
        let last = words.pop().unwrap_or_default();
        words.push(format!("{last} and {more} more"));
    }
    words.join(", ")
}
