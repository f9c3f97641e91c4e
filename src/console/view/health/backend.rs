//! What a backend says of itself: facts, members, certificates.

use std::time::{Duration, SystemTime};

use super::super::widgets::Phrase;
use super::super::words;
use super::Line;
use super::grid::{self, Cell, Row};
use crate::console::age::{Spoken, age, until};
use crate::console::model::Model;
use crate::console::theme::Ink;
use crate::domain::{Certificate, Condition, Fact, Health, MemberHealth, Validity, Value, utc};
use crate::text::Safe;

pub(super) fn lines(model: &Model, health: &Health, room: u16) -> Vec<Line> {
    let now = model.now.wall;
    let facts = health
        .facts
        .iter()
        .map(|fact| Phrase::of(Ink::Dim, format!("{} ", fact.name)).and(Ink::Text, shown(&fact.value, now)));
    let facts: Vec<_> =
        words::pack(facts, room).into_iter().filter(|line| !line.is_empty()).map(Line::of).collect();
    let members: Vec<_> = health.members.iter().map(|member| of_member(member, now)).collect();
    let certificates: Vec<_> = health.certificates.iter().map(|it| of_certificate(it, now)).collect();
    let parts = [facts, grid_of(&members, room), grid_of(&certificates, room)];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.flat_map(|part| std::iter::once(Line::blank()).chain(part)).collect()
}

fn grid_of(rows: &[Row], room: u16) -> Vec<Line> {
    if rows.is_empty() { Vec::new() } else { grid::lines(rows, room) }
}

/// A value in words; one that has a moment, with its age.
fn shown(value: &Value, now: SystemTime) -> String {
    let ago = |at: SystemTime| age(now.duration_since(at).unwrap_or_default()).text;
    match value {
        Value::Count(count) => words::grouped(usize::try_from(*count).unwrap_or(usize::MAX)),
        Value::Moment(at) => format!("{} ago ({})", ago(*at), utc(*at)),
        Value::Observed { what, at } => format!("{what} {} ago ({}, observed)", ago(*at), utc(*at)),
        Value::Text(_) | Value::Ordinal(_) | Value::Bytes(_) => value.words(),
    }
}

fn of_member(member: &MemberHealth, now: SystemTime) -> Row {
    let (glyph, ink) = match member.condition {
        Some(condition) => words::condition_look(condition),
        None => ("?", Ink::Dim),
    };
    let role = member.role.map_or("", |role| role.word());
    let latency = member.latency.map_or("", |latency| latency.word());
    let fact = |fact: &Fact| Cell::new(fact.name, Ink::Dim, shown(&fact.value, now));
    Row {
        head: vec![
            Cell::new("member", Ink::Text, member.name.clone()),
            Cell::new("role", Ink::Text, Safe::literal(role)),
            Cell::new("state", ink, format!("{glyph} {}", member.word())),
            Cell::new("answers", Ink::Dim, Safe::literal(latency)),
            Cell::new("endpoint", Ink::Dim, member.address.clone()),
        ],
        cells: member.facts.iter().map(fact).collect(),
        note: (!member.detail.is_empty()).then(|| {
            let ink = if member.condition > Some(Condition::Healthy) { ink } else { Ink::Dim };
            (ink, member.detail.clone())
        }),
    }
}

fn of_certificate(certificate: &Certificate, now: SystemTime) -> Row {
    let ink = match certificate.validity(now) {
        Validity::Good => Ink::Text,
        Validity::Ending => Ink::Warning,
        Validity::Early | Validity::Expired => Ink::Bad,
    };
    let place = certificate.owner.place().to_owned();
    Row {
        head: vec![
            Cell::new("certificate", Ink::Text, Safe::literal(certificate.owner.word())),
            Cell::new("of", Ink::Text, place),
            Cell::new("ends", ink, ends(certificate, now).text),
        ],
        cells: vec![
            Cell::new("on", Ink::Dim, utc(certificate.until)),
            Cell::new("subject", Ink::Dim, certificate.subject.clone()),
        ],
        note: None,
    }
}

/// `in 12d`, or `expired 3d ago`.
fn ends(certificate: &Certificate, now: SystemTime) -> Spoken {
    match certificate.until.duration_since(now) {
        Ok(left) if !left.is_zero() => {
            let Spoken { text, changes_in } = until(left);
            Spoken { text: format!("in {text}"), changes_in }
        }
        ended => {
            let ended = ended.map_or_else(|ended| ended.duration(), |_| Duration::ZERO);
            let Spoken { text, changes_in } = age(ended);
            Spoken { text: format!("expired {text} ago"), changes_in }
        }
    }
}

/// In how long each age and each time left on the page changes.
pub(in super::super) fn moments(model: &Model) -> impl Iterator<Item = Duration> {
    let now = model.now.wall;
    let ages = move |facts: &[Fact]| -> Vec<_> {
        let at = facts.iter().filter_map(|fact| fact.value.at());
        at.filter_map(|at| age_changes(at, now)).collect()
    };
    model.health.all().flat_map(move |health| {
        let members = health.members.iter().flat_map(move |member| ages(&member.facts));
        let certificates = health.certificates.iter().flat_map(move |certificate| {
            let left = ends(certificate, now).changes_in;
            let turn = certificate.next_turn_at(now).and_then(|at| at.duration_since(now).ok());
            left.into_iter().chain(turn)
        });
        ages(&health.facts).into_iter().chain(members).chain(certificates)
    })
}

fn age_changes(at: SystemTime, now: SystemTime) -> Option<Duration> {
    match now.duration_since(at) {
        Ok(elapsed) => age(elapsed).changes_in,
        // A moment ahead of this machine's clock has an age once the clock has passed it.
        Err(ahead) => age(Duration::ZERO).changes_in.map(|change| change + ahead.duration()),
    }
}
