//! All that is wrong with a text, for the one who types it: where [`super::walk`] stops at the first
//! offence, this reads on as if the slip had been mended, so that one slip is one problem.
//!
//! [`problems`] finds no error exactly where [`super::check_object`] is content.

mod brackets;
mod reader;
mod slip;
#[cfg(test)]
mod tests;
mod tokens;

use super::{Shape, Span};
use reader::Reader;
use slip::Slip;

/// One thing that is wrong, or that is not what one would think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What to mark.
    pub span: Span,
    /// Line of its start, from 1.
    pub line: usize,
    /// Column of its start in characters, from 1.
    pub column: usize,
    /// Whether the text can be stored all the same.
    pub severity: Severity,
    /// What is wrong; holds no part of the text.
    pub reason: String,
    /// What could stand there, as it would be written; empty where that says nothing.
    pub expected: &'static str,
    /// What would mend it, where that is plain.
    pub fix: Option<Fix>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Not JSON, or not an object.
    Error,
    /// JSON, but the receiver does not read it as one would think.
    Warning,
}

/// An edit that mends a problem.
#[derive(Clone, PartialEq, Eq)]
pub struct Fix {
    /// What goes away; empty where something is only put in.
    pub span: Span,
    /// What comes in its place.
    pub replacement: String,
    /// What it does: `put a comma before it`.
    pub words: &'static str,
}

impl std::fmt::Debug for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The replacement may repeat a value of the text.
        write!(f, "Fix({:?}, {})", self.span, self.words)
    }
}

/// The problems of a text that should be one JSON object, in the order of the text, at most `limit`.
///
/// Takes time in proportion to the text, whatever it holds.
pub fn problems(text: &str, limit: usize) -> Vec<Problem> {
    let mut found = Reader::new(text, limit).read();
    found.sort_by_key(|found| found.span.start);
    let mut places = Places::new(text, &found);
    found.into_iter().map(|found| found.told(&mut places)).collect()
}

/// A problem before its place is known in lines and columns.
struct Found {
    span: Span,
    slip: Slip,
    fix: Option<Fix>,
}

impl Found {
    fn told(self, places: &mut Places) -> Problem {
        let (line, column) = places.of(self.span.start);
        let (reason, expected) = self.slip.words(places);
        let severity =
            if matches!(self.slip, Slip::Duplicate { .. }) { Severity::Warning } else { Severity::Error };
        Problem { span: self.span, line, column, severity, reason, expected, fix: self.fix }
    }
}

/// Lines and columns of the offsets that are told, found in one pass.
struct Places(Vec<(usize, (usize, usize))>);

impl Places {
    fn new(text: &str, found: &[Found]) -> Self {
        let mut offsets: Vec<_> = found
            .iter()
            .flat_map(|found| [Some(found.span.start), found.slip.elsewhere()])
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
