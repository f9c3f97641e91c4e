//! Three-way merge by path on token spans: what one side changed is taken, what both changed in two
//! ways is a clash that somebody must decide. The merged text is theirs with mine's edits spliced in.
//!
//! Objects merge by member, a second member of one name counting for itself. Arrays merge by item as
//! long as it is plain which item is which, else they are one value. White space is nobody's change
//! and stays as it is in theirs. Where one of the texts is not JSON, lines are merged.

mod build;
mod items;
mod lines;
mod shown;
mod tell;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::shown::Shown;

use self::build::{Builder, Plan, resolve};
use self::lines::Block;
use super::path::Path;
use super::splice::{Raw, Want, splice};
use super::tree::Tree;

/// Two texts that stem from one, and how they go together.
pub struct Merge {
    base: Option<String>,
    mine: String,
    theirs: Option<String>,
    rows: Vec<Row>,
    how: How,
}

enum How {
    /// One of the two texts as a whole.
    Whole,
    Paths(Plan),
    Lines(Vec<Block>),
}

/// One place where the texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where.
    pub place: Place,
    /// What was there; none if nothing was.
    pub base: Option<Raw>,
    /// What mine has there.
    pub mine: Option<Raw>,
    /// What theirs has there.
    pub theirs: Option<Raw>,
    /// Whose it is in the merged text.
    pub taken: Taken,
}

impl Row {
    /// Whether somebody has to decide.
    pub fn is_clash(&self) -> bool {
        self.taken == Taken::Clash
    }
}

/// Where texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A value, a member or an item. Items are counted in the base, new ones in their own text.
    Path(Path),
    /// The order of members or items; the values are their names, or the items.
    Order(Path),
    /// Lines of the base, the first counted from 0.
    Lines {
        /// The first one.
        first: usize,
        /// How many; none where lines come between others.
        count: usize,
    },
}

/// Whose value is in the merged text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Taken {
    /// Mine alone changed it.
    Mine,
    /// Theirs alone changed it.
    Theirs,
    /// Both changed it in the same way.
    Both,
    /// Both changed it, in two ways.
    Clash,
}

/// How a clash is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// As in mine.
    Mine,
    /// As in theirs.
    Theirs,
    /// Another JSON value.
    Edited(Raw),
}

/// Why there is no merged text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// There are more or fewer choices than clashes.
    Count,
    /// The value chosen for this clash is not JSON, or no value belongs there.
    Value(usize),
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("each clash needs a choice of its own"),
            Self::Value(clash) => write!(f, "what was chosen for clash {} is no JSON value", clash + 1),
        }
    }
}

impl std::error::Error for Undecided {}

/// Merges two texts that stem from `base`. Without a base, both were created; without theirs, it was
/// deleted meanwhile, and whether it stays so is the one clash.
pub fn merge(base: Option<&str>, mine: &str, theirs: Option<&str>) -> Merge {
    let (rows, how) = match theirs {
        None => (vec![whole(base, mine, None)], How::Whole),
        Some(theirs) => merge_texts(base, mine, theirs),
    };
    let (base, theirs) = (base.map(str::to_owned), theirs.map(str::to_owned));
    Merge { base, mine: mine.to_owned(), theirs, rows, how }
}

fn merge_texts(base: Option<&str>, mine: &str, theirs: &str) -> (Vec<Row>, How) {
    let base_tree = base.map(Tree::of).transpose();
    if let (Ok(base), Ok(mine), Ok(theirs)) = (base_tree, Tree::of(mine), Tree::of(theirs)) {
        let mut builder = Builder::default();
        let plan = builder.three(base.as_ref(), &mine, &theirs);
        return (builder.rows, How::Paths(plan));
    }
    match base {
        Some(base) => lines::merge(base, mine, theirs),
        None if mine == theirs => (Vec::new(), How::Lines(vec![Block::theirs_whole(theirs)])),
        None => (vec![whole(None, mine, Some(theirs))], How::Whole),
    }
}

/// The clash of two texts as a whole.
fn whole(base: Option<&str>, mine: &str, theirs: Option<&str>) -> Row {
    let raw = |text: &str| Raw::exact(text.to_owned());
    Row {
        place: Place::Path(Path::default()),
        base: base.map(raw),
        mine: Some(raw(mine)),
        theirs: theirs.map(raw),
        taken: Taken::Clash,
    }
}

impl Merge {
    /// Every place where the texts differ, in the order of the base.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Those that somebody has to decide; choices are given in this order.
    pub fn clashes(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_clash())
    }

    /// Whether another value than mine or theirs may be chosen for a clash.
    pub fn takes_value(&self, clash: usize) -> bool {
        let path = self.clashes().nth(clash).is_some_and(|row| matches!(row.place, Place::Path(_)));
        path && matches!(self.how, How::Paths(_))
    }

    /// Whether lines are merged, because one of the texts is not JSON.
    pub fn is_by_lines(&self) -> bool {
        matches!(self.how, How::Lines(_))
    }

    /// What is stored now, if anything is.
    pub fn theirs(&self) -> Option<&str> {
        self.theirs.as_deref()
    }

    /// The merged text, with one choice for each clash; none where the document is to stay deleted.
    ///
    /// # Errors
    /// [`Undecided`] where a clash has no choice, or one that is no value.
    pub fn text(&self, choices: &[Choice]) -> Result<Option<String>, Undecided> {
        if choices.len() != self.clashes().count() {
            return Err(Undecided::Count);
        }
        let edited = choices.iter().position(|choice| matches!(choice, Choice::Edited(_)));
        if let Some(edited) = edited.filter(|edited| !self.takes_value(*edited)) {
            return Err(Undecided::Value(edited));
        }
        match &self.how {
            How::Whole if choices.first() == Some(&Choice::Mine) => Ok(Some(self.mine.clone())),
            How::Whole => Ok(self.theirs.clone()),
            How::Lines(blocks) => Ok(Some(lines::text(blocks, choices))),
            How::Paths(plan) => {
                let theirs = self.theirs.as_deref().unwrap_or_default();
                let tree = Tree::of(theirs).map_err(|_| Undecided::Count)?;
                let numbers = self.numbers();
                let want = resolve(plan, Some(&tree), &self.rows, &numbers, choices)?;
                Ok(Some(splice(&tree, &want.unwrap_or(Want::Keep))))
            }
        }
    }

    /// The choices that fit here too, because the clash is the same; `before` is an earlier merge.
    pub fn keep(&self, before: &Self, choices: &[Option<Choice>]) -> Vec<Option<Choice>> {
        let kept = |row: &Row| {
            let same = before.clashes().zip(choices).find(|(known, _)| *known == row);
            same.and_then(|(_, choice)| choice.clone())
        };
        self.clashes().map(kept).collect()
    }

    /// Which clash a row is.
    fn numbers(&self) -> Vec<usize> {
        let mut count = 0;
        let number = |row: &Row| {
            let number = count;
            count += usize::from(row.is_clash());
            number
        };
        self.rows.iter().map(number).collect()
    }
}

/// It holds whole documents, so that only numbers are told.
impl fmt::Debug for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Merge({} places, {} clashes)", self.rows.len(), self.clashes().count())
    }
}
