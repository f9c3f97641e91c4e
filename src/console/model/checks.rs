//! The checks of all documents: what was found, what is still to be checked, and what is being checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Model;
use super::surroundings::{Surroundings, TypeCounts, type_counts};
use crate::check::{
    Diagnostic, DocumentInput, Overrun, ProblemIndex, ReceiverProfile, SeverityCounts, Subject, diagnose,
    referrers,
};
use crate::console::request::RequestId;
use crate::domain::{ConnectionName, Coverage, ResourceKey, SecretPath, StoreId};
use crate::inventory::{Delta, DeltaKind, Facts, Inventory, RowRef, Scope, Slot, SlotSet};

/// The documents of one slice, and their bytes. The allocator keeps what the largest took, for each thread that has
/// checked one.
const SLICE: usize = 100;
const SLICE_BYTES: usize = 256 * 1024;

/// Slices being checked at once: one for each of the two cores of a jump host.
const AT_ONCE: usize = 2;

/// A document counts for a job of at least this size, and for a multiple of its own: it is parsed, and every
/// rule reads it.
const LEAST_COST: usize = 4 * 1024;
const COST_PER_BYTE: usize = 4;

/// All documents, and how far their checks are.
#[derive(Debug, Default)]
pub struct Checks {
    pub index: ProblemIndex,
    /// Rows to be checked.
    due: SlotSet,
    /// The slices being checked, each with the rows whose answer is still wanted.
    running: BTreeMap<RequestId, SlotSet>,
    /// When everything was last checked.
    pub finished: Option<Duration>,
    /// The types of connections, as the documents that depend on them were checked for.
    types: Option<Arc<TypeCounts>>,
    types_outdated: bool,
    /// The store that the documents are of, and what of it may be read.
    checked_for: Option<(StoreId, Coverage)>,
    /// Rows whose problems changed since the lists were told.
    changed: SlotSet,
}

/// A document to be checked, with what is known around it.
#[derive(Debug)]
struct CheckInput {
    slot: Slot,
    key: ResourceKey,
    facts: Facts,
    around: Surroundings,
}

/// Documents to be checked on a worker.
#[derive(Debug)]
pub struct CheckSlice {
    inputs: Vec<CheckInput>,
    receiver: Arc<ReceiverProfile>,
}

/// What was found in the documents of a slice.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct CheckedSlice {
    pub found: Vec<(Slot, ResourceKey, Vec<Diagnostic>)>,
    /// Own rules that cost too much.
    pub overruns: Vec<Overrun>,
}

#[cfg(test)]
thread_local! {
    /// How many documents this thread has checked that could be.
    pub(crate) static CHECKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl CheckSlice {
    /// What it costs, in bytes of a usual job.
    pub fn cost(&self) -> usize {
        let cost = |input: &CheckInput| (input.facts.document.len() * COST_PER_BYTE).max(LEAST_COST);
        self.inputs.iter().map(cost).sum()
    }

    /// Whether own rules judge it, whose cost is known only once they have.
    pub fn is_costly(&self) -> bool {
        !self.receiver.own_rules.is_empty()
    }

    pub fn run(self) -> CheckedSlice {
        let Self { inputs, receiver } = self;
        let texts: Vec<_> = inputs
            .iter()
            .map(|CheckInput { key, facts, .. }| (key, facts.document.text().unwrap_or_default()))
            .collect();
        let own = receiver.own_rules.judge(&texts);
        let check = |(CheckInput { slot, key, facts, around }, own): (CheckInput, _)| {
            #[cfg(test)]
            CHECKED.set(CHECKED.get() + usize::from(facts.error.is_none()));
            let mut found =
                diagnose(Subject::Document(&DocumentInput::new(&key, &facts, &receiver, &around)));
            found.extend(receiver.rules.apply(own).found);
            (slot, key, found)
        };
        let found = inputs.into_iter().zip(own.found).map(check).collect();
        CheckedSlice { found, overruns: own.overruns }
    }
}

impl Checks {
    /// Whether documents are still to be checked, so that counts are not final.
    pub fn is_partial(&self) -> bool {
        !self.due.is_empty() || !self.running.is_empty()
    }

    /// Whether checks have begun, which they do once all documents are loaded.
    pub fn has_begun(&self) -> bool {
        self.checked_for.is_some()
    }

    /// The types of all connections, where they are known.
    pub(super) fn types(&self) -> Option<&Arc<TypeCounts>> {
        self.types.as_ref()
    }

    /// Whether another slice may be checked.
    pub fn may_begin(&self) -> bool {
        !self.due.is_empty() && self.running.len() < AT_ONCE
    }

    /// Takes note of what changed in the inventory: of the documents themselves, of those whose connection
    /// came, went or changed, and of connections that are used now, or no longer.
    pub fn note(&mut self, inventory: &Inventory, delta: &Delta) {
        for (slot, kind) in &delta.changes {
            if self.index.of(*slot).is_some_and(|found| !found.is_empty()) {
                self.changed.insert(*slot);
            }
            if *kind != DeltaKind::Updated {
                self.forget(*slot);
            }
            if let Some(row) = inventory.row(*slot) {
                self.require(*slot);
                self.note_connection(inventory, &row.key());
            }
        }
        delta.deleted.iter().for_each(|key| self.note_connection(inventory, key));
        for name in &delta.usage {
            let key = ConnectionName::new(name).ok().map(ResourceKey::connection);
            if let Some(slot) = key.and_then(|key| inventory.find(&key)) {
                self.require(slot);
            }
        }
    }

    fn note_connection(&mut self, inventory: &Inventory, key: &ResourceKey) {
        let ResourceKey::Connection { name } = key else { return };
        self.types_outdated = true;
        inventory.dependents(name.as_str()).iter().for_each(|slot| self.require(*slot));
    }

    /// These rows have to be checked; an answer about them that is on its way is of no use.
    pub fn require_all(&mut self, slots: impl IntoIterator<Item = Slot>) {
        slots.into_iter().for_each(|slot| self.require(slot));
    }

    fn require(&mut self, slot: Slot) {
        self.running.values_mut().for_each(|slots| _ = slots.remove(slot));
        self.due.insert(slot);
    }

    fn forget(&mut self, slot: Slot) {
        self.index.forget(slot);
        self.due.remove(slot);
        self.running.values_mut().for_each(|slots| _ = slots.remove(slot));
    }

    /// Takes what was found; what was asked for again meanwhile is dropped.
    pub fn accept(&mut self, request: RequestId, checked: CheckedSlice, now: Duration) {
        let Some(wanted) = self.running.remove(&request) else { return };
        for (slot, key, found) in checked.found.into_iter().filter(|(slot, ..)| wanted.contains(*slot)) {
            if self.index.set(slot, &key, found) {
                self.changed.insert(slot);
            }
        }
        if !self.is_partial() {
            self.finished = Some(now);
        }
    }

    /// Begins no checks until [`Checks::take_found`].
    #[cfg(test)]
    pub(crate) fn hold(&mut self) {
        let ids = (0..AT_ONCE as u64).map(|id| RequestId(u64::MAX - id));
        self.running.extend(ids.map(|id| (id, SlotSet::default())));
    }

    /// Takes what was found in all that is to be checked.
    #[cfg(test)]
    pub(crate) fn take_found(&mut self, found: CheckedSlice, now: Duration) {
        let request = RequestId(u64::MAX);
        self.due = SlotSet::default();
        let slots = found.found.iter().fold(SlotSet::default(), |mut slots, (slot, ..)| {
            slots.insert(*slot);
            slots
        });
        self.running = BTreeMap::from([(request, slots)]);
        self.accept(request, found, now);
    }

    /// The rows whose problems changed since this was asked.
    pub fn take_changed(&mut self) -> SlotSet {
        std::mem::take(&mut self.changed)
    }
}

impl Model {
    /// Judges no document any more by own rules that cost too much, and tells of each once.
    pub fn disable_own_rules(&mut self, overruns: &[Overrun]) {
        let own_rules = &self.context.receiver.own_rules;
        let is_new = |overrun: &&Overrun| own_rules.rules().any(|rule| rule.id == overrun.rule);
        let new: Vec<_> = overruns.iter().filter(is_new).cloned().collect();
        if new.is_empty() {
            return;
        }
        let (told, own_rules) = (own_rules.findings().count(), own_rules.without(&new));
        own_rules.findings().skip(told).for_each(|finding| self.context.settings.push(finding));
        self.context.receiver = Arc::new(ReceiverProfile { own_rules, ..(*self.context.receiver).clone() });
        new.iter().for_each(|overrun| self.announce(overrun.to_string()));
        // What they have found elsewhere would look like all that they find.
        self.checks.require_all(self.inventory.rows_from(Slot::FIRST).map(RowRef::slot));
    }

    /// All documents, and keys that the receiver ignores.
    pub fn documents(&self) -> usize {
        self.inventory.len()
    }

    /// Whether not all documents are checked, so that what was found may not be all.
    pub fn is_checking(&self) -> bool {
        self.checks.index.checked() < self.documents() || self.checks.is_partial()
    }

    /// The problems of a kind of documents. One that the receiver cannot use at all has an error before it is
    /// checked.
    pub fn severity_counts(&self, scope: &Scope) -> SeverityCounts {
        let counts = self.checks.index.counts(scope);
        SeverityCounts { errors: counts.errors.max(self.inventory.counts(scope).invalid), ..counts }
    }

    /// Requires the checks that depend on more than single documents: of everything in another store or with
    /// other rights, and of connections whose type came to be shared, or is no longer.
    pub fn require_checks(&mut self) {
        let Some(store) = self.inventory.store() else { return };
        let checked_for = Some((store.clone(), self.inventory.coverage().clone()));
        if self.checks.checked_for != checked_for {
            self.checks.checked_for = checked_for;
            self.checks.require_all(self.inventory.rows_from(Slot::FIRST).map(RowRef::slot));
            self.checks.types_outdated = true;
        }
        if std::mem::take(&mut self.checks.types_outdated) {
            let types = type_counts(self).map(Arc::new);
            let before = std::mem::replace(&mut self.checks.types, types.clone());
            let shared = |types: &Option<Arc<TypeCounts>>, kind: &str| {
                types.as_ref().and_then(|types| types.get(kind)).is_some_and(|count| *count > 1)
            };
            let rows = self.inventory.slots(&Scope::Connections).filter_map(|slot| self.inventory.row(slot));
            let turned = rows
                .filter(|row| row.module().is_some_and(|kind| shared(&before, kind) != shared(&types, kind)));
            self.checks.require_all(turned.map(RowRef::slot));
        }
    }

    /// The documents to be checked next, which are `first` if any of them is to be checked.
    pub fn next_checks(&mut self, request: RequestId, first: impl Iterator<Item = Slot>) -> CheckSlice {
        let mut slots: Vec<Slot> = first.filter(|slot| self.checks.due.contains(*slot)).collect();
        if slots.is_empty() {
            slots = self.checks.due.iter().take(SLICE).collect();
        }
        let mut running = SlotSet::default();
        let (mut inputs, mut bytes) = (Vec::with_capacity(slots.len()), 0);
        for slot in slots {
            self.checks.due.remove(slot);
            let Some(row) = self.inventory.row(slot).filter(|_| running.insert(slot)) else { continue };
            let (key, facts) = (row.key(), row.facts());
            let around = Surroundings::of(self, &key, &facts, self.checks.types.as_ref());
            bytes += facts.document.len();
            inputs.push(CheckInput { slot, key, facts, around });
            if bytes > SLICE_BYTES {
                break;
            }
        }
        self.checks.running.insert(request, running);
        CheckSlice { inputs, receiver: Arc::clone(&self.context.receiver) }
    }

    /// The documents that depend on the presence of a secret, as far as that can have been looked up.
    pub fn slots_depending_on(&self, path: &SecretPath) -> Vec<Slot> {
        let Some(lookup) = &self.context.secrets else { return Vec::new() };
        let mut slots: Vec<Slot> = referrers(&self.inventory, lookup, path).map(RowRef::slot).collect();
        let keys: Vec<_> = slots.iter().filter_map(|slot| Some(self.inventory.row(*slot)?.key())).collect();
        for key in &keys {
            if let ResourceKey::Connection { name } = key {
                slots.extend(self.inventory.dependents(name.as_str()));
            }
        }
        // Their own secrets are looked up for the documents on the screen alone.
        slots.extend(self.needs.depending_on(path).filter_map(|key| self.inventory.find(key)));
        slots
    }
}
