//! State of a tab that lists documents. The selection is a key, so it stays on its document while rows
//! appear, disappear and move around it.

use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;

use super::detail_links::LinkTarget;
use super::detail_search::DetailSearch;
use super::filter::Filter;
use super::list_context::ListContext;
use super::listing::{DocumentList, Sort};
use crate::check::ReceiverProfile;
use crate::check::receiver::{Judgement, judge};
use crate::console::model::ConsoleContext;
use crate::console::request::{AT_ONCE, Pending, RequestId};
use crate::console::shell::layout::Pane;
use crate::console::widgets::{ListState, Movement};
use crate::domain::json::parse;
use crate::domain::{Document, Masking, ResourceKey, SecretNames, Token};
use crate::inventory::{Delta, DocumentError, Facts, Inventory, Scope};
use crate::text::{DocumentLayout, Masked};

#[derive(Debug)]
pub struct BrowsePage {
    pub listing: DocumentList,
    pub list: ListState<ResourceKey>,
    /// The marked documents, visible or not. They are kept by key, so that marks survive changes of the rows.
    pub marks: BTreeSet<ResourceKey>,
    pub focus: Pane,
    /// Whether the focused pane fills the screen.
    pub zoomed: bool,
    /// The first namespace row shown.
    pub namespace_offset: usize,
    /// The selected document, prepared for drawing.
    pub detail: DetailPane,
    /// The names of the context, for the masks of the selected document.
    secret_names: SecretNames,
    /// The receiver of the context, by which the selected document is judged.
    pub receiver: Arc<ReceiverProfile>,
}

#[derive(Debug)]
pub struct DetailPane {
    pub shown: Option<Box<DetailDocument>>,
    /// The first row shown.
    pub scroll: DetailPosition,
    /// Whether long lines are wrapped.
    pub wraps: bool,
    /// The columns of the text left out at the left, if it is not wrapped.
    pub aside: usize,
    /// How the text is laid out, if that is possible.
    pub layout: DocumentLayout,
    pub search: DetailSearch,
    /// The selected fact that leads somewhere.
    pub link: Option<LinkTarget>,
    /// The document whose text is being prepared off the loop.
    pub preparing: Pending<(ResourceKey, Token)>,
}

impl Default for DetailPane {
    fn default() -> Self {
        Self {
            shown: None,
            scroll: DetailPosition::default(),
            wraps: true,
            aside: 0,
            layout: DocumentLayout::default(),
            search: DetailSearch::default(),
            link: None,
            preparing: Pending::default(),
        }
    }
}

/// A row of the detail: one of a fact, the rule or a line of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DetailPosition {
    pub item: usize,
    /// The row within it.
    pub row: usize,
}

/// The text of a document with secrets hidden, and how it is laid out.
#[derive(Debug, Default)]
pub struct DetailText {
    pub masked: Masked,
    pub layout: DocumentLayout,
    /// What the receiver makes of requests to a webhook, as far as its document says.
    pub judgement: Option<Judgement>,
}

impl DetailText {
    pub(super) fn of(
        key: &ResourceKey,
        masking: &Masking,
        document: &Document,
        error: Option<&DocumentError>,
        (layout, receiver): (DocumentLayout, &ReceiverProfile),
    ) -> Self {
        let broken_at = error.and_then(DocumentError::broken_at);
        let (masked, layout) = Masked::of_checked(masking, document, broken_at, layout);
        let judgement = key.namespace().filter(|_| error.is_none()).and_then(|_| {
            let text = document.text().ok()?;
            let root = parse(text).ok()?;
            Some(judge(Some(key), None, receiver, (Some(&root), text)))
        });
        Self { masked, layout, judgement }
    }
}

/// A document prepared for drawing.
#[derive(Debug)]
pub struct DetailDocument {
    pub key: ResourceKey,
    /// The document's token when it was prepared.
    pub token: Token,
    pub facts: Facts,
    pub(super) masking: Masking,
    /// `None` until that of a large one is prepared.
    pub text: Option<DetailText>,
}

impl BrowsePage {
    /// Lists a scope, with nothing selected.
    pub fn new(scope: Scope, context: &ConsoleContext) -> Self {
        Self {
            listing: DocumentList::new(scope),
            list: ListState::default(),
            marks: BTreeSet::new(),
            focus: Pane::Items,
            zoomed: false,
            namespace_offset: 0,
            detail: DetailPane::default(),
            secret_names: context.secret_names.clone(),
            receiver: Arc::clone(&context.receiver),
        }
    }

    /// Whether a line is typed: the filter, or what is looked for in the text.
    pub fn is_typing(&self) -> bool {
        self.list.typing.is_some() || self.detail.search.typing.is_some()
    }

    /// Selects a key if the list contains it.
    pub fn select_key(&mut self, inventory: &Inventory, key: &ResourceKey) -> bool {
        let found = self.list.select(&(&self.listing, inventory), key);
        self.refresh_detail(inventory);
        found
    }

    pub(crate) fn step(&mut self, inventory: &Inventory, step: Movement) {
        self.list.step(&(&self.listing, inventory), step);
        self.refresh_detail(inventory);
    }

    /// Applies a change of the inventory. Returns whether the selected row was removed.
    pub fn apply_delta<'m>(&mut self, context: impl Into<ListContext<'m>>, delta: &Delta) -> bool {
        let context = context.into();
        self.listing.apply_delta(context, delta);
        for key in &delta.deleted {
            self.marks.remove(key);
        }
        self.restore_selection(context.inventory)
    }

    /// Restores selection and scroll after the list changed. Returns whether the selected row is gone.
    pub fn restore_selection(&mut self, inventory: &Inventory) -> bool {
        let gone = self.list.restore(&(&self.listing, inventory));
        self.refresh_detail(inventory);
        gone
    }

    /// Lists another scope; filter and order are kept. A selected row that it hides is selected again when it
    /// is back, as with a filter.
    pub fn enter<'m>(&mut self, scope: Scope, context: impl Into<ListContext<'m>>) {
        let context = context.into();
        let inventory = context.inventory;
        self.listing.set_scope(scope, context);
        let rows = (&self.listing, inventory);
        if !self.list.restore_filtered(&rows) {
            self.list.select_at(&rows, 0);
        }
        self.refresh_detail(inventory);
    }

    /// Applies the filter line; the selected row stays selected if it still matches.
    pub fn apply_filter<'m>(&mut self, context: impl Into<ListContext<'m>>) {
        let context = context.into();
        self.listing.set_filter(Filter::parse(self.list.filter.text(), context.own_rules), context);
        self.restore_filtered(context.inventory);
    }

    /// Restores selection and scroll after the filter changed, or came further.
    pub fn restore_filtered(&mut self, inventory: &Inventory) {
        self.list.restore_filtered(&(&self.listing, inventory));
        self.refresh_detail(inventory);
    }

    pub fn apply_sort<'m>(&mut self, sort: Sort, context: impl Into<ListContext<'m>>) {
        let context = context.into();
        self.listing.set_sort(sort, context);
        self.restore_selection(context.inventory);
    }

    /// Prepares the selected document for drawing, unless that was done already.
    pub fn refresh_detail(&mut self, inventory: &Inventory) {
        let Some(row) = self.list.selected.as_ref().and_then(|key| inventory.get(key)) else {
            self.detail.shown = None;
            return self.detail.leave_text();
        };
        let key = row.key();
        match &self.detail.shown {
            Some(shown) if shown.key == key && shown.token == row.token() => return,
            Some(shown) if shown.key == key => {}
            _ => self.detail.leave_text(),
        }
        let masking = Masking::of(&key, &self.secret_names);
        let facts = row.facts();
        let is_small = row.document().len() <= AT_ONCE;
        let layout = self.detail.layout;
        let error = facts.error.as_ref();
        let how = (layout, &*self.receiver);
        let text = is_small.then(|| DetailText::of(&key, &masking, row.document(), error, how));
        self.detail.search.restart();
        let token = row.token();
        self.detail.shown = Some(Box::new(DetailDocument { key, token, facts, masking, text }));
    }

    /// Lays the text out in another way.
    pub(super) fn set_layout(&mut self, layout: DocumentLayout, inventory: &Inventory) {
        self.detail.layout = layout;
        self.detail.preparing.cancel();
        self.detail.shown = None;
        self.refresh_detail(inventory);
    }
}

impl DetailPane {
    /// Goes to the start of another text, or of none.
    fn leave_text(&mut self) {
        (self.scroll, self.aside, self.link) = (DetailPosition::default(), 0, None);
        self.search.restart();
    }

    /// The document whose text is to be prepared, one at a time.
    pub(super) fn unprepared(&self) -> Option<&DetailDocument> {
        self.shown.as_deref().filter(|shown| shown.text.is_none() && !self.preparing.is_pending())
    }

    /// Takes a text; returns whether it was asked for. It is dropped if another document is selected by now.
    pub(super) fn accept(&mut self, request: RequestId, text: &mut DetailText) -> bool {
        let Some((key, token)) = self.preparing.accept(request) else { return false };
        if let Some(shown) = self.shown.as_mut().filter(|shown| shown.key == key && shown.token == token) {
            shown.text = Some(std::mem::take(text));
        }
        true
    }
}

/// The rows of the Namespaces pane: `all`, every namespace, and the unrecognised keys if there are any.
pub(super) fn scopes(inventory: &Inventory) -> impl Iterator<Item = Scope> {
    let namespaces = inventory.namespaces().map(|(namespace, _)| Scope::Namespace(namespace.clone()));
    let foreign = (inventory.counts(&Scope::Foreign).total > 0).then_some(Scope::Foreign);
    iter::once(Scope::AllWebhooks).chain(namespaces).chain(foreign)
}

/// The row of a scope; if it no longer exists, the row of the next namespace.
pub(super) fn scope_row(inventory: &Inventory, scope: &Scope) -> usize {
    match scope {
        Scope::Namespace(wanted) => {
            1 + inventory.namespaces().filter(|(namespace, _)| *namespace < wanted).count()
        }
        Scope::Foreign => 1 + inventory.namespaces().len(),
        Scope::AllWebhooks | Scope::Connections => 0,
    }
}
