//! What a backend reports about itself: facts, members, certificates.

use std::time::Duration;

use super::grid::{GridCell, GridRow};
use crate::console::age::{TimedText, until};
use crate::console::model::Model;
use crate::console::screens::health::grid;
use crate::console::theme::StyleRole;
use crate::console::widgets::{ReviewPage, TextRun};
use crate::console::words;
use crate::domain::{Certificate, Condition, Fact, FactValue, Health, MemberHealth, Validity, utc};
use crate::text::Safe;

pub(super) fn add(page: &mut ReviewPage<'_>, model: &Model, health: &Health) {
    if !health.facts.is_empty() {
        page.blank();
        let facts = health.facts.iter().map(|fact| {
            let name = TextRun::of(StyleRole::Dim, format!("{} ", fact.name));
            name.and(StyleRole::Text, shown(model, &fact.value)).spelled(model.glyphs)
        });
        page.extend(TextRun::pack(facts, page.room));
    }
    grid::add(page, health.members.iter().map(|member| of_member(model, member)).collect());
    grid::add(page, health.certificates.iter().map(|it| of_certificate(model, it)).collect());
}

/// A value in words; a point in time with its age, unless times are shown instead of ages.
fn shown(model: &Model, value: &FactValue) -> String {
    match value {
        FactValue::Count(count) => words::grouped(usize::try_from(*count).unwrap_or(usize::MAX)),
        FactValue::Moment(at) if model.absolute_times => utc(*at),
        FactValue::Moment(at) => format!("{} ({})", model.ago(*at), utc(*at)),
        FactValue::Observed { what, at } if model.absolute_times => format!("{what} {} (observed)", utc(*at)),
        FactValue::Observed { what, at } => format!("{what} {} ({}, observed)", model.ago(*at), utc(*at)),
        FactValue::Text(_) | FactValue::Ordinal(_) | FactValue::Bytes(_) => value.words(),
    }
}

fn of_member(model: &Model, member: &MemberHealth) -> GridRow {
    let (glyph, style) = match member.condition {
        Some(condition) => words::condition_badge(condition),
        None => ("?", StyleRole::Dim),
    };
    let role = member.role.map_or("", |role| role.word());
    let latency = member.latency.map_or("", |latency| latency.word());
    let mut cells = vec![
        GridCell::new("member", StyleRole::Text, member.name.clone()),
        GridCell::new("role", StyleRole::Text, Safe::literal(role)),
        GridCell::new("state", style, format!("{glyph} {}", member.word())),
        GridCell::new("answers", StyleRole::Dim, Safe::literal(latency)),
        GridCell::new("endpoint", StyleRole::Dim, member.address.clone()),
    ];
    let heads = cells.len();
    let fact = |fact: &Fact| GridCell::new(fact.name, StyleRole::Dim, shown(model, &fact.value));
    cells.extend(member.facts.iter().map(fact));
    GridRow {
        cells,
        heads,
        note: (!member.detail.is_empty()).then(|| {
            let style = if member.condition > Some(Condition::Healthy) { style } else { StyleRole::Dim };
            (style, member.detail.clone())
        }),
    }
}

fn of_certificate(model: &Model, certificate: &Certificate) -> GridRow {
    let now = model.now.wall;
    let style = match certificate.validity(now) {
        Validity::Good => StyleRole::Text,
        Validity::Ending => StyleRole::Warning,
        Validity::Early | Validity::Expired => StyleRole::Bad,
    };
    GridRow {
        cells: vec![
            GridCell::new("certificate", StyleRole::Text, Safe::literal(certificate.owner.word())),
            GridCell::new("of", StyleRole::Text, certificate.owner.place().to_owned()),
            GridCell::new("ends", style, ends(model, certificate).text),
            GridCell::new("on", StyleRole::Dim, utc(certificate.until)),
            GridCell::new("subject", StyleRole::Dim, certificate.subject.clone()),
        ],
        heads: 3,
        note: None,
    }
}

/// `in 12d`, or `expired 3d ago`.
fn ends(model: &Model, certificate: &Certificate) -> TimedText {
    match certificate.until.duration_since(model.now.wall) {
        Ok(left) if !left.is_zero() => {
            let TimedText { text, changes_in } = until(left);
            TimedText { text: format!("in {text}"), changes_in }
        }
        _ => TimedText {
            text: format!("expired {}", model.ago(certificate.until)),
            changes_in: model.age(certificate.until).changes_in,
        },
    }
}

/// The time until each age and each remaining time on the page changes.
pub(crate) fn next_changes(model: &Model) -> impl Iterator<Item = Duration> {
    let now = model.now.wall;
    let ages = move |facts: &[Fact]| -> Vec<_> {
        let at = facts.iter().filter_map(|fact| fact.value.at());
        at.filter_map(|at| model.age(at).changes_in).collect()
    };
    let application = model.settings.picture.iter().map(|picture| picture.snapshot.health());
    model.health.all().chain(application).flat_map(move |health| {
        let members = health.members.iter().flat_map(move |member| ages(&member.facts));
        let certificates = health.certificates.iter().flat_map(move |certificate| {
            let left = ends(model, certificate).changes_in;
            let turn = certificate.next_change_at(now).and_then(|at| at.duration_since(now).ok());
            left.into_iter().chain(turn)
        });
        ages(&health.facts).into_iter().chain(members).chain(certificates)
    })
}
