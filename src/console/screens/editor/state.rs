//! A document being edited: the draft, its base, and its stage.

use std::time::Duration;

use zeroize::Zeroizing;

use super::completion::CompletionPopup;
use super::diagnostics::Diagnostics;
use super::find::TextSearch;
use super::outline::JsonPathTracker;
use super::text_buffer::{LineStarts, Pos, TextBuffer};
use crate::compare;
use crate::console::request::{Pending, RequestId};
use crate::console::screens::drafts::AutosaveState;
use crate::console::screens::merge::{MergeInput, MergeState};
use crate::console::screens::review::{NotReady, Review, ReviewInput};
use crate::domain::json::BYTE_ORDER_MARK;
use crate::domain::{Document, Entry, Masking, ResourceKey, Revision, SecretNames, StoreId, Token};
use crate::inventory::Inventory;
use crate::text::placeholders::{ConcealedSecrets, conceal, fill, fill_spans, has_placeholder};

pub struct Draft {
    /// The key it will be written to.
    pub key: ResourceKey,
    /// What is hidden in it, also on disk.
    pub masking: Masking,
    pub base: Base,
    /// The store the base came from. A draft of another store must be merged with the stored document.
    pub store: Option<StoreId>,
    /// The text; secret fields are placeholders that stand for the stored values.
    pub buffer: TextBuffer,
    pub outline: JsonPathTracker,
    pub diagnostics: Diagnostics,
    pub find: TextSearch,
    /// What is offered at the cursor.
    pub completion: Option<CompletionPopup>,
    /// Where what was offered was closed, and is not offered again unasked.
    pub(super) dismissed: Option<Pos>,
    /// The pending review, and the buffer revision it is made from.
    pub preparing: Pending<u64>,
    /// A merge to be made, and the prefix of the message if it fails.
    pub pending_merge: Option<(Box<MergeInput>, &'static str)>,
    /// The pending merge, and the buffer revision it is made from.
    pub merging: Pending<u64>,
    /// What happened to the base in the store.
    pub upstream: Upstream,
    pub stage: DraftStage,
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
    /// The opened text with the secrets revealed, and their number.
    pub(super) revealed: Option<(Zeroizing<String>, usize)>,
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
    /// It can no longer be read, so its state is unknown.
    Hidden,
}

impl Upstream {
    /// Compares the draft's base with the inventory.
    pub fn of(inventory: &Inventory, draft: &Draft) -> Self {
        match (&draft.base, inventory.get(&draft.key)) {
            (Base::Stored(entry), Some(row)) if row.token() == entry.token => Self::Unchanged,
            (_, None) if !inventory.coverage().covers(&draft.key) => Self::Hidden,
            (Base::Absent { .. }, None) => Self::Unchanged,
            (_, Some(_)) => Self::Changed,
            (Base::Stored(_), None) => Self::Deleted,
        }
    }
}

pub enum DraftStage {
    Editing,
    /// Reviewed before it is written.
    Review(Box<Review>),
    /// Merged with what was stored meanwhile.
    Merge(Box<MergeState>),
}

impl Base {
    /// The stored document; `None` if the key does not exist.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Stored(entry) => Some(entry),
            Self::Absent { .. } => None,
        }
    }

    /// The document that the draft started from.
    pub fn document(&self) -> &Document {
        match self {
            Self::Stored(Entry { document, .. }) | Self::Absent { template: document } => document,
        }
    }
}

impl Draft {
    /// Opens a stored document; `None` if it is not text.
    pub fn stored(entry: Entry, store: Option<StoreId>, names: &SecretNames) -> Option<Self> {
        let (key, masking) = (entry.key.clone(), Masking::of(&entry.key, names));
        let text = entry.document.text().ok()?.to_owned();
        Some(Self::open((key, masking), Base::Stored(entry), store, &text))
    }

    /// Starts a new document with the text of a template.
    pub fn new(
        key: ResourceKey,
        template: Document,
        store: Option<StoreId>,
        names: &SecretNames,
    ) -> Option<Self> {
        let masking = Masking::of(&key, names);
        let text = template.text().ok()?.to_owned();
        Some(Self::open((key, masking), Base::Absent { template }, store, &text))
    }

    pub(super) fn open(
        (key, masking): (ResourceKey, Masking),
        base: Base,
        store: Option<StoreId>,
        text: &str,
    ) -> Self {
        let formatted = compare::format(text);
        let marked = text.starts_with(BYTE_ORDER_MARK);
        let body = formatted.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&formatted);
        let (opened, concealed_secrets) = conceal(&masking, body);
        let mut buffer = TextBuffer::new(&opened);
        buffer.byte_order_mark = marked;
        let mut edit = Self {
            key,
            masking,
            base,
            store,
            buffer,
            outline: JsonPathTracker::default(),
            diagnostics: Diagnostics::default(),
            find: TextSearch::default(),
            completion: None,
            dismissed: None,
            preparing: Pending::default(),
            pending_merge: None,
            merging: Pending::default(),
            upstream: Upstream::Unchanged,
            stage: DraftStage::Editing,
            last_write: None,
            autosave: AutosaveState::default(),
            source: None,
            opened,
            concealed_secrets,
            is_rebased: false,
            opened_with_byte_order_mark: marked,
            revealed: None,
        };
        edit.schedule_check(Duration::ZERO);
        edit
    }

    /// The draft as typed, with placeholders.
    pub fn text(&self) -> String {
        self.buffer.text()
    }

    /// Whether it differs from its base. Revealing stored values does not count as a change.
    pub fn is_changed(&self) -> bool {
        let as_opened = || {
            let revealed = self.revealed.as_ref().is_some_and(|(text, _)| self.buffer.text_is(text));
            self.buffer.byte_order_mark == self.opened_with_byte_order_mark
                && (revealed || self.buffer.text_is(&self.opened))
        };
        self.is_rebased || matches!(self.base, Base::Absent { .. }) || !as_opened()
    }

    /// Runs the diagnostics now, however long they take.
    pub fn check(&mut self) {
        self.diagnostics.check(&self.buffer, self.concealed_secrets.len());
    }

    /// Makes an edit and updates everything derived from the text. Returns whether the text changed.
    pub(super) fn change(&mut self, now: Duration, edit: impl FnOnce(&mut Self) -> bool) -> bool {
        let (row, rows) = (self.buffer.cursor().row, self.buffer.rows());
        let did = edit(self);
        if did {
            let row = row.min(self.buffer.cursor().row);
            let by = self.buffer.rows().cast_signed() - rows.cast_signed();
            self.preparing.cancel();
            self.find.marked &= self.find.typing;
            self.diagnostics.changed(&self.buffer, self.concealed_secrets.len(), now, (row, by));
        }
        did
    }

    /// Runs the diagnostics again, off the event loop if the draft is large.
    pub fn schedule_check(&mut self, now: Duration) {
        self.diagnostics.schedule_check(&self.buffer, self.concealed_secrets.len(), now);
    }

    /// The number of stored values that were revealed.
    pub fn revealed(&self) -> usize {
        self.revealed.as_ref().map_or(0, |(_, count)| *count)
    }

    /// Replaces placeholders with the stored values, as one undo step. Returns how many were revealed. The
    /// concealed secrets are kept, so that undo restores placeholders that can be filled.
    pub fn reveal(&mut self) -> usize {
        let text = self.buffer.text();
        let mut edits: Vec<(Pos, Pos, String)> = Vec::new();
        let mut count = 0;
        let (starts, mut at) = (LineStarts::of(&text), 0);
        for (span, original) in
            fill_spans(&text, &self.concealed_secrets).filter(|(_, original)| !has_placeholder(original))
        {
            let (from, to) = (starts.position(span.start), starts.position(span.end));
            count += 1;
            match edits.last_mut() {
                // Each line is edited once, however many placeholders it has.
                Some((_, end, edited)) if end.row == from.row => {
                    edited.extend([text.get(at..span.start).unwrap_or_default(), original]);
                    *end = to;
                }
                _ => edits.push((from, to, original.to_owned())),
            }
            at = span.end;
        }
        if self.buffer.apply(&edits)
            && let Ok(text) = fill(&self.opened, &self.concealed_secrets)
        {
            self.revealed = Some((Zeroizing::new(text), count.max(self.revealed())));
        }
        count
    }

    pub fn review_input(&self) -> ReviewInput {
        ReviewInput {
            masking: self.masking.clone(),
            text: self.text(),
            concealed_secrets: self.concealed_secrets.clone(),
            original: self.base.document().clone(),
            stored: self.base.entry().is_some(),
            byte_order_mark: self.buffer.byte_order_mark,
        }
    }

    /// Records that `document` was written with `token`; it becomes the base. Returns whether the draft was
    /// edited meanwhile.
    pub fn mark_written(&mut self, document: Document, revision: Revision, token: Token) -> bool {
        let (created, lease) = self.base.entry().map_or((None, None), |entry| (entry.created, entry.lease));
        let key = self.key.clone();
        self.base = Base::Stored(Entry { key, document, revision, created, version: None, token, lease });
        self.stage = DraftStage::Editing;
        self.is_rebased = true;
        // Pending reviews and merges were against the previous base.
        self.pending_merge = None;
        self.preparing.cancel();
        self.merging.cancel();
        self.autosave = self.autosave.outdated();
        !matches!(self.review_input().document(), Err(NotReady::Unchanged))
    }

    /// Continues with a merged text, based on what is stored now. Its placeholders stand for the merged
    /// secrets, so edits made before the merge cannot be undone.
    pub fn rebase_on_merge(&mut self, text: &str, now: Option<Entry>, store: Option<StoreId>) {
        let moved = now.as_ref().is_none_or(|now| now.document.text() != Ok(text));
        let base = match now {
            Some(entry) => Base::Stored(entry),
            None => Base::Absent { template: self.base.document().clone() },
        };
        let saving = self.autosave.outdated();
        let of = (self.key.clone(), self.masking.clone());
        *self = Self { is_rebased: moved, autosave: saving, ..Self::open(of, base, store, text) };
    }
}
