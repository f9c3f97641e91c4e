//! An index of secrets and the documents that depend on them: built from the inventory in slices, and updated
//! as the inventory changes.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::check::SecretLookup;
use crate::domain::{FieldName, Reference, ResourceKey, SecretField, SecretPath};
use crate::inventory::{Delta, Inventory, RowRef, Slot};
use crate::provider::env::variable_name;
use crate::text::Safe;

/// Something that documents refer to, or that is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSubject {
    /// A secret in the store of secrets, or the variables of one webhook id.
    Path(SecretPath),
    /// The path of a vault reference that the receiver resolves in no store.
    Unread(Arc<str>),
    /// A variable of the receiver's environment.
    Variable(Arc<str>),
}

impl SecretSubject {
    /// Its text, without decoration.
    pub fn text(&self) -> String {
        match self {
            Self::Path(SecretPath::Variables(id)) => {
                // All variables of an id share this prefix.
                let token = variable_name(id, SecretField::BEARER_TOKEN);
                format!("{}*", Safe::name(token.strip_suffix("TOKEN").unwrap_or(&token)))
            }
            Self::Path(path) => path.to_string(),
            Self::Unread(path) => format!("vault:{}", Safe::name(&**path)),
            Self::Variable(name) => format!("${}", Safe::name(&**name)),
        }
    }

    pub fn path(&self) -> Option<&SecretPath> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The rank in the order by path.
    fn group(&self) -> u8 {
        match self {
            Self::Path(SecretPath::Kv { .. }) => 0,
            Self::Unread(_) => 1,
            Self::Path(_) => 2,
            Self::Variable(_) => 3,
        }
    }
}

/// The order by path: secrets first, then variables, each by its text, which the caller caches.
pub(crate) fn by_path(a: (&SecretSubject, &str), b: (&SecretSubject, &str)) -> Ordering {
    a.0.group().cmp(&b.0.group()).then_with(|| a.1.cmp(b.1)).then_with(|| a.0.cmp(b.0))
}

#[derive(Debug)]
pub struct SecretEntry {
    pub subject: SecretSubject,
    /// Its text, without decoration.
    pub text: Box<str>,
    /// The documents that depend on it, each once.
    pub dependents: Vec<Slot>,
    /// Those of them that are connections.
    pub connections: Vec<Slot>,
    /// The fields that references name.
    pub fields: BTreeMap<FieldName, SecretCount>,
    /// References to the whole of it, that is, to a variable.
    pub whole: SecretCount,
    /// The number of webhooks whose own secret it is.
    pub own: SecretCount,
    /// Whether it was listed in the store of secrets.
    pub stored: bool,
}

/// The number of references to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretCount {
    pub all: u32,
    /// The number of those with a default.
    pub fallback: u32,
}

impl SecretEntry {
    /// How many documents depend on it, and how many webhooks do through a connection.
    pub fn count(&self, inventory: &Inventory) -> (usize, usize) {
        let behind = self.behind(inventory).map(|(_, webhooks)| webhooks.len()).sum();
        (self.dependents.len(), behind)
    }

    /// One of the documents that depend on it, then one of the webhooks that do through a connection, with
    /// that.
    pub fn dependent(&self, inventory: &Inventory, at: usize) -> Option<(Slot, Option<Slot>)> {
        let Some(mut left) = at.checked_sub(self.dependents.len()) else {
            return Some((*self.dependents.get(at)?, None));
        };
        for (connection, webhooks) in self.behind(inventory) {
            match webhooks.get(left) {
                Some(webhook) => return Some((*webhook, Some(connection))),
                None => left -= webhooks.len(),
            }
        }
        None
    }

    /// The connections that depend on it, each with the webhooks that name it.
    fn behind<'i>(&'i self, inventory: &'i Inventory) -> impl Iterator<Item = (Slot, &'i [Slot])> {
        self.connections.iter().filter_map(|slot| {
            let ResourceKey::Connection { name } = inventory.row(*slot)?.key() else { return None };
            Some((*slot, inventory.dependents(name.as_str())))
        })
    }
}

impl SecretCount {
    fn change(&mut self, by: i32, fallback: bool) {
        self.all = self.all.saturating_add_signed(by);
        self.fallback = self.fallback.saturating_add_signed(if fallback { by } else { 0 });
    }

    /// Whether a document refers to it without a default.
    pub fn is_needed(self) -> bool {
        self.all > self.fallback
    }
}

/// What a document depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretPart {
    /// A field named by a reference.
    Field(FieldName),
    /// The whole secret: a variable.
    Whole,
    /// All its fields, as the document's own secret.
    Own,
}

/// A document's use of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SecretUse {
    entry: u32,
    part: SecretPart,
    fallback: bool,
}

/// The changes made by one slice of work, by entry number.
#[derive(Debug, Default)]
pub(crate) struct IndexDelta {
    pub(crate) fresh: Vec<u32>,
    /// Removed; a later slice may reuse their numbers.
    pub(crate) gone: BTreeSet<u32>,
    pub(crate) touched: BTreeSet<u32>,
}

/// The rows and the bytes of documents scanned in one slice: a fraction of a frame's time.
const ROWS: usize = 1_000;
const BYTES: usize = 256 * 1024;

#[derive(Default)]
pub(crate) struct SecretIndex {
    entries: Vec<Option<SecretEntry>>,
    free: Vec<u32>,
    numbers: HashMap<SecretSubject, u32>,
    uses: HashMap<Slot, Box<[SecretUse]>>,
    /// The next row of the first scan; `None` before and after it.
    next: Option<Slot>,
    /// Rows that changed since they were scanned.
    dirty: BTreeSet<Slot>,
}

impl SecretIndex {
    /// Starts the first scan.
    pub(crate) fn begin(&mut self) {
        self.next = Some(Slot::FIRST);
    }

    /// Whether rows remain to be scanned, so that counts are not final.
    pub(crate) fn is_partial(&self) -> bool {
        self.next.is_some() || !self.dirty.is_empty()
    }

    pub(crate) fn entry(&self, number: u32) -> Option<&SecretEntry> {
        self.entries.get(usize::try_from(number).ok()?)?.as_ref()
    }

    pub(crate) fn number(&self, subject: &SecretSubject) -> Option<u32> {
        self.numbers.get(subject).copied()
    }

    /// Marks changed rows to be scanned again.
    pub(crate) fn apply_delta(&mut self, delta: &Delta) {
        let next = self.next;
        let seen = |slot: &Slot| next.is_none_or(|next| *slot < next);
        self.dirty.extend(delta.changes.iter().map(|(slot, _)| *slot).filter(seen));
    }

    /// Scans one more slice of rows.
    pub(crate) fn work(&mut self, inventory: &Inventory, lookup: &SecretLookup) -> IndexDelta {
        let mut changed = IndexDelta::default();
        let (mut rows, mut bytes) = (0, 0);
        while rows < ROWS && bytes < BYTES {
            let Some(slot) = self.dirty.pop_first() else { break };
            let uses = self.uses.remove(&slot).unwrap_or_default();
            self.count_uses((slot, false), &uses, -1, &mut changed);
            if let Some(row) = inventory.row(slot) {
                bytes += self.index_row(row, lookup, &mut changed);
            }
            rows += 1;
        }
        if let Some(next) = self.next {
            let mut on = None;
            for row in inventory.rows_from(next) {
                if rows >= ROWS || bytes >= BYTES {
                    on = Some(row.slot());
                    break;
                }
                bytes += self.index_row(row, lookup, &mut changed);
                rows += 1;
            }
            self.next = on;
        }
        self.sweep(&mut changed);
        changed
    }

    /// Records that the store has these secrets.
    pub(crate) fn add_stored(&mut self, paths: impl IntoIterator<Item = SecretPath>) -> IndexDelta {
        let mut changed = IndexDelta::default();
        for path in paths {
            let number = self.number_for(SecretSubject::Path(path), &mut changed);
            if let Some(entry) = self.entry_mut(number).filter(|entry| !entry.stored) {
                entry.stored = true;
                changed.touched.insert(number);
            }
        }
        changed
    }

    /// Removes the stored secrets that a new listing did not find. They stay until then, so that nothing
    /// flickers while listing.
    pub(crate) fn retain_stored(&mut self, still: impl Fn(&SecretPath) -> bool) -> IndexDelta {
        let mut changed = IndexDelta::default();
        let numbers: Vec<u32> = self.numbers.values().copied().collect();
        for number in numbers {
            if let Some(entry) = self.entry_mut(number)
                && entry.stored
                && entry.subject.path().is_some_and(|path| !still(path))
            {
                entry.stored = false;
                changed.touched.insert(number);
            }
        }
        self.sweep(&mut changed);
        changed
    }

    /// What a document depends on in a secret, and whether it has a default.
    pub(crate) fn parts(&self, number: u32, slot: Slot) -> impl Iterator<Item = (&SecretPart, bool)> {
        let uses = self.uses.get(&slot).map(|uses| &**uses).unwrap_or_default();
        uses.iter().filter(move |one| one.entry == number).map(|one| (&one.part, one.fallback))
    }

    /// Scans one row; returns the number of bytes scanned.
    fn index_row(&mut self, row: RowRef<'_>, lookup: &SecretLookup, changed: &mut IndexDelta) -> usize {
        let key = row.key();
        if key.is_foreign() {
            return 0;
        }
        let references = row.sites().references();
        let bytes = if references.is_empty() { 0 } else { row.document().len() };
        let mut uses = Vec::new();
        for (reference, fallback) in references {
            let (subject, part) = match reference {
                Reference::Env { name } => (SecretSubject::Variable(name.into()), SecretPart::Whole),
                Reference::Vault { path, field } => {
                    let subject = match lookup.reference_path(&path) {
                        Some(path) => SecretSubject::Path(path),
                        None => SecretSubject::Unread(path.into()),
                    };
                    (subject, SecretPart::Field(FieldName::new(&field)))
                }
            };
            uses.push(SecretUse { entry: self.number_for(subject, changed), part, fallback });
        }
        if let Some(path) = lookup.own_path(&key) {
            let entry = self.number_for(SecretSubject::Path(path), changed);
            uses.push(SecretUse { entry, part: SecretPart::Own, fallback: false });
        }
        uses.sort_unstable();
        let is_connection = matches!(key, ResourceKey::Connection { .. });
        self.count_uses((row.slot(), is_connection), &uses, 1, changed);
        if !uses.is_empty() {
            self.uses.insert(row.slot(), uses.into());
        }
        bytes
    }

    /// Adds the uses of a document to the counts (`by` is 1), or subtracts them (-1).
    fn count_uses(
        &mut self,
        (slot, is_connection): (Slot, bool),
        uses: &[SecretUse],
        by: i32,
        changed: &mut IndexDelta,
    ) {
        for one in uses {
            let Some(entry) = self.entry_mut(one.entry) else { continue };
            match entry.dependents.binary_search(&slot) {
                Err(at) if by > 0 => entry.dependents.insert(at, slot),
                Ok(at) if by < 0 => {
                    entry.dependents.remove(at);
                    entry.connections.retain(|connection| *connection != slot);
                }
                _ => {}
            }
            if is_connection && !entry.connections.contains(&slot) {
                entry.connections.push(slot);
            }
            let count = match &one.part {
                SecretPart::Field(field) => entry.fields.entry(field.clone()).or_default(),
                SecretPart::Whole => &mut entry.whole,
                SecretPart::Own => &mut entry.own,
            };
            count.change(by, one.fallback);
            if let (0, SecretPart::Field(field)) = (count.all, &one.part) {
                entry.fields.remove(field);
            }
            changed.touched.insert(one.entry);
        }
    }

    fn number_for(&mut self, subject: SecretSubject, changed: &mut IndexDelta) -> u32 {
        if let Some(number) = self.numbers.get(&subject) {
            return *number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        let entry = SecretEntry {
            text: subject.text().into(),
            subject: subject.clone(),
            dependents: Vec::new(),
            connections: Vec::new(),
            fields: BTreeMap::new(),
            whole: SecretCount::default(),
            own: SecretCount::default(),
            stored: false,
        };
        if let Some(place) = self.entries.get_mut(number as usize) {
            *place = Some(entry);
        }
        self.numbers.insert(subject, number);
        changed.fresh.push(number);
        number
    }

    /// Removes secrets that no document refers to and that are not stored. Done at the end of a slice,
    /// because a row may drop and regain a secret within one slice.
    fn sweep(&mut self, changed: &mut IndexDelta) {
        let empty = |number: &u32| {
            self.entry(*number).is_none_or(|entry| entry.dependents.is_empty() && !entry.stored)
        };
        changed.gone = changed.touched.iter().chain(&changed.fresh).copied().filter(empty).collect();
        for number in &changed.gone {
            if let Some(entry) = self.entries.get_mut(*number as usize).and_then(Option::take) {
                self.numbers.remove(&entry.subject);
                self.free.push(*number);
            }
        }
        changed.fresh.retain(|number| !changed.gone.contains(number));
        changed.touched.retain(|number| !changed.gone.contains(number));
    }

    fn entry_mut(&mut self, number: u32) -> Option<&mut SecretEntry> {
        self.entries.get_mut(usize::try_from(number).ok()?)?.as_mut()
    }
}
