//! Diagnostics: the findings of rules, and what a rule is.

use std::fmt;

use super::{DocumentInput, DraftInput, SecretFieldsInput, StoreInput};
use crate::domain::json::{Severity, Span, SyntaxFix, line_column};

/// The finding of one rule at one place. It contains no part of the document but names and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// See [`Rule::id`].
    pub rule: &'static str,
    pub severity: Severity,
    pub span: Span,
    /// Line and column of its start, from 1, if it is about a place in the text.
    pub place: Option<(usize, usize)>,
    /// The member that it is about: `chain[1].module`; empty where that is not known.
    pub pointer: String,
    /// What is wrong, and what the receiver will do.
    pub message: String,
    /// What is expected there instead, or what to do; empty where there is nothing useful to say.
    pub remedy: &'static str,
    pub fix: Option<SyntaxFix>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// How far an error of a rule reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The document alone, or what uses it.
    Document,
    /// The receiver answers 404 to every webhook after its next start.
    Darkens,
    /// The receiver's watch breaks, and changes are lost; after the next start it answers 404 to every webhook.
    BreaksWatch,
}

impl Reach {
    /// For the table in docs/checks.md.
    pub fn words(self) -> &'static str {
        match self {
            Self::Document => "",
            Self::Darkens => "404 to every webhook after the next start",
            Self::BreaksWatch => "the watch breaks; 404 to every webhook after the next start",
        }
    }
}

impl Diagnostic {
    /// The same at a place in the text of a document.
    pub(super) fn at(self, text: &str, span: Span, pointer: String) -> Self {
        Self { span, place: Some(line_column(text, span.start)), pointer, ..self }
    }
}

/// One rule: pure, without I/O and without a clock.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `L09`: of the catalogue in docs/receiver.md, or of confdeck's own; of an own rule as its context says.
    pub id: &'static str,
    /// `suspicious-key`: what users may write in its place; of an own rule its id.
    pub name: &'static str,
    /// The severity of its diagnostics, unless one says otherwise.
    pub severity: Severity,
    /// How far its errors reach; its warnings reach no further than the document.
    pub reach: Reach,
    /// One line about it, for the table in docs/checks.md.
    pub summary: &'static str,
    pub(super) check: RuleCheck,
}

/// What a rule reads. Each function adds the diagnostics of its rule; none for what it does not apply to.
#[derive(Debug, Clone, Copy)]
pub(super) enum RuleCheck {
    /// The facts of a document alone: cheap enough for every row of a list that is drawn.
    Facts(fn(&Rule, &DocumentInput<'_>, &mut Vec<Diagnostic>)),
    /// The whole document, as the receiver reads it.
    Document(fn(&Rule, &DocumentInput<'_>, &mut Vec<Diagnostic>)),
    /// The facts for a row, and the whole document elsewhere.
    RowOrDocument(
        fn(&Rule, &DocumentInput<'_>, &mut Vec<Diagnostic>),
        fn(&Rule, &DocumentInput<'_>, &mut Vec<Diagnostic>),
    ),
    /// The store that the documents are in.
    Store(fn(&Rule, &StoreInput<'_>, &mut Vec<Diagnostic>)),
    /// A secret that is about to be written.
    Secret(fn(&Rule, &SecretFieldsInput<'_>, &mut Vec<Diagnostic>)),
    /// A text that is about to become a document.
    Draft(fn(&Rule, DraftInput<'_>, &mut Vec<Diagnostic>)),
    /// Nothing by itself: its diagnostics are made where own rules judge, [`OwnRules::judge`](super::OwnRules::judge).
    OwnRules,
}

impl Rule {
    /// `L09 suspicious-key`; of an own rule its id.
    pub fn title(&self) -> String {
        if self.id == self.name { self.id.to_owned() } else { format!("{} {}", self.id, self.name) }
    }

    pub(super) fn diagnostic(&self, message: String) -> Diagnostic {
        Diagnostic {
            rule: self.id,
            severity: self.severity,
            span: Span { start: 0, end: 0 },
            place: None,
            pointer: String::new(),
            message,
            remedy: "",
            fix: None,
        }
    }
}
