//! Between a draft in memory and its form outside: on disk, in another program.

use std::time::{Duration, SystemTime};

use super::super::pad::{Pad, Pos};
use super::super::shelf::Saving;
use super::{Base, Edit};
use crate::compare;
use crate::console::drafts::{Saved, Unsaved};
use crate::domain::json::BYTE_ORDER_MARK;
use crate::domain::{Document, DocumentKind, Entry, ResourceKey};
use crate::inventory::Inventory;
use crate::text::placeholders::{Kept, conceal, fill_known, stow};

impl Edit {
    /// As it is handed over to be saved.
    pub fn unsaved(&self, context: &str, at: SystemTime) -> Unsaved {
        Unsaved {
            context: context.to_owned(),
            store: self.store.clone(),
            key: self.key.clone(),
            base: self.base.clone(),
            source: self.source.clone(),
            text: self.text(),
            kept: self.kept.clone(),
            cursor: (self.pad.cursor().row, self.pad.column()),
            mark: self.pad.has_mark(),
            at,
        }
    }

    /// Its text with placeholders for all secrets in it, those typed or revealed here too; filled as
    /// the draft is, it says the same.
    pub fn stow(&mut self) -> String {
        stow(DocumentKind::of(&self.key), &self.text(), &mut self.kept, &self.opened)
    }

    /// Takes a saved draft up again. Its placeholders stand for what is stored in their places now;
    /// where its base is still stored, that is what they stood for.
    pub fn taken_up(saved: Saved, inventory: &Inventory) -> Self {
        let kind = DocumentKind::of(&saved.key);
        let source = saved.base.source.clone().unwrap_or_else(|| saved.key.clone());
        let now = inventory.get(&source).map(|row| row.entry());
        let kept = secrets_of(&saved, &source, now.as_ref());
        let base = base_of(&saved, now, &kept, inventory);
        let text = match &base {
            Base::Stored(entry) => &entry.document,
            Base::Absent { template } => template,
        };
        let formatted = compare::format(text.text().unwrap_or_default());
        let marked = text.text().unwrap_or_default().starts_with(BYTE_ORDER_MARK);
        let body = formatted.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&formatted);
        let opened = conceal(kind, body).0;
        let mut pad = Pad::new(&saved.text);
        if saved.mark {
            pad.open_with_mark();
        }
        let (row, column) = saved.cursor;
        let line = pad.line(row);
        let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        pad.go(Pos { row, at });
        let mut edit = Self::of(saved.key, base, saved.store, pad, opened, kept);
        edit.marked = marked;
        edit.source = saved.base.source;
        edit.saving = Saving::of(edit.pad.revision(), saved.withheld);
        edit.look_again(Duration::ZERO);
        edit
    }
}

/// What the placeholders of a saved draft stand for.
fn secrets_of(saved: &Saved, source: &ResourceKey, now: Option<&Entry>) -> Kept {
    let Some(Ok(text)) = now.map(|entry| entry.document.text()) else {
        return Kept::found_in(&saved.base.text, "", &Kept::default());
    };
    let kind = DocumentKind::of(source);
    let (concealed, found) = conceal(kind, text);
    if concealed == saved.base.text {
        return found;
    }
    let (concealed, found) = conceal(kind, &compare::format(text));
    Kept::found_in(&compare::format(&saved.base.text), &concealed, &found)
}

fn base_of(saved: &Saved, now: Option<Entry>, kept: &Kept, inventory: &Inventory) -> Base {
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
