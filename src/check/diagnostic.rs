//! Diagnostics: the findings of rules about a document.

use std::fmt;

use crate::domain::ResourceKey;
use crate::domain::json::{Severity, Span, SyntaxFix};
use crate::inventory::Facts;

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
    pub message: String,
    /// What is expected there instead; empty where there is nothing useful to say.
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
    /// The severity of its diagnostics, unless one says otherwise.
    pub severity: Severity,
    /// Adds its diagnostics for a subject; none for one that it does not apply to.
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

/// The subject of a check.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A document with its facts, and what is known about its surroundings.
    Document { key: &'a ResourceKey, facts: &'a Facts, around: &'a dyn DocumentContext },
    /// A text that is about to become a document.
    Draft {
        text: &'a str,
        /// How many secrets were replaced by placeholders in it; `None` for a text that comes from outside.
        concealed: Option<usize>,
        /// Whether a byte order mark is stored before it.
        byte_order_mark: bool,
    },
}

/// What is known about a document's surroundings; by default nothing.
pub trait DocumentContext {
    /// Whether a connection is known not to exist.
    fn lacks_connection(&self, _name: &str) -> bool {
        false
    }

    /// Whether one of its own secrets is known to authenticate its callers.
    fn has_own_auth(&self) -> bool {
        false
    }

    /// Whether another id reads one of its variables.
    fn has_variable_conflict(&self) -> bool {
        false
    }
}

impl DocumentContext for () {}
