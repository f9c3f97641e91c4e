//! The problems of the documents in the lists and in the detail: from the index of all checks, or, before a
//! document was checked, from its facts.

use std::borrow::Cow;

use crate::check::rules::{CONNECTION, missing_connection};
use crate::check::{DocumentInput, Problem, Rule, Subject, diagnose};
use crate::console::model::{Model, Surroundings};
use crate::domain::ResourceKey;
use crate::inventory::{Facts, RowRef};

pub(super) fn problems_of<'m>(model: &'m Model, row: RowRef<'_>) -> Cow<'m, [Problem]> {
    match model.checks.index.of(row.slot()) {
        Some(found) => Cow::Borrowed(found),
        None => Cow::Owned(of_facts(model, &row.key(), &row.facts())),
    }
}

fn of_facts(model: &Model, key: &ResourceKey, facts: &Facts) -> Vec<Problem> {
    let around = Surroundings::of(model, key, facts, None);
    let found = diagnose(Subject::Row(&DocumentInput::new(key, facts, &model.context.receiver, &around)));
    found.into_iter().map(Problem::from).collect()
}

pub(super) fn first_of<'d>(found: &'d [Problem], rule: &Rule) -> Option<&'d Problem> {
    found.iter().find(|found| found.rule == rule.id)
}

/// The problem saying that a named connection is known not to exist, if there is one.
pub(super) fn dangling<'d>(found: &'d [Problem], name: &str) -> Option<&'d Problem> {
    let words = missing_connection(name);
    found.iter().find(|found| found.rule == CONNECTION.id && found.message.starts_with(&words))
}
