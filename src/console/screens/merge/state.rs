//! Merging a draft with what was stored meanwhile.

use ratatui::layout::Rect;

use crate::compare::merge::{ConflictChoice, Merge, MergeRowText, merge};
use crate::compare::{DiffLine, lines};
use crate::console::screens::review::{NotReady, ReviewInput};
use crate::domain::{Document, Entry, MAX_EDITABLE, Masking, StoreId};
use crate::text::placeholders::ConcealedSecrets;

/// From this width on, mine, base and theirs are shown side by side.
pub const MERGE_COLUMNS_FROM: u16 = 100;

/// A list with fewer rows than this has no heading.
const LOW: u16 = 6;

pub struct MergeInput {
    pub draft: ReviewInput,
    /// The base of the draft; `None` if the key did not exist.
    pub base: Option<Document>,
    pub theirs: Option<Entry>,
    /// The store of `theirs`.
    pub store: Option<StoreId>,
    /// Whether the base is from another store.
    pub replaced: bool,
}

impl MergeInput {
    /// The size of the larger side in bytes.
    pub fn size(&self) -> usize {
        self.draft.text.len().max(self.theirs.as_ref().map_or(0, |now| now.document.len()))
    }

    /// # Errors
    /// A message that says why it cannot be merged.
    pub fn merge_state(self) -> Result<MergeState, String> {
        let theirs = self.theirs.as_ref().map(|now| now.document.text()).transpose();
        let theirs = theirs.map_err(|_| "what is stored now is not UTF-8 text: put or delete replaces it")?;
        if theirs.is_some_and(|theirs| theirs.len() > MAX_EDITABLE) {
            return Err("what is stored now is larger than 1 MiB: put or delete replaces it".into());
        }
        let mine = self.draft.document_or_original().map_err(|reason| match reason {
            NotReady::Syntax(error) => {
                format!("what is no JSON cannot be merged by path: mend it first, {error}")
            }
            NotReady::Placeholder(unfilled) => format!("it cannot be merged yet: {unfilled}"),
            NotReady::Unchanged | NotReady::Failed => "the merge broke down; the draft is kept".into(),
        })?;
        let base = self.base.as_ref().and_then(|base| base.text().ok());
        let masking = self.draft.masking;
        let merge = merge(&masking, base, mine.text().unwrap_or_default(), theirs);
        let clashes = merge.conflicts().count();
        Ok(MergeState {
            shown: merge.row_texts(&masking),
            masking,
            merge,
            choices: vec![None; clashes],
            values: vec![None; clashes],
            selected: 0,
            scroll: None,
            full_diff: None,
            theirs: self.theirs,
            store: self.store,
            replaced: self.replaced,
            typing: None,
        })
    }
}

/// A merge and the choices made so far.
pub struct MergeState {
    pub masking: Masking,
    pub merge: Merge,
    /// The rows of the merge, safe to show.
    pub shown: Vec<MergeRowText>,
    pub choices: Vec<Option<ConflictChoice>>,
    /// Choices that are edited values, safe to show.
    pub values: Vec<Option<crate::text::Safe<'static>>>,
    /// The selected clash.
    pub selected: usize,
    /// The first line shown if the user scrolled; otherwise the selected clash is kept visible.
    pub scroll: Option<usize>,
    /// The merged text compared with theirs, line by line, if shown.
    pub full_diff: Option<Vec<DiffLine>>,
    pub theirs: Option<Entry>,
    /// The store of `theirs`.
    pub store: Option<StoreId>,
    /// Whether the base is from another store.
    pub replaced: bool,
    /// The clash whose value is being edited, and what its placeholders stand for.
    pub typing: Option<(usize, ConcealedSecrets)>,
}

impl MergeState {
    /// Adopts the choices of an earlier merge that has the same clashes, and the value that was being edited.
    /// Returns the number of choices adopted.
    pub fn resume(&mut self, before: Self) -> usize {
        self.choices = self.merge.carry_over(&before.merge, &before.choices);
        self.selected = self.first_undecided().unwrap_or(0);
        if let Some((conflict, secrets)) = before.typing {
            let row = before.merge.conflicts().nth(conflict);
            let conflict = self.merge.conflicts().position(|other| Some(other) == row);
            self.typing = conflict.map(|conflict| (conflict, secrets));
        }
        self.refresh();
        self.choices.iter().flatten().count()
    }

    /// Updates what is shown after a choice.
    pub fn refresh(&mut self) {
        let choices = self.choices.iter().enumerate();
        self.values = choices
            .map(|(conflict, choice)| self.merge.choice_text(&self.masking, conflict, choice.as_ref()?))
            .collect();
        if self.full_diff.is_some() {
            self.full_diff = Some(self.full_diff());
        }
    }

    /// The merged text compared with theirs, line by line.
    pub fn full_diff(&self) -> Vec<DiffLine> {
        let text = self.merge.text(&self.choices_or_theirs()).ok().flatten().unwrap_or_default();
        lines(&self.masking, self.merge.theirs().unwrap_or_default(), &text)
    }

    /// The number of clashes without a choice.
    pub fn undecided_count(&self) -> usize {
        self.choices.iter().filter(|choice| choice.is_none()).count()
    }

    /// The choices; theirs for clashes without one.
    pub fn choices_or_theirs(&self) -> Vec<ConflictChoice> {
        self.choices.iter().map(|choice| choice.clone().unwrap_or(ConflictChoice::Theirs)).collect()
    }

    pub fn first_undecided(&self) -> Option<usize> {
        self.choices.iter().position(Option::is_none)
    }

    /// Each row, with the index of its clash if it is one.
    pub fn rows(
        &self,
    ) -> impl Iterator<Item = (&MergeRowText, &crate::compare::merge::MergeRow, Option<usize>)> {
        let mut conflict = 0;
        self.shown.iter().zip(self.merge.rows()).map(move |(shown, row)| {
            let number = row.is_conflict().then_some(conflict);
            conflict += usize::from(row.is_conflict());
            (shown, row, number)
        })
    }

    /// The number of lines of a row: more for a clash if there is no room for three columns, and one more for
    /// an edited value.
    pub fn height(&self, conflict: Option<usize>, wide: bool) -> usize {
        let value = conflict.is_some_and(|conflict| self.values.get(conflict).is_some_and(Option::is_some));
        usize::from(value) + if wide || conflict.is_none() { 1 } else { 4 }
    }

    pub fn lines(&self, wide: bool) -> usize {
        match &self.full_diff {
            Some(lines) => lines.len(),
            None => self.rows().map(|(_, _, conflict)| self.height(conflict, wide)).sum(),
        }
    }

    /// The first line to show in `height` lines.
    pub fn first(&self, wide: bool, height: usize) -> usize {
        let most = self.lines(wide).saturating_sub(height);
        let first = self.scroll.unwrap_or_else(|| {
            if self.full_diff.is_some() || self.choices.is_empty() {
                return 0;
            }
            let before = self.rows().take_while(|(_, _, conflict)| *conflict != Some(self.selected));
            let lines: usize = before.map(|(_, _, conflict)| self.height(conflict, wide)).sum();
            // Keeps the context before the clash visible.
            lines.saturating_sub(height / 3)
        });
        first.min(most)
    }

    pub fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let replaced = "the store was replaced since this draft began: its base is of the one before";
        let by_lines = "not all of it is JSON: merged by lines, not by path";
        let warnings = [self.replaced.then_some(replaced), self.merge.is_by_lines().then_some(by_lines)];
        warnings.into_iter().flatten()
    }

    /// The area of the list, below its summary, its warnings and its column headings.
    pub fn list(&self, area: Rect) -> Rect {
        let warnings = u16::try_from(self.warnings().count()).unwrap_or(0);
        let heads = if area.height < LOW { 0 } else { 2 + warnings };
        let heads = heads.min(area.height);
        Rect { y: area.y + heads, height: area.height - heads, ..area }
    }
}
