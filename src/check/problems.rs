//! The problems of all documents: an index from rows to what rules found in them, with counts. A row without
//! a problem costs one bit.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use super::Diagnostic;
use crate::domain::json::Severity;
use crate::domain::{Namespace, ResourceKey};
use crate::inventory::{Scope, Slot, SlotSet};

/// A diagnostic as the index keeps it: what only a draft can use is left out, and what it says is shared by all
/// documents of which the same is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    text: Arc<ProblemText>,
    /// Line and column, from 1; 0 if it is about no place in the text.
    place: (u32, u32),
}

/// What a problem says.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ProblemText {
    /// See [`super::Rule::id`].
    pub rule: &'static str,
    pub severity: Severity,
    pub message: Box<str>,
    pub pointer: Box<str>,
    pub remedy: &'static str,
    /// What its fix does; empty if it has none.
    pub fix: &'static str,
}

impl Deref for Problem {
    type Target = ProblemText;

    fn deref(&self) -> &ProblemText {
        &self.text
    }
}

impl Problem {
    /// Line and column of its place in the text, from 1.
    pub fn place(&self) -> Option<(u32, u32)> {
        (self.place.0 > 0).then_some(self.place)
    }
}

impl From<Diagnostic> for Problem {
    fn from(found: Diagnostic) -> Self {
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let text = ProblemText {
            rule: found.rule,
            severity: found.severity,
            message: found.message.into(),
            pointer: found.pointer.into(),
            remedy: found.remedy,
            fix: found.fix.map_or("", |fix| fix.words),
        };
        let place = found.place.map_or((0, 0), |(line, column)| (count(line), count(column)));
        Self { text: Arc::new(text), place }
    }
}

/// How many problems there are of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeverityCounts {
    pub errors: usize,
    pub warnings: usize,
    pub hints: usize,
}

impl SeverityCounts {
    pub fn total(self) -> usize {
        self.errors + self.warnings + self.hints
    }

    pub fn add(&mut self, severity: Severity) {
        *self.of(severity) += 1;
    }

    fn of(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Info => &mut self.hints,
        }
    }
}

/// Texts are swept when there are twice as many as after the last sweep, and at least these.
const LEAST_TEXTS: usize = 1_024;

/// The problems of the documents that were checked, by their rows.
#[derive(Debug, Default)]
pub struct ProblemIndex {
    checked: SlotSet,
    found: HashMap<Slot, DocumentProblems>,
    texts: HashSet<Arc<ProblemText>>,
    sweep_at: usize,
    total: SeverityCounts,
    webhooks: SeverityCounts,
    connections: SeverityCounts,
    foreign: SeverityCounts,
    namespaces: BTreeMap<Namespace, SeverityCounts>,
    rules: BTreeMap<&'static str, SeverityCounts>,
}

/// The problems of one document, of which there is at least one.
#[derive(Debug)]
struct DocumentProblems {
    kind: Kind,
    problems: Box<[Problem]>,
}

/// Where a document is counted.
#[derive(Debug)]
enum Kind {
    Webhook(Namespace),
    Connection,
    Foreign,
}

impl Kind {
    fn of(key: &ResourceKey) -> Self {
        match key {
            ResourceKey::Webhook { namespace, .. } => Self::Webhook(namespace.clone()),
            ResourceKey::Connection { .. } => Self::Connection,
            ResourceKey::Foreign { .. } => Self::Foreign,
        }
    }
}

impl ProblemIndex {
    /// Takes what was found in the document of a row; returns whether its problems are others than before.
    pub fn set(&mut self, slot: Slot, key: &ResourceKey, found: Vec<Diagnostic>) -> bool {
        // Not collected in place: what is kept would stay within what the worker took for all that it found.
        let mut problems = Vec::with_capacity(found.len());
        problems.extend(found.into_iter().map(Problem::from));
        // By place within a severity and a rule, as the rules tell them.
        problems.sort_by_key(|problem| (problem.severity, problem.rule));
        self.checked.insert(slot);
        if self.of(slot).unwrap_or_default() == problems.as_slice() {
            return false;
        }
        self.drop_problems(slot);
        for problem in &mut problems {
            problem.text = self.shared(&problem.text);
        }
        let entry = DocumentProblems { kind: Kind::of(key), problems: problems.into() };
        self.count(&entry, |count| *count += 1);
        if !entry.problems.is_empty() {
            self.found.insert(slot, entry);
        }
        true
    }

    /// The row is gone, or another document's.
    pub fn forget(&mut self, slot: Slot) {
        self.checked.remove(slot);
        self.drop_problems(slot);
    }

    /// What was found in a document, worst first; `None` if it was not checked.
    pub fn of(&self, slot: Slot) -> Option<&[Problem]> {
        if !self.checked.contains(slot) {
            return None;
        }
        Some(self.found.get(&slot).map_or(&[], |entry| &entry.problems))
    }

    /// How many documents were checked.
    pub fn checked(&self) -> usize {
        self.checked.len()
    }

    /// The rows that have a problem, in no order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.found.keys().copied()
    }

    /// Of all documents.
    pub fn total(&self) -> SeverityCounts {
        self.total
    }

    pub fn counts(&self, scope: &Scope) -> SeverityCounts {
        match scope {
            Scope::AllWebhooks => self.webhooks,
            Scope::Namespace(namespace) => self.namespaces.get(namespace).copied().unwrap_or_default(),
            Scope::Connections => self.connections,
            Scope::Foreign => self.foreign,
        }
    }

    /// The problems by rule, for rules that found any.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, SeverityCounts)> + '_ {
        self.rules.iter().map(|(rule, counts)| (*rule, *counts))
    }

    fn drop_problems(&mut self, slot: Slot) {
        if let Some(entry) = self.found.remove(&slot) {
            self.count(&entry, |count| *count = count.saturating_sub(1));
        }
    }

    fn count(&mut self, entry: &DocumentProblems, change: impl Fn(&mut usize)) {
        for problem in &entry.problems {
            let ProblemText { severity, rule, .. } = &**problem;
            change(self.total.of(*severity));
            change(self.rules.entry(rule).or_default().of(*severity));
            let of_kind = match &entry.kind {
                Kind::Webhook(namespace) => {
                    change(self.namespaces.entry(namespace.clone()).or_default().of(*severity));
                    &mut self.webhooks
                }
                Kind::Connection => &mut self.connections,
                Kind::Foreign => &mut self.foreign,
            };
            change(of_kind.of(*severity));
        }
        for problem in &entry.problems {
            if let Entry::Occupied(counts) = self.rules.entry(problem.rule)
                && counts.get().total() == 0
            {
                counts.remove();
            }
        }
        if let Kind::Webhook(namespace) = &entry.kind
            && self.namespaces.get(namespace).is_some_and(|counts| counts.total() == 0)
        {
            self.namespaces.remove(namespace);
        }
    }

    /// The text, kept once.
    fn shared(&mut self, text: &Arc<ProblemText>) -> Arc<ProblemText> {
        if self.texts.len() >= self.sweep_at.max(LEAST_TEXTS) {
            self.texts.retain(|text| Arc::strong_count(text) > 1);
            self.sweep_at = self.texts.len() * 2;
        }
        self.texts.get(text).cloned().unwrap_or_else(|| {
            self.texts.insert(Arc::clone(text));
            Arc::clone(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Address;
    use crate::domain::json::Span;

    fn key(address: &str) -> ResourceKey {
        let Address(key) = address.parse().unwrap();
        key
    }

    fn found(rule: &'static str, severity: Severity, message: &str) -> Diagnostic {
        Diagnostic {
            rule,
            severity,
            span: Span { start: 0, end: 0 },
            place: Some((3, 4)),
            pointer: "chain[0].module".into(),
            message: message.into(),
            remedy: "",
            fix: None,
        }
    }

    fn slot(number: usize) -> Slot {
        (0..number).fold(Slot::FIRST, |slot, _| slot.next())
    }

    #[test]
    fn counts_are_of_everything_that_was_checked_by_tab_namespace_and_rule() {
        let mut index = ProblemIndex::default();
        let error = || found("L09", Severity::Error, "misspelt");
        let hint = || found("L11", Severity::Info, "open");
        assert!(index.set(slot(0), &key("a/one"), vec![hint(), error(), error()]));
        assert!(index.set(slot(1), &key("b/one"), vec![found("L15", Severity::Warning, "gone")]));
        assert!(index.set(slot(2), &key("connections/c"), vec![error()]));
        assert!(!index.set(slot(3), &key("b/good"), Vec::new()));
        let counts = |errors, warnings, hints| SeverityCounts { errors, warnings, hints };
        let namespace = |name| index.counts(&Scope::Namespace(Namespace::new(name).unwrap()));
        assert_eq!(index.total(), counts(3, 1, 1));
        assert_eq!(index.counts(&Scope::AllWebhooks), counts(2, 1, 1));
        assert_eq!((namespace("a"), namespace("b")), (counts(2, 0, 1), counts(0, 1, 0)));
        assert_eq!(index.counts(&Scope::Connections), counts(1, 0, 0));
        assert_eq!(
            index.rules().collect::<Vec<_>>(),
            [("L09", counts(3, 0, 0)), ("L11", counts(0, 0, 1)), ("L15", counts(0, 1, 0))]
        );
        let worst: Vec<_> = index.of(slot(0)).unwrap().iter().map(|problem| problem.rule).collect();
        assert_eq!(worst, ["L09", "L09", "L11"], "worst first");
        assert_eq!(index.checked(), 4);
        assert_eq!((index.of(slot(3)), index.of(slot(4))), (Some(&[][..]), None), "checked, and not checked");
    }

    #[test]
    fn what_is_mended_or_gone_is_counted_no_more() {
        let mut index = ProblemIndex::default();
        let gone = || found("L15", Severity::Warning, "gone");
        index.set(slot(0), &key("a/one"), vec![gone()]);
        index.set(slot(1), &key("a/two"), vec![gone()]);
        assert!(!index.set(slot(0), &key("a/one"), vec![gone()]), "no news");
        assert!(index.set(slot(0), &key("a/one"), Vec::new()));
        assert_eq!((index.total().warnings, index.checked()), (1, 2));
        index.forget(slot(1));
        // The slot is used again, in another namespace.
        index.set(slot(1), &key("b/three"), vec![gone()]);
        let of = |name| index.counts(&Scope::Namespace(Namespace::new(name).unwrap())).warnings;
        assert_eq!((of("a"), of("b")), (0, 1));
        index.forget(slot(1));
        assert_eq!(
            (index.total(), index.rules().count(), index.checked()),
            (SeverityCounts::default(), 0, 1)
        );
    }

    #[test]
    fn a_problem_keeps_its_budget() {
        assert!(size_of::<Problem>() <= 16, "{}", size_of::<Problem>());
        assert!(size_of::<(Slot, DocumentProblems)>() <= 48, "{}", size_of::<(Slot, DocumentProblems)>());
    }

    #[test]
    fn texts_are_kept_once_and_dropped_once_nobody_says_them() {
        let mut index = ProblemIndex::default();
        for number in 0..100 {
            index.set(slot(number), &key("a/x"), vec![found("L15", Severity::Warning, "connection gone")]);
        }
        let [first, last] = [0, 99].map(|number| Arc::clone(&index.of(slot(number)).unwrap()[0].text));
        assert!(Arc::ptr_eq(&first, &last));
        for number in 0..LEAST_TEXTS * 4 {
            let message = format!("connection c{number} does not exist");
            index.set(slot(0), &key("a/x"), vec![found("L15", Severity::Warning, &message)]);
        }
        assert!(index.texts.len() <= LEAST_TEXTS + 2, "{}", index.texts.len());
    }
}
