//! A document being edited: the draft, its base, and its stage.

use std::time::Duration;

use zeroize::Zeroizing;

use super::diagnostics::{BufferDiagnostic, Diagnostics, DiagnosticsInput, DraftFix};
use super::find::TextSearch;
use super::outline::JsonPathTracker;
use super::review_input::ReviewInput;
use super::text_buffer::{Pos, TextBuffer};
use crate::compare::{self, Diff, DiffLine};
use crate::console::effect::{Pending, RequestId};
use crate::console::screens::drafts::AutosaveState;
use crate::console::screens::merge::{MergeInput, MergeState};
use crate::domain::json::{BYTE_ORDER_MARK, SyntaxError};
use crate::domain::{Document, DocumentKind, Entry, ResourceKey, Revision, StoreId, Token};
use crate::provider::Expect;
use crate::text::placeholders::{ConcealedSecrets, conceal, fill, fill_spans, has_placeholder};

pub struct Draft {
    /// The key it will be written to.
    pub key: ResourceKey,
    pub base: Base,
    /// The store the base came from; a draft of another store must be merged with what is there.
    pub store: Option<StoreId>,
    /// The text; secret fields are placeholders that stand for the stored values.
    pub buffer: TextBuffer,
    pub outline: JsonPathTracker,
    pub diagnostics: Diagnostics,
    pub find: TextSearch,
    /// The pending review, and the buffer revision it is made from.
    pub preparing: Pending<u64>,
    /// A merge to be made, and what is said before why it failed.
    pub pending_merge: Option<(Box<MergeInput>, &'static str)>,
    /// The pending merge, and the buffer revision it is made from.
    pub merging: Pending<u64>,
    /// What happened to the base in the store.
    pub upstream: Upstream,
    pub stage: DraftStage,
    /// The last write of it that was sent.
    pub last_write: Option<RequestId>,
    pub autosave: AutosaveState,
    /// The document whose text a new document started from.
    pub source: Option<ResourceKey>,
    /// The opened text, with placeholders numbered as in `concealed_secrets`.
    pub(super) opened: String,
    pub(super) concealed_secrets: ConcealedSecrets,
    /// Whether the base was replaced since it was opened.
    pub(super) is_rebased: bool,
    /// Whether the opened text started with a byte order mark.
    pub(super) opened_with_byte_order_mark: bool,
    revealed: Option<RevealedText>,
}

/// The opened text with the secrets revealed, and their number.
struct RevealedText {
    text: Zeroizing<String>,
    count: usize,
}

#[derive(Debug, Clone)]
pub enum Base {
    Stored(Entry),
    /// The key does not exist. The text is that of the template.
    Absent {
        /// The document the text was copied from.
        template: Document,
    },
}

/// What happened to the base in the store since the draft was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    Unchanged,
    /// Someone wrote it, or created a key that did not exist.
    Changed,
    Deleted,
    /// It can no longer be read, so nothing is known.
    Hidden,
}

pub enum DraftStage {
    Editing,
    /// It is reviewed before it is written.
    Review(Box<Review>),
    /// It is merged with what was stored meanwhile.
    Merge(Box<MergeState>),
}

/// The review of a write.
#[derive(Debug)]
pub struct Review {
    /// The bytes to write, in the stored style.
    pub document: Document,
    /// Changes by path.
    pub diff: Diff,
    /// Changes line by line.
    pub lines: Vec<DiffLine>,
    /// Whether the lines are shown instead of the paths.
    pub full: bool,
    pub scroll: usize,
    /// When it was opened; keys in the first 300 ms do not write.
    pub opened: Duration,
}

/// Why a draft cannot be reviewed.
#[derive(Debug)]
pub enum NotReady {
    /// It equals what is stored.
    Unchanged,
    /// It is not a JSON object.
    Syntax(SyntaxError),
    /// A placeholder cannot be filled.
    Placeholder(SyntaxError),
    /// The comparison panicked; the log has the details.
    Failed,
}

impl Draft {
    /// Opens a stored document; `None` if it is not text.
    pub fn stored(entry: Entry, store: Option<StoreId>) -> Option<Self> {
        let key = entry.key.clone();
        let text = entry.document.text().ok()?.to_owned();
        Some(Self::open(key, Base::Stored(entry), store, &text))
    }

    /// Starts a new document with the text of a template.
    pub fn new(key: ResourceKey, template: Document, store: Option<StoreId>) -> Option<Self> {
        let text = template.text().ok()?.to_owned();
        Some(Self::open(key, Base::Absent { template }, store, &text))
    }

    fn open(key: ResourceKey, base: Base, store: Option<StoreId>, text: &str) -> Self {
        let formatted = compare::format(text);
        let marked = text.starts_with(BYTE_ORDER_MARK);
        let body = formatted.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&formatted);
        let (concealed, kept) = conceal(DocumentKind::of(&key), body);
        let mut pad = TextBuffer::new(&concealed);
        if marked {
            pad.open_with_byte_order_mark();
        }
        let mut edit = Self::of(key, base, store, pad, concealed, kept);
        edit.opened_with_byte_order_mark = marked;
        edit.schedule_check(Duration::ZERO);
        edit
    }

    pub(super) fn of(
        key: ResourceKey,
        base: Base,
        store: Option<StoreId>,
        buffer: TextBuffer,
        concealed: String,
        concealed_secrets: ConcealedSecrets,
    ) -> Self {
        Self {
            key,
            base,
            store,
            buffer,
            outline: JsonPathTracker::default(),
            diagnostics: Diagnostics::default(),
            find: TextSearch::default(),
            preparing: Pending::default(),
            pending_merge: None,
            merging: Pending::default(),
            upstream: Upstream::Unchanged,
            stage: DraftStage::Editing,
            last_write: None,
            autosave: AutosaveState::default(),
            source: None,
            opened: concealed,
            concealed_secrets,
            is_rebased: false,
            opened_with_byte_order_mark: false,
            revealed: None,
        }
    }

    /// The draft as typed, with placeholders.
    pub fn text(&self) -> String {
        self.buffer.text()
    }

    /// Whether it differs from its base. Revealing stored values is no change.
    pub fn is_changed(&self) -> bool {
        let as_opened = || {
            let revealed = self.revealed.as_ref().is_some_and(|revealed| self.buffer.text_is(&revealed.text));
            self.buffer.has_byte_order_mark() == self.opened_with_byte_order_mark
                && (revealed || self.buffer.text_is(&self.opened))
        };
        self.is_rebased || matches!(self.base, Base::Absent { .. }) || !as_opened()
    }

    /// Runs the diagnostics now, however long that takes.
    pub fn check(&mut self) {
        self.diagnostics.check(&self.buffer, self.concealed_secrets.len());
    }

    /// Records an edit, made when the buffer had `rows` lines and the cursor was in line `row`.
    pub fn text_changed(&mut self, now: Duration, row: usize, rows: usize) {
        let by = isize::try_from(self.buffer.rows()).unwrap_or(0) - isize::try_from(rows).unwrap_or(0);
        self.preparing.cancel();
        self.find.marked &= self.find.typing;
        self.diagnostics.changed(
            &self.buffer,
            self.concealed_secrets.len(),
            now,
            (row.min(self.buffer.cursor().row), by),
        );
    }

    /// The input of the diagnostics if they are due; to be run off the event loop.
    pub fn due_check(&mut self, now: Duration, request: RequestId) -> Option<DiagnosticsInput> {
        self.diagnostics.take_due(&self.buffer, self.concealed_secrets.len(), now, request)
    }

    pub fn accept_diagnostics(&mut self, request: RequestId, found: Vec<BufferDiagnostic>, now: Duration) {
        self.diagnostics.accept(request, found, &self.buffer, now);
    }

    /// Runs the diagnostics again, off the event loop if the draft is large.
    pub fn schedule_check(&mut self, now: Duration) {
        self.diagnostics.schedule_check(&self.buffer, self.concealed_secrets.len(), now);
    }

    /// Applies a fix as one undo step.
    pub fn apply_fix(&mut self, remedy: &DraftFix) {
        match remedy {
            DraftFix::Edit { from, to, text, .. } => _ = self.buffer.apply(&[(*from, *to, text.clone())]),
            DraftFix::DropByteOrderMark => self.buffer.drop_byte_order_mark(),
        }
    }

    /// The number of stored values that were revealed.
    pub fn revealed(&self) -> usize {
        self.revealed.as_ref().map_or(0, |revealed| revealed.count)
    }

    /// Replaces placeholders by the stored values, as one undo step. Returns how many were revealed.
    /// The concealed secrets are kept, so that undo restores placeholders that can be filled.
    pub fn reveal(&mut self) -> usize {
        let text = self.buffer.text();
        let mut edits: Vec<(Pos, Pos, String)> = Vec::new();
        let mut count = 0;
        let (mut row, mut start, mut at) = (0, 0, 0);
        for (span, original) in
            fill_spans(&text, &self.concealed_secrets).filter(|(_, original)| !has_placeholder(original))
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
                // A line is edited once, however many placeholders it has.
                Some((_, end, text)) if end.row == row => {
                    text.push_str(passed);
                    text.push_str(original);
                    *end = to;
                }
                _ => edits.push((from, to, original.to_owned())),
            }
            at = span.end;
        }
        if self.buffer.apply(&edits)
            && let Ok(text) = fill(&self.opened, &self.concealed_secrets)
        {
            let count = count.max(self.revealed());
            self.revealed = Some(RevealedText { text: Zeroizing::new(text), count });
        }
        count
    }

    /// The precondition of the write.
    pub fn expect(&self) -> Expect {
        match &self.base {
            Base::Stored(entry) => Expect::Token(entry.token),
            Base::Absent { .. } => Expect::Absent,
        }
    }

    /// The document as it would be stored.
    ///
    /// # Errors
    /// [`NotReady`] if there is nothing to write yet.
    pub fn to_document(&self) -> Result<Document, NotReady> {
        self.review_input().document()
    }

    pub fn review_input(&self) -> ReviewInput {
        let (original, stored) = match &self.base {
            Base::Stored(entry) => (entry.document.clone(), true),
            Base::Absent { template } => (template.clone(), false),
        };
        let (kind, kept) = (DocumentKind::of(&self.key), self.concealed_secrets.clone());
        ReviewInput {
            kind,
            text: self.text(),
            concealed_secrets: kept,
            original,
            stored,
            byte_order_mark: self.buffer.has_byte_order_mark(),
        }
    }

    /// Records that `document` was written with `token`; it becomes the base. Returns whether the draft
    /// was changed since.
    pub fn mark_written(&mut self, document: Document, revision: Revision, token: Token) -> bool {
        let (created, lease) = match &self.base {
            Base::Stored(entry) => (entry.created, entry.lease),
            Base::Absent { .. } => (None, None),
        };
        let key = self.key.clone();
        self.base = Base::Stored(Entry { key, document, revision, created, version: None, token, lease });
        self.stage = DraftStage::Editing;
        self.is_rebased = true;
        // Pending reviews and merges were against the previous base.
        self.pending_merge = None;
        self.preparing.cancel();
        self.merging.cancel();
        self.autosave = self.autosave.outdated();
        !matches!(self.to_document(), Err(NotReady::Unchanged))
    }

    /// Continues with a merged text, based on what is stored now. Its placeholders stand for the merged
    /// secrets, so edits before the merge cannot be undone.
    pub fn rebase_on_merge(&mut self, text: &str, now: Option<Entry>, store: Option<StoreId>) {
        let moved = now.as_ref().is_none_or(|now| now.document.text() != Ok(text));
        let base = match (now, &self.base) {
            (Some(entry), _) => Base::Stored(entry),
            (None, Base::Stored(entry)) => Base::Absent { template: entry.document.clone() },
            (None, Base::Absent { template }) => Base::Absent { template: template.clone() },
        };
        let saving = self.autosave.outdated();
        *self =
            Self { is_rebased: moved, autosave: saving, ..Self::open(self.key.clone(), base, store, text) };
    }
}
