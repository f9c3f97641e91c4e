//! A document being edited: the draft, what it is based on, and how far it has come.

mod saved;

use std::time::Duration;

use zeroize::Zeroizing;

use crate::compare::{self, Diff, DiffLine};
use crate::domain::json::{BYTE_ORDER_MARK, SyntaxError};
use crate::domain::{Document, DocumentKind, Entry, ResourceKey, Revision, StoreId, Token};
use crate::provider::Expect;
use crate::text::placeholders::{FillError, Kept, conceal, fill, fillings, has_placeholder};

use super::super::effect::Request;
use super::super::keymap::Place;
use super::Saving;
use super::find::Find;
use super::finish::Finish;
use super::flaws::{Check, Flaw, Flaws, Remedy};
use super::merge::{Ask, Merging};
use super::outline::Outline;
use super::pad::{Pad, Pos};

/// A draft.
pub struct Edit {
    /// What it will be called.
    pub key: ResourceKey,
    /// What it is based on.
    pub base: Base,
    /// The store the base came from; a draft of another store must be merged with what is there.
    pub store: Option<StoreId>,
    /// The text being typed. Secret fields are placeholders that stand for the stored values.
    pub pad: Pad,
    /// Where in the JSON the cursor is.
    pub outline: Outline,
    /// What is wrong with it.
    pub flaws: Flaws,
    /// The search in it.
    pub find: Find,
    /// The review that is being made elsewhere, and of which text.
    pub preparing: Option<(Request, u64)>,
    /// A large merge that is to be made elsewhere.
    pub asking: Option<Box<Ask>>,
    /// One that is being made there, and of which text.
    pub merging: Option<(Request, u64)>,
    /// What happened to the base meanwhile.
    pub upstream: Upstream,
    /// How far it has come.
    pub stage: Stage,
    /// The last write of it that was asked for.
    pub sent: Option<Request>,
    /// How far its saved form is behind it.
    pub saving: Saving,
    /// Whose text a document that is not stored began with.
    pub source: Option<ResourceKey>,
    /// What was opened, with the placeholders as they are numbered in `kept`.
    opened: String,
    kept: Kept,
    /// Whether it is based on something else than what was opened.
    moved: bool,
    /// Whether a byte order mark stood before what was opened.
    marked: bool,
    revealed: Option<Revealed>,
}

/// What was opened with the stored values in their places, and how many those are.
struct Revealed {
    text: Zeroizing<String>,
    count: usize,
}

/// What a draft is based on.
#[derive(Debug, Clone)]
pub enum Base {
    /// A stored document.
    Stored(Entry),
    /// Nothing: the key does not exist. The text is that of the document it was copied from.
    Absent {
        /// Where the text came from.
        template: Document,
    },
}

/// What happened to the base while one types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    /// It is as it was.
    Unchanged,
    /// Someone wrote it, or created what was not there.
    Changed,
    /// Someone deleted it.
    Deleted,
    /// It may not be read any more, so nothing is known.
    Hidden,
}

/// How far a draft has come.
pub enum Stage {
    /// It is being typed.
    Editing,
    /// It is being looked at before it is written.
    Review(Box<Review>),
    /// It is being merged with what was stored meanwhile.
    Merge(Box<Merging>),
}

/// What a write would change.
#[derive(Debug)]
pub struct Review {
    /// The bytes to write, in the stored style.
    pub document: Document,
    /// What changes, by path.
    pub diff: Diff,
    /// What changes, line by line.
    pub lines: Vec<DiffLine>,
    /// Whether the lines are shown instead of the paths.
    pub full: bool,
    /// First line shown.
    pub scroll: usize,
    /// When it was opened; keys of the first 300 ms do not write.
    pub opened: Duration,
}

/// Why a draft cannot be reviewed.
#[derive(Debug)]
pub enum NotReady {
    /// It says what is already stored.
    Unchanged,
    /// It is not a JSON object.
    Syntax(SyntaxError),
    /// A placeholder stands for nothing.
    Placeholder(FillError),
    /// Comparing broke down; the log says where.
    Failed,
}

impl Edit {
    /// Opens a stored document; `None` where it is not text.
    pub fn stored(entry: Entry, store: Option<StoreId>) -> Option<Self> {
        let key = entry.key.clone();
        let text = entry.document.text().ok()?.to_owned();
        Some(Self::open(key, Base::Stored(entry), store, &text))
    }

    /// Begins a new document with the text of a template.
    pub fn new(key: ResourceKey, template: Document, store: Option<StoreId>) -> Option<Self> {
        let text = template.text().ok()?.to_owned();
        Some(Self::open(key, Base::Absent { template }, store, &text))
    }

    fn open(key: ResourceKey, base: Base, store: Option<StoreId>, text: &str) -> Self {
        let formatted = compare::format(text);
        let marked = text.starts_with(BYTE_ORDER_MARK);
        let body = formatted.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&formatted);
        let (concealed, kept) = conceal(DocumentKind::of(&key), body);
        let mut pad = Pad::new(&concealed);
        if marked {
            pad.open_with_mark();
        }
        let mut edit = Self::of(key, base, store, pad, concealed, kept);
        edit.marked = marked;
        edit.look_again(Duration::ZERO);
        edit
    }

    fn of(
        key: ResourceKey,
        base: Base,
        store: Option<StoreId>,
        pad: Pad,
        concealed: String,
        kept: Kept,
    ) -> Self {
        Self {
            key,
            base,
            store,
            pad,
            outline: Outline::default(),
            flaws: Flaws::default(),
            find: Find::default(),
            preparing: None,
            asking: None,
            merging: None,
            upstream: Upstream::Unchanged,
            stage: Stage::Editing,
            sent: None,
            saving: Saving::default(),
            source: None,
            opened: concealed,
            kept,
            moved: false,
            marked: false,
            revealed: None,
        }
    }

    /// Where keys go.
    pub fn place(&self) -> Place {
        match self.stage {
            Stage::Editing if self.find.typing => Place::Find,
            Stage::Editing => Place::Editor,
            Stage::Review(_) => Place::Review,
            Stage::Merge(_) => Place::Merge,
        }
    }

    /// The draft as typed.
    pub fn text(&self) -> String {
        self.pad.text()
    }

    /// Whether anything was typed that is not in the base. Values that were merely revealed were not.
    pub fn is_changed(&self) -> bool {
        let as_opened = || {
            let revealed = self.revealed.as_ref().is_some_and(|revealed| self.pad.says(&revealed.text));
            self.pad.has_mark() == self.marked && (revealed || self.pad.says(&self.opened))
        };
        self.moved || matches!(self.base, Base::Absent { .. }) || !as_opened()
    }

    /// Looks for problems, however long that takes.
    pub fn check(&mut self) {
        self.flaws.check(&self.pad, self.kept.len());
    }

    /// Takes in that the text changed since there were so many lines and the cursor was in this one.
    pub fn changed(&mut self, now: Duration, row: usize, rows: usize) {
        let by = isize::try_from(self.pad.rows()).unwrap_or(0) - isize::try_from(rows).unwrap_or(0);
        self.preparing = None;
        self.find.marked &= self.find.typing;
        self.flaws.changed(&self.pad, self.kept.len(), now, (row.min(self.pad.cursor().row), by));
    }

    /// What to look for problems in, if it is time; for what does not block.
    pub fn due_check(&mut self, now: Duration, request: Request) -> Option<Check> {
        self.flaws.due(&self.pad, self.kept.len(), now, request)
    }

    /// Takes in what was found.
    pub fn checked(&mut self, request: Request, found: Vec<Flaw>, now: Duration) {
        self.flaws.checked(request, found, &self.pad, now);
    }

    /// Looks for problems again, as soon as that blocks nobody.
    pub fn look_again(&mut self, now: Duration) {
        self.flaws.look(&self.pad, self.kept.len(), now);
    }

    /// Mends a problem, as one step.
    pub fn mend(&mut self, remedy: &Remedy) {
        match remedy {
            Remedy::Edit { from, to, text, .. } => _ = self.pad.apply(&[(*from, *to, text.clone())]),
            Remedy::DropMark => self.pad.drop_mark(),
        }
    }

    /// How many stored values were revealed.
    pub fn revealed(&self) -> usize {
        self.revealed.as_ref().map_or(0, |revealed| revealed.count)
    }

    /// Puts the stored values in the place of what stands for them, as one step. Answers how many
    /// came to light; what was kept stays, so that undo brings placeholders that can be filled.
    pub fn reveal(&mut self) -> usize {
        let text = self.pad.text();
        let mut edits: Vec<(Pos, Pos, String)> = Vec::new();
        let mut count = 0;
        let (mut row, mut start, mut at) = (0, 0, 0);
        for (span, original) in fillings(&text, &self.kept).filter(|(_, original)| !has_placeholder(original))
        {
            let passed = text.get(at..span.start).unwrap_or_default();
            if let Some(last) = passed.rfind('\n') {
                row += passed.matches('\n').count();
                start = at + last + 1;
            }
            let place = |offset: usize| Pos { row, at: offset - start };
            let (from, to) = (place(span.start), place(span.end));
            count += 1;
            match edits.last_mut() {
                // A line is edited once, however many there are in it.
                Some((_, end, text)) if end.row == row => {
                    text.push_str(passed);
                    text.push_str(original);
                    *end = to;
                }
                _ => edits.push((from, to, original.to_owned())),
            }
            at = span.end;
        }
        if self.pad.apply(&edits)
            && let Ok(text) = fill(&self.opened, &self.kept)
        {
            let count = count.max(self.revealed());
            self.revealed = Some(Revealed { text: Zeroizing::new(text), count });
        }
        count
    }

    /// The condition of the write.
    pub fn expect(&self) -> Expect {
        match &self.base {
            Base::Stored(entry) => Expect::Token(entry.token),
            Base::Absent { .. } => Expect::Absent,
        }
    }

    /// The document as it would be stored.
    ///
    /// # Errors
    /// [`NotReady`] where there is nothing to write yet.
    pub fn finish(&self) -> Result<Document, NotReady> {
        self.to_finish().document()
    }

    /// All that the document and its review are made of.
    pub fn to_finish(&self) -> Finish {
        let (original, stored) = match &self.base {
            Base::Stored(entry) => (entry.document.clone(), true),
            Base::Absent { template } => (template.clone(), false),
        };
        let (kind, kept) = (DocumentKind::of(&self.key), self.kept.clone());
        Finish { kind, text: self.text(), kept, original, stored, mark: self.pad.has_mark() }
    }

    /// Takes in that `document` was written and is stored as `token` now. Says whether anything was
    /// typed since; it is based on what was written.
    pub fn landed(&mut self, document: Document, revision: Revision, token: Token) -> bool {
        let (created, lease) = match &self.base {
            Base::Stored(entry) => (entry.created, entry.lease),
            Base::Absent { .. } => (None, None),
        };
        let key = self.key.clone();
        self.base = Base::Stored(Entry { key, document, revision, created, version: None, token, lease });
        self.stage = Stage::Editing;
        self.moved = true;
        // What is being made of it is made against what was stored before.
        (self.preparing, self.asking, self.merging) = (None, None, None);
        self.saving = self.saving.outdated();
        !matches!(self.finish(), Err(NotReady::Unchanged))
    }

    /// Goes on with a merged text, based on what is stored now. Its placeholders stand for the merged
    /// secrets, so what was typed before the merge cannot be undone.
    pub fn go_on(&mut self, text: &str, now: Option<Entry>, store: Option<StoreId>) {
        let moved = now.as_ref().is_none_or(|now| now.document.text() != Ok(text));
        let base = match (now, &self.base) {
            (Some(entry), _) => Base::Stored(entry),
            (None, Base::Stored(entry)) => Base::Absent { template: entry.document.clone() },
            (None, Base::Absent { template }) => Base::Absent { template: template.clone() },
        };
        let saving = self.saving.outdated();
        *self = Self { moved, saving, ..Self::open(self.key.clone(), base, store, text) };
    }
}
