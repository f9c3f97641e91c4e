//! The merge when one of the texts is not JSON: line by line, with conflicts between blocks of lines.

use std::ops::Range;

use super::items::{MergeChunk, chunks};
use super::{ConflictChoice, MergeMode, MergeOutcome, MergePlace, MergeRow};
use crate::compare::splice::RawJson;

/// Some lines of the merged text.
pub(super) struct LineBlock {
    /// Its line ranges in base, mine and theirs.
    pub(super) lines: [Range<usize>; 3],
    /// Its row, unless all three are equal.
    pub(super) row: Option<usize>,
    mine: String,
    theirs: String,
    outcome: MergeOutcome,
}

pub(super) fn merge(base: &str, mine: &str, theirs: &str) -> (Vec<MergeRow>, MergeMode) {
    let [b, m, t] = [base, mine, theirs].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut rows = Vec::new();
    let block = |chunk: MergeChunk| {
        let of = |lines: &[&str], range: &Range<usize>| lines.get(range.clone()).unwrap_or_default().concat();
        let [base, mine, theirs] = [of(&b, &chunk.base), of(&m, &chunk.mine), of(&t, &chunk.theirs)];
        let taken = MergeOutcome::of(&base, &mine, &theirs);
        let row = (!chunk.stable).then(|| {
            let place = MergePlace::Lines { first: chunk.base.start, count: chunk.base.len() };
            let [base, mine, theirs] = [base, mine.clone(), theirs.clone()]
                .map(|text| (!text.is_empty()).then(|| RawJson::exact(text)));
            rows.push(MergeRow { place, base, mine, theirs, outcome: taken });
            rows.len() - 1
        });
        LineBlock { lines: [chunk.base, chunk.mine, chunk.theirs], row, mine, theirs, outcome: taken }
    };
    let blocks = chunks(&b, &m, &t).into_iter().map(block).collect();
    (rows, MergeMode::Lines(blocks))
}

pub(super) fn text(blocks: &[LineBlock], choices: &[ConflictChoice]) -> String {
    let mut choices = choices.iter();
    let mut out = String::new();
    for block in blocks {
        let mine = match block.outcome {
            MergeOutcome::Mine => true,
            MergeOutcome::Conflict => choices.next() == Some(&ConflictChoice::Mine),
            MergeOutcome::Theirs | MergeOutcome::Both => false,
        };
        out.push_str(if mine { &block.mine } else { &block.theirs });
    }
    out
}
