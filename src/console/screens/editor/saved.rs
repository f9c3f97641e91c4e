//! Saving and restoring drafts.

use std::time::{Duration, SystemTime};

use super::diagnostics::Diagnostics;
use super::state::{Base, Draft};
use super::text_buffer::{Pos, TextBuffer};
use crate::compare;
use crate::console::drafts::{SavedDraft, UnsavedDraft};
use crate::console::screens::drafts::AutosaveState;
use crate::domain::{Document, DocumentKind, Entry, ResourceKey};
use crate::inventory::Inventory;
use crate::text::placeholders::{ConcealedSecrets, conceal, fill_known, redact_adding};

impl Draft {
    /// A snapshot of the draft, to be saved.
    pub fn unsaved(&self, context: &str, at: SystemTime) -> UnsavedDraft {
        UnsavedDraft {
            context: context.to_owned(),
            store: self.store.clone(),
            key: self.key.clone(),
            base: self.base.clone(),
            source: self.source.clone(),
            text: self.text(),
            concealed: self.concealed_secrets.clone(),
            cursor: (self.buffer.cursor().row, self.buffer.column()),
            byte_order_mark: self.buffer.byte_order_mark,
            at,
        }
    }

    /// The text with placeholders for all secrets, including those typed or revealed here. Filling them gives
    /// the same document.
    pub fn text_without_secrets(&mut self) -> String {
        redact_adding(DocumentKind::of(&self.key), &self.text(), &mut self.concealed_secrets, &self.opened)
    }

    /// Resumes a saved draft. Its placeholders stand for the values stored now in their places; if its base
    /// is still stored, these are the original values.
    pub fn resume(saved: SavedDraft, inventory: &Inventory) -> Self {
        let source = saved.base.source.clone().unwrap_or_else(|| saved.key.clone());
        let now = inventory.get(&source).map(|row| row.entry());
        let kept = secrets_of(&saved, &source, now.as_ref());
        let base = base_of(&saved, now, &kept, inventory);
        let text = base.document().text().unwrap_or_default().to_owned();
        let mut buffer = TextBuffer::new(&saved.text);
        buffer.byte_order_mark = saved.byte_order_mark;
        let (row, column) = saved.cursor;
        let line = buffer.line(row);
        let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        buffer.move_to(Pos { row, at });
        let mut edit = Self {
            autosave: AutosaveState::of(buffer.revision(), saved.withheld),
            buffer,
            diagnostics: Diagnostics::default(),
            source: saved.base.source,
            concealed_secrets: kept,
            ..Self::open(saved.key, base, saved.store, &text)
        };
        edit.schedule_check(Duration::ZERO);
        edit
    }
}

fn secrets_of(saved: &SavedDraft, source: &ResourceKey, now: Option<&Entry>) -> ConcealedSecrets {
    let Some(Ok(text)) = now.map(|entry| entry.document.text()) else {
        return ConcealedSecrets::relocated(&saved.base.text, "", &ConcealedSecrets::default());
    };
    let kind = DocumentKind::of(source);
    let (concealed, found) = conceal(kind, text);
    if concealed == saved.base.text {
        return found;
    }
    let (concealed, found) = conceal(kind, &compare::format(text));
    ConcealedSecrets::relocated(&compare::format(&saved.base.text), &concealed, &found)
}

fn base_of(saved: &SavedDraft, now: Option<Entry>, kept: &ConcealedSecrets, inventory: &Inventory) -> Base {
    let document = || Document::from(fill_known(&saved.base.text, kept));
    let Some(stored) = saved.base.stored else { return Base::Absent { template: document() } };
    let same = |entry: &Entry| saved.store.as_ref() == inventory.store() && entry.token == stored.token;
    Base::Stored(now.filter(same).unwrap_or_else(|| Entry {
        key: saved.key.clone(),
        document: document(),
        revision: stored.revision,
        created: stored.created,
        version: stored.version,
        token: stored.token,
        lease: stored.lease,
    }))
}
