//! Numbers, ages, states and places as words; the same everywhere.

use std::time::Duration;

use ratatui::buffer::CellWidth;

use super::widgets::Phrase;
use crate::console::age::{Spoken, age, countdown, so_far};
use crate::console::model::{Edit, Held, Link, Model, SecretLink};
use crate::console::theme::{Ink, glyph};
use crate::domain::{Condition, LinkState, SecretStanding, Token};
use crate::inventory::Scope;
pub(super) use crate::text::grouped;

/// What is said of a write whose answer was lost.
pub(super) const UNKNOWN: &str = "unknown, looking whether it was done";

/// A count with the state it was taken in, unless that is SYNCED, whole, and nothing is held back:
/// `12,000 loading`, `12,000 partial`. Before anything has arrived there is nothing to count.
pub(super) fn count(number: usize, model: &Model) -> String {
    if number == 0 && !model.link.had_picture && !model.link.state.is_true() {
        return String::new();
    }
    let mut words = grouped(number);
    for doubt in doubts(model) {
        words.push(' ');
        words.push_str(&doubt);
    }
    words
}

/// What stands against taking a count for all there is: `stale`, `partial`, both, or nothing.
pub(super) fn doubts(model: &Model) -> Vec<String> {
    let state = match model.link.state {
        LinkState::Synced if model.held.as_ref().is_some_and(Held::is_behind) => Some("paused".into()),
        LinkState::Synced => None,
        ref state => Some(state.word().to_lowercase()),
    };
    let partial = model.inventory.coverage().is_partial().then(|| PARTIAL.to_lowercase());
    state.into_iter().chain(partial).collect()
}

/// The mark of a picture that shows what a user may read, and not all there is.
pub(super) const PARTIAL: &str = "PARTIAL";

/// That nobody is known to use a connection.
pub(super) fn no_webhook(model: &Model) -> &'static str {
    if model.inventory.coverage().is_partial() { "no webhook that this user may read" } else { "no webhook" }
}

/// A number of things: `1 change`, `12 changes`.
pub(super) fn plural(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// How safe what was typed is.
pub(super) fn draft(model: &Model, edit: &Edit) -> Phrase {
    let saving = &edit.saving;
    if !edit.is_changed() {
        return Phrase::of(Ink::Dim, "draft unchanged");
    }
    if saving.failed {
        return Phrase::of(Ink::Warning, format!("{} draft NOT saved", glyph::WARNING));
    }
    if !saving.is_current() || !model.shelf.on_disk.contains(&edit.key) {
        return Phrase::of(Ink::Dim, "draft changed");
    }
    match saving.withheld {
        0 => Phrase::of(Ink::Dim, "draft saved"),
        1 => Phrase::of(Ink::Text, "1 typed secret not saved"),
        count => Phrase::of(Ink::Text, format!("{count} typed secrets not saved")),
    }
}

/// How long ago a moment was.
pub(super) fn ago(model: &Model, at: Duration) -> Spoken {
    age(model.now.mono.saturating_sub(at))
}

/// The same for what is expected to be new: nothing while it is.
pub(super) fn long_ago(model: &Model, at: Duration) -> Option<String> {
    let ago = ago(model, at).text;
    (ago != age(Duration::ZERO).text).then_some(ago)
}

/// Whether what is shown may be older than the store.
pub(super) fn is_old(link: &Link) -> bool {
    link.had_picture
        && matches!(
            link.state,
            LinkState::Stale { .. } | LinkState::Denied { .. } | LinkState::Connecting { .. }
        )
}

/// The state as its badge shows it: glyph and colour beside the word.
fn state_look(state: &LinkState) -> (&'static str, Ink) {
    match state {
        LinkState::Synced => (glyph::FULL, Ink::Good),
        LinkState::Connecting { .. } => (glyph::HOLLOW, Ink::Accent),
        LinkState::Loading { .. } | LinkState::CatchingUp => (glyph::HALF, Ink::Accent),
        LinkState::Stale { .. } => (glyph::WARNING, Ink::Warning),
        LinkState::Denied { .. } => (glyph::BAD, Ink::Bad),
    }
}

/// As [`state_look`], of a picture that is true as far as it goes.
pub(super) fn link_look(model: &Model) -> (&'static str, Ink) {
    if model.link.state.is_true() && model.inventory.coverage().is_partial() {
        return (glyph::WARNING, Ink::Warning);
    }
    state_look(&model.link.state)
}

/// How the store of secrets stands, as its badge says it.
pub(super) fn standing(link: &SecretLink) -> &'static str {
    link.standing.map_or("connecting", SecretStanding::word)
}

/// The same as glyph and colour.
pub(super) fn standing_look(link: &SecretLink) -> (&'static str, Ink) {
    match link.standing {
        None => (glyph::HOLLOW, Ink::Accent),
        Some(SecretStanding::LoginFails | SecretStanding::Busy) => (glyph::WARNING, Ink::Warning),
        Some(standing) if !standing.serves() => (glyph::BAD, Ink::Bad),
        Some(_) if link.forbidden > 0 => (glyph::WARNING, Ink::Warning),
        Some(_) => (glyph::FULL, Ink::Good),
    }
}

/// A verdict's glyph and colour.
pub(super) fn condition_look(condition: Condition) -> (&'static str, Ink) {
    match condition {
        Condition::Healthy => (glyph::FULL, Ink::Good),
        Condition::Degraded => (glyph::WARNING, Ink::Warning),
        Condition::Unusable => (glyph::BAD, Ink::Bad),
    }
}

/// When the link is tried again, if it is waiting for that.
pub(super) fn retry(model: &Model) -> Option<Spoken> {
    let retry_at = model.link.retry_at?;
    let Spoken { text, changes_in } = match retry_at.checked_sub(model.now.mono) {
        Some(left) if !left.is_zero() => {
            let Spoken { text, changes_in } = countdown(left);
            Spoken { text: format!("next try in {text}"), changes_in: changes_in.or(Some(left)) }
        }
        _ => Spoken { text: "trying now".into(), changes_in: None },
    };
    Some(Spoken { text, changes_in })
}

/// What keeps the picture from being true: what is waited for and for how long, when it is tried
/// again, and why. The reason comes last, because it may be cut off.
pub(super) fn trouble(model: &Model) -> Vec<Phrase> {
    let link = &model.link;
    let backend = model.context.backend;
    let mut facts = match &link.state {
        LinkState::Connecting { .. } => {
            let taken = so_far(model.now.mono.saturating_sub(link.since)).text;
            let waiting = format!("waiting for {backend} {}", model.context.target);
            vec![Phrase::of(Ink::Text, waiting), Phrase::of(Ink::Text, taken)]
        }
        LinkState::Stale { .. } => vec![Phrase::of(Ink::Warning, "what you see may be old")],
        LinkState::Denied { .. } => vec![Phrase::of(Ink::Bad, format!("{backend} refuses"))],
        LinkState::Loading { .. } | LinkState::Synced | LinkState::CatchingUp => return Vec::new(),
    };
    facts.extend(retry(model).map(|retry| Phrase::of(Ink::Dim, retry.text)));
    facts
}

/// Why the picture is not true, as the provider says it.
pub(super) fn reason(state: &LinkState) -> Option<&str> {
    match state {
        LinkState::Connecting { error, .. } => error.as_deref(),
        LinkState::Stale { reason, .. } => Some(reason),
        LinkState::Denied { permission, .. } => Some(permission),
        LinkState::Loading { .. } | LinkState::Synced | LinkState::CatchingUp => None,
    }
}

/// [`trouble`] and [`reason`] on one line.
pub(super) fn trouble_line(model: &Model) -> Phrase {
    let mut line = Phrase::default();
    for fact in trouble(model) {
        line.join(" · ", fact);
    }
    if let Some(reason) = reason(&model.link.state) {
        line.join(" · ", Phrase::of(Ink::Text, reason.to_owned()));
    }
    line
}

/// A range of rows, by name.
pub(super) fn scope(scope: &Scope) -> &str {
    match scope {
        Scope::AllWebhooks => "all",
        Scope::Namespace(namespace) => namespace.as_str(),
        Scope::Connections => "connections",
        Scope::Foreign => "unrecognised",
    }
}

/// A token as people compare it: `r48190`, or the digest.
pub(super) fn token(model: &Model, token: Token) -> String {
    model.context.token(token)
}

/// Cuts words into lines of at most so many columns; a longer word has a line of its own.
pub(super) fn wrap(words: &str, columns: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let fits = |line: &String| line.is_empty() || line.cell_width() + 1 + word.cell_width() <= columns;
        match lines.last_mut() {
            Some(line) if fits(line) => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Puts facts on lines of at most so many columns, with a dot between those that share a line.
pub(super) fn pack(facts: impl IntoIterator<Item = Phrase>, columns: u16) -> Vec<Phrase> {
    let mut lines = vec![Phrase::default()];
    for fact in facts {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.width() + 3 + fact.width() <= columns => {
                line.join(" · ", fact)
            }
            _ => lines.push(fact),
        }
    }
    lines
}

/// The first row to show so that `total` rows fill `height` as far as they can.
pub(super) fn clamp_scroll(scroll: usize, total: usize, height: u16) -> usize {
    scroll.min(total.saturating_sub(usize::from(height)))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn counts_carry_their_state() {
        let mut model = sample::connecting(sample::size(80, 24));
        model.link = Link::default();
        assert_eq!(count(0, &model), "");
        model.link.enter(LinkState::Loading { entries: 12_000 }, Duration::ZERO);
        assert_eq!(count(12_000, &model), "12,000 loading");
        model.link.enter(LinkState::Synced, Duration::ZERO);
        assert_eq!(count(1_234_567, &model), "1,234,567");
        model.held = Some(Held::default());
        assert_eq!(count(2, &model), "2", "nothing has come since");
        model.held = Some(Held { changes: 3, ..Held::default() });
        assert_eq!(count(2, &model), "2 paused");
        model.link.enter(LinkState::CatchingUp, Duration::ZERO);
        assert_eq!(count(0, &model), "0 catching up");

        let (_, partial) = sample::SCENES.iter().find(|(name, _)| *name == "partial").unwrap();
        let mut model = partial(sample::size(80, 24));
        assert_eq!(count(12_000, &model), "12,000 partial");
        model.link.enter(LinkState::CatchingUp, Duration::ZERO);
        assert_eq!(count(12_000, &model), "12,000 catching up partial");
    }

    #[test]
    fn words_are_wrapped_between_words() {
        assert_eq!(wrap("ids may not start or end", 10), ["ids may", "not start", "or end"]);
        assert_eq!(wrap("incomprehensible", 4), ["incomprehensible"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
