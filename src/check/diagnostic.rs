//! What rules say of a document.

use std::fmt;

use crate::domain::ResourceKey;
use crate::domain::json::{Severity, Span, SyntaxFix};
use crate::inventory::Facts;

/// What one rule says of one place. It holds no part of the document but names and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// See [`Rule::id`].
    pub rule: &'static str,
    pub severity: Severity,
    pub span: Span,
    /// Line and column of its start, from 1, where it is about a place in the text.
    pub place: Option<(usize, usize)>,
    /// The member it is in: `chain[1].module`; empty where that is not known.
    pub pointer: String,
    pub message: String,
    /// What could stand there instead; empty where that says nothing.
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

/// One rule: pure, without I/O and without a clock.
pub struct Rule {
    pub id: &'static str,
    /// That of its diagnostics, unless one says otherwise.
    pub severity: Severity,
    /// Adds what it has to say of a subject; nothing of one that it does not judge.
    pub(super) check: fn(&Rule, Subject<'_>, &mut Vec<Diagnostic>),
}

impl Rule {
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

/// What is judged.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A document with what it says, and what is known around it.
    Document { key: &'a ResourceKey, facts: &'a Facts, around: &'a dyn Surroundings },
    /// A text that is to become one.
    Draft {
        text: &'a str,
        /// How many secrets were taken out of it, for its placeholders to stand for; `None` of a text
        /// that comes from outside.
        concealed: Option<usize>,
        /// Whether a byte order mark is stored before it.
        byte_order_mark: bool,
    },
}

/// What is known around a document; by default nothing.
pub trait Surroundings {
    /// Whether a connection is known not to exist.
    fn lacks_connection(&self, _name: &str) -> bool {
        false
    }

    /// Whether a secret of its own is known to authenticate its callers.
    fn has_own_auth(&self) -> bool {
        false
    }

    /// Whether another id reads one of its variables.
    fn has_variable_conflict(&self) -> bool {
        false
    }
}

impl Surroundings for () {}
