//! The badges of secrets: states in words, each with a glyph and a colour.

use super::index::SecretEntry;
use super::secret_state::SecretState;
use crate::console::model::Model;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::TextRun;
use crate::console::words;
use crate::domain::Presence;

/// The style role, glyph and words of a state.
pub(crate) fn state_badge(state: SecretState) -> (StyleRole, &'static str, String) {
    use super::secret_state::SecretState as S;
    let (style, glyph, words) = match state {
        S::Missing => (StyleRole::Bad, glyph::BAD, "missing"),
        S::FieldMissing(1) => (StyleRole::Bad, glyph::BAD, "field missing"),
        S::FieldMissing(count) => return (StyleRole::Bad, glyph::BAD, format!("{count} fields missing")),
        S::Destroyed => (StyleRole::Bad, glyph::BAD, "destroyed"),
        S::Deleted => (StyleRole::Bad, glyph::BAD, "deleted"),
        S::NotText => (StyleRole::Bad, glyph::BAD, "not UTF-8"),
        S::Empty => (StyleRole::Warning, glyph::WARNING, "empty"),
        S::Fallback => (StyleRole::Warning, glyph::FALLBACK, "fallback in effect"),
        S::Forbidden => (StyleRole::Warning, glyph::FORBIDDEN, "forbidden"),
        S::Unreachable => (StyleRole::Warning, glyph::UNREACHABLE, "unreachable"),
        S::Unknown => (StyleRole::Dim, glyph::UNKNOWN, "unknown"),
        S::NoVault => (StyleRole::Warning, glyph::WARNING, "not looked for"),
        S::Asking => (StyleRole::Dim, glyph::DOT, "asking"),
        S::NotVisible => (StyleRole::Dim, glyph::UNKNOWN, "not visible from here"),
        S::Unreferenced => (StyleRole::Dim, glyph::HOLLOW, "no reference seen"),
        S::None => (StyleRole::Dim, glyph::NONE, "none"),
        S::Present => (StyleRole::Good, glyph::GOOD, "present"),
    };
    (style, glyph, words.to_owned())
}

/// The state of one row.
pub(crate) fn state(model: &Model, entry: &SecretEntry) -> SecretState {
    model.secrets_view().map_or(SecretState::NotVisible, |view| SecretState::of(entry, view))
}

/// What the store reports of a secret, in words, with the reason if there is one.
pub(crate) fn presence(model: &Model, presence: &Presence) -> String {
    let newest = |version: &dyn std::fmt::Display| format!("{version}, its newest version,");
    match presence {
        Presence::Present(contents) => {
            let version = contents.version.map(|version| format!("present {} {version}", glyph::DOT));
            let mut words = version.unwrap_or_else(|| "present".into());
            if let Some(at) = contents.written {
                words.push_str(&format!(" {} written {}", glyph::DOT, model.ago(at)));
            }
            words
        }
        Presence::Missing => "missing".into(),
        Presence::Deleted { version, at } => {
            let ago = at.map(|at| format!(" {}", model.ago(at))).unwrap_or_default();
            format!("{} was deleted{ago}; it can be undeleted", newest(version))
        }
        Presence::Destroyed { version } => format!("{} was destroyed for ever", newest(version)),
        Presence::Forbidden { permission } => format!("forbidden: {permission} is missing"),
        Presence::Unreachable { reason } => format!("unreachable: {reason}"),
        Presence::Unknown { reason } => format!("unknown: {reason}"),
    }
}

/// The number of secrets, and of those known to lack something or to be forbidden. All documents are looked
/// through once the tab was opened; before that only what the badge of the store tells is known.
pub(crate) fn tally(model: &Model, counts: bool) -> TextRun {
    let (rows, summary) = (&model.secrets_page.rows, &model.secret_link.summary);
    let is_opened = model.secrets_page.opened;
    let partial = if rows.is_partial() { glyph::MORE } else { "" };
    let mut run = TextRun::default();
    let count = words::count(rows.total(), model);
    if is_opened && counts && !count.is_empty() {
        run = run.and(StyleRole::Dim, format!(" {count}{partial}"));
    }
    let broken = if is_opened { rows.broken.len().max(summary.missing) } else { summary.missing };
    for (count, style, glyph) in
        [(broken, StyleRole::Bad, glyph::BAD), (summary.forbidden, StyleRole::Warning, glyph::FORBIDDEN)]
    {
        if count > 0 {
            run = run.and(style, format!(" {}{glyph}", words::grouped(count)));
        }
    }
    run
}
