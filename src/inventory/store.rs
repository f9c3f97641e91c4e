//! The inventory: rows, and how events change them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use smallvec::SmallVec;

use crate::domain::{
    Change, ChangeKind, Coverage, Entry, LeaseId, Namespace, ResourceKey, Revision, StoreId,
};

use super::index::{Interner, MultiIndex, ReferenceHash};
use super::row::{Row, RowName, Slot, Symbol};
use super::site_arena::SiteArena;
use super::{DocumentError, Facts, InventoryEvent, ScannedEntry};

/// The documents of one store, as its watch reports them.
#[derive(Default)]
pub struct Inventory {
    pub(super) rows: Vec<Option<Row>>,
    pub(super) free: Vec<Slot>,
    pub(super) names: Interner,
    pub(super) webhooks: BTreeMap<Namespace, RowGroup>,
    pub(super) connections: RowGroup,
    pub(super) foreign: RowGroup,
    by_connection: MultiIndex<Symbol>,
    by_reference: MultiIndex<ReferenceHash>,
    /// Where documents refer to something or contain a plaintext secret, for those that do.
    pub(super) sites: SiteArena,
    /// For rows that name more than one connection.
    pub(super) connections_of: HashMap<Slot, Box<[Symbol]>>,
    pub(super) errors: HashMap<Slot, DocumentError>,
    pub(super) leases: HashMap<Slot, LeaseId>,
    store: Option<StoreId>,
    coverage: Coverage,
    revision: Revision,
    load: Option<LoadProgress>,
    generation: u8,
}

/// The rows of one range, sorted by the last part of their key.
#[derive(Default)]
pub(super) struct RowGroup {
    pub(super) slots: Vec<Slot>,
    pub(super) invalid: usize,
}

struct LoadProgress {
    resync: bool,
    /// Coverage before the load: a row outside of it is not a change of the store.
    before: Coverage,
    differences: usize,
}

/// What an event changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delta {
    /// Rows touched, in order. A deleted row's slot may be in use again when the delta is handled.
    pub changes: Vec<(Slot, DeltaKind)>,
    /// The keys of the deleted rows, which can no longer be found by their slots. A key that is no longer
    /// covered ([`Coverage::covers`]) may still exist.
    pub deleted: Vec<ResourceKey>,
    /// The names of connections that got their first dependent, or lost their last.
    pub usage: Vec<Box<str>>,
    /// Set at the end of a load that replaced an earlier one: how many rows differed, of those that
    /// both loads covered.
    pub resynced: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaKind {
    Created,
    /// Its document or its facts changed.
    Updated,
    Deleted,
}

impl Inventory {
    /// Applies one event; `now` is the time since the program started and becomes the observed time
    /// of every change. The first load observes no changes: it only finds the existing rows.
    pub fn apply(&mut self, feed: InventoryEvent, now: Duration) -> Delta {
        let mut delta = Delta::default();
        match feed {
            // These are informational.
            InventoryEvent::State(_) | InventoryEvent::Compared { .. } => {}
            InventoryEvent::Load { store, at, resync, coverage } => {
                self.generation = self.generation.wrapping_add(1);
                // An aborted load has changed rows: its differences count towards the next one.
                let shown = std::mem::replace(&mut self.coverage, coverage);
                self.load = Some(match self.load.take() {
                    Some(broken_off) if broken_off.resync && resync => broken_off,
                    _ => LoadProgress { resync, before: shown, differences: 0 },
                });
                self.store = Some(store);
                self.revision = at;
            }
            InventoryEvent::Page(entries) => self.take_page(entries, now, &mut delta),
            InventoryEvent::Loaded { at } => self.finish_load(at, &mut delta),
            InventoryEvent::Batch { at, changes } => {
                for change in changes {
                    self.take_change(change, now, &mut delta);
                }
                self.revision = self.revision.max(at);
            }
            InventoryEvent::Progress { at } => self.revision = self.revision.max(at),
        }
        delta
    }

    /// The store, once a load has begun.
    pub fn store(&self) -> Option<&StoreId> {
        self.store.as_ref()
    }

    /// Which keys would be shown if they existed.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether a load is in progress, so that counts are not final yet.
    pub fn is_loading(&self) -> bool {
        self.load.is_some()
    }

    fn take_page(&mut self, entries: Vec<ScannedEntry>, now: Duration, delta: &mut Delta) {
        let load = self.load.take();
        let mut differences = 0;
        delta.changes.reserve(entries.len());
        for scanned in entries {
            let comparable =
                load.as_ref().is_some_and(|load| load.resync && load.before.covers(&scanned.entry.key));
            let before = delta.changes.len();
            self.put(scanned, comparable.then_some(now), delta);
            if comparable {
                differences += delta.changes.len() - before;
            }
        }
        self.load = load.map(|load| LoadProgress { differences: load.differences + differences, ..load });
    }

    fn take_change(&mut self, change: Change<ScannedEntry>, now: Duration, delta: &mut Delta) {
        match change.kind {
            ChangeKind::Put { entry } => self.put(entry, Some(now), delta),
            ChangeKind::Deleted { key } => {
                if let Some(slot) = self.find(&key) {
                    self.remove(slot, delta);
                }
            }
        }
    }

    /// Removes the rows that the load did not include.
    fn finish_load(&mut self, at: Revision, delta: &mut Delta) {
        let Some(load) = self.load.take() else { return };
        self.revision = self.revision.max(at);
        let unseen = self.rows_from(Slot::FIRST).filter(|row| row.row.generation != self.generation);
        let unseen: Vec<Slot> = unseen.map(|row| row.slot).collect();
        for slot in unseen {
            self.remove(slot, delta);
        }
        let swept = delta.deleted.iter().filter(|key| self.coverage.covers(key)).count();
        delta.resynced = load.resync.then_some(load.differences + swept);
    }

    /// Adds or updates an entry; an unchanged one keeps its row, and with it its observed time.
    fn put(&mut self, scanned: ScannedEntry, observed: Option<Duration>, delta: &mut Delta) {
        let ScannedEntry { entry, facts } = scanned;
        let found = self.find(&entry.key);
        let generation = self.generation;
        // All of it: in a store whose history was restarted, equal tokens and bytes do not mean the same
        // write, and another lease expires at another time.
        let is_known = found.and_then(|slot| self.row(slot)).is_some_and(|row| row.entry() == entry);
        if is_known && let Some(slot) = found {
            if let Some(row) = self.rows.get_mut(slot.index()).and_then(Option::as_mut) {
                row.generation = generation;
            }
            return;
        }
        let row = self.make_row(&entry, &facts, observed);
        let change = match found {
            Some(slot) => {
                self.unlink(slot, delta);
                self.set_row(slot, Some(row));
                (slot, DeltaKind::Updated)
            }
            None => (self.insert(&entry.key, row), DeltaKind::Created),
        };
        self.link(change.0, facts, &entry, delta);
        delta.changes.push(change);
    }

    fn make_row(&mut self, entry: &Entry, facts: &Facts, observed: Option<Duration>) -> Row {
        let name = match &entry.key {
            ResourceKey::Webhook { namespace, id } => {
                RowName::Webhook(self.names.symbol(namespace.as_str()), id.clone())
            }
            ResourceKey::Connection { name } => RowName::Connection(name.clone()),
            ResourceKey::Foreign { raw } => RowName::Foreign(raw.clone()),
        };
        Row {
            name,
            document: entry.document.clone(),
            revision: entry.revision,
            created: entry.created.map_or(0, |revision| revision.0),
            token: entry.token,
            // At least 1, so that a change in the first millisecond still counts as observed.
            observed: observed.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX).max(1)),
            module: facts.module.as_deref().and_then(|name| self.names.symbol(name)),
            connection: facts.connections.first().and_then(|name| self.names.symbol(name)),
            version: entry.version.map_or(0, |version| u32::try_from(version).unwrap_or(u32::MAX)),
            auth: facts.auth,
            own: facts.own,
            generation: self.generation,
        }
    }

    /// Assigns a slot and a position to a new key.
    fn insert(&mut self, key: &ResourceKey, row: Row) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            Slot(u32::try_from(self.rows.len() - 1).unwrap_or(u32::MAX))
        });
        self.set_row(slot, Some(row));
        if let ResourceKey::Webhook { namespace, .. } = key {
            self.webhooks.entry(namespace.clone()).or_default();
        }
        let at = self.place_of(key).unwrap_or_else(|at| at);
        if let Some(group) = self.group_mut(key) {
            group.slots.insert(at, slot);
        }
        slot
    }

    fn remove(&mut self, slot: Slot, delta: &mut Delta) {
        let Some(key) = self.row(slot).map(|row| row.key()) else { return };
        self.unlink(slot, delta);
        let at = self.place_of(&key);
        if let (Some(group), Ok(at)) = (self.group_mut(&key), at) {
            group.slots.remove(at);
        }
        if let ResourceKey::Webhook { namespace, .. } = &key
            && self.webhooks.get(namespace).is_some_and(|group| group.slots.is_empty())
        {
            self.webhooks.remove(namespace);
        }
        self.set_row(slot, None);
        self.free.push(slot);
        delta.changes.push((slot, DeltaKind::Deleted));
        delta.deleted.push(key);
    }

    fn link(&mut self, slot: Slot, facts: Facts, entry: &Entry, delta: &mut Delta) {
        let connections: SmallVec<[Symbol; 4]> =
            facts.connections.iter().map(|name| self.names.symbol(name)).collect();
        for (symbol, name) in connections.iter().zip(&facts.connections) {
            if self.by_connection.get(symbol).is_empty() {
                delta.usage.push(name.clone());
            }
            self.by_connection.add(*symbol, slot);
        }
        for reference in facts.sites().references().keys() {
            self.by_reference.add(reference.into(), slot);
        }
        if connections.len() > 1 {
            self.connections_of.insert(slot, connections.into_vec().into_boxed_slice());
        }
        self.sites.set(slot, &facts.sites);
        if let Some(lease) = entry.lease {
            self.leases.insert(slot, lease);
        }
        if let Some(error) = facts.error {
            self.errors.insert(slot, error);
            if let Some(group) = self.group_mut(&entry.key) {
                group.invalid += usize::from(!entry.key.is_foreign());
            }
        }
    }

    /// Removes a row from every index but the sorted one.
    fn unlink(&mut self, slot: Slot, delta: &mut Delta) {
        self.leases.remove(&slot);
        let Some(row) = self.row(slot) else { return };
        let (key, references) = (row.key(), row.sites().references());
        let connections = row.connections().to_vec();
        if self.errors.remove(&slot).is_some()
            && let Some(group) = self.group_mut(&key)
        {
            group.invalid = group.invalid.saturating_sub(1);
        }
        references.keys().for_each(|reference| self.by_reference.remove(&reference.into(), slot));
        for symbol in connections {
            self.by_connection.remove(&symbol, slot);
            if let Some(name) = self.names.name(symbol).filter(|_| self.by_connection.get(&symbol).is_empty())
            {
                delta.usage.push(name.into());
            }
        }
        self.sites.set(slot, &[]);
        self.connections_of.remove(&slot);
    }

    fn set_row(&mut self, slot: Slot, row: Option<Row>) {
        if let Some(place) = self.rows.get_mut(slot.index()) {
            *place = row;
        }
    }

    fn group_mut(&mut self, key: &ResourceKey) -> Option<&mut RowGroup> {
        match key {
            ResourceKey::Webhook { namespace, .. } => self.webhooks.get_mut(namespace),
            ResourceKey::Connection { .. } => Some(&mut self.connections),
            ResourceKey::Foreign { .. } => Some(&mut self.foreign),
        }
    }

    /// The webhooks that name a connection, themselves or in a step of their chain.
    pub fn dependents(&self, connection: &str) -> &[Slot] {
        match self.names.find(connection) {
            None => &[],
            symbol => self.by_connection.get(&symbol),
        }
    }

    /// The documents that refer to any field of the secret at a path, which is relative to the receiver's
    /// mount; hash collisions may add others.
    pub fn secret_referrers(&self, path: &str) -> &[Slot] {
        self.by_reference.get(&ReferenceHash::of_path(path))
    }

    /// The documents that refer to a variable; hash collisions may add others.
    pub fn variable_referrers(&self, name: &str) -> &[Slot] {
        self.by_reference.get(&ReferenceHash::of_variable(name))
    }
}

#[cfg(test)]
mod tests;
