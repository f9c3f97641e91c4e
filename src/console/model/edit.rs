//! A document being edited: the draft, what it is based on, and how far it has come.

mod saved;

use std::time::Duration;

use tui_textarea::TextArea;

use crate::compare::{self, Diff, DiffLine};
use crate::domain::json::{SyntaxError, check_object};
use crate::domain::{Document, DocumentKind, Entry, ResourceKey, Revision, StoreId, Token};
use crate::provider::Expect;
use crate::text::placeholders::{FillError, Kept, conceal, fill};

use super::super::effect::Request;
use super::super::keymap::Place;
use super::Saving;

/// A draft.
pub struct Edit {
    /// What it will be called.
    pub key: ResourceKey,
    /// What it is based on.
    pub base: Base,
    /// The store the base came from; a draft of another store must be based anew.
    pub store: Option<StoreId>,
    /// The text being typed. Secret fields are placeholders that stand for the stored values.
    pub area: TextArea<'static>,
    /// The first row of the editor shown.
    pub top: usize,
    /// The first column shown.
    pub left: usize,
    /// Why the draft is not a JSON object.
    pub problem: Option<SyntaxError>,
    /// When to look for problems again; large drafts are not checked at every key.
    pub check_at: Option<Duration>,
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
    /// Grows with each change of the text.
    pub revision: u64,
    /// What was opened, with the placeholders as they are numbered in `kept`.
    opened: String,
    kept: Kept,
    /// Whether it is based on something else than what was opened.
    moved: bool,
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
    /// It could not be written: this is what stands against it.
    Conflict(Box<Review>),
}

/// What a write would change.
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
    /// For a conflict: what is stored now.
    pub now: Option<Entry>,
}

/// Why a draft cannot be reviewed.
pub enum NotReady {
    /// It says what is already stored.
    Unchanged,
    /// It is not a JSON object.
    Syntax(SyntaxError),
    /// A placeholder stands for nothing.
    Placeholder(FillError),
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
        let (concealed, kept) = conceal(DocumentKind::of(&key), &compare::format(text));
        let mut edit = Self::of(key, base, store, concealed, kept);
        edit.check();
        edit
    }

    fn of(key: ResourceKey, base: Base, store: Option<StoreId>, concealed: String, kept: Kept) -> Self {
        let area = TextArea::new(concealed.split('\n').map(str::to_owned).collect());
        Self {
            key,
            base,
            store,
            area,
            top: 0,
            left: 0,
            problem: None,
            check_at: None,
            upstream: Upstream::Unchanged,
            stage: Stage::Editing,
            sent: None,
            saving: Saving::default(),
            source: None,
            revision: 0,
            opened: concealed,
            kept,
            moved: false,
        }
    }

    /// Where keys go.
    pub fn place(&self) -> Place {
        match self.stage {
            Stage::Editing => Place::Editor,
            Stage::Review(_) => Place::Review,
            Stage::Conflict(_) => Place::Conflict,
        }
    }

    /// The draft as typed.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether anything was typed that is not in the base.
    pub fn is_changed(&self) -> bool {
        self.moved || matches!(self.base, Base::Absent { .. }) || self.text() != self.opened
    }

    /// Looks for the first problem.
    pub fn check(&mut self) {
        self.problem = check_object(&self.text()).err();
        self.check_at = None;
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
        let text = self.text();
        check_object(&text).map_err(NotReady::Syntax)?;
        let filled = fill(&text, &self.kept).map_err(NotReady::Placeholder)?;
        let (original, stored) = match &self.base {
            Base::Stored(entry) => (&entry.document, true),
            Base::Absent { template } => (template, false),
        };
        let document = Document::from(compare::restore(original.text().unwrap_or_default(), &filled));
        if stored && document == *original { Err(NotReady::Unchanged) } else { Ok(document) }
    }

    /// What the draft changes against `now`, or against nothing.
    pub fn compare(&self, document: Document, now: Option<Entry>, opened: Duration) -> Review {
        let kind = DocumentKind::of(&self.key);
        let against = match (&now, &self.base) {
            (Some(entry), _) | (None, Base::Stored(entry)) => entry.document.text().unwrap_or_default(),
            (None, Base::Absent { .. }) => "",
        };
        let text = document.text().unwrap_or_default();
        let diff = compare::diff(kind, against, text);
        let lines = compare::lines(kind, against, text);
        Review {
            document,
            diff,
            lines,
            full: matches!(self.base, Base::Absent { .. }),
            scroll: 0,
            opened,
            now,
        }
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
        !matches!(self.finish(), Err(NotReady::Unchanged))
    }

    /// Bases the draft on what is stored now; the text stays, and its placeholders stand for the
    /// secrets that are stored now in the places where they were.
    pub fn rebase(&mut self, now: Option<Entry>, store: Option<StoreId>) {
        if let (Some(Ok(text)), Base::Stored(_)) = (now.as_ref().map(|now| now.document.text()), &self.base) {
            let (concealed, found) = conceal(DocumentKind::of(&self.key), &compare::format(text));
            self.kept.renew(&self.opened, &concealed, &found);
        }
        self.base = match (now, &self.base) {
            (Some(entry), _) => Base::Stored(entry),
            (None, Base::Stored(entry)) => Base::Absent { template: entry.document.clone() },
            (None, Base::Absent { template }) => Base::Absent { template: template.clone() },
        };
        self.store = store;
        self.upstream = Upstream::Unchanged;
        self.moved = true;
    }
}
