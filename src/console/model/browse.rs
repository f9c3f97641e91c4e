//! A list tab: where one stands in it. The selection is a key, so it stays on its item while rows
//! come, go and move around it.

use crate::domain::{DocumentKind, Namespace, ResourceKey, Token};
use crate::inventory::{Delta, Facts, Inventory, Scope};
use crate::text::Masked;

use super::super::layout::Pane;
use super::{Filter, Input, Listing, Marks, Sort};

/// A list tab.
#[derive(Debug)]
pub struct Browse {
    /// The rows.
    pub listing: Listing,
    /// The selected document.
    pub selected: Option<ResourceKey>,
    /// The marked documents, in sight or not.
    pub marks: Marks,
    /// The place of the selected row.
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
    /// The pane that keys go to.
    pub focus: Pane,
    /// The focused pane alone.
    pub zoomed: bool,
    /// The first namespace row shown.
    pub namespace_offset: usize,
    /// The filter line as typed; kept when the tab is left.
    pub filter: Input,
    /// Whether the filter line is being typed, and what it was before.
    pub typing: Option<String>,
    /// The selected document, ready to draw.
    pub detail: Detail,
}

/// The rows of the pane Namespaces.
pub struct NamespaceList<'a>(&'a Inventory);

/// The detail pane.
#[derive(Debug, Default)]
pub struct Detail {
    /// The document shown.
    pub shown: Option<Box<Shown>>,
    /// First line shown.
    pub scroll: usize,
}

/// A document, ready to draw.
#[derive(Debug)]
pub struct Shown {
    /// Which one.
    pub key: ResourceKey,
    /// Which state of it.
    pub token: Token,
    /// What it says.
    pub facts: Facts,
    /// Its text with secrets hidden.
    pub masked: Masked,
}

impl Browse {
    /// Lists a range, nothing selected yet.
    pub fn new(scope: Scope) -> Self {
        Self {
            listing: Listing::new(scope),
            selected: None,
            marks: Marks::default(),
            cursor: 0,
            offset: 0,
            focus: Pane::Items,
            zoomed: false,
            namespace_offset: 0,
            filter: Input::default(),
            typing: None,
            detail: Detail::default(),
        }
    }

    /// Selects the row at a place, or the nearest there is, and scrolls it into `height` rows.
    pub fn select_at(&mut self, inventory: &Inventory, at: usize, height: usize) {
        let len = self.listing.len(inventory);
        self.cursor = at.min(len.saturating_sub(1));
        self.selected = self
            .listing
            .slot_at(inventory, self.cursor)
            .and_then(|slot| inventory.row(slot))
            .map(|row| row.key());
        self.scroll_into(len, height);
        self.refresh_detail(inventory);
    }

    /// Selects a key if the list holds it.
    pub fn select_key(&mut self, inventory: &Inventory, key: &ResourceKey, height: usize) -> bool {
        let Some(at) = self.listing.position(inventory, key) else { return false };
        self.select_at(inventory, at, height);
        true
    }

    /// Follows what the inventory did. The selected row keeps its line on the screen; a selected
    /// row that is gone leaves the selection in its place. Says whether the selected row went.
    pub fn take(&mut self, inventory: &Inventory, delta: &Delta, height: usize) -> bool {
        self.listing.take(inventory, delta);
        for key in &delta.deleted {
            self.marks.drop(key);
        }
        self.settle(inventory, height)
    }

    /// Puts selection and scroll right after the list changed in any way.
    pub fn settle(&mut self, inventory: &Inventory, height: usize) -> bool {
        let len = self.listing.len(inventory);
        let place = self.selected.as_ref().and_then(|key| self.listing.position(inventory, key));
        match place {
            Some(at) => {
                self.offset = (self.offset + at).saturating_sub(self.cursor);
                self.cursor = at;
                self.scroll_into(len, height);
                self.refresh_detail(inventory);
                false
            }
            None => {
                let had = self.selected.is_some();
                self.select_at(inventory, self.cursor, height);
                had
            }
        }
    }

    fn scroll_into(&mut self, len: usize, height: usize) {
        let height = height.max(1);
        self.offset = self
            .offset
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height))
            .min(len.saturating_sub(height.min(len)));
    }

    /// Lists another range; the filter and the order stay.
    pub fn enter(&mut self, scope: Scope, inventory: &Inventory, height: usize) {
        self.listing.set_scope(scope, inventory);
        let kept = self.selected.take();
        if kept.is_none_or(|key| !self.select_key(inventory, &key, height)) {
            self.select_at(inventory, 0, height);
        }
    }

    /// Narrows the list to what the filter line says; a selected row that stays, stays selected.
    pub fn apply_filter(&mut self, inventory: &Inventory, height: usize) {
        self.listing.set_filter(Filter::parse(self.filter.text()), inventory);
        self.settle(inventory, height);
    }

    /// Orders the list anew.
    pub fn apply_sort(&mut self, sort: Sort, inventory: &Inventory, height: usize) {
        self.listing.set_sort(sort, inventory);
        self.settle(inventory, height);
    }

    /// Makes the selected document ready to draw, if it is not.
    pub fn refresh_detail(&mut self, inventory: &Inventory) {
        let Some(row) = self.selected.as_ref().and_then(|key| inventory.get(key)) else {
            self.detail = Detail::default();
            return;
        };
        let key = row.key();
        let same_key = self.detail.shown.as_ref().is_some_and(|shown| shown.key == key);
        if same_key && self.detail.shown.as_ref().is_some_and(|shown| shown.token == row.token()) {
            return;
        }
        if !same_key {
            self.detail.scroll = 0;
        }
        let kind = DocumentKind::of(&key);
        let facts = Facts::scan(kind, row.document());
        let masked = Masked::of(kind, row.document());
        self.detail.shown = Some(Box::new(Shown { key, token: row.token(), facts, masked }));
    }
}

impl<'a> NamespaceList<'a> {
    /// The rows over a picture.
    pub fn of(inventory: &'a Inventory) -> Self {
        Self(inventory)
    }

    /// How many rows: `all`, every namespace, and the unrecognised keys if there are any.
    pub fn len(&self) -> usize {
        1 + self.0.namespaces().len() + usize::from(self.has_foreign())
    }

    /// Whether there are no rows; there is always the row `all`.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The range of a row.
    pub fn scope_at(&self, at: usize) -> Option<Scope> {
        let namespaces = self.0.namespaces().len();
        match at {
            0 => Some(Scope::AllWebhooks),
            _ if at <= namespaces => {
                self.0.namespaces().nth(at - 1).map(|(namespace, _)| Scope::Namespace(namespace.clone()))
            }
            _ => (at == namespaces + 1 && self.has_foreign()).then_some(Scope::Foreign),
        }
    }

    /// The row of a range; that of the next namespace where it has gone.
    pub fn position(&self, scope: &Scope) -> usize {
        let before =
            |wanted: &Namespace| self.0.namespaces().filter(|(namespace, _)| *namespace < wanted).count();
        match scope {
            Scope::Namespace(wanted) => 1 + before(wanted),
            Scope::Foreign => 1 + self.0.namespaces().len(),
            Scope::AllWebhooks | Scope::Connections => 0,
        }
    }

    fn has_foreign(&self) -> bool {
        self.0.tally(&Scope::Foreign).total > 0
    }
}
