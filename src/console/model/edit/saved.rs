//! Between a draft in memory and its form outside: on disk, in another program.

use std::time::SystemTime;

use tui_textarea::{CursorMove, TextArea};

use super::{Base, Edit};
use crate::compare;
use crate::console::drafts::{Saved, Unsaved};
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
            cursor: self.area.cursor(),
            at,
        }
    }

    /// Makes placeholders of all secrets in it, those typed or revealed here too, and tells its text
    /// and the line of the cursor, from 1.
    pub fn stow(&mut self) -> (String, usize) {
        let text = stow(DocumentKind::of(&self.key), &self.text(), &mut self.kept, &self.opened);
        let line = self.area.cursor().0 + 1;
        self.put_text(&text);
        (text, line)
    }

    /// Puts another text in the place of the whole, as one change; the cursor stays in its line.
    pub fn put_text(&mut self, text: &str) {
        if self.text() == text {
            return;
        }
        let (row, column) = self.area.cursor();
        self.area.select_all();
        self.area.insert_str(text);
        self.jump(row, column);
        self.revision += 1;
        self.check();
    }

    fn jump(&mut self, row: usize, column: usize) {
        let number = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(number(row), number(column)));
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
        let opened = conceal(kind, &compare::format(text.text().unwrap_or_default())).0;
        let mut edit = Self::of(saved.key, base, saved.store, opened, kept);
        edit.source = saved.base.source;
        edit.saving.withheld = saved.withheld;
        edit.area = TextArea::new(saved.text.split('\n').map(str::to_owned).collect());
        let (row, column) = saved.cursor;
        edit.jump(row, column);
        edit.check();
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
