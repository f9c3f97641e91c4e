//! The rows of a merge in displayable form, with secrets hidden.

use std::ops::Range;

use super::lines::LineBlock;
use super::{ConflictChoice, Merge, MergeMode, MergePlace, MergeRow};
use crate::compare::diff::{HIDDEN, display_value, diverging_excerpts};
use crate::compare::path::JsonPath;
use crate::domain::Masking;
use crate::domain::json::Span;
use crate::text::{Masked, Safe, SegmentRole};

/// The longest text shown for one side, in characters.
const MAX: usize = 200;

/// A row in displayable form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeRowText {
    pub place: Safe<'static>,
    /// The value in the base; `None` if there is none.
    pub base: Option<Safe<'static>>,
    /// The value in mine.
    pub mine: Option<Safe<'static>>,
    /// The value in theirs.
    pub theirs: Option<Safe<'static>>,
}

impl Merge {
    /// Each row in displayable form, with this masking.
    pub fn row_texts(&self, masking: &Masking) -> Vec<MergeRowText> {
        if let MergeMode::Lines(blocks) = &self.mode {
            return self.line_row_texts(masking, blocks);
        }
        let rows = self.rows.iter().map(|row| {
            let sides = [&row.base, &row.mine, &row.theirs].map(|side| side.as_ref().map(|raw| raw.text()));
            let [base, mine, theirs] = match &row.place {
                MergePlace::Path(path) => values(masking, path, sides),
                MergePlace::Order(_) | MergePlace::Lines { .. } => {
                    sides.map(|side| side.map(|text| Safe::prefix(text, MAX).into_owned()))
                }
            };
            MergeRowText { place: place_text(row), base, mine, theirs }
        });
        rows.collect()
    }

    /// A choice in displayable form, if it is another value.
    pub fn choice_text(
        &self,
        masking: &Masking,
        conflict: usize,
        choice: &ConflictChoice,
    ) -> Option<Safe<'static>> {
        match (choice, self.conflicts().nth(conflict).map(|row| &row.place)) {
            (ConflictChoice::Edited(value), Some(MergePlace::Path(path))) => {
                Some(display_value(masking, &path.names(), value.text()).0)
            }
            _ => None,
        }
    }

    fn line_row_texts(&self, masking: &Masking, blocks: &[LineBlock]) -> Vec<MergeRowText> {
        let texts = [self.base.as_deref(), Some(self.mine.as_str()), self.theirs.as_deref()];
        let texts = texts.map(|text| MaskedText::of(masking, text.unwrap_or_default()));
        let mut rows: Vec<MergeRowText> = Vec::with_capacity(self.rows.len());
        for block in blocks {
            let Some(row) = block.row.and_then(|row| self.rows.get(row)) else { continue };
            let [base, mine, theirs] = &block.lines;
            let [b, m, t] = &texts;
            rows.push(MergeRowText {
                place: place_text(row),
                base: b.lines(base),
                mine: m.lines(mine),
                theirs: t.lines(theirs),
            });
        }
        rows
    }
}

fn place_text(row: &MergeRow) -> Safe<'static> {
    match &row.place {
        MergePlace::Path(path) => path.display(),
        MergePlace::Order(path) => Safe::from(format!("{} (order)", path.display())),
        MergePlace::Lines { first, count: 0 } => Safe::from(format!("after line {first}")),
        MergePlace::Lines { first, count: 1 } => Safe::from(format!("line {}", first + 1)),
        MergePlace::Lines { first, count } => Safe::from(format!("lines {} to {}", first + 1, first + count)),
    }
}

/// The values at one path. If they look the same but differ, they are shown from where they differ, or as
/// hidden.
fn values(masking: &Masking, path: &JsonPath, sides: [Option<&str>; 3]) -> [Option<Safe<'static>>; 3] {
    let names = path.names();
    let looks = sides.map(|side| side.map(|text| display_value(masking, &names, text)));
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
    let mut parted = diverging_excerpts(masking, &names, &texts).into_iter();
    sides.map(|side| side.and_then(|_| parted.next()))
}

/// A text shown by lines; text that is not JSON is masked as a whole.
struct MaskedText {
    masked: Masked,
    places: Vec<Span>,
    /// Where each line ends, its line break included.
    ends: Vec<usize>,
}

impl MaskedText {
    fn of(masking: &Masking, text: &str) -> Self {
        let (masked, places) = Masked::with_places(masking, text);
        let lines = text.split_inclusive('\n');
        let ends = lines.scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        Self { masked, places, ends: ends.collect() }
    }

    /// Several lines joined into one; a hidden secret may span several.
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
                let text = if segment.role == SegmentRole::Secret { HIDDEN } else { segment.text.borrowed() };
                line.push_str(text.as_str());
            }
            out.push_str(line.trim());
            out.push(' ');
        }
        Some(Safe::prefix(out.trim(), MAX).into_owned())
    }
}
