//! All syntax errors of a text, for the editor: [`super::walk`] stops at the first error, while this
//! parser recovers as if it had been corrected, so that one mistake is one problem.
//!
//! [`problems`] finds no error if and only if [`super::check_object`] succeeds.

mod brackets;
mod error_kind;
mod reader;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

use super::{LexemeKind, Span};
use error_kind::SyntaxErrorKind;
use reader::RecoveryParser;

/// A syntax error, or a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// The span to mark.
    pub span: Span,
    /// Line of its start, from 1.
    pub line: usize,
    /// Column of its start in characters, from 1.
    pub column: usize,
    /// An error prevents the text from being stored, a warning does not.
    pub severity: Severity,
    /// What is wrong; contains no part of the text.
    pub reason: String,
    /// What is expected there, as it would be written; empty where there is nothing useful to say.
    pub expected: &'static str,
    /// The correction, where it is clear.
    pub fix: Option<SyntaxFix>,
}

/// Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Not JSON, or not an object.
    Error,
    /// JSON to the receiver, which reads it in an unexpected way, or alone takes it.
    Warning,
    /// Worth knowing.
    Info,
}

/// An edit that corrects a problem.
#[derive(Clone, PartialEq, Eq)]
pub struct SyntaxFix {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What replaces it.
    pub replacement: String,
    /// What the edit does: `put a comma before it`.
    pub words: &'static str,
}

impl std::fmt::Debug for SyntaxFix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The replacement may repeat a value of the text.
        write!(f, "Fix({:?}, {})", self.span, self.words)
    }
}

/// The problems of a text that should be one JSON object, in the order of the text, at most `limit`.
///
/// Takes time proportional to the size of the text, whatever it contains.
pub fn problems(text: &str, limit: usize) -> Vec<SyntaxProblem> {
    let mut found = RecoveryParser::new(text, limit).read();
    found.sort_by_key(|found| found.span.start);
    let places = LineColumns::new(text, &found);
    let locate = |SpanProblem { span, kind, fix }| {
        let (line, column) = places.of(span.start);
        let (reason, expected) = kind.words(&places);
        let severity = kind.severity();
        SyntaxProblem { span, line, column, severity, reason, expected, fix }
    };
    found.into_iter().map(locate).collect()
}

/// A problem whose line and column have not been computed yet.
struct SpanProblem {
    span: Span,
    kind: SyntaxErrorKind,
    fix: Option<SyntaxFix>,
}

/// Lines and columns of the reported offsets, computed in one pass.
struct LineColumns(Vec<(usize, (usize, usize))>);

impl LineColumns {
    fn new(text: &str, found: &[SpanProblem]) -> Self {
        let mut offsets: Vec<_> = found
            .iter()
            .flat_map(|found| [Some(found.span.start), found.kind.related_offset()])
            .flatten()
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        let (mut at, mut line, mut column) = (0, 1, 1);
        let places = offsets.into_iter().map(|offset| {
            let between = text.get(at..offset).unwrap_or_default();
            line += memchr::memchr_iter(b'\n', between.as_bytes()).count();
            column = match between.rsplit_once('\n') {
                Some((_, last)) => last.chars().count() + 1,
                None => column + between.chars().count(),
            };
            at = offset;
            (offset, (line, column))
        });
        Self(places.collect())
    }

    fn of(&self, offset: usize) -> (usize, usize) {
        let at = self.0.binary_search_by_key(&offset, |(known, _)| *known);
        at.ok().and_then(|at| self.0.get(at)).map_or((1, 1), |(_, place)| *place)
    }
}
