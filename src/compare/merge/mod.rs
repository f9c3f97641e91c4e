//! Three-way merge by path on token spans: a change by one side is taken, different changes by both are a
//! conflict that the user must resolve. The merged text is theirs with mine's edits spliced in.
//!
//! Objects merge by member; a second member of the same name is separate. Arrays merge by item as long as
//! it is clear which items correspond; otherwise they are one value. White space is not a change and
//! stays as it is in theirs. If one of the texts is not JSON, the merge is by lines.

mod build;
mod items;
mod lines;
mod render;
#[cfg(test)]
mod tests;

use std::fmt;

use thiserror::Error;

pub use self::render::MergeRowText;

use self::build::{MergeBuilder, MergePlan, resolve};
use self::lines::LineBlock;
use super::path::JsonPath;
use super::splice::{RawJson, SpliceOp, splice};
use super::tree::JsonTree;
use crate::domain::Masking;

/// Two texts derived from one base, and their merge.
pub struct Merge {
    base: Option<String>,
    mine: String,
    theirs: Option<String>,
    rows: Vec<MergeRow>,
    mode: MergeMode,
}

enum MergeMode {
    /// One of the two texts as a whole.
    Whole,
    Paths(MergePlan),
    Lines(Vec<LineBlock>),
}

/// One place where the texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRow {
    pub place: MergePlace,
    /// The value in the base; `None` if there is none.
    pub base: Option<RawJson>,
    /// The value in mine.
    pub mine: Option<RawJson>,
    /// The value in theirs.
    pub theirs: Option<RawJson>,
    /// Whose value is in the merged text.
    pub outcome: MergeOutcome,
}

impl MergeRow {
    /// Whether the user has to decide.
    pub fn is_conflict(&self) -> bool {
        self.outcome == MergeOutcome::Conflict
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergePlace {
    /// A value, a member or an item. Items are numbered as in the base, new ones as in their own text.
    Path(JsonPath),
    /// The order of members or items; the values are their names, or the items.
    Order(JsonPath),
    /// Lines of the base, the first one numbered 0.
    Lines {
        first: usize,
        /// How many; 0 where lines are inserted between others.
        count: usize,
    },
}

/// Whose value is in the merged text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MergeOutcome {
    /// Only mine changed it.
    Mine,
    /// Only theirs changed it.
    Theirs,
    /// Both changed it in the same way.
    Both,
    /// Both changed it, in different ways.
    Conflict,
}

impl MergeOutcome {
    fn of<T: PartialEq>(base: T, mine: T, theirs: T) -> Self {
        match (base == mine, base == theirs) {
            (true, _) => Self::Theirs,
            (_, true) => Self::Mine,
            _ if mine == theirs => Self::Both,
            _ => Self::Conflict,
        }
    }
}

/// How a clash is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictChoice {
    Mine,
    Theirs,
    /// Another JSON value.
    Edited(RawJson),
}

/// Why there is no merged text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The number of choices differs from the number of clashes.
    #[error("each clash needs a choice of its own")]
    Count,
    /// The value chosen for this clash is not JSON, or no value is possible there.
    #[error("what was chosen for clash {} is no JSON value", .0 + 1)]
    Value(usize),
}

/// Merges two texts of one document that are derived from `base`. Without a base, both were created
/// independently; without theirs, the document was deleted meanwhile, and whether it stays deleted is the
/// only clash.
pub fn merge(masking: &Masking, base: Option<&str>, mine: &str, theirs: Option<&str>) -> Merge {
    let (rows, how) = match theirs {
        None => (vec![whole(base, mine, None)], MergeMode::Whole),
        Some(theirs) => merge_texts(masking, base, mine, theirs),
    };
    let (base, theirs) = (base.map(str::to_owned), theirs.map(str::to_owned));
    Merge { base, mine: mine.to_owned(), theirs, rows, mode: how }
}

fn merge_texts(
    masking: &Masking,
    base: Option<&str>,
    mine: &str,
    theirs: &str,
) -> (Vec<MergeRow>, MergeMode) {
    let base_tree = base.map(JsonTree::of).transpose();
    if let (Ok(base), Ok(mine), Ok(theirs)) = (base_tree, JsonTree::of(mine), JsonTree::of(theirs)) {
        let mut builder = MergeBuilder::new(masking.names());
        let plan = builder.merge_value(base.as_ref(), &mine, &theirs);
        return (builder.rows, MergeMode::Paths(plan));
    }
    match base {
        Some(base) => lines::merge(base, mine, theirs),
        None if mine == theirs => lines::merge(theirs, mine, theirs),
        None => (vec![whole(None, mine, Some(theirs))], MergeMode::Whole),
    }
}

/// The clash between two texts as a whole.
fn whole(base: Option<&str>, mine: &str, theirs: Option<&str>) -> MergeRow {
    let raw = |text: &str| RawJson::exact(text.to_owned());
    MergeRow {
        place: MergePlace::Path(JsonPath::default()),
        base: base.map(raw),
        mine: Some(raw(mine)),
        theirs: theirs.map(raw),
        outcome: MergeOutcome::Conflict,
    }
}

impl Merge {
    /// Every place where the texts differ, in the order of the base.
    pub fn rows(&self) -> &[MergeRow] {
        &self.rows
    }

    /// The rows that the user has to decide; choices are given in this order.
    pub fn conflicts(&self) -> impl Iterator<Item = &MergeRow> {
        self.rows.iter().filter(|row| row.is_conflict())
    }

    /// Whether a value other than mine or theirs may be chosen for a clash.
    pub fn accepts_value(&self, conflict: usize) -> bool {
        let path = self.conflicts().nth(conflict).is_some_and(|row| matches!(row.place, MergePlace::Path(_)));
        path && matches!(self.mode, MergeMode::Paths(_))
    }

    /// Whether the merge is by lines, because one of the texts is not JSON.
    pub fn is_by_lines(&self) -> bool {
        matches!(self.mode, MergeMode::Lines(_))
    }

    /// The stored text, if there is one.
    pub fn theirs(&self) -> Option<&str> {
        self.theirs.as_deref()
    }

    /// The merged text, with one choice for each clash; `None` if the document is to stay deleted.
    ///
    /// # Errors
    /// [`MergeError`] if a clash has no choice, or one that is not a value.
    pub fn text(&self, choices: &[ConflictChoice]) -> Result<Option<String>, MergeError> {
        if choices.len() != self.conflicts().count() {
            return Err(MergeError::Count);
        }
        let edited = choices.iter().position(|choice| matches!(choice, ConflictChoice::Edited(_)));
        if let Some(edited) = edited.filter(|edited| !self.accepts_value(*edited)) {
            return Err(MergeError::Value(edited));
        }
        match &self.mode {
            MergeMode::Whole if choices.first() == Some(&ConflictChoice::Mine) => Ok(Some(self.mine.clone())),
            MergeMode::Whole => Ok(self.theirs.clone()),
            MergeMode::Lines(blocks) => Ok(Some(lines::text(blocks, choices))),
            MergeMode::Paths(plan) => {
                let theirs = self.theirs.as_deref().unwrap_or_default();
                let tree = JsonTree::of(theirs).map_err(|_| MergeError::Count)?;
                let mut given = choices.iter().enumerate();
                let choices: Vec<_> =
                    self.rows.iter().map(|row| row.is_conflict().then(|| given.next()).flatten()).collect();
                let want = resolve(plan, Some(&tree), &self.rows, &choices)?;
                Ok(Some(splice(&tree, &want.unwrap_or(SpliceOp::Keep))))
            }
        }
    }

    /// The choices of `before`, an earlier merge, for clashes that are the same here.
    pub fn carry_over(
        &self,
        before: &Self,
        choices: &[Option<ConflictChoice>],
    ) -> Vec<Option<ConflictChoice>> {
        let kept = |row: &MergeRow| {
            let same = before.conflicts().zip(choices).find(|(known, _)| *known == row);
            same.and_then(|(_, choice)| choice.clone())
        };
        self.conflicts().map(kept).collect()
    }
}

/// Shows only counts, because it contains whole documents.
impl fmt::Debug for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Merge({} places, {} clashes)", self.rows.len(), self.conflicts().count())
    }
}
