//! A draft and what was stored meanwhile, on their way to become one.

use ratatui::layout::Rect;

use crate::compare::DiffLine;
use crate::compare::merge::{Choice, Merge, Shown};
use crate::domain::{Entry, StoreId};
use crate::text::placeholders::Kept;

/// From this width on, mine, base and theirs stand side by side.
pub const WIDE_MERGE: u16 = 100;

/// A list of fewer rows than this has nothing above it.
const LOW: u16 = 6;

/// A merge that is being decided.
pub struct Merging {
    /// What merges by itself and what clashes.
    pub merge: Merge,
    /// Its rows, as they may be shown.
    pub shown: Vec<Shown>,
    /// The choice for each clash.
    pub choices: Vec<Option<Choice>>,
    /// Those of them that are values of their own, as they may be shown.
    pub values: Vec<Option<crate::text::Safe<'static>>>,
    /// The clash that keys decide.
    pub selected: usize,
    /// The first line shown, where somebody scrolled; else the selected clash is kept in sight.
    pub scroll: Option<usize>,
    /// How the merged text differs from theirs, line by line, where that is shown.
    pub full: Option<Vec<DiffLine>>,
    /// What is stored now.
    pub theirs: Option<Entry>,
    /// The store in which it is.
    pub store: Option<StoreId>,
    /// Whether the draft's base is of another store.
    pub replaced: bool,
    /// The clash whose value is being typed, and what its placeholders stand for.
    pub typing: Option<(usize, Kept)>,
}

impl Merging {
    /// How many clashes have no choice yet.
    pub fn left(&self) -> usize {
        self.choices.iter().filter(|choice| choice.is_none()).count()
    }

    /// The choices, with theirs wherever there is none yet.
    pub fn decided(&self) -> Vec<Choice> {
        self.choices.iter().map(|choice| choice.clone().unwrap_or(Choice::Theirs)).collect()
    }

    /// The first clash without a choice.
    pub fn first_left(&self) -> Option<usize> {
        self.choices.iter().position(Option::is_none)
    }

    /// Each row with the number of its clash, if it is one.
    pub fn rows(&self) -> impl Iterator<Item = (&Shown, &crate::compare::merge::Row, Option<usize>)> {
        let mut clash = 0;
        self.shown.iter().zip(self.merge.rows()).map(move |(shown, row)| {
            let number = row.is_clash().then_some(clash);
            clash += usize::from(row.is_clash());
            (shown, row, number)
        })
    }

    /// How many lines a row takes: a clash more where there is no room for three columns, and one for
    /// a value of its own.
    pub fn height(&self, clash: Option<usize>, wide: bool) -> usize {
        let value = clash.is_some_and(|clash| self.values.get(clash).is_some_and(Option::is_some));
        usize::from(value) + if wide || clash.is_none() { 1 } else { 4 }
    }

    /// How many lines all rows take.
    pub fn lines(&self, wide: bool) -> usize {
        match &self.full {
            Some(lines) => lines.len(),
            None => self.rows().map(|(_, _, clash)| self.height(clash, wide)).sum(),
        }
    }

    /// The first line to show in so many.
    pub fn first(&self, wide: bool, height: usize) -> usize {
        let most = self.lines(wide).saturating_sub(height);
        if let (Some(scroll), _) | (None, Some(scroll)) = (self.scroll, self.full.as_ref().map(|_| 0)) {
            return scroll.min(most);
        }
        let mut at: usize = 0;
        for (_, _, clash) in self.rows() {
            if clash == Some(self.selected) {
                // What led there stays in sight as well.
                return at.saturating_sub(height / 3).min(most);
            }
            at += self.height(clash, wide);
        }
        0
    }

    /// Lines of warning above the list.
    pub fn warnings(&self) -> usize {
        usize::from(self.replaced) + usize::from(self.merge.is_by_lines())
    }

    /// Where the list stands, under its summary, its warnings and the names of its columns.
    pub fn list(&self, area: Rect) -> Rect {
        let heads = if area.height < LOW { 0 } else { 2 + u16::try_from(self.warnings()).unwrap_or(0) };
        let heads = heads.min(area.height);
        Rect { y: area.y + heads, height: area.height - heads, ..area }
    }
}
