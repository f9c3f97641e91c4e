//! The Health tab: findings to act on, how current the snapshot is, and what every backend reports about
//! itself.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::backend;
use super::grid::INDENT;
use crate::check::ReceiverEnv;
use crate::console::age::span;
use crate::console::component::EarliestChange;
use crate::console::model::Model;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ReviewPage, Surface, TextRun};
use crate::console::words;
use crate::domain::{Cause, Condition, Finding, Health, Right, SecretStoreStatus, TokenKind};

/// The most readable ranges listed; beyond that they are only counted.
const RANGES: usize = 8;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    page(model, area.width).draw(surface, area, model.health.scroll);
}

/// Number of lines of the page.
pub(crate) fn height(model: &Model) -> usize {
    page(model, model.frame().body.width).len()
}

fn page(model: &Model, width: u16) -> ReviewPage<'static> {
    let mut page = ReviewPage::new(width, model.glyphs);
    findings(&mut page, model);
    page.blank();
    link(&mut page, model);
    for health in &model.health.backends {
        backend::add(&mut page, model, health);
    }
    secret_store(&mut page, model);
    application(&mut page, model);
    page
}

/// A heading; the following lines are indented.
fn heading(page: &mut ReviewPage<'_>, run: TextRun) {
    page.indent(0);
    page.push(run);
    page.indent(INDENT);
}

/// Findings: who can act, what is wrong, what to do.
fn findings(page: &mut ReviewPage<'_>, model: &Model) {
    if model.health.backends.is_empty() {
        let asking = format!("asking {} {}", model.context.backend.name, glyph::MORE);
        heading(page, TextRun::of(StyleRole::Dim, asking));
    } else {
        let checked = model.health.checked.and_then(|checked| model.long_ago(checked));
        with_secrets(model).for_each(|health| verdict(page, &health, checked.as_deref()));
    }
    if !model.context.settings.findings().is_empty() {
        verdict(page, &model.context.settings, None);
    }
    if let Some(health) = application_health(model) {
        verdict(page, &health, None);
    }
}

/// The health of every backend; that of the secret store includes what is known of the secrets in it.
fn with_secrets(model: &Model) -> impl Iterator<Item = Cow<'_, Health>> {
    let secrets = model.health.secrets.iter().map(|health| {
        let summary = &model.secret_link.summary;
        let serves = health.secret_store.is_none_or(SecretStoreStatus::serves);
        let mut health = Cow::Borrowed(health);
        if !serves {
            return health;
        }
        let ago = summary.until.and_then(|until| model.long_ago(until));
        let ago = ago.map(|ago| format!(" ({ago})")).unwrap_or_default();
        let told = |count| {
            format!("{} of {} seen{ago}", words::plural(count, "secret"), words::grouped(summary.seen))
        };
        if summary.forbidden > 0 {
            let text = format!("may not be read: {}", told(summary.forbidden));
            let remedy = "the tab Secrets names what is missing to read them; grant it to this user";
            health.to_mut().push(Finding::rights(Right::Read, text, remedy));
        }
        if summary.missing > 0 {
            let text = format!("needed and not there: {}", told(summary.missing));
            let remedy = "the tab Secrets lists them with the documents that need them";
            health.to_mut().push(Finding::fault(text, remedy));
        }
        health
    });
    model.health.backends.iter().map(Cow::Borrowed).chain(secrets)
}

fn verdict(page: &mut ReviewPage<'_>, health: &Health, checked: Option<&str>) {
    let (glyph, style) = words::condition_badge(health.condition());
    let mut head = TextRun::of(style, format!("{glyph} {}", health.verdict()));
    head.join("  ", TextRun::of(StyleRole::Strong, health.backend));
    if let Some(latency) = health.latency {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("answers in {}", latency.word())));
    }
    if let Some(ago) = checked {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("checked {ago}")));
    }
    heading(page, head);
    for finding in health.findings() {
        let (glyph, style) = match (finding.cause, finding.condition()) {
            (Cause::Hint, _) => (glyph::HOLLOW, StyleRole::Dim),
            (_, Condition::Unusable) => (glyph::BAD, StyleRole::Bad),
            _ => (glyph::WARNING, StyleRole::Warning),
        };
        let label = TextRun::of(style, format!("{glyph} {}", finding.cause.word()));
        page.labelled(&label, StyleRole::Text, &finding.text);
        if !finding.remedy.is_empty() {
            page.fact("", StyleRole::Dim, &format!("{} {}", glyph::ARROW, finding.remedy));
        }
    }
}

/// Whether the snapshot is current, the next retry, and the history of the link.
fn link(page: &mut ReviewPage<'_>, model: &Model) {
    let link = &model.link;
    let (glyph, style) = words::link_badge(model);
    let mut head = TextRun::of(style, format!("{glyph} {}", link.state.word()));
    if model.inventory.coverage().is_partial() {
        head.join(" ", TextRun::of(StyleRole::Warning, words::PARTIAL));
    }
    if let Some(alarm) = model.health.alarm() {
        head.join(" ", TextRun::of(StyleRole::Warning, alarm));
    }
    head.join(
        "  ",
        TextRun::of(StyleRole::Strong, format!("{} {}", model.context.backend.name, model.context.target)),
    );
    head.join("  ", TextRun::of(StyleRole::Dim, format!("since {}", model.ago(link.since))));
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
    for (label, style, words) in facts {
        if let Some(words) = words {
            page.fact(label, style, &words);
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
    let heard = link.history.last_progress.and_then(|heard| model.long_ago(heard));
    let heard = heard.map(|ago| format!(", last heard of {ago}")).unwrap_or_default();
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

/// The ranges that a partial snapshot covers.
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
    let lasted = span(ended.saturating_sub(outage.began));
    let tried = words::plural(outage.failures, "attempt");
    let ago = model.ago(ended);
    Some(format!("ended {ago}, lasted {lasted}, {tried}: {}", outage.reason))
}

fn comparison(model: &Model) -> Option<String> {
    let comparison = model.link.history.last_check?;
    let found = match comparison.differences {
        0 => "no difference".to_owned(),
        some => words::plural(some, "difference"),
    };
    let ago = model.ago(comparison.when);
    Some(format!("{found} to a fresh list at {}, {ago}", comparison.at))
}

fn resync(model: &Model) -> Option<String> {
    let resync = model.link.resync.or(model.link.history.last_resync)?;
    let what = if resync.replaced {
        "another store, or an older state of this one, took the place of what was shown".to_owned()
    } else {
        format!("the last load found {}", words::plural(resync.differences, "difference"))
    };
    Some(format!("{what}, {}", model.ago(resync.at)))
}

fn session(model: &Model) -> String {
    let record = &model.link.history;
    let changes = words::plural(record.changes, "change");
    format!("{changes} applied, {}", words::plural(record.resyncs, "resync"))
}

/// The secret store: its state, and how many values were read.
fn secret_store(page: &mut ReviewPage<'_>, model: &Model) {
    let Some(lookup) = &model.context.secrets else { return };
    let link = &model.secret_link;
    let (glyph, style) = words::standing_badge(link);
    let mut head = TextRun::of(style, format!("{glyph} {}", words::standing(link)));
    head.join("  ", TextRun::of(StyleRole::Strong, link.backend));
    if link.standing.is_some() {
        head.join("  ", TextRun::of(StyleRole::Dim, format!("since {}", model.ago(link.since))));
    }
    page.blank();
    heading(page, head);
    if let Some(why) = &link.blocked_reason {
        page.fact("why", StyleRole::Warning, why);
        page.fact("again", StyleRole::Text, "tried again by itself; ctrl-r tries now");
    }
    let is_known = matches!(lookup.env, ReceiverEnv::Known(_));
    if link.standing == Some(SecretStoreStatus::Variables) && !is_known {
        let words = "the receiver's own variables are not visible from here";
        page.fact("note", StyleRole::Warning, words);
    }
    if link.summary.seen > 0 {
        let ago = link.summary.until.and_then(|until| model.long_ago(until));
        let ago = ago.map(|ago| format!(", {ago}")).unwrap_or_default();
        let style = if link.summary.is_bad() { StyleRole::Warning } else { StyleRole::Text };
        page.fact("secrets", style, &format!("{}{ago}", words::secrets_summary(&link.summary)));
    }
    let reads = usize::try_from(model.secret_actions.reads).unwrap_or(usize::MAX);
    page.fact("session", StyleRole::Text, &format!("{} read", words::plural(reads, "secret value")));
    if let Some(health) = &model.health.secrets {
        backend::add(page, model, health);
    }
}

/// How the application's settings are: those of its layers, or that it cannot be opened.
fn application_health(model: &Model) -> Option<Cow<'_, Health>> {
    let page = &model.settings;
    let opened = page.picture.as_ref().map(|picture| Cow::Borrowed(picture.snapshot.health()));
    opened.or_else(|| {
        let failure = page.failure.clone()?;
        Some(Cow::Owned(Health::unusable(
            "application",
            failure,
            "it is tried again by itself; ctrl-r tries now",
        )))
    })
}

/// The application: the version in force, and a row a layer.
fn application(page: &mut ReviewPage<'_>, model: &Model) {
    let (Some(health), Some(file)) = (application_health(model), &model.context.application) else { return };
    let (glyph, style) = words::condition_badge(health.condition());
    let mut head = TextRun::of(style, format!("{glyph} {}", health.verdict()));
    head.join("  ", TextRun::of(StyleRole::Strong, format!("application {file}")));
    if let Some(picture) = &model.settings.picture {
        let version = picture.snapshot.version();
        let since = format!("version {} since {}", version.number(), model.ago(version.created()));
        head.join("  ", TextRun::of(StyleRole::Dim, since));
    }
    page.blank();
    heading(page, head);
    backend::add(page, model, &health);
}

/// The worst condition of all backends and of the settings; empty if all are healthy.
pub(super) fn tab_note(model: &Model) -> TextRun {
    let backends = with_secrets(model).map(|health| health.condition());
    let application = application_health(model).map(|health| health.condition());
    match backends.chain([model.context.settings.condition()]).chain(application).max() {
        None | Some(Condition::Healthy) => TextRun::default(),
        Some(condition) => {
            let (glyph, role) = words::condition_badge(condition);
            TextRun::of(role, format!(" {glyph}"))
        }
    }
}

pub(super) fn next_changes(model: &Model, soonest: &mut EarliestChange) {
    let link = &model.link;
    soonest.include_age(link.since);
    if model.secret_link.standing.is_some() {
        soonest.include_age(model.secret_link.since);
    }
    if let Some(resync) = link.resync {
        soonest.include_age(resync.at);
    }
    if let Some(checked) = model.health.checked {
        soonest.include_age(checked);
    }
    let record = &link.history;
    let compared = record.last_check.map(|comparison| comparison.when);
    let resynced = record.last_resync.map(|resync| resync.at);
    let over = record.outage.as_ref().and_then(|outage| outage.ended);
    for moment in [record.last_progress, compared, resynced, over].into_iter().flatten() {
        soonest.include_age(moment);
    }
    if let Some(picture) = &model.settings.picture {
        soonest.include_in(model.age(picture.snapshot.version().created()).changes_in);
    }
    backend::next_changes(model).for_each(|wait| soonest.include_in(Some(wait)));
}
