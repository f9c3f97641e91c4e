//! Saving and restoring drafts.

use std::time::{Duration, SystemTime};

use super::diagnostics::Diagnostics;
use super::state::{Base, Draft};
use super::text_buffer::{Pos, TextBuffer};
use crate::compare;
use crate::console::drafts::{SavedDraft, UnsavedDraft};
use crate::console::screens::drafts::AutosaveState;
use crate::domain::{Document, Entry, Masking, SecretNames};
use crate::inventory::Inventory;
use crate::text::placeholders::{
    ConcealedSecrets, conceal, conceal_anew, fill_known, is_concealed, redact_adding,
};

impl Draft {
    /// A snapshot of the draft, to be saved.
    pub fn unsaved(&self, context: &str, at: SystemTime) -> UnsavedDraft {
        UnsavedDraft {
            context: context.to_owned(),
            store: self.store.clone(),
            key: self.key.clone(),
            masking: self.masking.clone(),
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
        redact_adding(&self.masking, &self.text(), &mut self.concealed_secrets, &self.opened)
    }

    /// Resumes a saved draft. Its placeholders stand for the values stored now in their places; if its base
    /// is still stored, these are the original values.
    pub fn resume(saved: SavedDraft, inventory: &Inventory, names: &SecretNames) -> Self {
        let source = saved.base.source.clone().unwrap_or_else(|| saved.key.clone());
        let now = inventory.get(&source).map(|row| row.entry());
        let kept = secrets_of(&saved, &Masking::of(&source, names), now.as_ref());
        let base = base_of(&saved, now, &kept, inventory);
        let text = base.document().text().unwrap_or_default().to_owned();
        let masking = Masking::of(&saved.key, names);
        let is_current = conceal(&masking, &text).0 == saved.base.text && is_concealed(&masking, &saved.text);
        let mut fresh = Self::open((saved.key, masking), base, saved.store, &text);
        // Other names may be secret than when it was saved.
        let anew = if is_current {
            None
        } else {
            conceal_anew(&fresh.masking, &saved.text, &kept, &mut fresh.concealed_secrets, &fresh.opened)
        };
        if anew.is_none() {
            fresh.concealed_secrets = kept;
        }
        let mut buffer = TextBuffer::new(anew.as_deref().unwrap_or(&saved.text));
        buffer.byte_order_mark = saved.byte_order_mark;
        let (row, column) = saved.cursor;
        let line = buffer.line(row);
        let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        buffer.move_to(Pos { row, at });
        let autosave = AutosaveState::of(buffer.revision(), saved.withheld);
        let mut edit = Self {
            // What is hidden by now does not stay in its file.
            autosave: if anew.is_some() { autosave.outdated() } else { autosave },
            buffer,
            diagnostics: Diagnostics::default(),
            source: saved.base.source,
            ..fresh
        };
        edit.schedule_check(Duration::ZERO);
        edit
    }
}

fn secrets_of(saved: &SavedDraft, masking: &Masking, now: Option<&Entry>) -> ConcealedSecrets {
    let Some(Ok(text)) = now.map(|entry| entry.document.text()) else {
        return ConcealedSecrets::relocated(&saved.base.text, "", &ConcealedSecrets::default());
    };
    let (concealed, found) = conceal(masking, text);
    if concealed == saved.base.text {
        return found;
    }
    if let Some(found) = ConcealedSecrets::found_in(&saved.base.text, text) {
        return found;
    }
    let (concealed, found) = conceal(masking, &compare::format(text));
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
