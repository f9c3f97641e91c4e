//! The merge of texts of which one is no JSON: line by line, blocks of lines clash.

use std::ops::Range;

use super::items::{Chunk, chunks};
use super::{Choice, How, Place, Row, Taken};
use crate::compare::splice::Raw;

/// Some lines of the merged text.
pub(super) struct Block {
    /// Where it stands in base, mine and theirs, by lines.
    pub(super) lines: [Range<usize>; 3],
    /// Its row, unless all three say the same.
    pub(super) row: Option<usize>,
    mine: String,
    theirs: String,
    taken: Taken,
}

impl Block {
    pub(super) fn theirs_whole(text: &str) -> Self {
        let (mine, theirs) = (String::new(), text.to_owned());
        Self { lines: [0..0, 0..0, 0..0], row: None, mine, theirs, taken: Taken::Both }
    }
}

pub(super) fn merge(base: &str, mine: &str, theirs: &str) -> (Vec<Row>, How) {
    let [b, m, t] = [base, mine, theirs].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut rows = Vec::new();
    let block = |chunk: Chunk| {
        let of = |lines: &[&str], range: &Range<usize>| lines.get(range.clone()).unwrap_or_default().concat();
        let [base, mine, theirs] = [of(&b, &chunk.base), of(&m, &chunk.mine), of(&t, &chunk.theirs)];
        let taken = match (base == mine, base == theirs) {
            (true, _) => Taken::Theirs,
            (_, true) => Taken::Mine,
            _ if mine == theirs => Taken::Both,
            _ => Taken::Clash,
        };
        let row = (!chunk.stable).then(|| {
            let place = Place::Lines { first: chunk.base.start, count: chunk.base.len() };
            let [base, mine, theirs] =
                [base, mine.clone(), theirs.clone()].map(|text| (!text.is_empty()).then(|| Raw::exact(text)));
            rows.push(Row { place, base, mine, theirs, taken });
            rows.len() - 1
        });
        Block { lines: [chunk.base, chunk.mine, chunk.theirs], row, mine, theirs, taken }
    };
    let blocks = chunks(&b, &m, &t).into_iter().map(block).collect();
    (rows, How::Lines(blocks))
}

pub(super) fn text(blocks: &[Block], choices: &[Choice]) -> String {
    let mut choices = choices.iter();
    let mut out = String::new();
    for block in blocks {
        let mine = match block.taken {
            Taken::Mine => true,
            Taken::Clash => choices.next() == Some(&Choice::Mine),
            Taken::Theirs | Taken::Both => false,
        };
        out.push_str(if mine { &block.mine } else { &block.theirs });
    }
    out
}
