//! State of a tab that lists documents. The selection is a key, so it stays on its document while rows
//! come, go and move around it.

use super::filter::Filter;
use super::listing::{DocumentList, Sort};
use super::marks::Marks;
use crate::console::shell::layout::Pane;
use crate::console::widgets::TextInput;
use crate::domain::{DocumentKind, Namespace, ResourceKey, Token};
use crate::inventory::{Delta, Facts, Inventory, Scope};
use crate::text::Masked;

#[derive(Debug)]
pub struct BrowsePage {
    /// The rows.
    pub listing: DocumentList,
    pub selected: Option<ResourceKey>,
    /// The marked documents, visible or not.
    pub marks: Marks,
    /// The place of the selected row.
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether the focused pane fills the screen.
    pub zoomed: bool,
    /// The first namespace row shown.
    pub namespace_offset: usize,
    /// The filter line as typed; kept when the user leaves the tab.
    pub filter: TextInput,
    /// Set while the filter line is edited: what it was before.
    pub typing: Option<String>,
    /// The selected document, prepared for drawing.
    pub detail: DetailPane,
}

/// The rows of the Namespaces pane.
pub struct NamespaceList<'a>(&'a Inventory);

#[derive(Debug, Default)]
pub struct DetailPane {
    /// The document shown.
    pub shown: Option<Box<DetailDocument>>,
    /// First line shown.
    pub scroll: usize,
}

/// A document prepared for drawing.
#[derive(Debug)]
pub struct DetailDocument {
    pub key: ResourceKey,
    /// Its revision when it was prepared.
    pub token: Token,
    pub facts: Facts,
    /// Its text with secrets hidden.
    pub masked: Masked,
}

impl BrowsePage {
    /// Lists a scope with nothing selected.
    pub fn new(scope: Scope) -> Self {
        Self {
            listing: DocumentList::new(scope),
            selected: None,
            marks: Marks::default(),
            cursor: 0,
            offset: 0,
            focus: Pane::Items,
            zoomed: false,
            namespace_offset: 0,
            filter: TextInput::default(),
            typing: None,
            detail: DetailPane::default(),
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

    /// Applies a change of the inventory. The selected row keeps its line on the screen; if it is
    /// removed, the selection stays in its place. Returns whether the selected row was removed.
    pub fn apply_delta(&mut self, inventory: &Inventory, delta: &Delta, height: usize) -> bool {
        self.listing.apply_delta(inventory, delta);
        for key in &delta.deleted {
            self.marks.drop(key);
        }
        self.restore_selection(inventory, height)
    }

    /// Restores selection and scroll after the list changed. Returns whether the selected row is gone.
    pub fn restore_selection(&mut self, inventory: &Inventory, height: usize) -> bool {
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

    /// Lists another scope; filter and order stay.
    pub fn enter(&mut self, scope: Scope, inventory: &Inventory, height: usize) {
        self.listing.set_scope(scope, inventory);
        let kept = self.selected.take();
        if kept.is_none_or(|key| !self.select_key(inventory, &key, height)) {
            self.select_at(inventory, 0, height);
        }
    }

    /// Applies the filter line; the selected row stays selected if it still matches.
    pub fn apply_filter(&mut self, inventory: &Inventory, height: usize) {
        self.listing.set_filter(Filter::parse(self.filter.text()), inventory);
        self.restore_selection(inventory, height);
    }

    pub fn apply_sort(&mut self, sort: Sort, inventory: &Inventory, height: usize) {
        self.listing.set_sort(sort, inventory);
        self.restore_selection(inventory, height);
    }

    /// Prepares the selected document for drawing, unless it is already.
    pub fn refresh_detail(&mut self, inventory: &Inventory) {
        let Some(row) = self.selected.as_ref().and_then(|key| inventory.get(key)) else {
            self.detail = DetailPane::default();
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
        let facts = row.facts();
        let masked = Masked::of_checked(kind, row.document(), facts.broken_at());
        self.detail.shown = Some(Box::new(DetailDocument { key, token: row.token(), facts, masked }));
    }
}

impl<'a> NamespaceList<'a> {
    pub fn of(inventory: &'a Inventory) -> Self {
        Self(inventory)
    }

    /// The number of rows: `all`, every namespace, and the unrecognised keys if there are any.
    pub fn len(&self) -> usize {
        1 + self.0.namespaces().len() + usize::from(self.has_foreign())
    }

    /// Never: there is always the row `all`.
    pub fn is_empty(&self) -> bool {
        false
    }

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

    /// The row of a scope; that of the next namespace if it no longer exists.
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
        self.0.counts(&Scope::Foreign).total > 0
    }
}
