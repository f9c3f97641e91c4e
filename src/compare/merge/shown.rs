//! The rows of a merge as they may be shown, secrets hidden.

use std::ops::Range;

use super::lines::Block;
use super::{Choice, How, Merge, Place, Row};
use crate::compare::diff::{HIDDEN, parting, shown};
use crate::compare::path::Path;
use crate::domain::DocumentKind;
use crate::domain::json::Span;
use crate::text::{Masked, Role, Safe};

/// The longest text shown for one side, in characters.
const MAX: usize = 200;

/// A row as it may be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Where.
    pub place: Safe<'static>,
    /// What was there; none if nothing was.
    pub base: Option<Safe<'static>>,
    /// What mine has.
    pub mine: Option<Safe<'static>>,
    /// What theirs has.
    pub theirs: Option<Safe<'static>>,
}

impl Merge {
    /// Each row as it may be shown, for this kind of document.
    pub fn shown(&self, kind: DocumentKind) -> Vec<Shown> {
        if let How::Lines(blocks) = &self.how {
            return self.shown_lines(kind, blocks);
        }
        let rows = self.rows.iter().map(|row| {
            let sides = [&row.base, &row.mine, &row.theirs].map(|side| side.as_ref().map(|raw| raw.text()));
            let [base, mine, theirs] = match &row.place {
                Place::Path(path) => values(kind, path, sides),
                Place::Order(_) | Place::Lines { .. } => {
                    sides.map(|side| side.map(|text| Safe::prefix(text, MAX).into_owned()))
                }
            };
            Shown { place: written(row), base, mine, theirs }
        });
        rows.collect()
    }

    /// A choice as it may be shown, where it is a value of its own.
    pub fn shown_choice(&self, kind: DocumentKind, clash: usize, choice: &Choice) -> Option<Safe<'static>> {
        match (choice, self.clashes().nth(clash).map(|row| &row.place)) {
            (Choice::Edited(value), Some(Place::Path(path))) => {
                Some(shown(kind, &path.names(), value.text()).0)
            }
            _ => None,
        }
    }

    fn shown_lines(&self, kind: DocumentKind, blocks: &[Block]) -> Vec<Shown> {
        let texts = [self.base.as_deref(), Some(self.mine.as_str()), self.theirs.as_deref()];
        let texts = texts.map(|text| Text::of(kind, text.unwrap_or_default()));
        let mut rows: Vec<Shown> = Vec::with_capacity(self.rows.len());
        for block in blocks {
            let Some(row) = block.row.and_then(|row| self.rows.get(row)) else { continue };
            let [base, mine, theirs] = &block.lines;
            let [b, m, t] = &texts;
            rows.push(Shown {
                place: written(row),
                base: b.lines(base),
                mine: m.lines(mine),
                theirs: t.lines(theirs),
            });
        }
        rows
    }
}

fn written(row: &Row) -> Safe<'static> {
    match &row.place {
        Place::Path(path) => path.written(),
        Place::Order(path) => Safe::from(format!("{} (order)", path.written())),
        Place::Lines { first, count: 0 } => Safe::from(format!("after line {first}")),
        Place::Lines { first, count: 1 } => Safe::from(format!("line {}", first + 1)),
        Place::Lines { first, count } => Safe::from(format!("lines {} to {}", first + 1, first + count)),
    }
}

/// Values of one path. Where they look the same and are not, they are shown from where they part, or
/// as hidden.
fn values(kind: DocumentKind, path: &Path, sides: [Option<&str>; 3]) -> [Option<Safe<'static>>; 3] {
    let names = path.names();
    let looks = sides.map(|side| side.map(|text| shown(kind, &names, text)));
    let secret = looks.iter().flatten().any(|(_, secret)| *secret);
    let doubt = [(0, 1), (0, 2), (1, 2)].into_iter().any(|(one, other)| {
        let pair = |at: usize| Some((sides.get(at).copied().flatten()?, &looks.get(at)?.as_ref()?.0));
        matches!((pair(one), pair(other)), (Some((a, x)), Some((b, y))) if a != b && x == y)
    });
    if !doubt {
        return looks.map(|look| look.map(|(text, _)| text));
    }
    if secret {
        return looks.map(|look| look.map(|(text, secret)| if secret { HIDDEN } else { text }));
    }
    let texts: Vec<&str> = sides.iter().flatten().copied().collect();
    let mut parted = parting(kind, &names, &texts).into_iter();
    sides.map(|side| side.and_then(|_| parted.next()))
}

/// A text whose lines are shown; what is no JSON is masked as a whole.
struct Text {
    masked: Masked,
    places: Vec<Span>,
    /// Where each line ends, its line break included.
    ends: Vec<usize>,
}

impl Text {
    fn of(kind: DocumentKind, text: &str) -> Self {
        let (masked, places) = Masked::with_places(kind, text);
        let lines = text.split_inclusive('\n');
        let ends = lines.scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        Self { masked, places, ends: ends.collect() }
    }

    /// Some lines as one; a hidden secret may reach over several.
    fn lines(&self, range: &Range<usize>) -> Option<Safe<'static>> {
        if range.is_empty() {
            return None;
        }
        let end = |line: usize| self.ends.get(line).copied();
        let start = range.start.checked_sub(1).and_then(end).unwrap_or(0);
        let end = range.end.checked_sub(1).and_then(end).unwrap_or(usize::MAX);
        let mut out = String::new();
        let first = self.places.partition_point(|place| place.end < start);
        for (at, place) in self.places.iter().enumerate().skip(first) {
            if place.start >= end || out.len() > MAX {
                break;
            }
            let mut line = String::new();
            for segment in self.masked.line(at).iter().flat_map(|line| &line.segments) {
                let text = if segment.role == Role::Secret { HIDDEN } else { segment.text.borrowed() };
                line.push_str(text.as_str());
            }
            out.push_str(line.trim());
            out.push(' ');
        }
        Some(Safe::prefix(out.trim(), MAX).into_owned())
    }
}
