//! What surrounds a write, whether of one document or of several: who takes it, what stands in the
//! way of it, who depends on it.

use super::widgets::Page;
use super::words;
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::model::{Holders, Lock, Model};
use crate::console::theme::{Ink, glyph};
use crate::domain::ResourceKey;

/// So many names are told, of whatever there are many of.
const NAMED: usize = 5;

/// When a receiver works by what was written.
pub(super) fn receiver(page: &mut Page<'_>, model: &Model) {
    let words = match model.context.backend {
        "files" => "takes it live after its debounce, where it watches its files; else at its next start",
        _ => "takes it live in about a second",
    };
    page.fact("receiver", Ink::Dim, words);
}

/// What keeps a write from being sent, or from being based on what is true now.
pub(super) fn hindrances(page: &mut Page<'_>, model: &Model, place: Place) {
    if model.unknown.is_some() {
        let words = format!("{} {}: it is not sent again", glyph::WARNING, words::UNKNOWN);
        page.fact("outcome", Ink::Warning, &words);
    }
    match model.lock {
        Lock::Locked => {
            let key = key_for(place, Action::Command).unwrap_or_default();
            let words = format!("{} locked: {key}{} first", glyph::WARNING, Action::Unlock.name());
            page.fact("lock", Ink::Warning, &words);
        }
        Lock::ReadOnly => page.fact("lock", Ink::Warning, &format!("{} read only", glyph::WARNING)),
        Lock::Open(_) => {}
    }
    if !model.link.state.is_true() {
        let words =
            format!("{} {}: what is stored may have changed", glyph::WARNING, model.link.state.word());
        page.fact("link", Ink::Warning, &words);
    }
}

/// The webhooks that name a connection, and what becomes of them where it goes.
pub(super) fn dependants(page: &mut Page<'_>, model: &Model, key: &ResourceKey, goes: bool) {
    let ResourceKey::Connection { name } = key else { return };
    let slots = model.inventory.dependents(name.as_str());
    if slots.is_empty() {
        return page.fact("used by", Ink::Dim, words::no_webhook(model));
    }
    let count = words::plural(slots.len(), "webhook");
    if !goes {
        return page.fact("used by", Ink::Text, &count);
    }
    let keys = slots.iter().filter_map(|slot| model.inventory.row(*slot)).map(|row| row.key());
    let names = named(keys, slots.len());
    let words = format!("{} {count} would name what is not there: {names}", glyph::WARNING);
    page.fact("used by", Ink::Warning, &words);
    if model.inventory.coverage().is_partial() {
        page.fact("", Ink::Warning, "webhooks that this user may not read may name it too");
    }
}

/// The documents that refer to a secret, and those that come by it through a connection.
pub(super) fn holders(page: &mut Page<'_>, model: &Model, holders: &Holders) {
    let Holders { documents, total, through, through_total } = holders;
    if holders.is_empty() {
        let partial = if model.inventory.coverage().is_partial() { " that this user may read" } else { "" };
        return page.fact("used by", Ink::Dim, &format!("no document here{partial}"));
    }
    let names = named(documents.iter().cloned(), *total);
    page.fact("used by", Ink::Text, &format!("{}: {names}", words::plural(*total, "document")));
    if *through_total > 0 {
        let names = named(through.iter().map(|(webhook, _)| webhook.clone()), *through_total);
        let words = format!("through connections by {}: {names}", words::plural(*through_total, "webhook"));
        page.fact("", Ink::Text, &words);
    }
}

/// `a/one, a/two and 3 more`
pub(super) fn named(keys: impl Iterator<Item = ResourceKey>, count: usize) -> String {
    let mut words: Vec<_> = keys.take(NAMED).map(|key| key.to_string()).collect();
    if count > words.len() {
        let more = words::grouped(count - words.len());
        let last = words.pop().unwrap_or_default();
        words.push(format!("{last} and {more} more"));
    }
    words.join(", ")
}
