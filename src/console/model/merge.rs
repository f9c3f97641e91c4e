//! A draft and what was stored meanwhile, on their way to become one.

use ratatui::layout::Rect;

use crate::compare::merge::{Choice, Merge, Shown, merge};
use crate::compare::{DiffLine, lines};
use crate::domain::{Document, DocumentKind, Entry, MAX_EDITABLE, StoreId};
use crate::text::placeholders::Kept;

use super::edit::NotReady;
use super::finish::Finish;
use super::flaws::AT_ONCE;

/// From this width on, mine, base and theirs stand side by side.
pub const WIDE_MERGE: u16 = 100;

/// A list of fewer rows than this has nothing above it.
const LOW: u16 = 6;

/// What a merge is made of.
pub struct Ask {
    /// The draft.
    pub finish: Finish,
    /// What it is based on; none if nothing was there.
    pub base: Option<Document>,
    /// What is stored now.
    pub now: Option<Entry>,
    /// The store in which it is.
    pub store: Option<StoreId>,
    /// Whether the draft's base is of another store.
    pub replaced: bool,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ask({:?})", self.finish)
    }
}

impl Ask {
    /// Whether merging takes longer than a key may.
    pub fn is_large(&self) -> bool {
        let theirs = self.now.as_ref().map_or(0, |now| now.document.len());
        self.finish.text.len().max(theirs) > AT_ONCE
    }

    /// Makes the merge.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn merging(self) -> Result<Merging, String> {
        let theirs = self.now.as_ref().map(|now| now.document.text()).transpose();
        let theirs = theirs.map_err(|_| "what is stored now is not UTF-8 text: put or delete replaces it")?;
        if theirs.is_some_and(|theirs| theirs.len() > MAX_EDITABLE) {
            return Err("what is stored now is larger than 1 MiB: put or delete replaces it".into());
        }
        let mine = self.finish.mine().map_err(|reason| unready(&reason))?;
        let base = self.base.as_ref().and_then(|base| base.text().ok());
        let merge = merge(base, mine.text().unwrap_or_default(), theirs);
        let clashes = merge.clashes().count();
        Ok(Merging {
            kind: self.finish.kind,
            shown: merge.shown(self.finish.kind),
            merge,
            choices: vec![None; clashes],
            values: vec![None; clashes],
            selected: 0,
            scroll: None,
            full: None,
            theirs: self.now,
            store: self.store,
            replaced: self.replaced,
            typing: None,
        })
    }
}

/// Why a draft cannot be merged yet.
fn unready(reason: &NotReady) -> String {
    match reason {
        NotReady::Syntax(error) => {
            format!("what is no JSON cannot be merged by path: mend it first, {error}")
        }
        NotReady::Placeholder(unfilled) => format!("it cannot be merged yet: {unfilled}"),
        NotReady::Unchanged | NotReady::Failed => "the merge broke down; the draft is kept".into(),
    }
}

/// A merge that is being decided.
pub struct Merging {
    /// Of which kind of document.
    pub kind: DocumentKind,
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

impl std::fmt::Debug for Merging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Merging({:?})", self.merge)
    }
}

impl Merging {
    /// Takes over the choices of an earlier merge whose clashes are the same, and the value that was
    /// being typed. Answers how many choices that are.
    pub fn resume(&mut self, before: Self) -> usize {
        self.choices = self.merge.keep(&before.merge, &before.choices);
        self.selected = self.first_left().unwrap_or(0);
        if let Some((clash, secrets)) = before.typing {
            let row = before.merge.clashes().nth(clash);
            let clash = self.merge.clashes().position(|other| Some(other) == row);
            self.typing = clash.map(|clash| (clash, secrets));
        }
        self.refresh();
        self.choices.iter().flatten().count()
    }

    /// Lets what is shown follow the choices.
    pub fn refresh(&mut self) {
        let shown = |(clash, choice): (usize, &Option<Choice>)| {
            choice.as_ref().and_then(|choice| self.merge.shown_choice(self.kind, clash, choice))
        };
        self.values = self.choices.iter().enumerate().map(shown).collect();
        if self.full.is_some() {
            self.full = Some(self.whole_text());
        }
    }

    /// How the merged text differs from theirs, line by line.
    pub fn whole_text(&self) -> Vec<DiffLine> {
        let text = self.merge.text(&self.decided()).ok().flatten().unwrap_or_default();
        lines(self.kind, self.merge.theirs().unwrap_or_default(), &text)
    }

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
