//! States of secrets as words, each with a glyph beside its colour.

use std::time::SystemTime;

use super::super::widgets::Phrase;
use super::super::words;
use crate::console::age::{Spoken, age};
use crate::console::model::{Model, SecretEntry, SecretState};
use crate::console::theme::{Ink, glyph};
use crate::domain::{FieldState, Presence};

/// How a state looks: colour, glyph, words.
pub(super) fn look(state: SecretState) -> (Ink, &'static str, String) {
    use SecretState as S;
    let (ink, glyph, words) = match state {
        S::Missing => (Ink::Bad, glyph::BAD, "missing"),
        S::FieldMissing(1) => (Ink::Bad, glyph::BAD, "field missing"),
        S::FieldMissing(count) => return (Ink::Bad, glyph::BAD, format!("{count} fields missing")),
        S::Destroyed => (Ink::Bad, glyph::BAD, "destroyed"),
        S::Deleted => (Ink::Bad, glyph::BAD, "deleted"),
        S::NotText => (Ink::Bad, glyph::BAD, "not UTF-8"),
        S::Empty => (Ink::Warning, glyph::WARNING, "empty"),
        S::Fallback => (Ink::Warning, glyph::FALLBACK, "fallback in effect"),
        S::Forbidden => (Ink::Warning, glyph::FORBIDDEN, "forbidden"),
        S::Unreachable => (Ink::Warning, glyph::UNREACHABLE, "unreachable"),
        S::Unknown => (Ink::Dim, glyph::UNKNOWN, "unknown"),
        S::NoVault => (Ink::Warning, glyph::WARNING, "not looked for"),
        S::Asking => (Ink::Dim, glyph::DOT, "asking"),
        S::NotVisible => (Ink::Dim, glyph::UNKNOWN, "not visible from here"),
        S::Loose => (Ink::Dim, glyph::HOLLOW, "no reference seen"),
        S::None => (Ink::Dim, glyph::NONE, "none"),
        S::Present => (Ink::Good, glyph::GOOD, "present"),
    };
    (ink, glyph, words.to_owned())
}

/// What is known of one row.
pub(super) fn state(model: &Model, entry: &SecretEntry) -> SecretState {
    model.vista().map_or(SecretState::NotVisible, |vista| SecretState::of(entry, &vista))
}

/// What the store says of a secret, in words, with why where it says so.
pub(super) fn presence(model: &Model, presence: &Presence) -> String {
    let newest = |version: &dyn std::fmt::Display| format!("{version}, its newest version,");
    match presence {
        Presence::Present(contents) => {
            let version = contents.version.map(|version| format!("present {} {version}", glyph::DOT));
            let mut words = version.unwrap_or_else(|| "present".into());
            if let Some(at) = contents.written {
                words.push_str(&format!(" {} written {} ago", glyph::DOT, since(model, at).text));
            }
            words
        }
        Presence::Missing => "missing".into(),
        Presence::Deleted { version, at } => {
            let ago = at.map(|at| format!(" {} ago", since(model, at).text)).unwrap_or_default();
            format!("{} was deleted{ago}; it can be undeleted", newest(version))
        }
        Presence::Destroyed { version } => format!("{} was destroyed for ever", newest(version)),
        Presence::Forbidden { permission } => format!("forbidden: {permission} is missing"),
        Presence::Unreachable { reason } => format!("unreachable: {reason}"),
        Presence::Unknown { reason } => format!("unknown: {reason}"),
    }
}

/// What is known of one field.
pub(super) fn field(state: Option<FieldState>) -> Option<(Ink, &'static str, &'static str)> {
    Some(match state? {
        FieldState::Empty => (Ink::Warning, glyph::WARNING, "empty"),
        FieldState::NotText => (Ink::Bad, glyph::BAD, "not UTF-8"),
        _ => (Ink::Good, glyph::GOOD, "present"),
    })
}

/// How long ago something was by the server's clock, which may be ahead of ours.
pub(super) fn since(model: &Model, at: SystemTime) -> Spoken {
    age(model.now.wall.duration_since(at).unwrap_or_default())
}

/// How many secrets there are, and how many are known to lack something; nothing before anybody looked.
pub(in crate::console::view) fn tally(model: &Model, counts: bool) -> Phrase {
    let Some(rows) = &model.secrets_page.rows else { return Phrase::default() };
    let partial = if rows.is_partial() { glyph::MORE } else { "" };
    let mut phrase = Phrase::default();
    let count = words::count(rows.total(), model);
    if counts && !count.is_empty() {
        phrase = phrase.and(Ink::Dim, format!(" {count}{partial}"));
    }
    if rows.bad() > 0 {
        phrase = phrase.and(Ink::Bad, format!(" {}{}", words::grouped(rows.bad()), glyph::BAD));
    }
    phrase
}
