//! Who depends on which secret: built from the inventory in slices, and kept by its changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::domain::{FieldName, Reference, SecretPath};
use crate::inventory::{Delta, Inventory, RowRef, Slot};

use super::state::Outlook;
use super::subject::Subject;

/// One secret, and who depends on it.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub subject: Subject,
    /// How that is written, without anything added; not yet safe to show.
    pub text: Box<str>,
    /// The documents that depend on it, by slot, each once.
    pub holders: Vec<Slot>,
    /// The fields that references name.
    pub fields: BTreeMap<FieldName, Count>,
    /// References to it as a whole: those of a variable.
    pub whole: Count,
    /// How many documents take it for their own.
    pub own: u32,
    /// Whether the store of secrets was seen to hold it.
    pub stored: bool,
}

/// How many documents refer to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All of them.
    pub all: u32,
    /// Those that have a default for it.
    pub fallback: u32,
}

impl Count {
    fn add(&mut self, fallback: bool) {
        self.all += 1;
        self.fallback += u32::from(fallback);
    }

    /// Says whether any is left.
    fn take(&mut self, fallback: bool) -> bool {
        self.all = self.all.saturating_sub(1);
        self.fallback = self.fallback.saturating_sub(u32::from(fallback));
        self.all > 0
    }

    /// Whether some document has nothing in its place.
    pub fn is_needed(self) -> bool {
        self.all > self.fallback
    }
}

/// What of a secret one document depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A field that a reference names.
    Field(FieldName),
    /// The whole of it: a variable.
    Whole,
    /// All that is there, as the document's own.
    Own,
}

/// How one document depends on one secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    entry: u32,
    part: Part,
    /// Whether the document has a default for it.
    fallback: bool,
}

/// What a slice of work changed: entries by number.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// They are new.
    pub(super) fresh: Vec<u32>,
    /// They are gone; their numbers may be used again by a later slice.
    pub(super) gone: HashSet<u32>,
    /// They are, and something of them is different.
    pub(super) touched: BTreeSet<u32>,
}

/// Rows, or bytes of documents, that one slice reads: a fraction of a frame.
const ROWS: usize = 1_000;
const BYTES: usize = 256 * 1024;

/// All secrets, by number.
#[derive(Default)]
pub(super) struct Index {
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    numbers: HashMap<Subject, u32>,
    uses: HashMap<Slot, Box<[Use]>>,
    /// Where the first look at all rows goes on; `None` once it is done.
    next: Option<Slot>,
    /// Rows that changed since they were looked at.
    dirty: BTreeSet<Slot>,
}

impl Index {
    /// An index that has yet to look at everything.
    pub(super) fn begin() -> Self {
        Self { next: Some(Slot::FIRST), ..Self::default() }
    }

    /// Whether rows are still to be looked at, so that counts are not final.
    pub(super) fn is_partial(&self) -> bool {
        self.next.is_some() || !self.dirty.is_empty()
    }

    pub(super) fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(number).ok()?)?.as_ref()
    }

    pub(super) fn number(&self, subject: &Subject) -> Option<u32> {
        self.numbers.get(subject).copied()
    }

    /// Remembers which rows changed.
    pub(super) fn take(&mut self, delta: &Delta) {
        let next = self.next;
        let seen = |slot: &Slot| next.is_none_or(|next| *slot < next);
        self.dirty.extend(delta.changes.iter().map(|(slot, _)| *slot).filter(seen));
    }

    /// Looks at one more slice of rows.
    pub(super) fn work(&mut self, inventory: &Inventory, outlook: &dyn Outlook) -> Changed {
        let mut changed = Changed::default();
        let (mut rows, mut bytes) = (0, 0);
        while rows < ROWS && bytes < BYTES {
            let Some(slot) = self.dirty.pop_first() else { break };
            self.leave(slot, &mut changed);
            if let Some(row) = inventory.row(slot) {
                bytes += self.read(inventory, row, outlook, &mut changed);
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
                bytes += self.read(inventory, row, outlook, &mut changed);
                rows += 1;
            }
            self.next = on;
        }
        self.sweep(&mut changed);
        changed
    }

    /// Takes in that the store holds these.
    pub(super) fn found(&mut self, paths: impl IntoIterator<Item = SecretPath>) -> Changed {
        let mut changed = Changed::default();
        for path in paths {
            let number = self.number_for(Subject::Path(path), &mut changed);
            if let Some(entry) = self.entry_mut(number).filter(|entry| !entry.stored) {
                entry.stored = true;
                changed.touched.insert(number);
            }
        }
        changed
    }

    /// Forgets what the store was seen to hold, because it is looked at anew; what is not referred to
    /// stays until `keep_stored`, so that nothing blinks meanwhile.
    pub(super) fn keep_stored(&mut self, still: impl Fn(&SecretPath) -> bool) -> Changed {
        let mut changed = Changed::default();
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

    /// What of a secret a document depends on, and whether it has a default for it.
    pub(super) fn parts(&self, number: u32, slot: Slot) -> impl Iterator<Item = (&Part, bool)> {
        let uses = self.uses.get(&slot).map(|uses| &**uses).unwrap_or_default();
        uses.iter().filter(move |one| one.entry == number).map(|one| (&one.part, one.fallback))
    }

    /// Reads one row; answers how many bytes that was.
    fn read(
        &mut self,
        inventory: &Inventory,
        row: RowRef<'_>,
        outlook: &dyn Outlook,
        changed: &mut Changed,
    ) -> usize {
        let key = row.key();
        if key.is_foreign() {
            return 0;
        }
        let references = inventory.references(row);
        let bytes = if references.is_empty() { 0 } else { row.document().len() };
        let mut uses = Vec::new();
        for (reference, fallback) in references {
            let (subject, part) = match reference {
                Reference::Env { name } => (Subject::Variable(name.into()), Part::Whole),
                Reference::Vault { path, field } => {
                    let subject = match outlook.reference(&path) {
                        Some(path) => Subject::Path(path),
                        None => Subject::Unread(path.into()),
                    };
                    (subject, Part::Field(FieldName::new(&field)))
                }
            };
            uses.push(Use { entry: self.number_for(subject, changed), part, fallback });
        }
        if let Some(path) = outlook.own(&key) {
            let entry = self.number_for(Subject::Path(path), changed);
            uses.push(Use { entry, part: Part::Own, fallback: false });
        }
        self.enter(row.slot(), uses, changed);
        bytes
    }

    fn enter(&mut self, slot: Slot, mut uses: Vec<Use>, changed: &mut Changed) {
        uses.sort_unstable();
        for one in &uses {
            let Some(entry) = self.entry_mut(one.entry) else { continue };
            if let Err(at) = entry.holders.binary_search(&slot) {
                entry.holders.insert(at, slot);
            }
            match &one.part {
                Part::Field(field) => entry.fields.entry(field.clone()).or_default().add(one.fallback),
                Part::Whole => entry.whole.add(one.fallback),
                Part::Own => entry.own += 1,
            }
            changed.touched.insert(one.entry);
        }
        if !uses.is_empty() {
            self.uses.insert(slot, uses.into());
        }
    }

    fn leave(&mut self, slot: Slot, changed: &mut Changed) {
        for one in self.uses.remove(&slot).unwrap_or_default() {
            let Some(entry) = self.entry_mut(one.entry) else { continue };
            if let Ok(at) = entry.holders.binary_search(&slot) {
                entry.holders.remove(at);
            }
            match &one.part {
                Part::Field(field) => {
                    if !entry.fields.get_mut(field).is_some_and(|count| count.take(one.fallback)) {
                        entry.fields.remove(field);
                    }
                }
                Part::Whole => {
                    entry.whole.take(one.fallback);
                }
                Part::Own => entry.own = entry.own.saturating_sub(1),
            }
            changed.touched.insert(one.entry);
        }
    }

    fn number_for(&mut self, subject: Subject, changed: &mut Changed) -> u32 {
        if let Some(number) = self.numbers.get(&subject) {
            return *number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        let entry = Entry {
            text: subject.text().into(),
            subject: subject.clone(),
            holders: Vec::new(),
            fields: BTreeMap::new(),
            whole: Count::default(),
            own: 0,
            stored: false,
        };
        if let Some(place) = self.entries.get_mut(number as usize) {
            *place = Some(entry);
        }
        self.numbers.insert(subject, number);
        changed.fresh.push(number);
        number
    }

    /// Takes out what nobody refers to any more and the store was not seen to hold. Only now: in one
    /// slice a row may leave a secret and come back to it.
    fn sweep(&mut self, changed: &mut Changed) {
        let empty =
            |number: &u32| self.entry(*number).is_none_or(|entry| entry.holders.is_empty() && !entry.stored);
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

    fn entry_mut(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(number).ok()?)?.as_mut()
    }
}
