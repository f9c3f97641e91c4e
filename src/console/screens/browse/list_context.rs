//! What the rows of a list are filtered by: the documents, and what the list shows of their state.

use super::needs;
use crate::check::rules::{OPEN_TO_ANYONE, severity_word};
use crate::check::{
    NeedMark, Needs, OwnRules, Problem, ProblemIndex, SecretLookup, SeverityCounts, UsedName,
};
use crate::console::model::{ConsoleContext, Model, PresenceCache, needs_of};
use crate::domain::json::Severity;
use crate::inventory::{Inventory, RowRef};

/// What rows are filtered by: the documents, and what is known about them.
#[derive(Clone, Copy)]
pub struct ListContext<'m> {
    pub inventory: &'m Inventory,
    /// What rules found, where documents were checked.
    problems: Option<&'m ProblemIndex>,
    secrets: Option<(&'m SecretLookup, &'m PresenceCache)>,
    /// The own rules of the context, which filters name.
    pub own_rules: Option<&'m OwnRules>,
}

impl<'m> From<&'m Inventory> for ListContext<'m> {
    fn from(inventory: &'m Inventory) -> Self {
        Self { inventory, problems: None, secrets: None, own_rules: None }
    }
}

impl<'m> From<&'m Model> for ListContext<'m> {
    fn from(model: &'m Model) -> Self {
        let Model { inventory, checks, context, presence_cache, .. } = model;
        Self::new(inventory, &checks.index, context, presence_cache)
    }
}

impl<'m> ListContext<'m> {
    pub fn new(
        inventory: &'m Inventory,
        problems: &'m ProblemIndex,
        context: &'m ConsoleContext,
        presence: &'m PresenceCache,
    ) -> Self {
        let secrets = context.secrets.as_ref().map(|lookup| (lookup, presence));
        Self { inventory, problems: Some(problems), secrets, own_rules: Some(&context.receiver.own_rules) }
    }

    /// What was found in a row's document; `None` if it was not checked.
    pub fn found(&self, row: RowRef<'_>) -> Option<&'m [Problem]> {
        self.problems?.of(row.slot())
    }

    /// How many problems a rule found.
    pub fn counts_of_rule(&self, id: &str) -> SeverityCounts {
        self.problems
            .and_then(|index| index.rules().find(|(rule, _)| *rule == id))
            .map_or_else(SeverityCounts::default, |(_, counts)| counts)
    }

    fn lookup(&self) -> Option<&'m SecretLookup> {
        self.secrets.map(|(lookup, _)| lookup)
    }

    pub(super) fn settle(&self, used: UsedName) -> UsedName {
        used.or_part(self.inventory, self.lookup())
    }

    /// Whether a document depends on something.
    pub(super) fn uses(&self, row: RowRef<'_>, used: &UsedName) -> bool {
        used.is_used_by(row, self.inventory, self.lookup())
    }

    fn needs(&self, row: RowRef<'_>) -> Option<(Needs, &'m PresenceCache)> {
        let (lookup, presence) = self.secrets?;
        Some((needs_of(self.inventory, lookup, &row.key(), &row.facts()).0, presence))
    }

    fn own_auth(&self, row: RowRef<'_>) -> Vec<&'static str> {
        self.needs(row).map_or_else(Vec::new, |(needs, presence)| needs::own_auth_of(&needs, presence))
    }

    /// Whether the list shows that a webhook is open to anyone.
    pub(super) fn is_open(&self, row: RowRef<'_>) -> bool {
        if !is_usable_webhook(row) {
            return false;
        }
        match self.found(row) {
            Some(found) => found.iter().any(|found| found.rule == OPEN_TO_ANYONE.id),
            None => row.auth().is_open() && self.own_auth(row).is_empty(),
        }
    }

    /// Whether the list shows this kind of authentication.
    pub(super) fn has_auth(&self, row: RowRef<'_>, word: &str) -> bool {
        match word {
            NO_AUTH => self.is_open(row),
            _ if !is_usable_webhook(row) => false,
            _ if row.auth().is_open() => self.own_auth(row).contains(&word),
            _ => row.auth().iter().any(|auth| auth.word == word),
        }
    }

    /// The mark that the list shows for the secrets that a document needs.
    pub(super) fn need_mark(&self, row: RowRef<'_>) -> Option<NeedMark> {
        if row.is_invalid() {
            return Some(NeedMark::Nothing);
        }
        let (needs, presence) = self.needs(row)?;
        Some(needs.mark(&|path| presence.presence(path)))
    }

    pub(super) fn has_severity(&self, row: RowRef<'_>, word: &str) -> bool {
        match self.found(row) {
            Some(found) => found.iter().any(|found| severity_word(found.severity) == word),
            None => row.is_invalid() && word == severity_word(Severity::Error),
        }
    }
}

fn is_usable_webhook(row: RowRef<'_>) -> bool {
    !row.is_invalid() && row.namespace().is_some()
}

/// The word for a webhook that accepts requests without authentication.
pub(super) const NO_AUTH: &str = "none";

/// The words for the marks of needed secrets, worst first.
pub(super) const SECRETS: [(&str, NeedMark); NeedMark::ALL.len()] = [
    ("missing", NeedMark::Missing),
    ("forbidden", NeedMark::Forbidden),
    ("unreachable", NeedMark::Unreachable),
    ("fallback", NeedMark::Fallback),
    ("plaintext", NeedMark::Plaintext),
    ("unknown", NeedMark::Unknown),
    ("asking", NeedMark::Asking),
    ("present", NeedMark::Present),
    ("none", NeedMark::Nothing),
];
