//! The rows of a document list: in the inventory's own order, or filtered and sorted.

use std::cmp::Ordering;

use super::filter::Filter;
use super::list_context::ListContext;
use crate::console::widgets::{FilteredRows, ListSource};
use crate::domain::ResourceKey;
use crate::inventory::{Delta, Inventory, Scope, Slot, SlotSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By key, in the store's order.
    #[default]
    Id,
    /// By module or type, then by key.
    Module,
    /// By connection, then by key.
    Connection,
    /// The latest revision first.
    Newest,
}

impl Sort {
    /// The next order, wrapping around.
    pub fn next(self) -> Self {
        match self {
            Self::Id => Self::Module,
            Self::Module => Self::Connection,
            Self::Connection => Self::Newest,
            Self::Newest => Self::Id,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Module => "module",
            Self::Connection => "connection",
            Self::Newest => "newest",
        }
    }

    fn order(self, inventory: &Inventory, a: Slot, b: Slot) -> Ordering {
        let (Some(a), Some(b)) = (inventory.row(a), inventory.row(b)) else { return a.cmp(&b) };
        let by_key = || (a.namespace(), a.short()).cmp(&(b.namespace(), b.short()));
        match self {
            Self::Id => by_key(),
            Self::Module => a.module().cmp(&b.module()).then_with(by_key),
            // Rows without a connection come last.
            Self::Connection => {
                let missing = (a.connection().is_none()).cmp(&b.connection().is_none());
                missing.then_with(|| a.connection().cmp(&b.connection())).then_with(by_key)
            }
            Self::Newest => b.revision().cmp(&a.revision()).then_with(by_key),
        }
    }
}

/// The rows of a list, in order.
#[derive(Debug)]
pub struct DocumentList {
    scope: Scope,
    filter: Filter,
    sort: Sort,
    /// `None` if the list is in the inventory's own order.
    slots: Option<FilteredRows<Slot>>,
}

impl DocumentList {
    /// All rows of a scope, by key.
    pub fn new(scope: Scope) -> Self {
        Self { scope, filter: Filter::default(), sort: Sort::Id, slots: None }
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub fn sort(&self) -> Sort {
        self.sort
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether filtering is still in progress, so that the count is not final.
    pub fn is_partial(&self) -> bool {
        self.slots.as_ref().is_some_and(FilteredRows::is_partial)
    }

    pub fn set_scope<'m>(&mut self, scope: Scope, context: impl Into<ListContext<'m>>) {
        self.scope = scope;
        self.rebuild(context.into());
    }

    pub fn set_filter<'m>(&mut self, filter: Filter, context: impl Into<ListContext<'m>>) {
        self.filter = filter;
        self.rebuild(context.into());
    }

    pub fn set_sort<'m>(&mut self, sort: Sort, context: impl Into<ListContext<'m>>) {
        self.sort = sort;
        self.rebuild(context.into());
    }

    pub fn len(&self, inventory: &Inventory) -> usize {
        self.slots.as_ref().map_or_else(|| inventory.counts(&self.scope).total, |slots| slots.shown().len())
    }

    /// The row at an index.
    pub fn slot_at(&self, inventory: &Inventory, at: usize) -> Option<Slot> {
        match &self.slots {
            Some(slots) => slots.shown().get(at).copied(),
            None => inventory.slot_at(&self.scope, at),
        }
    }

    /// The rows from an index on, in order. The cost does not depend on the index.
    pub fn slots_from<'l>(
        &'l self,
        inventory: &'l Inventory,
        first: usize,
    ) -> impl Iterator<Item = Slot> + 'l {
        let (own, all) = match &self.slots {
            Some(slots) => (Some(slots.shown().iter().skip(first).copied()), None),
            None => (None, Some(inventory.slots(&self.scope).skip(first))),
        };
        own.into_iter().flatten().chain(all.into_iter().flatten())
    }

    /// The index of a key.
    pub fn position(&self, inventory: &Inventory, key: &ResourceKey) -> Option<usize> {
        let Some(slots) = &self.slots else { return inventory.position(&self.scope, key).ok() };
        let slot = inventory.find(key)?;
        slots.shown().binary_search_by(|other| self.sort.order(inventory, *other, slot)).ok()
    }

    /// Filters one more slice; returns whether there was work left.
    pub fn work<'m>(&mut self, context: impl Into<ListContext<'m>>) -> bool {
        let (filter, sort, context) = (&self.filter, self.sort, context.into());
        let inventory = context.inventory;
        self.slots.as_mut().is_some_and(|slots| {
            slots.work_some(
                filter.slice(),
                |slot| inventory.row(slot).is_some_and(|row| filter.accepts(row, context)),
                |a, b| sort.order(inventory, a, b),
            )
        })
    }

    /// Applies a delta. The inventory must have been changed already.
    pub fn apply_delta<'m>(&mut self, context: impl Into<ListContext<'m>>, delta: &Delta) {
        if self.slots.is_none() || delta.changes.is_empty() {
            return;
        }
        let context = context.into();
        let mut touched: Vec<Slot> = delta.changes.iter().map(|(slot, _)| *slot).collect();
        if self.filter.reads_connections() {
            touched.extend(behind_connections(context.inventory, delta));
        }
        touched.sort_unstable();
        touched.dedup();
        self.test_again(context, &touched);
    }

    /// Tests rows again of which something else is known now. Returns whether the filter depends on that.
    pub fn refresh(&mut self, context: ListContext<'_>, changed: &SlotSet) -> bool {
        let reads = self.filter.reads_checks();
        if reads {
            self.test_again(context, &changed.iter().collect::<Vec<_>>());
        }
        reads
    }

    /// A changed row may have moved, so all of these, which are sorted, are removed before any is inserted.
    fn test_again(&mut self, context: ListContext<'_>, touched: &[Slot]) {
        let (sort, inventory) = (self.sort, context.inventory);
        let back = touched.iter().copied().filter(|slot| self.includes(context, *slot)).collect();
        if let Some(slots) = &mut self.slots {
            slots.remove(touched);
            slots.insert(back, |a, b| sort.order(inventory, a, b));
        }
    }

    fn includes(&self, context: ListContext<'_>, slot: Slot) -> bool {
        let Some(row) = context.inventory.row(slot) else { return false };
        let in_scope = match (&self.scope, row.key()) {
            (Scope::AllWebhooks, ResourceKey::Webhook { .. })
            | (Scope::Connections, ResourceKey::Connection { .. })
            | (Scope::Foreign, ResourceKey::Foreign { .. }) => true,
            (Scope::Namespace(wanted), ResourceKey::Webhook { namespace, .. }) => *wanted == namespace,
            _ => false,
        };
        in_scope && self.filter.accepts(row, context)
    }

    fn rebuild(&mut self, context: ListContext<'_>) {
        self.filter.settle(&context);
        let all = self.filter.is_empty() && self.sort == Sort::Id;
        self.slots = (!all).then(|| FilteredRows::new(context.inventory.slots(&self.scope)));
        self.work(context);
    }
}

/// The webhooks that name a connection that changed.
fn behind_connections(inventory: &Inventory, delta: &Delta) -> Vec<Slot> {
    let changed = delta.changes.iter().filter_map(|(slot, _)| Some(inventory.row(*slot)?.key()));
    let keys = changed.chain(delta.deleted.iter().cloned());
    let behind = keys.filter_map(|key| match key {
        ResourceKey::Connection { name } => Some(inventory.dependents(name.as_str())),
        _ => None,
    });
    behind.flatten().copied().collect()
}

impl ListSource for (&DocumentList, &Inventory) {
    type Id = ResourceKey;

    fn len(&self) -> usize {
        self.0.len(self.1)
    }

    fn id_at(&self, at: usize) -> Option<ResourceKey> {
        Some(self.1.row(self.0.slot_at(self.1, at)?)?.key())
    }

    fn position(&self, key: &ResourceKey) -> Option<usize> {
        self.0.position(self.1, key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Address, Change, ChangeKind, Entry, Revision, SecretNames, Token};
    use crate::inventory::{InventoryEvent, ScannedEntry};

    const MODULES: [&str; 3] = ["log", "kafka", "mqtt"];

    fn key(number: usize) -> ResourceKey {
        format!("{}/id{number}", ["a", "b"][number % 2]).parse::<Address>().unwrap().0
    }

    fn put(number: usize, module: usize, revision: u64) -> Change<ScannedEntry> {
        let document = format!(r#"{{"module":"{}","connection":"c{}"}}"#, MODULES[module], number % 3).into();
        let (revision, token) = (Revision(revision), Token::counter(revision));
        let entry =
            Entry { key: key(number), document, revision, created: None, version: None, token, lease: None };
        Change {
            revision,
            kind: ChangeKind::Put { entry: ScannedEntry::new(entry, &SecretNames::default()) },
        }
    }

    fn keys(listing: &DocumentList, inventory: &Inventory) -> Vec<ResourceKey> {
        let slots = (0..listing.len(inventory)).map(|at| listing.slot_at(inventory, at).unwrap());
        slots.map(|slot| inventory.row(slot).unwrap().key()).collect()
    }

    proptest! {
        /// However rows are added, changed and removed, an updated list equals one built from scratch.
        #[test]
        fn a_list_that_follows_equals_a_fresh_one(
            batches in prop::collection::vec(prop::collection::vec((0..40usize, 0..4usize), 1..40), 1..20),
            filter in prop::sample::select(vec!["", "kafka", "!log", "ns:a conn:c1", "id1"]),
            sort in prop::sample::select(vec![Sort::Id, Sort::Module, Sort::Connection, Sort::Newest]),
        ) {
            let mut inventory = Inventory::default();
            let mut followed = DocumentList::new(Scope::AllWebhooks);
            followed.set_filter(Filter::parse(filter, None), &inventory);
            followed.set_sort(sort, &inventory);
            for (at, batch) in (1u64..).zip(batches) {
                let changes = batch
                    .into_iter()
                    .map(|(number, what)| match what {
                        3 => Change { revision: Revision(at), kind: ChangeKind::Deleted { key: key(number) } },
                        _ => put(number, what, at),
                    })
                    .collect();
                let delta = inventory.apply(InventoryEvent::Batch { at: Revision(at), changes }, Duration::ZERO);
                followed.apply_delta(&inventory, &delta);

                let mut fresh = DocumentList::new(Scope::AllWebhooks);
                fresh.set_filter(Filter::parse(filter, None), &inventory);
                fresh.set_sort(sort, &inventory);
                let shown = keys(&followed, &inventory);
                prop_assert_eq!(&shown, &keys(&fresh, &inventory));
                for (place, key) in shown.iter().enumerate() {
                    prop_assert_eq!(followed.position(&inventory, key), Some(place));
                }
            }
        }
    }
}
