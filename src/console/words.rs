//! Numbers, ages, states and places as words, and the messages that several screens share.

use std::fmt::Display;
use std::time::SystemTime;

use crate::check::SeverityCounts;
use crate::console::age::{TimedText, countdown, so_far};
use crate::console::model::{
    Model, Notice, NoticeOrigin, PausedEvents, SecretLink, SecretsSummary, StoreLink, Tone,
};
use crate::console::shell::layout::Pane;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{PaneTitle, TableColumn, TextRun};
use crate::domain::json::Severity;
use crate::domain::{Condition, LinkState, SecretStoreStatus, Token, utc};
use crate::inventory::{AuthKinds, Scope};

pub(crate) use crate::text::grouped;

/// The outcome of a write whose answer was lost.
pub(crate) const UNKNOWN: &str = "unknown, looking whether it was done";

/// What is said when a write whose answer was lost has not been done. Every write of the console is
/// conditional, so of two identical writes only one can succeed.
pub(crate) fn not_done_so_far(what: impl Display) -> String {
    format!("found out: not done so far: {what}; it may come yet, and sent again it cannot be done twice")
}

/// A count with the state it was taken in, unless that is SYNCED, complete and not paused: `12,000 loading`,
/// `12,000 partial`. Empty before any data has arrived.
pub(crate) fn count(number: usize, model: &Model) -> String {
    if number == 0 && !model.link.has_loaded && !model.link.state.is_synced() {
        return String::new();
    }
    let mut words = grouped(number);
    for doubt in count_qualifiers(model) {
        words.push(' ');
        words.push_str(&doubt);
    }
    words
}

/// Why a count may be incomplete or outdated: `stale`, `partial`, both, or nothing.
pub(crate) fn count_qualifiers(model: &Model) -> Vec<String> {
    let state = match model.link.state {
        LinkState::Synced if model.paused.as_ref().is_some_and(PausedEvents::is_behind) => {
            Some("paused".into())
        }
        LinkState::Synced => None,
        ref state => Some(state.word().to_lowercase()),
    };
    let partial = model.inventory.coverage().is_partial().then(|| PARTIAL.to_lowercase());
    state.into_iter().chain(partial).collect()
}

/// The glyph and the colour of a severity; the glyphs differ, for screens without colours.
pub(crate) fn severity_badge(severity: Severity) -> (StyleRole, &'static str) {
    match severity {
        Severity::Error => (StyleRole::Bad, glyph::BAD),
        Severity::Warning => (StyleRole::Warning, glyph::WARNING),
        Severity::Info => (StyleRole::Dim, glyph::HOLLOW),
    }
}

/// `2✗ 14▲`: the errors and the warnings among all documents of a kind; with `…` while they are still
/// checked. Hints are counted in their tab alone.
pub(crate) fn severity_counts(model: &Model, counts: SeverityCounts) -> TextRun {
    let mut run = TextRun::default();
    for (count, severity) in [(counts.errors, Severity::Error), (counts.warnings, Severity::Warning)] {
        if count > 0 {
            let (style, mark) = severity_badge(severity);
            run.join(" ", TextRun::of(style, format!("{}{mark}", grouped(count))));
        }
    }
    if !run.is_empty() && model.checks.has_begun() && model.is_checking() {
        run = run.and(StyleRole::Dim, glyph::MORE);
    }
    run
}

/// The same after a name, with a blank before it.
pub(crate) fn severity_note(model: &Model, counts: SeverityCounts) -> TextRun {
    let counts = severity_counts(model, counts);
    let mut note = TextRun::default();
    if !counts.is_empty() {
        note = TextRun::of(StyleRole::Dim, " ");
        note.join("", counts);
    }
    note
}

/// How far the checks are: `checked 12,000 of 25,000`, or in how many documents something was looked for.
pub(crate) fn checked(model: &Model) -> TextRun {
    let (checked, total) = (model.checks.index.checked(), model.documents());
    let total_words = count(total, model);
    if total_words.is_empty() {
        return TextRun::default();
    }
    TextRun::of(
        StyleRole::Dim,
        match checked < total {
            true => format!("checked {} of {total_words} {}", grouped(checked), glyph::MORE),
            false => format!("in {total_words}"),
        },
    )
}

/// The mark of a snapshot limited to what this user may read.
pub(crate) const PARTIAL: &str = "PARTIAL";

/// The statement that no webhook is known to use a connection.
pub(crate) fn no_visible_webhook(model: &Model) -> &'static str {
    if model.inventory.coverage().is_partial() { "no webhook that this user may read" } else { "no webhook" }
}

/// A number with its noun: `1 change`, `12 changes`.
pub(crate) fn plural(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// The columns of a list. While dates and times are shown, the one named `ages` has room for them, and all
/// others but the first in rank give way to it.
pub(crate) fn with_times(model: &Model, columns: &[TableColumn], ages: &str) -> Vec<TableColumn> {
    let min_width = u16::try_from(utc(SystemTime::UNIX_EPOCH).len()).unwrap_or_default();
    let first = columns.iter().map(|column| column.priority).max().unwrap_or_default();
    let widened = |column: &TableColumn| match model.absolute_times && column.name == ages {
        true => TableColumn { min_width, priority: first.saturating_sub(1), ..*column },
        false => *column,
    };
    columns.iter().map(widened).collect()
}

/// Whether what is shown may be older than the store.
pub(crate) fn may_be_outdated(link: &StoreLink) -> bool {
    link.has_loaded
        && matches!(
            link.state,
            LinkState::Stale { .. } | LinkState::Denied { .. } | LinkState::Connecting { .. }
        )
}

/// The status that every request to a webhook gets that nobody can use, whatever the credentials.
pub(crate) fn shut(auth: AuthKinds) -> Option<String> {
    let status = match (auth.breaks(), auth.refuses_all()) {
        (true, _) => "500",
        (false, true) => "401",
        (false, false) => return None,
    };
    Some(format!("{} {status}", glyph::BAD))
}

/// The badge of a link state: glyph and style role.
fn link_state_badge(state: &LinkState) -> (&'static str, StyleRole) {
    match state {
        LinkState::Synced => (glyph::FULL, StyleRole::Good),
        LinkState::Connecting { .. } => (glyph::HOLLOW, StyleRole::Accent),
        LinkState::Loading { .. } | LinkState::CatchingUp { .. } => (glyph::HALF, StyleRole::Accent),
        LinkState::Stale { .. } => (glyph::WARNING, StyleRole::Warning),
        LinkState::Denied { .. } => (glyph::BAD, StyleRole::Bad),
    }
}

/// Like [`link_state_badge`], with a warning if the snapshot is partial or the store takes no writes.
pub(crate) fn link_badge(model: &Model) -> (&'static str, StyleRole) {
    let warns = model.inventory.coverage().is_partial() || model.health.alarm().is_some();
    if model.link.state.is_synced() && warns {
        return (glyph::WARNING, StyleRole::Warning);
    }
    link_state_badge(&model.link.state)
}

/// The state of the secret store, as a word for its badge.
pub(crate) fn standing(link: &SecretLink) -> &'static str {
    link.standing.map_or("connecting", SecretStoreStatus::word)
}

/// The same as a glyph and a style role.
pub(crate) fn standing_badge(link: &SecretLink) -> (&'static str, StyleRole) {
    match link.standing {
        None => (glyph::HOLLOW, StyleRole::Accent),
        Some(SecretStoreStatus::LoginFails | SecretStoreStatus::Busy) => (glyph::WARNING, StyleRole::Warning),
        Some(standing) if !standing.serves() => (glyph::BAD, StyleRole::Bad),
        Some(_) if link.summary.is_bad() => (glyph::WARNING, StyleRole::Warning),
        Some(_) => (glyph::FULL, StyleRole::Good),
    }
}

/// What is known of the secrets in the store: `1 forbidden, 2 missing of 12 seen`.
pub(crate) fn secrets_summary(summary: &SecretsSummary) -> String {
    let SecretsSummary { seen, forbidden, missing, .. } = *summary;
    let counts = [(forbidden, "forbidden"), (missing, "missing")];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, word)| format!("{} {word}", grouped(count))).collect();
    match told.as_slice() {
        [] => format!("none forbidden or missing of {} seen", grouped(seen)),
        _ => format!("{} of {} seen", told.join(", "), grouped(seen)),
    }
}

/// The glyph and style role of a verdict.
pub(crate) fn condition_badge(condition: Condition) -> (&'static str, StyleRole) {
    match condition {
        Condition::Healthy => (glyph::FULL, StyleRole::Good),
        Condition::Degraded => (glyph::WARNING, StyleRole::Warning),
        Condition::Unusable => (glyph::BAD, StyleRole::Bad),
    }
}

/// The mark of a message: what came of it, or that it is news; a note has none.
pub(crate) fn notice_badge(notice: &Notice) -> (&'static str, StyleRole) {
    match (notice.origin, notice.tone) {
        (_, Tone::Bad) => (glyph::BAD, StyleRole::Bad),
        (NoticeOrigin::News, _) => (glyph::FRESH, StyleRole::Dim),
        (NoticeOrigin::OwnAct, Tone::Good) => (glyph::GOOD, StyleRole::Good),
        (NoticeOrigin::OwnAct, Tone::Plain) => (" ", StyleRole::Text),
    }
}

/// When the link is retried, if it is waiting to be.
pub(crate) fn retry(model: &Model) -> Option<TimedText> {
    let retry_at = model.link.retry_at?;
    let TimedText { text, changes_in } = match retry_at.checked_sub(model.now.mono) {
        Some(left) if !left.is_zero() => {
            let TimedText { text, changes_in } = countdown(left);
            TimedText { text: format!("next try in {text}"), changes_in: changes_in.or(Some(left)) }
        }
        _ => TimedText { text: "trying now".into(), changes_in: None },
    };
    Some(TimedText { text, changes_in })
}

/// Why the snapshot is not current: what it is waiting for, for how long, and when that is retried.
pub(crate) fn trouble(model: &Model) -> Vec<TextRun> {
    let link = &model.link;
    let backend = model.context.backend.name;
    let mut facts = match &link.state {
        LinkState::Connecting { .. } => {
            let taken = so_far(model.now.mono.saturating_sub(link.since)).text;
            let waiting = format!("waiting for {backend} {}", model.context.target);
            vec![TextRun::of(StyleRole::Text, waiting), TextRun::of(StyleRole::Text, taken)]
        }
        LinkState::Stale { .. } => vec![TextRun::of(StyleRole::Warning, "what you see may be old")],
        LinkState::Denied { .. } => vec![TextRun::of(StyleRole::Bad, format!("{backend} refuses"))],
        LinkState::Loading { .. } | LinkState::Synced | LinkState::CatchingUp { .. } => return Vec::new(),
    };
    facts.extend(retry(model).map(|retry| TextRun::of(StyleRole::Dim, retry.text)));
    facts
}

/// [`trouble`] and [`LinkState::reason`] on one line.
pub(crate) fn trouble_line(model: &Model) -> TextRun {
    let mut line = TextRun::default();
    for fact in trouble(model) {
        line.join(" · ", fact);
    }
    if let Some(reason) = model.link.state.reason() {
        line.join(" · ", TextRun::of(StyleRole::Text, reason.to_owned()));
    }
    line
}

pub(crate) fn scope(scope: &Scope) -> &str {
    match scope {
        Scope::AllWebhooks => "all",
        Scope::Namespace(namespace) => namespace.as_str(),
        Scope::Connections => "connections",
        Scope::Foreign => "unrecognised",
    }
}

/// The title of a pane; it includes the context if it is the only pane.
pub(crate) fn pane_title(model: &Model, pane: Pane, name: &str, right: TextRun) -> PaneTitle {
    let name = match model.panes().is_alone() && !name.is_empty() {
        true => format!("{} {} {name}", model.context.name, glyph::CRUMB),
        false => name.to_owned(),
    };
    PaneTitle { name, right, focused: model.has_focus(pane) }
}

/// `r48190`, or the digest.
pub(crate) fn token(model: &Model, token: Token) -> String {
    model.context.token(token)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::console::shell::sample;
    use crate::domain::Revision;

    #[test]
    fn counts_carry_their_state() {
        let mut model = sample::connecting(sample::size(80, 24));
        model.link = StoreLink::default();
        assert_eq!(count(0, &model), "");
        model.link.set_state(LinkState::Loading { entries: 12_000, bytes_per_second: None }, Duration::ZERO);
        assert_eq!(count(12_000, &model), "12,000 loading");
        model.link.set_state(LinkState::Synced, Duration::ZERO);
        assert_eq!(count(1_234_567, &model), "1,234,567");
        model.paused = Some(PausedEvents::default());
        assert_eq!(count(2, &model), "2", "nothing has come since");
        model.paused = Some(PausedEvents { changes: 3, ..PausedEvents::default() });
        assert_eq!(count(2, &model), "2 paused");
        model.link.set_state(
            LinkState::CatchingUp { applied: Revision(3), store: Some(Revision(9)) },
            Duration::ZERO,
        );
        assert_eq!(count(0, &model), "0 catching up");

        let (_, partial) =
            crate::console::shell::sample::SCENES.iter().find(|(name, _)| *name == "partial").unwrap();
        let mut model = partial(sample::size(80, 24));
        assert_eq!(count(12_000, &model), "12,000 partial");
        model.link.set_state(
            LinkState::CatchingUp { applied: Revision(3), store: Some(Revision(9)) },
            Duration::ZERO,
        );
        assert_eq!(count(12_000, &model), "12,000 catching up partial");
    }
}
